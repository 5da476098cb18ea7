"""Where output goes: reports to stdout or a file, messages to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from trustaudit.errors import UsageError


def write_text(text: str, path: Path | None) -> None:
    """Write to stdout, or to ``path`` as a whole: a reader never sees half a report."""
    if path is None:
        sys.stdout.write(_encodable(text))
        sys.stdout.flush()
        return
    try:
        _replace(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}", advice="choose another folder, or leave -o out for stdout"
        ) from error


def say(message: str) -> None:
    """A message for the person at the terminal."""
    sys.stderr.write(f"trustaudit: {message}\n")


def _encodable(text: str) -> str:
    """Text that the terminal's encoding can hold; the rest as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _replace(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():
        path.write_bytes(data)  # a device or pipe cannot be replaced
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
