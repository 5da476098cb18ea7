"""Lines of the user's own code for findings to point at."""

from __future__ import annotations

from pathlib import Path

from trustaudit.report.anchors import NO_ANCHORS, Anchor, Anchors


def anchors_in(code: Path | None) -> Anchors:
    """Where a file, folder or lockfile names each repository, by reference and by id. Raises FileInputError, LockError.

    Paths are relative to the current folder where they can be: code review counts from the checkout.
    """
    if code is None:
        return NO_ANCHORS
    if code.suffix == ".lock" and code.is_file():
        return _in_lockfile(code)
    from trustaudit.discover.search import discover

    base = code if code.is_dir() else code.parent
    found: dict[str, list[Anchor]] = {}
    for use in discover(code):
        anchor = Anchor(from_here(base / use.path), use.line)
        for name in dict.fromkeys((str(use.ref), use.ref.full_id)):
            found.setdefault(name, []).append(anchor)
    return found


def _in_lockfile(path: Path) -> Anchors:
    from trustaudit.lockfile.lines import entry_lines, line_of
    from trustaudit.lockfile.reading import load_lock

    lock, held = load_lock(path)
    lines = entry_lines(held.decode("utf-8", "replace"))
    found: dict[str, list[Anchor]] = {}
    for entry in lock.repository:
        anchor = Anchor(from_here(path), line_of(entry, lines))
        for name in dict.fromkeys((str(entry.ref), str(entry.pinned), entry.ref.full_id)):
            found.setdefault(name, []).append(anchor)
    return found


def from_here(path: Path) -> str:
    """The path below the current folder, where it is there."""
    here, absolute = Path.cwd().resolve(), path.resolve()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()
