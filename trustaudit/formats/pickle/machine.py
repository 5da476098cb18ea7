"""A pickle machine that is fed bytes and states facts: sans-I/O, total, constant in memory.

    facts = PickleFacts(limits, member="archive/data.pkl")
    machine = PickleMachine(facts)
    event = machine.feed(first_bytes)
    while event is Event.NEED_DATA:
        event = machine.feed(bytes_at(machine.wanted), machine.wanted) or, at the end of the input, machine.close()

Whoever can seek reads at ``wanted`` (it jumps over large payloads); whoever cannot (an
inflating archive) feeds everything in order. Both see the same facts, whatever the chunk
sizes. ``pump`` (inspector.py) is this loop for a file that is read through ``Read``.
"""

from __future__ import annotations

from enum import StrEnum

from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.longline import note_cut_global, push_long_line
from trustaudit.formats.pickle.memo import Memo
from trustaudit.formats.pickle.nesting import Nesting
from trustaudit.formats.pickle.opcodes import NAMES, fresh_handlers, used_opcodes
from trustaudit.formats.pickle.payload import LineSkipper, PayloadReader
from trustaudit.formats.pickle.state import (
    Interruption,
    LimitHit,
    LongLine,
    LongPayload,
    Malformed,
    NeedMore,
    Stopped,
    StreamState,
)
from trustaudit.formats.pickle.upkeep import report_stream, tidy
from trustaudit.formats.pickle.values import Instance

LOOKAHEAD = 9
"""Bytes that the longest argument of fixed size and its opcode take: handlers rely on having them."""

STEP = 64 * 1024
"""Stream offsets at which memory is tidied and limits are looked at. Multiples of it, so chunk sizes do not matter."""


class Event(StrEnum):
    """Why the machine handed control back."""

    NEED_DATA = "need-data"
    PAUSED = "paused"
    ENDED = "ended"


class Ending(StrEnum):
    """How a stream ended. ``truncated``: the input was closed before STOP."""

    STOP = "stop"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    LIMIT = "limit"


class PickleMachine:
    """Executes one pickle stream symbolically. Facts go to ``facts`` as they happen, so none is lost to a later error.

    ``offset`` is the position of the stream's first byte in its file or member; all offsets
    reported are counted like it. ``watch`` names classes and functions, as (module, name),
    whose results are kept as ``Instance`` with arguments and state. ``pause_on`` (a subset)
    makes the machine return ``Event.PAUSED`` directly after the BUILD of such an instance:
    joblib writes raw array bytes there. ``paused_on`` is then that instance and
    ``position`` the offset after the BUILD opcode. After ENDED, ``ending`` and ``detail`` say
    how, ``position`` is the offset of the first byte not read, and ``result`` what is known
    of the object that STOP returned.
    """

    def __init__(  # noqa: PLR0913 - each names a circumstance of the stream, keyword only
        self,
        facts: PickleFacts,
        *,
        offset: int = 0,
        stream: int = 0,
        depth: int = 0,
        watch: frozenset[tuple[str, str]] = frozenset(),
        pause_on: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.facts = facts
        self.ending: Ending | None = None
        self.detail = ""
        self._state = StreamState(facts, stream=stream, depth=depth, watch=watch, pause_on=pause_on)
        self._state.start = offset
        self._nesting = Nesting(facts, depth + 1)
        self._state.nesting = self._nesting
        self._state.handlers = fresh_handlers()
        self._base = offset
        self._data = b""
        self._at = 0
        self._fed_to = offset
        self._last = offset
        self._reached = offset
        self._closed = False
        self._sink: PayloadReader | LineSkipper | None = None
        self._opcodes_left = facts.limits.opcodes
        self._next_step = offset - offset % STEP + STEP
        self._tidied_at = self._opcodes_left

    @property
    def position(self) -> int:
        """Offset of the next opcode, or of the raw data while paused."""
        return self._base + self._at

    @property
    def wanted(self) -> int:
        """Offset of the next byte there is a use for."""
        return max(self.position, self._base + len(self._data))

    @property
    def reaches(self) -> int:
        """Offset up to which the stream reaches for certain: the end of a constant that is only partly there."""
        return max(self.position, self._reached)

    @property
    def paused_on(self) -> Instance | None:
        """The instance whose BUILD paused the machine."""
        return self._state.paused_on

    @property
    def result(self) -> object:
        """What is known of the unpickled object, after STOP: see ``values.py``."""
        return self._state.result

    @property
    def opcodes(self) -> int:
        """How many opcodes were executed."""
        return self.facts.limits.opcodes - self._opcodes_left

    @property
    def opcode_kinds(self) -> int:
        """How many different opcodes were executed."""
        return len(used_opcodes(self._state.handlers))

    @property
    def unread(self) -> bytes:
        """Bytes that were fed but not read yet."""
        return self._data[self._at :]

    @property
    def names_seen(self) -> bool:
        """Whether the stream brought any global in."""
        return bool(self._state.refs)

    def feed(self, data: bytes, offset: int | None = None) -> Event:
        """Hand over ``data``, which starts at ``offset`` (default: where the last data ended), and run on.

        Bytes before ``wanted`` are ignored; a gap after it is a ValueError.
        """
        start = self._fed_to if offset is None else offset
        if start > self.wanted:
            raise ValueError(f"data at {start}, wanted at {self.wanted}")
        self._fed_to = start + len(data)
        position, unread = self.position, self._data[self._at :]
        self._data = unread + data[position + len(unread) - start :]
        self._base, self._at = position, 0
        return self._run()

    def resume(self) -> Event:
        """Run on after PAUSED with what is already there. The instance's state is given up."""
        if self._state.paused_on is not None:
            self._state.paused_on.state = None
            self._state.paused_on = None
        return self._run()

    def close(self) -> Event:
        """There are no more bytes. Always returns ENDED (PAUSED only if bytes already fed lead there)."""
        self._closed = True
        return self._run()

    def take(self, count: int) -> bytes:
        """Remove up to ``count`` bytes that were fed but not read yet. For raw data while PAUSED."""
        taken = self._data[self._at : self._at + count]
        self._at += len(taken)
        return taken

    def skip(self, count: int) -> None:
        """Go on reading opcodes ``count`` bytes later: ``position`` and ``wanted`` move. For raw data while PAUSED."""
        self._at += count

    def fork(self, *, stream: int | None = None) -> PickleMachine:
        """A fresh machine (empty stack and memo, same facts and watch) that takes over what is unread.

        After ENDED it reads the next stream of the file; while PAUSED it reads a pickle that
        is embedded there (joblib's object arrays), then ``join`` hands the rest back.
        ``resume`` starts it.
        """
        state = self._state
        fresh = PickleMachine(
            self.facts,
            offset=self.position,
            stream=state.stream if stream is None else stream,
            depth=state.depth,
            watch=state.watch,
            pause_on=state.pause_on,
        )
        fresh._data = self._data[self._at :]
        fresh._take_over(self)
        return fresh

    def join(self, inner: PickleMachine) -> None:
        """Go on where ``inner``, a fork that has ended, stopped reading."""
        self._base, self._at, self._data = inner._base, inner._at, inner._data
        self._take_over(inner)

    def _take_over(self, other: PickleMachine) -> None:
        self._fed_to = other._fed_to
        self._closed = other._closed
        self._opcodes_left = self._tidied_at = other._opcodes_left

    def _run(self) -> Event:
        while True:
            if self.ending is not None:
                return Event.ENDED
            if self._state.paused_on is not None:
                return Event.PAUSED
            try:
                if self._sink is not None:
                    self._pass_over(self._sink)
                self._execute()
            except NeedMore:
                if not self._closed:
                    return Event.NEED_DATA
                note_cut_global(self._state, self._data[self._at :], self._at)
                self._end(Ending.TRUNCATED, "the data ends before STOP")
            except (Malformed, UnicodeDecodeError, IndexError) as error:
                self._end(Ending.MALFORMED, _why(error))
            except LimitHit as limit:
                self.facts.reach(str(limit))
                self._end(Ending.LIMIT, f"limit reached: {limit}")

    def _execute(self) -> None:
        """Run opcodes until one interrupts, a boundary comes, or data runs short (NeedMore)."""
        try:
            self._loop()
        except Interruption as interruption:
            opcode, self._at = self._data[self._at], interruption.position
            self._interrupted(interruption, opcode)
        self._leave_frame()
        if self.position >= self._next_step:
            self._next_step = self.position - self.position % STEP + STEP
            self._tidied_at = tidy(self._state, self._tidied_at, self._opcodes_left)
        if not self._halted and self._at >= self._readable():
            raise NeedMore

    def _loop(self) -> None:
        """The inner loop: one table look-up and one call per opcode.

        Afterwards ``_at`` is the boundary, or the opcode that raised. An if-chain with the
        commonest opcodes inlined was measured slower than the table.
        """
        state, data = self._state, self._data
        state.base, state.end = self._base, len(data)
        if self._closed:
            data += b"\0" * LOOKAHEAD
        handlers, boundary = state.handlers, self._boundary()
        position = start = self._at
        done = 0
        try:
            for done in range(self._opcodes_left):  # noqa: B007 - counts, for the clauses below
                if position >= boundary:
                    return
                start = position
                position = handlers[data[position]](state, data, position + 1)
            done = self._opcodes_left
        except NeedMore:
            position = start
            raise
        except Exception:
            position = start
            done += 1
            raise
        finally:
            self._opcodes_left -= done
            self._at = position
            self._last = self._base + start
        raise LimitHit("opcodes")

    @property
    def _halted(self) -> bool:
        return self.ending is not None or self._sink is not None or self._state.paused_on is not None

    def _readable(self) -> int:
        """Up to where in the buffer an opcode may start."""
        return len(self._data) - (0 if self._closed else LOOKAHEAD)

    def _boundary(self) -> int:
        boundary = min(self._readable(), self._next_step - self._base)
        if self._state.frame_end is not None:
            boundary = min(boundary, self._state.frame_end - self._base)
        return boundary

    def _leave_frame(self) -> None:
        """A frame must end between two opcodes; CPython versions disagree on what follows otherwise."""
        frame_end = self._state.frame_end
        if frame_end is None or (self.position < frame_end and self.ending is not Ending.STOP):
            return
        self._state.frame_end = None
        if self.position != frame_end:
            message = "an opcode and its frame end at different places: CPython versions read what follows differently"
            self.facts.observe("pickle-frame-mismatch", message, offset=self._last, why="crossed")

    def _interrupted(self, interruption: Interruption, opcode: int) -> None:
        match interruption:
            case Stopped():
                self._end(Ending.STOP, "")
            case LongPayload():
                self._sink = PayloadReader(interruption, self.position, self._nesting.open)
                self._reached = self._sink.end
            case LongLine():
                self._sink = LineSkipper(interruption, NAMES[opcode], self._last, self.position)

    def _pass_over(self, sink: PayloadReader | LineSkipper) -> None:
        """Hand the buffer to a long argument; when it is through, go on behind it."""
        end = sink.feed(self._data, self._base)
        if end is None:
            self._base, self._at, self._data = sink.wanted, 0, b""
            raise NeedMore
        self._sink = None
        self._at = end - self._base
        self._state.base = self._base
        if isinstance(sink, PayloadReader):
            self._state.stack.append(sink.value())
        else:
            push_long_line(self._state, sink.opcode, sink.start - self._base)
        self._leave_frame()

    def _end(self, ending: Ending, detail: str) -> None:
        self.ending, self.detail = ending, detail
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        state = self._state
        report_stream(
            state, self.position, broken="" if ending in (Ending.STOP, Ending.LIMIT) else str(ending), why=detail
        )
        state.stack, state.memo = [], Memo(0)


def _why(error: Exception) -> str:
    if isinstance(error, IndexError):
        return "stack underflow"
    return "a string that is not valid UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
