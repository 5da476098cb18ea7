"""The ancestors of a repository, each distinct one audited once per run.

Level by level up the declared parents, at most ``depth`` levels and ``MAX_ANCESTORS`` audits.
An ancestor is audited like any repository, within four API requests, at its default branch; of
a dataset only the info is asked for, since loading the model reads nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from msgspec import Struct, field

from trustaudit.collect.collector import collect
from trustaudit.collect.plan import Plan
from trustaudit.collect.relatives import known
from trustaudit.facts import Fact, Known, NotApplicable, Reason, Unavailable, value_of
from trustaudit.finding import Severity
from trustaudit.hub.client import Hub
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lineage.declared import DATASET, Parent, declared_parents
from trustaudit.refs import RepoRef
from trustaudit.report.model import TrustReport
from trustaudit.snapshot import Ancestor, AncestorFinding, Cost, RepoInfo, Snapshot

DEFAULT_DEPTH = 4
MAX_DEPTH = 16
MAX_ANCESTORS = 32
MAX_WAYS = 128
"""Lines of the lineage: a merge of merges reaches one ancestor on many ways."""
API_REQUESTS = 4

_SHOWN_FINDINGS = 5
_TOO_MANY = Unavailable(reason=Reason.BUDGET_SPENT, detail=f"beyond the {MAX_ANCESTORS} ancestors that are audited")
_CIRCLE = NotApplicable(why="the way comes back to where it has been")


class Audited(Struct, frozen=True):
    """An ancestor's own facts and verdict. ``ids`` are those it was asked for and answered with."""

    found: Fact[RepoInfo]
    ids: frozenset[str]
    cost: Cost
    commit: str | None = None
    verdict: str = ""
    findings: tuple[AncestorFinding, ...] = ()
    parents: tuple[Parent, ...] = ()


class Ancestry(Struct):
    """Ancestors of one run. ``judge`` is what an audit ends with."""

    hub: Hub
    judge: Callable[[Snapshot], TrustReport]
    depth: int = DEFAULT_DEPTH
    _audits: dict[str, asyncio.Task[Audited]] = field(default_factory=dict)

    async def added_to(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with its ancestors, and with what they cost on top of its own cost."""
        walk = _Walk(self)
        ancestors = await walk.up_from(snapshot)
        cost = snapshot.cost
        for audited in walk.fresh:
            cost = _summed(cost, audited.cost)
        return snapshot.model_copy(update={"lineage": ancestors, "cost": cost})

    async def aclose(self) -> None:
        """Stop audits that nobody waits for any more."""
        for task in self._audits.values():
            task.cancel()
        await asyncio.gather(*self._audits.values(), return_exceptions=True)

    def is_new(self, parent: Parent) -> bool:
        """Whether nobody has asked for this ancestor yet."""
        return parent.key not in self._audits

    async def audited(self, parent: Parent) -> Audited:
        """The audit of an ancestor, shared with everybody who asks."""
        if parent.key not in self._audits:
            self._audits[parent.key] = asyncio.create_task(self._audit(parent))
        return await asyncio.shield(self._audits[parent.key])

    async def _audit(self, parent: Parent) -> Audited:
        session = self.hub.session(api_requests=API_REQUESTS)
        ref = _ref(parent)
        if parent.relation == DATASET:
            answer = await known(session.info(ref))
            found: Fact[RepoInfo] = Known(value=answer.value.info) if isinstance(answer, Known) else answer
            return Audited(found, _ids(ref, value_of(found)), session.meter.cost())
        try:
            snapshot = await collect(ref, session, Plan(ruleset=ruleset_id(), frugal=True))
        except Exception as error:  # noqa: BLE001 - a defect met at an ancestor must not end the audit
            blind = Unavailable(reason=Reason.INTERNAL, detail=f"{type(error).__name__}: {error}")
            return Audited(blind, _ids(ref, None), session.meter.cost())
        return _judged(ref, snapshot, self.judge(snapshot))


class _Way(Struct, frozen=True):
    """A repository whose parents come next. ``passed`` are the ids on the way to it, its own included."""

    id: str
    parents: tuple[Parent, ...]
    passed: frozenset[str]


class _Walk(Struct):
    """The way up from one repository."""

    ancestry: Ancestry
    fresh: list[Audited] = field(default_factory=list)
    _seen: dict[str, Audited] = field(default_factory=dict)
    _followed: set[str] = field(default_factory=set)

    async def up_from(self, snapshot: Snapshot) -> tuple[Ancestor, ...]:
        """Every ancestor once per way, nearest first; what was reached before is not followed again."""
        passed = _ids(snapshot.ref, snapshot.repo_info)
        level = [_Way(snapshot.ref.id, declared_parents(snapshot), passed)]
        found: list[Ancestor] = []
        depth = min(self.ancestry.depth, MAX_DEPTH)
        for above in range(1, depth + 1):
            steps = [(way, parent) for way in level for parent in way.parents][: MAX_WAYS - len(found)]
            await self._audit(parent for way, parent in steps if parent.key not in way.passed)
            found += [self._ancestor(way, parent, above, last=above == depth) for way, parent in steps]
            level = [onward for way, parent in steps if (onward := self._onward(way, parent))]
        return tuple(found)

    async def _audit(self, parents: Iterable[Parent]) -> None:
        wanted = {parent.key: parent for parent in parents if parent.key not in self._seen}
        chosen = list(wanted.values())[: MAX_ANCESTORS - len(self._seen)]
        mine = [self.ancestry.is_new(parent) for parent in chosen]
        audits = await asyncio.gather(*(self.ancestry.audited(parent) for parent in chosen))
        self._seen.update({parent.key: audited for parent, audited in zip(chosen, audits, strict=True)})
        self.fresh += [audited for audited, new in zip(audits, mine, strict=True) if new]

    def _onward(self, way: _Way, parent: Parent) -> _Way | None:
        audited = self._seen.get(parent.key)
        if audited is None or self._closes(way, parent) or not audited.ids.isdisjoint(self._followed):
            return None
        self._followed |= audited.ids
        return _Way(parent.id, audited.parents, way.passed | audited.ids)

    def _closes(self, way: _Way, parent: Parent) -> bool:
        """Whether the parent, under either of its names, is on the way already."""
        audited = self._seen.get(parent.key)
        return not way.passed.isdisjoint(audited.ids if audited else {parent.key})

    def _ancestor(self, way: _Way, parent: Parent, depth: int, *, last: bool) -> Ancestor:
        audited = self._seen.get(parent.key)
        circular = self._closes(way, parent)
        seen = None if circular else audited
        return Ancestor(
            id=parent.id,
            type=parent.type,
            relation=parent.relation,
            declared_in=parent.place,
            depth=depth,
            parent=way.id,
            found=seen.found if seen else _CIRCLE if circular else _TOO_MANY,
            commit=seen.commit if seen else None,
            verdict=seen.verdict if seen else "",
            findings=seen.findings if seen else (),
            circular=circular,
            beyond=last and bool(seen and seen.parents),
            api_requests=seen.cost.api_requests if seen else 0,
        )


def _ref(parent: Parent) -> RepoRef:
    namespace, _, name = parent.id.rpartition("/")
    return RepoRef(type=parent.type, namespace=namespace or None, name=name)


def _ids(ref: RepoRef, info: RepoInfo | None) -> frozenset[str]:
    """The full ids of a repository, as the Hub compares them: as asked for, and as answered."""
    prefix = ref.full_id.removesuffix(ref.id)
    answered = {f"{prefix}{info.id}"} if info else set()
    return frozenset(name.casefold() for name in {ref.full_id, *answered})


def _judged(ref: RepoRef, snapshot: Snapshot, report: TrustReport) -> Audited:
    worst = [item for item in report.findings if item.severity.rank >= Severity.MEDIUM.rank][:_SHOWN_FINDINGS]
    return Audited(
        found=snapshot.info,
        ids=_ids(ref, snapshot.repo_info),
        cost=snapshot.cost,
        commit=snapshot.commit,
        verdict=str(report.verdict),
        findings=tuple(
            AncestorFinding(
                rule=item.rule,
                severity=item.severity,
                confidence=item.confidence,
                message=item.message,
                path=item.location.path or "",
            )
            for item in worst
        ),
        parents=declared_parents(snapshot),
    )


def _summed(one: Cost, other: Cost) -> Cost:
    """What two audits spent together. Seconds and size stay those of the first: the others ran beside it."""
    ages = [moment for moment in (one.oldest_answer, other.oldest_answer) if moment is not None]
    return one.model_copy(
        update={
            "api_requests": one.api_requests + other.api_requests,
            "file_requests": one.file_requests + other.file_requests,
            "bytes": one.bytes + other.bytes,
            "cached_answers": one.cached_answers + other.cached_answers,
            "oldest_answer": min(ages, default=None),
        }
    )
