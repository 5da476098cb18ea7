"""Lock → text. The same lock gives the same bytes; one file per line, so that a diff shows what changed.

Own serializer: the one well-kept writer of TOML lays arrays out by the width of their items, so that a
longer path would reflow a whole entry. ASCII only: no byte of a hostile path acts on a terminal or
hides in a review. Reading uses the standard library.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final

from trustaudit.errors import StoreError
from trustaudit.lockfile.model import Lock, LockEntry

_HEADER: Final = (
    "# Written by trustaudit. `trustaudit lock` changes it, `trustaudit reaudit` compares it with the Hub.\n"
    "# Keep it in version control.\n"
)
_SHORT: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_LAST_BMP: Final = 0xFFFF


def lock_text(lock: Lock) -> str:
    """The whole file."""
    entries = sorted(lock.repository, key=lambda entry: entry.key)
    return "\n".join([_HEADER, f"lock_version = {_string(lock.lock_version)}\n", *map(_entry, entries)])


def save_lock(path: Path, lock: Lock, *, expected: bytes | None) -> None:
    """Replace the file as a whole: a reader, or a crash, never sees half of it.

    ``expected`` is what the file held when it was read (None: it was not there). Raises StoreError
    when it holds something else by now, or cannot be written.
    """
    if _held(path) != expected:
        raise StoreError(
            f"{path} changed while the repositories were audited; nothing was written",
            cause="another process wrote it at the same time",
            advice="run the command again",
        )
    try:
        _replace(path, lock_text(lock).encode("ascii"))
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror}", advice="choose another place with --lockfile"
        ) from error


def _held(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def _replace(path: Path, data: bytes) -> None:
    target = path.resolve()  # a link to the lockfile stays a link
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _entry(entry: LockEntry) -> str:
    values = entry.model_dump(mode="python", exclude_none=True)
    lines = [f"{name} = {_value(value)}" for name, value in values.items() if value != ()]
    return "\n".join(["[[repository]]", *lines, ""])


def _value(value: object) -> str:
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = _string(value)
        case int():
            text = str(value)
        case datetime():
            text = value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            text = value.isoformat()
        case Mapping():
            text = f"{{ {', '.join(f'{name} = {_value(item)}' for name, item in value.items())} }}"
        case tuple():
            text = "\n".join(["[", *(f"  {_value(item)}," for item in value), "]"])
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a lockfile")
    return text


def _string(text: str) -> str:
    return f'"{"".join(map(_char, text))}"'


def _char(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if " " <= char <= "~":
        return char
    code = ord(char)
    return f"\\u{code:04X}" if code <= _LAST_BMP else f"\\U{code:08X}"
