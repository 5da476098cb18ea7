"""What a pickle machine learned, collected as it runs: bounded, de-duplicated, shared by streams and nested pickles."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from trustaudit.filefacts import Observation, PickleGlobal, Use
from trustaudit.formats.interface import Limits
from trustaudit.formats.pickle.values import GlobalRef, render_arguments, short_key
from trustaudit.formats.record import clean
from trustaudit.knowledge.masking import masked

CALLS_PER_NAME = 32
"""Calls of one global that are told apart by their arguments. Beyond them only the number grows."""

ARGUMENTS_DECIDE = frozenset(
    {
        ("builtins", "getattr"),
        ("builtins", "map"),
        ("builtins", "filter"),
        ("functools", "partial"),
        ("functools", "reduce"),
        ("copyreg", "_reconstructor"),
        ("copyreg", "__newobj__"),
        ("copyreg", "__newobj_ex__"),
    }
)
"""Globals whose harm lies in their arguments: every distinct call is kept, up to ``limits.globals``."""

SAME_KIND = 500
"""Observations of one kind that are told one by one."""


class _Key(NamedTuple):
    """One entry of the globals: a name, what is done with it, and with which arguments."""

    module: str | None
    name: str | None
    spelled: str
    depth: int
    use: Use
    call: object


class PickleFacts:
    """Globals, observations and reached limits of one file or archive member."""

    def __init__(self, limits: Limits, *, member: str = "") -> None:
        self.limits = limits
        self.member = clean(member)
        self.skipped = False
        self._globals: dict[_Key, PickleGlobal] = {}
        self._used: set[tuple[object, ...]] = set()
        self._calls: Counter[tuple[str | None, str | None]] = Counter()
        self._elided: Counter[tuple[str | None, str | None]] = Counter()
        self._observations: dict[tuple[object, ...], Observation] = {}
        self._kinds: Counter[str] = Counter()
        self._limits: dict[str, None] = {}

    @property
    def globals(self) -> tuple[PickleGlobal, ...]:
        """Every global by first offset: one entry per name, use and distinguishing arguments.

        A name that is called or built has no entry of its own for being referenced.
        """
        kept = [
            entry
            for key, entry in self._globals.items()
            if key.use is not Use.REFERENCED or (key[:4] not in self._used)
        ]
        return tuple(sorted(kept, key=lambda entry: (entry.depth, entry.stream, entry.offset)))

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Structural facts in the order they were made; then how often the rest occurred."""
        repeated = [
            self._observation(kind, f"{count - SAME_KIND} more of this kind", None, None, {"repeated": str(count)})
            for kind, count in sorted(self._kinds.items())
            if count > SAME_KIND
        ]
        return (*self._observations.values(), *repeated, *self._elisions())

    @property
    def limits_reached(self) -> tuple[str, ...]:
        """Names of the limits that cut the inspection short; not empty means coverage is ``partial``."""
        return tuple(self._limits)

    def observe(
        self, kind: str, message: str, *, offset: int | None = None, length: int | None = None, **data: str
    ) -> None:
        """Add an observation; the same kind with the same data is told once, at its first offset."""
        key = (kind, *sorted(data.items())) if data else (kind, offset)
        if key in self._observations:
            return
        self._kinds[kind] += 1
        if self._kinds[kind] > SAME_KIND:
            return
        if len(self._observations) >= self.limits.observations:
            self.reach("observations")
            return
        self._observations[key] = self._observation(kind, message, offset, length, data)

    def reach(self, limit: str) -> None:
        """Note that a limit was reached."""
        self._limits[limit] = None

    def referenced(self, ref: GlobalRef, stream: int, depth: int) -> None:
        """A global was brought in."""
        self._add(ref, Use.REFERENCED, "", stream, depth, None)

    def called(self, ref: GlobalRef, args: object, key: object, stream: int, depth: int) -> None:
        """A global was called with ``args``, whose ``call_key`` was not seen on ``ref`` before."""
        name = (ref.module, ref.name)
        if self._calls[name] >= CALLS_PER_NAME and name not in ARGUMENTS_DECIDE:
            self._elided[name] += 1
            return
        call = short_key(key)
        if len(ref.calls) < self.limits.globals:
            ref.calls.add(call)
        if self._add(ref, Use.CALLED, render_arguments(args, self.limits.argument_chars), stream, depth, call):
            self._calls[name] += 1

    def built(self, ref: GlobalRef, stream: int, depth: int) -> None:
        """The state of what a global returned was set, which runs its ``__setstate__``."""
        self._add(ref, Use.BUILT, "", stream, depth, None)

    def _add(self, ref: GlobalRef, use: Use, arguments: str, stream: int, depth: int, call: object) -> bool:  # noqa: PLR0913, PLR0917 - parts of one entry
        key = _Key(ref.module, ref.name, ref.spelled, depth, use, call)
        if key in self._globals:
            return False
        if len(self._globals) >= self.limits.globals:
            self.reach("globals")
            return False
        if use is not Use.REFERENCED:
            self._used.add(key[:4])
        self._globals[key] = PickleGlobal(
            module=_text(ref.module),
            name=_text(ref.name),
            use=use,
            opcode=ref.opcode,
            offset=ref.offset,
            protocol=ref.protocol,
            arguments=masked(arguments),
            spelled=clean(ref.spelled),
            stream=stream,
            depth=depth,
            member=self.member,
        )
        return True

    def _elisions(self) -> list[Observation]:
        return [
            self._observation(
                "pickle-arguments-elided",
                f"{count} more calls with other arguments",
                None,
                None,
                {"module": str(module), "name": str(name), "count": str(count)},
            )
            for (module, name), count in self._elided.items()
        ]

    def _observation(
        self, kind: str, message: str, offset: int | None, length: int | None, data: dict[str, str]
    ) -> Observation:
        pairs = tuple(sorted((clean(key), clean(value)) for key, value in data.items()))
        return Observation(
            kind=kind, message=clean(message), offset=offset, length=length, member=self.member, data=pairs
        )


def _text(name: str | None) -> str | None:
    return None if name is None else clean(name)
