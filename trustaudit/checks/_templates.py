"""Chat templates as inspectors saw them, and findings about them.

The same template in twenty quantizations is one template: findings name the first file and
count the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta
from trustaudit.facts import Reason, Unavailable
from trustaudit.filefacts import Coverage, Observation
from trustaudit.finding import CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json", "processor_config.json")
_MAX_FILES = 5
_MAX_EVIDENCE = 6


class Template(Struct, frozen=True):
    """One template: the files that hold it, its place inside them, and what was noticed."""

    paths: tuple[str, ...]
    member: str
    notes: tuple[Observation, ...]

    @property
    def path(self) -> str:
        """The first file that holds it."""
        return self.paths[0]

    @property
    def summary(self) -> Observation:
        """Its fingerprint and sentences."""
        return next(note for note in self.notes if note.kind == "template")

    def of(self, *kinds: str) -> tuple[Observation, ...]:
        """What was noticed, of some kinds."""
        return tuple(note for note in self.notes if note.kind in kinds)

    def location(self, line: int | None) -> Location:
        """A line of it; lines count inside the template."""
        return Location(path=self.path, member=self.member or None, line=line)


class Weight(Struct, frozen=True):
    """How bad a sign is, and how sure."""

    severity: Severity
    confidence: Confidence

    @property
    def rank(self) -> tuple[int, int]:
        """For comparing: severity first."""
        return self.severity.rank, self.confidence.rank


def templates_of(snapshot: Snapshot) -> tuple[Template, ...]:
    """Every distinct template with all files that hold it, in the order of the files."""
    found: dict[tuple[object, ...], tuple[list[str], str, tuple[Observation, ...]]] = {}
    for path, member, notes in _placed(snapshot):
        same = tuple((note.kind, note.line, note.message, note.data) for note in notes)
        found.setdefault(same, ([], member, notes))[0].append(path)
    return tuple(Template(tuple(paths), member, notes) for paths, member, notes in found.values())


def each_template(snapshot: Snapshot) -> Iterable[Template]:
    """Every template of every file, equal ones several times."""
    return (Template((path,), member, notes) for path, member, notes in _placed(snapshot))


def judged(meta: CheckMeta, snapshot: Snapshot, findings: Iterable[Finding]) -> CheckResult:
    """The findings; without any, whether there was a template at all, and whether one could not be seen."""
    found = tuple(bounded(meta, findings))
    if found or any(True for _ in _placed(snapshot)):
        return CheckResult.of(meta.id, found)
    unseen = _unseen(snapshot)
    if unseen:
        detail = f"{listed(unseen)} could not be read"
        return CheckResult.unavailable(meta.id, Unavailable(reason=Reason.NOT_PROVIDED, detail=detail))
    return CheckResult.not_applicable(meta.id, "no chat template was found")


def worst(meta: CheckMeta, template: Template, signs: list[tuple[Weight, Observation]], **more: str) -> Finding | None:
    """One finding for all signs of one template, as bad as the worst of them."""
    if not signs:
        return None
    ordered = sorted(signs, key=lambda sign: (-sign[0].rank[0], -sign[0].rank[1], sign[1].line or 0))
    weight, first = ordered[0]
    return meta.found(
        more.get("message") or f"the chat template {first.message}",
        location=template.location(first.line),
        severity=weight.severity,
        confidence=weight.confidence,
        evidence=_evidence(template, [note for _, note in ordered]),
        remediation=more.get("remediation", ""),
        key=more.get("key") or template.member or template.path.rpartition("/")[2],
        others=template.paths[1:],
    )


def by_sign(
    meta: CheckMeta,
    snapshot: Snapshot,
    kinds: tuple[str, ...],
    weigh: Callable[[Observation], Weight | None],
    remediation: str,
) -> CheckResult:
    """One finding per template from observations that are weighed one by one."""
    found = []
    for template in templates_of(snapshot):
        weighed = [(weigh(note), note) for note in template.of(*kinds)]
        signs = [(weight, note) for weight, note in weighed if weight is not None]
        finding = worst(meta, template, signs, remediation=remediation)
        if finding is not None:
            found.append(finding)
    return judged(meta, snapshot, found)


def _evidence(template: Template, notes: list[Observation]) -> str:
    told = dict.fromkeys(f"line {note.line}: {note.message}" if note.line else note.message for note in notes)
    shown = listed(told, _MAX_EVIDENCE)
    if len(template.paths) == 1:
        return shown
    return f"{shown}; in {listed(template.paths, _MAX_FILES)}"


def _placed(snapshot: Snapshot) -> Iterable[tuple[str, str, tuple[Observation, ...]]]:
    """(path, member, observations) of every template."""
    for file in snapshot.file_facts:
        members: dict[str, list[Observation]] = {}
        for note in file.observations:
            if note.kind == "template" or note.kind.startswith("template-"):
                members.setdefault(note.member, []).append(note)
        for member, notes in members.items():
            if any(note.kind == "template" for note in notes):
                yield file.path, member, tuple(notes)


def _unseen(snapshot: Snapshot) -> list[str]:
    blind = [path for path, _ in snapshot.not_inspected]
    blind += [file.path for file in snapshot.file_facts if file.coverage is Coverage.NONE]
    return sorted(path for path in blind if path.endswith(TEMPLATE_FILES) or path.lower().endswith(".gguf"))
