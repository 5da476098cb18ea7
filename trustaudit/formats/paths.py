"""Whether a path written inside a file stays beside that file."""

from __future__ import annotations

import re

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}:/")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[a-zA-Z]:")


def escape_of(path: str) -> str:
    """Why ``path`` leaves the folder it is read from, in one word; empty when it does not.

    ``nul``, ``control``, ``url``, ``drive``, ``home``, ``absolute``, ``parent`` or ``backslash``.
    A ``..`` anywhere counts, also where it would cancel out: checkers and loaders have
    disagreed about that more than once (CVE-2022-25882, CVE-2024-27318).
    """
    if "\0" in path:
        return "nul"
    if _CONTROL.search(path):
        return "control"
    return _rooted(path) or _climbing(path)


def _rooted(path: str) -> str:
    if _URL.match(path):
        return "url"
    if _DRIVE.match(path):
        return "drive"
    if path.startswith("~"):
        return "home"
    return "absolute" if path.startswith(("/", "\\")) else ""


def _climbing(path: str) -> str:
    if ".." in re.split(r"[/\\]", path):
        return "parent"
    return "backslash" if "\\" in path else ""
