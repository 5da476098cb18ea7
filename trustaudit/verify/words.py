"""A comparison for a person, and for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from trustaudit.report.as_json import dumps
from trustaudit.report.escape import visible
from trustaudit.report.style import Style
from trustaudit.report.words import plural, size
from trustaudit.verify.against import Pins
from trustaudit.verify.compare import Comparison, Kind

_SHOWN: Final = 50


class Verified(Struct, frozen=True):
    """One folder and what became of it. Without ``pins``, ``problem`` says why nothing could be compared."""

    path: str
    pins: Pins | None = None
    found: Comparison | None = None
    problem: str = ""

    @property
    def word(self) -> str:
        """EQUAL, DIFFERENT or UNSURE."""
        if self.found is None:
            return "UNSURE"
        if self.found.differs:
            return "DIFFERENT"
        return "UNSURE" if self.found.unsure else "EQUAL"


_COLOURS: Final = {"EQUAL": "pass", "DIFFERENT": "block", "UNSURE": "incomplete"}


def as_text(verified: Iterable[Verified], style: Style) -> str:
    """One block per folder: the verdict, the files that differ, what they were compared with."""
    return "\n".join("\n".join([*_block(item, style), ""]) for item in verified)


def _block(item: Verified, style: Style) -> Iterator[str]:
    head = style.paint(item.word, _COLOURS[item.word]) + " " * (11 - len(item.word))
    if item.pins is None or item.found is None:
        yield f"{head}{visible(item.path)}"
        yield f"  {visible(item.problem)}"
        return
    yield f"{head}{visible(item.pins.repo)} @ {item.pins.commit[:7]}   {visible(item.path)}"
    if not style.quiet:
        yield from _problems(item.found, style)
    yield f"  {_counts(item.found)}; compared with {visible(item.pins.source)}"


def _problems(found: Comparison, style: Style) -> Iterator[str]:
    shown = found.problems if style.verbose else found.problems[:_SHOWN]
    for problem in shown:
        yield f"  {problem.kind:<12}  {visible(problem.path)}: {visible(problem.message)}"
    hidden = len(found.problems) - len(shown)
    if hidden:
        yield f"  and {hidden:,} more (-v)"
    if found.problems and all(problem.kind is Kind.MISSING for problem in found.problems):
        yield "  Everything that is there is right. If only a part was meant to be downloaded: --partial"


def _counts(found: Comparison) -> str:
    parts = [f"{plural(found.equal, 'file')} equal ({size(found.bytes)})"]
    kinds = [problem.kind for problem in found.problems]
    parts += [f"{kinds.count(kind)} {kind}" for kind in Kind if kind in kinds]
    parts += [f"{found.absent} not downloaded"] if found.absent else []
    return ", ".join(parts)


def as_json(verified: Iterable[Verified]) -> str:
    """One object; ``state`` is equal, different or unsure."""
    document = {"schema_version": "1", "results": [_object(item) for item in verified]}
    return dumps(document)


def _object(item: Verified) -> dict[str, object]:
    found, pins = item.found, item.pins
    problems = found.problems if found else ()
    return {
        "path": item.path,
        "state": item.word.lower(),
        "repo": pins.repo if pins else None,
        "commit": pins.commit if pins else None,
        "compared_with": pins.source if pins else None,
        "equal": found.equal if found else 0,
        "bytes": found.bytes if found else 0,
        "not_downloaded": found.absent if found else 0,
        "problems": [{"path": p.path, "kind": str(p.kind), "message": p.message} for p in problems],
        "reason": item.problem,
    }
