"""Legacy Keras models and weights: HDF5 files, whose root attributes hold the configuration."""

from __future__ import annotations

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.hdf5.inspector import H5Walk
from trustaudit.formats.hdf5.values import MAX_TEXT, Attribute
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.keras.blobs import MAX_BLOBS, inspect_blobs
from trustaudit.formats.keras.config import record_config
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded
from trustaudit.formats.strict_json import parse_json, record_oddities

_CONFIGS = frozenset({"model_config", "training_config"})


def inspect_hdf5(source: Source) -> Inspecting:
    """Links, storage and attributes of any HDF5 file; the Keras configuration where there is one."""
    record = ArchiveRecord(source, "hdf5")
    return concluded(record, _walk(source, record))


def _walk(source: Source, record: Record) -> Reading[None]:
    texts = _Texts(record)
    try:
        yield from H5Walk(source, record, _CONFIGS, texts.take).run()
    finally:
        texts.conclude()
    yield from inspect_blobs(record, source, texts.torch_blobs, "torch module")
    yield from inspect_blobs(record, source, texts.pickles, "attribute")


class _Texts:
    """Receives the text attributes of the walk."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.torch_blobs: list[bytes] = []
        self.pickles: list[bytes] = []
        self._configs: list[tuple[Attribute, bytes]] = []

    def take(self, attribute: Attribute, text: bytes, path: str) -> Reading[None]:
        """Of the configurations, only the root's are ever used. PyTables unpickles any fixed text that is a pickle."""
        yield from ()
        if attribute.name in _CONFIGS and path == "/":
            self._configs.append((attribute, text))
        elif looks_like_pickle(text, complete=True):
            told = f"attribute {clip(attribute.name, 100)!r} of {clip(path, 100)!r} is a pickle"
            self.record.fact("h5-pickled-attribute", told, attribute.offset, attribute=clip(attribute.name, 200))
            if len(self.pickles) <= MAX_BLOBS:
                self.pickles.append(text)

    def conclude(self) -> None:
        """Read the configurations as Keras would."""
        for attribute, text in self._configs:
            self._config(attribute, text)

    def _config(self, attribute: Attribute, text: bytes) -> None:
        if len(text) >= MAX_TEXT:
            self.record.limit("config-bytes")
            return
        try:
            odd = parse_json(text.rstrip(b"\0"), "keras-config-json")
        except MalformedError as defect:
            self.record.anomaly(defect.kind, f"{attribute.name}: {defect.message}", attribute.offset)
            self.record.unseen(f"{attribute.name} is not JSON")
            return
        record_oddities(self.record, odd, "keras-config")
        self.torch_blobs += record_config(self.record, odd.value, attribute.name).torch_blobs
