"""Lines of the user's own code for findings to point at."""

from __future__ import annotations

from pathlib import Path

from trustaudit.discover.search import discover
from trustaudit.report.anchors import NO_ANCHORS, Anchor, Anchors


def anchors_in(code: Path | None) -> Anchors:
    """Where a file or folder names each repository, by reference and by id. Raises FileInputError.

    Paths are relative to the current folder where they can be: code review counts from the checkout.
    """
    if code is None:
        return NO_ANCHORS
    base = code if code.is_dir() else code.parent
    found: dict[str, list[Anchor]] = {}
    for use in discover(code):
        anchor = Anchor(_from_here(base / use.path), use.line)
        for name in dict.fromkeys((str(use.ref), use.ref.full_id)):
            found.setdefault(name, []).append(anchor)
    return found


def _from_here(path: Path) -> str:
    here, absolute = Path.cwd().resolve(), path.resolve()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()
