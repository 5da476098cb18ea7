"""The contract of a check: a module with a docstring, ``META`` and ``run``.

The docstring is the documentation page (``docs/checks/<id>.md`` is generated from it) and
has the sections "What it does", "Why it matters", "Example", "How to fix" and "References".
``run`` is a pure function of the snapshot and the context: no clock, no network, no
environment. Facts that a check cannot do without are listed in ``META.needs``; when one is
unavailable the check is reported as unavailable and ``run`` is not called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import cast

from msgspec import Struct, field

from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Outcome, Severity
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.masking import masked
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot


class Need(StrEnum):
    """Facts a check can require; each but ``contents`` is a field of the snapshot.

    ``contents``: at least one file was looked into. A check that only reads ``file_facts`` needs
    it, for an empty tuple of them would otherwise read as "looked at everything, found nothing".
    """

    INFO = "info"
    FILES = "files"
    HISTORY = "history"
    PUBLISHER = "publisher"
    SCAN = "scan"
    REFS = "refs"
    PREVIOUS = "previous"
    COPY_SOURCE = "copy_source"
    SIBLINGS = "siblings"
    CONTENTS = "contents"


ALL_TYPES = frozenset(RepoType)
MESSAGE_CHARS = 600
EVIDENCE_CHARS = 4_000


class CheckMeta(Struct, frozen=True):
    """What a check is. ``id`` is kebab-case and equals the module's name with dashes."""

    id: str
    title: str
    severity: Severity
    category: Category
    needs: frozenset[Need] = frozenset()
    applies_to: frozenset[RepoType] = ALL_TYPES
    local: bool = False
    """Whether the check also makes sense for local files, where only file facts exist."""

    @property
    def docs_path(self) -> str:
        """The generated page of this check, from the root of the project: what reports link to."""
        return f"docs/checks/{self.id}.md"

    def found(  # noqa: PLR0913 - the parts of a finding, all but the message by keyword
        self,
        message: str,
        *,
        location: Location,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
        evidence: str = "",
        remediation: str = "",
        key: str = "",
        others: Iterable[str] = (),
    ) -> Finding:
        """A finding of this check; severity defaults to the check's own.

        Texts are cut: names from a repository may be as long as its owner likes.
        """
        return Finding(
            rule=self.id,
            severity=severity or self.severity,
            confidence=confidence,
            category=self.category,
            message=_cut(message, MESSAGE_CHARS),
            evidence=_cut(evidence, EVIDENCE_CHARS),
            location=location,
            remediation=_cut(remediation, MESSAGE_CHARS),
            key=_cut(key, MESSAGE_CHARS),
            others=tuple(others),
        )


class Options(Struct, frozen=True):
    """What the policy tells checks about the user's world."""

    licenses_allowed: frozenset[str] = frozenset()
    licenses_denied: frozenset[str] = frozenset()
    publishers_trusted: frozenset[str] = frozenset()
    publishers_denied: frozenset[str] = frozenset()
    repos_denied: frozenset[str] = frozenset()
    expected_signers: frozenset[str] = frozenset()


class Context(Struct, frozen=True):
    """Everything but the snapshot that a check may look at."""

    knowledge: Knowledge
    options: Options = field(default_factory=Options)


Run = Callable[[Snapshot, Context], Iterable[Finding] | CheckResult]


class Check(Struct, frozen=True):
    """A check ready to run."""

    meta: CheckMeta
    run: Run
    doc: str

    @classmethod
    def from_module(cls, module: ModuleType) -> Check:
        """The check that a module of ``checks/`` is."""
        meta = cast("CheckMeta", module.META)
        return cls(meta=meta, run=cast("Run", module.run), doc=module.__doc__ or "")

    def __call__(self, snapshot: Snapshot, context: Context) -> CheckResult:
        """Run against a snapshot. A crash is an ``error`` result, never an exception."""
        blocked = self._blocked(snapshot)
        if blocked is not None:
            return blocked
        try:
            result = self.run(snapshot, context)
            return result if isinstance(result, CheckResult) else CheckResult.of(self.meta.id, tuple(result))
        except Exception as error:  # noqa: BLE001 - one broken check must not take the report with it
            return CheckResult(id=self.meta.id, outcome=Outcome.ERROR, reason=f"{type(error).__name__}: {error}")

    def _blocked(self, snapshot: Snapshot) -> CheckResult | None:
        if snapshot.origin == "local" and not self.meta.local:
            return CheckResult.not_applicable(self.meta.id, "only for repositories on a Hub")
        if snapshot.origin == "hub" and snapshot.ref.type not in self.meta.applies_to:
            return CheckResult.not_applicable(self.meta.id, f"does not apply to a {snapshot.ref.type}")
        for need in _in_order(self.meta.needs):
            fact = _fact(snapshot, need)
            if isinstance(fact, Unavailable):
                return CheckResult.unavailable(self.meta.id, fact)
            if isinstance(fact, NotApplicable):
                return CheckResult.not_applicable(self.meta.id, fact.why)
        return None


@cache
def _in_order(needs: frozenset[Need]) -> tuple[Need, ...]:
    return tuple(sorted(needs))


def _fact(snapshot: Snapshot, need: Need) -> Known[object] | Unavailable | NotApplicable:
    if need is Need.CONTENTS:
        return _contents(snapshot)
    return cast("Known[object] | Unavailable | NotApplicable", getattr(snapshot, need))


_LOOKED_INTO: Known[object] = Known(value=None)


def _contents(snapshot: Snapshot) -> Known[object] | Unavailable | NotApplicable:
    """Whether any file was looked into, and why not."""
    if snapshot.file_facts:
        return _LOOKED_INTO
    if snapshot.not_inspected:
        return snapshot.not_inspected[0][1]
    if not isinstance(snapshot.files, Known):
        return snapshot.files
    if not snapshot.files.value.entries:
        return NotApplicable(why="there are no files")
    return Unavailable(reason=Reason.NOT_REQUESTED, detail="no file was looked into")


def _cut(text: str, limit: int) -> str:
    text = masked(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
