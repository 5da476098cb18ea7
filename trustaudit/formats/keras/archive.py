"""The configuration inside a ``.keras`` archive; its other members are inspected as any zip's are."""

from __future__ import annotations

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.interface import Source
from trustaudit.formats.keras.blobs import inspect_blobs
from trustaudit.formats.keras.config import record_config
from trustaudit.formats.record import MalformedError, Reading, clip
from trustaudit.formats.strict_json import as_utf8, parse_json, record_oddities
from trustaudit.formats.zip_members import read_member
from trustaudit.formats.zip_records import Member

_CONFIG = "config.json"
_METADATA = "metadata.json"


def note_config(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """Read ``config.json`` and ``metadata.json``, of every copy that a loader could pick.

    A configuration that was recognized as one among the members has been read already.
    """
    for member in members:
        if member.name in (_CONFIG, _METADATA) and not record.knows("keras-layer", member.name):
            record.member = member.name
            yield from _note(record, source, member)
            record.member = ""


def _note(record: ArchiveRecord, source: Source, member: Member) -> Reading[None]:
    data = yield from read_member(source, member)
    if data is None:
        record.unseen(f"{member.name}: too large or packed in an unknown way")
        return
    try:
        odd = parse_json(as_utf8(data), "keras-config-json")
    except MalformedError as defect:
        record.anomaly(defect.kind, defect.message, defect.offset)
        record.unseen(f"{member.name} is not JSON")
        return
    record_oddities(record, odd, "keras-config")
    if member.name == _METADATA:
        _note_metadata(record, odd.value)
        return
    facts = record_config(record, odd.value, member.name)
    yield from inspect_blobs(record, source, facts.torch_blobs, "torch module")


def _note_metadata(record: ArchiveRecord, value: object) -> None:
    if isinstance(value, dict):
        shown = {clip(key, 100): clip(text, 100) for key, text in list(value.items())[:50] if isinstance(text, str)}
        record.fact("keras-metadata", f"saved by Keras {shown.get('keras_version', '?')}", None, **shown)
