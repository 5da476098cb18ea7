"""Legacy Keras models and weights: HDF5 files, whose root attributes hold the configuration."""

from __future__ import annotations

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.hdf5.inspector import H5Walk
from trustaudit.formats.hdf5.values import MAX_TEXT, Attribute
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.keras.blobs import inspect_blobs
from trustaudit.formats.keras.config import record_config
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded
from trustaudit.formats.strict_json import parse_json, record_oddities

_MAX_PICKLES = 1000
_CONFIGS = frozenset({"model_config", "training_config"})


def inspect_hdf5(source: Source) -> Inspecting:
    """Links, storage and attributes of any HDF5 file; the Keras configuration where there is one."""
    record = ArchiveRecord(source, "hdf5")
    return concluded(record, H5Walk(source, record, _CONFIGS, _Texts(record).take).run())


class _Texts:
    """Receives the text attributes of the walk, the root's first: what they hold is not crowded out by links."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._pickles = 0

    def take(self, attribute: Attribute, text: bytes, path: str) -> Reading[None]:
        """Of the configurations, only the root's are ever used. PyTables unpickles any fixed text that is a pickle,
        and rows of objects, which lie outside of what is read here.
        """
        if attribute.name in _CONFIGS and path == "/":
            yield from self._config(attribute, text)
        elif attribute.name == "PSEUDOATOM" and text.rstrip(b"\0") == b"object":
            told = f"the rows of {clip(path, 100)!r} are pickles"
            self.record.fact("h5-object-dataset", told, attribute.offset, at=clip(path, 200))
            self.record.unseen("pickles in the rows of a dataset were not read")
        elif looks_like_pickle(text, complete=True):
            yield from self._pickle(attribute, text, path)

    def _pickle(self, attribute: Attribute, text: bytes, path: str) -> Reading[None]:
        name = clip(attribute.name, 100)
        told = f"attribute {name!r} of {clip(path, 100)!r} is a pickle"
        self.record.fact("h5-pickled-attribute", told, attribute.offset, attribute=name)
        self._pickles += 1
        if self._pickles > _MAX_PICKLES:
            self.record.limit("serialized-objects")
            return
        yield from inspect_blobs(self.record, self.record.source, [text], f"attribute {name}")

    def _config(self, attribute: Attribute, text: bytes) -> Reading[None]:
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
        facts = record_config(self.record, odd.value, attribute.name)
        yield from inspect_blobs(self.record, self.record.source, facts.torch_blobs, "torch module")
