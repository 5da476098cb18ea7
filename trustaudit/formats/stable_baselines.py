"""stable-baselines3: a zip whose ``data`` member is JSON with cloudpickles inside, in base64.

Loading such a model unpickles each of them; they are inspected as the members ``data#key``.
"""

from __future__ import annotations

import base64
import binascii

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.interface import Source
from trustaudit.formats.nested import contained, inner, over_bytes
from trustaudit.formats.record import MalformedError, Reading, clip
from trustaudit.formats.strict_json import parse_json
from trustaudit.formats.zip_members import read_member
from trustaudit.formats.zip_records import Member

_MARK = ":serialized:"
_ENTRIES = 1_000


def note_serialized(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """Inspect every serialized entry of the ``data`` members."""
    for member in members:
        if member.name != "data":
            continue
        text = yield from read_member(source, member)
        try:
            entries = parse_json(text or b"", "stable-baselines-data-json").value
        except MalformedError as defect:
            record.about(member.name, defect.kind, defect.message, defect.offset)
            record.unseen(f"{member.name}: {defect.message}")
            continue
        if isinstance(entries, dict):
            yield from _inspect_entries(record, source, entries)


def _inspect_entries(record: ArchiveRecord, source: Source, entries: dict[str, object]) -> Reading[None]:
    for key, value in list(entries.items())[:_ENTRIES]:
        if not isinstance(value, dict) or _MARK not in value:
            continue
        name = f"data#{clip(key, 100)}"
        blob = _decoded(value[_MARK])
        if blob is None:
            record.unseen(f"{name}: not base64")
            continue
        inspection = yield from contained(over_bytes(inspect_file(inner(source, name, len(blob))), blob))
        record.absorb(inspection, name)


def _decoded(value: object) -> bytes | None:
    """As lenient as base64.b64decode, which drops what is not of the alphabet."""
    try:
        return base64.b64decode(value) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        return None
