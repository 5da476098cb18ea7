"""Symbolic links as the Hub serves them: a small file whose whole text is a path.

A clone makes a link of it, so a weight file can be any file of the machine (CVE-2026-34447
for ONNX data). The tree does not show which files are links; git writes no newline behind the path.
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath

from trustaudit.filefacts import Observation
from trustaudit.formats.record import clip
from trustaudit.knowledge.file_kinds import FileKind, kind_of

_LONGEST = 1024
_PATH = re.compile(r"(?:\.\.?/|~/|/)[^\s\0<>\"'|]{1,1000}")
_CACHED = re.compile(r"(?:^|/)blobs/[0-9a-f]{40,64}$")
"""How the cache of a client links its snapshots: uploaded by mistake, it leads nowhere."""

_READ_BY_LOADERS = frozenset({FileKind.TRAINING_STATE, FileKind.PYTHON, FileKind.TEMPLATE, FileKind.CONFIG})
"""Besides weights."""


def link_notes(path: str, head: bytes, size: int) -> list[Observation]:
    """``link-text`` where a file that loaders read is the path of something outside the repository; total."""
    if not 1 < size <= min(_LONGEST, len(head)) or "!" in path or not _is_loaded(path):
        return []
    target = head.decode("utf-8", "replace")
    if _PATH.fullmatch(target) is None:
        return []
    escape = _escape(path, target)
    if not escape:
        return []
    told = f"the whole file is the path {clip(target, 200)!r}, as a symbolic link is stored"
    return [Observation(kind="link-text", message=told, data=(("escape", escape), ("path", clip(target, 300))))]


def _is_loaded(path: str) -> bool:
    kind = kind_of(path)
    return kind.is_weights or kind in _READ_BY_LOADERS


def _escape(path: str, target: str) -> str:
    """Where the link leads, seen from the root of the repository; empty when inside of it."""
    if target.startswith("~"):
        return "home"
    if target.startswith("/"):
        return "absolute"
    if _CACHED.search(target):
        return "cache"
    return "parent" if normpath(join(dirname(path), target)).startswith("..") else ""
