"""What was not seen, and whether the policy can do without it. "Could not look" is never "clean"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.finding import Category, CheckResult, Outcome
from trustaudit.policy.execution import can_execute, is_loadable
from trustaudit.policy.schema import RequiredFact
from trustaudit.report.model import NotSeen
from trustaudit.snapshot import Snapshot

_FACTS: Final = (
    RequiredFact.INFO,
    RequiredFact.FILES,
    RequiredFact.HISTORY,
    RequiredFact.PUBLISHER,
    RequiredFact.SCAN,
)

_RESTS_ON: Final = {
    RequiredFact.INFO: {Category.NAME},
    RequiredFact.FILES: {Category.INTEGRITY},
    RequiredFact.CONTENTS: {Category.CONTENT, Category.INTEGRITY},
    RequiredFact.HISTORY: {Category.HISTORY},
    RequiredFact.PUBLISHER: {Category.PUBLISHER},
    RequiredFact.SCAN: {Category.CONTENT},
}
"""Categories whose checks judge a required fact. A crash in ``execution`` always counts."""


_EXTRA: Final = {
    "refs": "refs",
    "previous": "previous",
    "members": "members of the organization",
    "siblings": "other models of the owner",
    "copy_source": "original of the copy",
}
"""Facts that are asked for on occasion, by the words for them. No policy can require them."""

_SHORT: Final = frozenset({Coverage.PARTIAL, Coverage.NONE})


class Gap(Struct, frozen=True):
    """One thing not seen. ``fact`` is what it is part of; None when no policy can require it."""

    fact: RequiredFact | None
    seen: NotSeen
    reason: Reason | None = None


def gaps(snapshot: Snapshot) -> tuple[Gap, ...]:
    """Everything that was not seen: facts first, then files by path."""
    return (*_fact_gaps(snapshot), *_closed(snapshot), *_file_gaps(snapshot))


def broken_checks(
    results: Iterable[CheckResult], required: Sequence[RequiredFact], categories: Mapping[str, Category]
) -> tuple[Gap, ...]:
    """Checks that crashed and whose category the required facts stand for.

    A hostile file must not gain by crashing a check; a check of unknown category counts too.
    """
    matter = {Category.EXECUTION}.union(*(_RESTS_ON[fact] for fact in required))
    return tuple(
        Gap(RequiredFact.CONTENTS, NotSeen(path=f"(check {result.id})", reason=result.reason), Reason.INTERNAL)
        for result in results
        if result.outcome is Outcome.ERROR and categories.get(result.id, Category.EXECUTION) in matter
    )


def _fact_gaps(snapshot: Snapshot) -> Iterable[Gap]:
    for name in _FACTS:
        gap = _fact_gap(name, getattr(snapshot, name))
        if gap is not None:
            yield gap
    for extra, shown in _EXTRA.items():
        fact = getattr(snapshot, extra)
        if isinstance(fact, Unavailable):
            yield _gap(None, f"({shown})", fact)
    for file in snapshot.provenance.files:
        if isinstance(file.text, Unavailable):
            yield _gap(None, file.path, file.text)
    yield from _half_seen(snapshot)


def _fact_gap(name: RequiredFact, fact: Known[object] | Unavailable | NotApplicable) -> Gap | None:
    return _gap(name, f"({name})", fact) if isinstance(fact, Unavailable) else None


def _half_seen(snapshot: Snapshot) -> Iterable[Gap]:
    """Known facts that are not the whole truth."""
    files, scan = snapshot.files, snapshot.scan
    if isinstance(files, Known) and not files.value.complete:
        yield _cut_off(snapshot, len(files.value.entries))
    if isinstance(files, Known) and files.value.problem is not None:
        # Names and sizes are known all the same; what lacks is each file's scan and last commit.
        yield _gap(RequiredFact.SCAN, "(tree)", files.value.problem)
    if isinstance(scan, Known) and not scan.value.done:
        reason = "the Hub's scanners have not finished"
        yield Gap(RequiredFact.SCAN, NotSeen(path="(scan)", reason=reason), Reason.NOT_PROVIDED)


def _cut_off(snapshot: Snapshot, seen: int) -> Gap:
    """A list of files that is not whole: the Hub's after so many pages, that of a folder where one cannot be listed."""
    if snapshot.origin == "local":
        why, cause = "not every folder was looked into", Reason.NOT_PROVIDED
    else:
        why, cause = f"the listing stopped after {seen} files", Reason.BUDGET_SPENT
    return Gap(RequiredFact.FILES, NotSeen(path="(files)", reason=why), cause)


def _closed(snapshot: Snapshot) -> Iterable[Gap]:
    """Files that nobody could ask for: gated ones, which the history shows first, and those without a commit."""
    if snapshot.file_facts or snapshot.not_inspected:
        return
    facts = (snapshot.files, snapshot.history)
    denied = next((fact for fact in facts if isinstance(fact, Unavailable) and fact.reason is Reason.GATED), None)
    if denied is not None:
        yield _gap(RequiredFact.CONTENTS, "(contents)", denied)
    elif snapshot.commit is None and any(is_loadable(entry.path) for entry in snapshot.entries):
        seen = NotSeen(path="(contents)", reason="there is no commit to read files of")
        yield Gap(RequiredFact.CONTENTS, seen, Reason.NOT_PROVIDED)


def _file_gaps(snapshot: Snapshot) -> Iterable[Gap]:
    found = [
        *(_gap(_closed_part(snapshot, path, fact), path, fact) for path, fact in snapshot.not_inspected),
        *(_short(snapshot, facts) for facts in snapshot.file_facts if facts.coverage in _SHORT),
        *_unaccounted(snapshot),
    ]
    return sorted(found, key=lambda gap: (gap.fact is None, gap.seen.path))


def _closed_part(snapshot: Snapshot, path: str, fact: Unavailable) -> RequiredFact | None:
    """Behind a gate nothing is known of any file, whatever its name promises."""
    return RequiredFact.CONTENTS if fact.reason is Reason.GATED else _part(snapshot, path)


def _part(snapshot: Snapshot, path: str, file_format: str = "") -> RequiredFact | None:
    matters = can_execute(path, file_format, repo_type=snapshot.ref.type)
    return RequiredFact.CONTENTS if matters else None


def _short(snapshot: Snapshot, facts: FileFacts) -> Gap:
    reason = facts.reason or ", ".join(facts.limits) or f"coverage {facts.coverage}"
    matters = _is_named_loadable(facts) if _is_foreign(facts) else _part(snapshot, facts.path, facts.format)
    return Gap(matters, NotSeen(path=facts.path, reason=reason))


def _is_foreign(facts: FileFacts) -> bool:
    """Looked at, and of no known format: no pickle, archive or program. Not the same as not looked at."""
    return facts.format == "unknown" and facts.coverage is Coverage.NONE and facts.bytes_read > 0 and not facts.limits


def _is_named_loadable(facts: FileFacts) -> RequiredFact | None:
    """Bytes that nobody knows leave a hole only where the name promises that a loader runs them."""
    return RequiredFact.CONTENTS if is_loadable(facts.path, surely=True) else None


def _unaccounted(snapshot: Snapshot) -> Iterable[Gap]:
    """Files of which an audit that did open files says nothing: listed by one answer, missing in another."""
    if not snapshot.file_facts and not snapshot.not_inspected:
        return
    told = {facts.path for facts in snapshot.file_facts} | {path for path, _ in snapshot.not_inspected}
    for entry in snapshot.entries:
        if entry.path not in told and entry.size != 0 and is_loadable(entry.path):
            seen = NotSeen(path=entry.path, reason="was not looked at")
            yield Gap(RequiredFact.CONTENTS, seen, Reason.NOT_REQUESTED)


def _gap(name: RequiredFact | None, path: str, fact: Unavailable) -> Gap:
    return Gap(name, NotSeen(path=path, reason=said(fact)), fact.reason)


def said(fact: Unavailable) -> str:
    """``gated: detail``, as results of checks spell it."""
    return f"{fact.reason}: {fact.detail}" if fact.detail else str(fact.reason)
