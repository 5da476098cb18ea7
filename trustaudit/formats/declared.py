"""What a few small text files declare about where a model comes from, from bytes that were read anyway."""

from __future__ import annotations

import json

from trustaudit.filefacts import Observation
from trustaudit.formats.plain_text import decoded
from trustaudit.formats.record import clean, clip
from trustaudit.knowledge.license_texts import OPENING, license_of_text

_LICENSE_NAMES = ("license", "licence", "copying")
_ID_CHARS = 300


def declared_notes(path: str, head: bytes, size: int) -> list[Observation]:
    """Base models and licences that the file names. ``head`` are its first bytes; total."""
    name = path.rpartition("/")[2].lower()
    if name == "adapter_config.json":
        return _text_note("declared-base", "base", "base_model_name_or_path", head, size)
    if name == "config.json":
        return _text_note("declared-origin", "origin", "_name_or_path", head, size)
    if name.partition(".")[0] in _LICENSE_NAMES and not name.endswith((".json", ".py")):
        return _license(head)
    return []


def _text_note(kind: str, label: str, key: str, head: bytes, size: int) -> list[Observation]:
    if len(head) < size:
        return []  # a configuration of more than the first read is no ordinary one
    try:
        value = json.loads(decoded(head))
    except (ValueError, RecursionError):
        return []
    named = value.get(key) if isinstance(value, dict) else None
    if not isinstance(named, str) or not named.strip():
        return []
    shown = clip(clean(named.strip()), _ID_CHARS)
    return [Observation(kind=kind, message=f"{key} is {shown!r}", data=((label, shown),))]


def _license(head: bytes) -> list[Observation]:
    found = license_of_text(decoded(head[: 4 * OPENING]))
    return (
        [Observation(kind="license-text", message=f"the text of {found}", data=(("license", found),))] if found else []
    )
