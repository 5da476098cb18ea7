"""A batch whose items and results are in a database: opened or joined here, worked on wherever an engine says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from trustaudit.batch.engines.in_process import InProcess
from trustaudit.batch.engines.interface import Engine, Order, Work, sent
from trustaudit.batch.rows import Row
from trustaudit.batch.worklist import Item, Worklist
from trustaudit.cli.output import say
from trustaudit.errors import StoreError, UsageError
from trustaudit.hub.permits import Permits
from trustaudit.report.model import TrustReport
from trustaudit.settings import Settings
from trustaudit.store import work_runs
from trustaudit.store.connection import Connection
from trustaudit.store.place import Place
from trustaudit.store.shared_permits import SharedPermits
from trustaudit.store.steady import Steady, hurry_all
from trustaudit.store.work_runs import WorkRun

T = TypeVar("T")

ENGINES: Final = ("local", "dask")
_LOOK: Final = 0.5
"""Seconds between two looks at what has come."""

_AT_FIRST: Final = 30.0
"""Seconds for a database to answer at all: a wrong address should not be waited for."""

_WINDOW: Final = 500
"""Results that may come before one that is still under way: only so many rows are looked at again."""


class EngineChoice(Struct, frozen=True):
    """``--engine``, ``--scheduler``, ``--workers`` and ``--jobs``."""

    engine: str = "local"
    scheduler: str = ""
    workers: int = 0
    jobs: int = 8
    reuse_days: int = 0

    @property
    def is_dask(self) -> bool:
        """Whether other processes do the work."""
        return self.engine == "dask"

    def check(self, settings: Settings) -> None:
        """What would otherwise only fail later. Raises UsageError."""
        if self.engine not in ENGINES:
            raise UsageError(f"no engine {self.engine!a}", advice=f"one of {', '.join(ENGINES)}")
        if not self.is_dask and (self.scheduler or self.workers):
            raise UsageError("--scheduler and --workers are options of --engine dask")
        if self.is_dask and bool(self.scheduler) == bool(self.workers):
            raise UsageError(
                "--engine dask needs either --scheduler ADDR or --workers N",
                advice="--workers starts processes on this machine, --scheduler uses a cluster that is there",
            )
        if self.scheduler and not Place.of(settings).is_server:
            raise UsageError(
                "the workers of a dask scheduler need a database that all of them can reach",
                advice="--db postgresql://user@host/name",
            )
        if self.is_shared(settings) and (settings.record or settings.replay):
            raise UsageError("--record and --replay are for runs of one process without --db")

    def is_shared(self, settings: Settings) -> bool:
        """Whether the run is kept in a database; otherwise it is a file, as ever."""
        return self.is_dask or bool(settings.db)

    @contextmanager
    def permits(self, settings: Settings) -> Iterator[Permits | None]:
        """Permits for what the command itself asks of the Hub; none where nobody shares them."""
        if not self.is_shared(settings):
            yield None
            return
        steady = Steady(Place.of(settings), patience=_AT_FIRST)
        try:
            with SharedPermits(steady, settings) as permits:
                yield permits
        finally:
            steady.close()

    def started(self, work: Work, order: str) -> Engine:
        """The engine at work."""
        if not self.is_dask:
            return InProcess(work, order)
        from trustaudit.batch.engines.on_dask import OnDask

        return OnDask(work, order, scheduler=self.scheduler, workers=self.workers)


LOCAL: Final = EngineChoice()


@dataclass(slots=True)
class SharedRun:
    """An open run. A context manager: left in any way, it asks the processes it called in to end."""

    choice: EngineChoice
    settings: Settings
    work: Worklist
    run: WorkRun
    place: Place
    note: str = ""
    _steady: Steady = field(init=False)
    _positions: dict[str, int] = field(init=False)
    _is_finished: bool = False

    def __post_init__(self) -> None:
        self._steady = Steady(self.place)
        self._positions = {item.key: at for at, item in enumerate(self.work.items)}

    @classmethod
    def opened(cls, choice: EngineChoice, settings: Settings, work: Worklist, *, resume: bool) -> Self:
        """A new run, or the unfinished one of this list. Raises StoreError."""
        place = Place.of(settings)
        first = Steady(place, patience=_AT_FIRST)
        try:
            run = first.run(lambda database: work_runs.open_run(database, work, settings.endpoint, resume=resume))
        finally:
            first.close()
        if run.joined:
            say(f"resuming run {run.id[:8]} in {place.name}: {len(run.done):,} of {len(work.items):,} are done")
        elif resume:
            say("nothing to resume: this list has no unfinished run; starting from the beginning")
        return cls(choice, settings, work, run, place)

    @staticmethod
    def done_so_far(settings: Settings, work: Worklist) -> frozenset[int]:
        """Positions that the unfinished run of this list has finished. Makes no database. Raises StoreError."""
        place = Place.of(settings)
        if place.path is not None and not place.path.exists():
            return frozenset()
        with place.opened(create=False) as database:
            return work_runs.done_so_far(database, work, settings.endpoint)

    @classmethod
    async def begun(cls, choice: EngineChoice, settings: Settings, work: Worklist, *, resume: bool) -> Self:
        """``opened``, beside the event loop: Ctrl-C is heard while the database is waited for."""
        try:
            return await asyncio.to_thread(cls.opened, choice, settings, work, resume=resume)
        except asyncio.CancelledError:
            hurry_all()
            raise

    async def apart(self, do: Callable[[], T]) -> T:
        """``do``, which reads reports, beside the event loop: Ctrl-C is heard while the database is away."""
        try:
            return await asyncio.to_thread(do)
        except asyncio.CancelledError:
            self._steady.hurry()
            raise

    def report(self, key: str) -> TrustReport:
        """A finished audit, read back."""
        return self._steady.run(lambda database: work_runs.report_at(database, self.run.id, self._positions[key]))

    async def rows(self, work: Work, done: Callable[[Row], None]) -> AsyncGenerator[tuple[Item, Row], None]:
        """Every item in order, as the results come; ``done`` hears of each as soon as it is seen."""
        engines: list[Engine] = []
        try:
            async for one in self._followed(work, engines, done):
                yield one
            self._is_finished = True
        finally:
            if not self._is_finished:
                self._steady.hurry()
            await self._ended(engines)

    async def _followed(
        self, work: Work, engines: list[Engine], done: Callable[[Row], None]
    ) -> AsyncGenerator[tuple[Item, Row], None]:
        position, told = 0, set[int]()
        while position < len(self.work.items):
            found = await self._do(partial(work_runs.rows_from, run=self.run.id, position=position, limit=_WINDOW))
            for at in sorted(found.keys() - told):
                told.add(at)
                done(self._marked(at, found[at]))
            while position in found:
                told.discard(position)
                yield self.work.items[position], self._marked(position, found[position])
                position += 1
            if len(found) < _WINDOW and position < len(self.work.items):
                await self._wait(work, engines)

    async def _wait(self, work: Work, engines: list[Engine]) -> None:
        """Nothing new: see that somebody works. What is all done already starts no process."""
        if not engines:
            engines.append(await asyncio.to_thread(self.choice.started, work, self._order().text()))
        await asyncio.to_thread(engines[0].supply)
        await asyncio.sleep(_LOOK)

    def _marked(self, position: int, row: Row) -> Row:
        return replace(row, again=True) if position in self.run.done else row

    async def _ended(self, engines: list[Engine]) -> None:
        try:
            await self._do(lambda database: work_runs.stop_crew(database, self.run.crew))
        except StoreError:
            hurry_all()  # a database that is away tells nobody; a worker in this process must not keep it alive
        for engine in engines:
            await asyncio.to_thread(engine.close)

    async def _do(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._steady.run, work)

    def _order(self) -> Order:
        return Order(
            run=self.run.id,
            crew=self.run.crew,
            jobs=self.choice.jobs,
            authenticated=self.settings.token is not None,
            db=self.place.address,
            settings=sent(self.settings),
            reuse_days=self.choice.reuse_days,
        )

    def close(self) -> None:
        """Hang up; a run of which everything was told is closed for good."""
        if self._is_finished:
            with suppress(StoreError):
                self._steady.run(lambda database: work_runs.finish_run(database, self.run.id))
        self._steady.close()
