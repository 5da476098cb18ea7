"""Legacy Keras models and weights: HDF5 files, whose root attributes hold the configuration."""

from __future__ import annotations

from trustaudit.formats.hdf5.inspector import H5Walk
from trustaudit.formats.hdf5.values import MAX_TEXT, Attribute
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.keras.config import record_config
from trustaudit.formats.record import MalformedError, Reading, Record, concluded
from trustaudit.formats.strict_json import parse_json, record_oddities

_CONFIGS = frozenset({"model_config", "training_config"})


def inspect_hdf5(source: Source) -> Inspecting:
    """Links, storage and attributes of any HDF5 file; the Keras configuration where there is one."""
    record = Record(source, "hdf5")
    return concluded(record, H5Walk(source, record, _CONFIGS, _Texts(record).take).run())


class _Texts:
    """Receives the text attributes of the walk."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def take(self, attribute: Attribute, text: bytes, path: str) -> Reading[None]:
        """A configuration is read as Keras would; only the root's is ever used."""
        yield from ()
        if attribute.name not in _CONFIGS or path != "/":
            return
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
        record_config(self.record, odd.value, attribute.name)
