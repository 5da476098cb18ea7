"""One bucket of the quota: how many requests are left in the Hub's window, and when it ends.

Answers overtake each other, so what one of them tells is a bound. A request that was answered
before another one was sent is counted in what the other's answer tells; all that were under way
in the meantime may be counted or not. Without others on the same quota this settles to the
exact number as soon as nothing is under way.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct, field

from trustaudit.hub.limits import Told

_SECOND = 1.0


class Ticket(NamedTuple):
    """What was known when a request went out. Its own answer tells less than ``told``, in the same window."""

    window: int
    sent: float
    answered: int
    told: int | None


class Rounding(Struct):
    """Seconds between what the Hub tells (``t``, whole seconds) and what is left: at least ``low`` or up to one more.

    A Hub that rounds up tells too much (``low`` is -1), one that rounds down too little (0). Which one it
    is shows at the end of a window: ``low`` lies between the two numbers here.
    """

    low: float = -_SECOND
    high: float = 0.0

    def at_least(self, low: float) -> None:
        """A window was still the old one."""
        self._narrow(max(self.low, low), self.high)

    def at_most(self, high: float) -> None:
        """A window had ended by then."""
        self._narrow(self.low, min(self.high, high))

    def _narrow(self, low: float, high: float) -> None:
        """Contradictions come from a clock that was set: everything is open again."""
        self.low, self.high = (low, high) if low <= high else (-_SECOND, 0.0)


class Window(Struct):
    """The present window of a bucket. ``sure`` requests may go out; None: nothing is told, all may.

    ``first`` and ``last`` bound its end on our clock, but for the rounding; before ``held`` nothing goes out,
    whatever is left. ``told`` is the least that an answer told, ``most`` what that leaves for further requests, others
    who share the quota included; ``unheard`` requests of the window may be missing in that.
    """

    rounding: Rounding = field(default_factory=Rounding)
    quota: int | None = None
    number: int = 0
    sure: int | None = None
    most: int | None = None
    told: int | None = None
    sent: int = 0
    settled: int = 0
    unheard: int = 0
    first: float | None = None
    last: float | None = None
    held: float | None = None

    @property
    def under_way(self) -> int:
        """Requests without an answer so far."""
        return self.sent - self.settled

    @property
    def ends(self) -> float | None:
        """When the window has surely ended; None when that was not told."""
        return None if self.last is None else self.last + _SECOND + self.rounding.high

    @property
    def may_end(self) -> float | None:
        """When the window may end at the earliest."""
        return None if self.first is None else self.first + self.rounding.low

    @property
    def is_spent(self) -> bool:
        """Whether no request is left of it."""
        return self.sure is not None and self.sure <= 0

    def refresh(self, now: float) -> None:
        """Begin the next window when this one has surely ended."""
        ends = self.ends
        if ends is not None and now >= ends:
            self.begin()

    def begin(self) -> None:
        """The next window. What is under way may fall into it."""
        self.number += 1
        self.sure = None if self.quota is None else self.quota - self.under_way
        self.most = self.told = self.quota
        self.first = self.last = None
        self.unheard = self.under_way

    def take(self, now: float) -> Ticket:
        """One request goes out."""
        ticket = Ticket(self.number, now, self.settled, self.told)
        self.sent += 1
        self.unheard += 1
        self.sure = None if self.sure is None else self.sure - 1
        self.most = None if self.most is None else self.most - 1
        return ticket

    def settle(self) -> None:
        """A request has its answer, or never will. With nothing under way the least that was told is what is left."""
        self.settled += 1
        if not self.under_way and self.sure is not None and self.told is not None and self.most is not None:
            self.sure = max(self.sure, min(self.told - self.unheard, self.most))

    def hold(self, until: float) -> None:
        """Nothing may go out until then. What is left of the window is left after that, too."""
        self.held = until if self.held is None else max(self.held, until)

    def waited(self) -> None:
        """What was waited for has come: the end of a hold, and of a window that is used up."""
        self.held = None
        if self.is_spent:
            self.begin()

    def learn(self, told: Told, ticket: Ticket, now: float) -> None:
        """What the answer to a request says. An answer of a window that is over says nothing about this one."""
        if told.remaining is None or told.seconds is None:
            return
        self.unheard = max(0, self.unheard - 1)
        fresh = self._is_fresh(told.remaining, told.seconds, ticket)
        if fresh and ticket.window == self.number:
            self._learn_rounding_of_ended(now)
            self.begin()
        elif not fresh and ticket.window != self.number:
            return
        self._count(told.remaining, self.sent - ticket.answered - 1)
        self._bound(ticket.sent + told.seconds, now + told.seconds, ticket.sent)

    def _is_fresh(self, remaining: int, seconds: int, ticket: Ticket) -> bool:
        """Whether another window began after the request was sent: more is left, or it ends later, than can be."""
        if ticket.told is not None and remaining >= ticket.told:
            return True
        return self.last is not None and ticket.sent + seconds >= self.last + _SECOND

    def _learn_rounding_of_ended(self, now: float) -> None:
        if self.first is not None:
            self.rounding.at_most(now - self.first)

    def _count(self, remaining: int, uncounted: int) -> None:
        """Less than we are sure of is left when others share the quota: then only the newest answer counts."""
        least = remaining - uncounted
        self.sure = least if self.sure is None or remaining < self.sure else max(self.sure, least)
        self.told = remaining if self.told is None else min(self.told, remaining)
        self.most = remaining if self.most is None else min(self.most, remaining)
        self.sure = min(self.sure, self.most)

    def _bound(self, first: float, last: float, sent: float) -> None:
        self.first = first if self.first is None else max(self.first, first)
        self.last = last if self.last is None else min(self.last, last)
        if self.first >= self.last + _SECOND:  # a clock was set: only this answer counts
            self.first, self.last = first, last
        self.rounding.at_least(sent - self.last - _SECOND)
