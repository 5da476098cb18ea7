"""Where output goes: reports to stdout or a file, messages to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from trustaudit.errors import UsageError

_ELSEWHERE = "name a file in a folder that is there and can be written to"


def place_for_a_file(path: Path | None) -> Path | None:
    """The path, when a file can be written there: checked before anything is asked of a Hub. Raises UsageError."""
    if path is None or (path.exists() and not path.is_file() and not path.is_dir()):  # a device or a pipe
        return path
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder", advice=_ELSEWHERE)
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}", advice=_ELSEWHERE)
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"cannot write {path}: the folder {path.parent} is not writable", advice=_ELSEWHERE)
    return path


def write_text(text: str, path: Path | None) -> None:
    """Write to stdout, or to ``path`` as a whole: a reader never sees half a report.

    What a file cannot hold goes to stdout before the UsageError: a report of hours is not lost to a full disk.
    """
    if path is None:
        _print(text)
        return
    try:
        with opened(path) as write:
            write(text)
    except UsageError:
        write_text(text, None)
        raise


@contextlib.contextmanager
def opened(path: Path | None) -> Iterator[Callable[[str], object]]:
    """A place to write to piece by piece. A file appears as a whole at the end, or not at all."""
    if path is None:
        yield lambda text: write_text(text, None)
        return
    try:
        with _beside(path) as stream:
            yield stream.write
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", advice=_ELSEWHERE) from error


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[TextIO]:
    """A file beside ``path`` that takes its place at the end; a device or pipe itself."""
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _print(text: str) -> None:
    try:
        sys.stdout.write(_encodable(text))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(
            f"cannot write to stdout: {error.strerror}", advice="free space, or write elsewhere"
        ) from error


def say(message: str) -> None:
    """A message for the person at the terminal."""
    sys.stderr.write(f"trustaudit: {message}\n")


def _encodable(text: str) -> str:
    """Text that the terminal's encoding can hold; the rest as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
