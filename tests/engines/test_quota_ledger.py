"""The count of permits: against a Hub that counts by itself, in any order of events, the cap is never exceeded."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from trustaudit.store.quota_ledger import (
    PROBE_SECONDS,
    UNTOLD_PERMITS,
    UNTOLD_SECONDS,
    Granted,
    Heard,
    Ledger,
    Report,
    settle,
)

FRESH = Ledger()


def told(remaining: int, ends_in: float = 100.0) -> Heard:
    return Heard(remaining, ends_in, quota=100, seconds=300)


def known(remaining: int = 50, **changes: object) -> Ledger:
    return replace(Ledger(3, 100, 300, remaining, 0, 1100.0), **changes)  # type: ignore[arg-type]


def test_one_request_goes_first_to_hear_of_a_quota() -> None:
    ledger, granted = settle(FRESH, 1000.0, Report(), 4)
    assert granted.count == 1
    ledger, waits = settle(ledger, 1001.0, Report(), 4)
    assert (waits.count, waits.seconds < 1) == (0, True)
    ledger, granted = settle(ledger, 1002.0, Report(granted.epoch, 1, told(99)), 4)
    assert (granted.count, ledger.remaining, ledger.outstanding) == (4, 95, 4)


def test_a_probe_that_is_never_heard_of_again_is_not_waited_for() -> None:
    ledger, _ = settle(FRESH, 1000.0, Report(), 4)
    assert settle(ledger, 1000.0 + PROBE_SECONDS, Report(), 4)[1].count == 1


def test_a_hub_without_quota_is_not_slowed_down() -> None:
    ledger, granted = settle(FRESH, 1000.0, Report(), 4)
    ledger, granted = settle(ledger, 1000.1, Report(granted.epoch, 1, silent=True), 4)
    assert (granted.count, round(granted.seconds)) == (UNTOLD_PERMITS, UNTOLD_SECONDS)
    ledger, granted = settle(ledger, 1090.0, Report(0, 0, silent=False), 4)
    assert granted.count == 1


def test_no_more_than_is_left_and_then_wait_for_the_end() -> None:
    ledger, granted = settle(known(3), 1000.0, Report(), 4)
    assert (granted.count, ledger.remaining) == (3, 0)
    assert settle(ledger, 1000.0, Report(), 4)[1] == Granted(3, 0, 100.0)


def test_what_the_hub_tells_only_lowers_what_is_left() -> None:
    busy = known(50, outstanding=8)
    for said, left in ((100, 50), (58, 50), (40, 32), (5, 0)):
        assert settle(busy, 1000.0, Report(3, 0, told(said)), 0)[0].remaining == left


def test_the_next_window_counts_who_is_late() -> None:
    ledger, granted = settle(known(0, outstanding=5), 1100.5, Report(3, 2), 4)
    assert (granted.epoch, granted.count, ledger.remaining) == (4, 4, 100 - 3 - 4)
    assert settle(ledger, 1101.0, Report(3, 3), 0)[0].outstanding == 4, "permits of an old window are not ours"
    assert settle(known(0, outstanding=5), 1400.0, Report(), 0)[0].remaining == 100


def test_a_window_that_began_without_us_is_taken_as_told() -> None:
    ledger, _ = settle(known(0, outstanding=2), 1000.0, Report(3, 0, told(90, 390.0)), 0)
    assert (ledger.epoch, ledger.remaining, ledger.ends_at) == (4, 88, 1390.0)


def test_a_guess_of_the_end_is_corrected_and_old_news_is_none() -> None:
    late = known(80, ends_at=1300.0)
    assert settle(late, 1000.0, Report(3, 0, told(99, 200.0)), 0)[0].ends_at == 1200.0
    assert settle(late, 1000.0, Report(3, 0, told(1, 0.5)), 0)[0] == late
    assert settle(late, 1000.0, Report(3, 0, told(1, -50.0)), 0)[0] == late


def test_without_a_length_of_windows_the_next_one_is_asked_for() -> None:
    ledger, granted = settle(known(0, seconds=None, outstanding=2), 1101.0, Report(), 4)
    assert (ledger.remaining, granted.count) == (None, 1)
    assert settle(ledger, 1102.0, Report(4, 1, told(100)), 0)[0].remaining == 98


@dataclass
class CountingHub:
    """Fixed windows, counted as requests come in."""

    quota: int
    seconds: int
    used: dict[int, int] = field(default_factory=dict)

    def request(self, now: float) -> tuple[bool, Heard]:
        window = int(now // self.seconds)
        self.used[window] = self.used.get(window, 0) + 1
        ends_in = math.ceil((window + 1) * self.seconds - now) + 1.0
        left = max(0, self.quota - self.used[window])
        return self.used[window] <= self.quota, Heard(left, ends_in, self.quota, self.seconds)


NOTHING = Granted(0, 0, 0.0)


@dataclass
class Machine:
    """A worker: some permits, requests on their way, things to tell."""

    granted: Granted = NOTHING
    until: float = 0.0
    under_way: list[int] = field(default_factory=list)
    heard: tuple[Heard, float] | None = None
    spent: int = 0


Step = tuple[int, str, float]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["ask", "send", "send", "answer", "answer", "die"]), st.floats(0.0, 3.0)
    ),
    max_size=300,
)


@settings(max_examples=300)
@given(steps=STEPS, quota=st.integers(5, 30))
def test_the_cap_is_never_exceeded(steps: list[Step], quota: int) -> None:
    """Requests arrive when they are answered: as late as can be. Workers die with permits in their hands."""
    hub, ledger, now = CountingHub(quota, 20), FRESH, 1000.0
    machines = [Machine() for _ in range(3)]
    for who, what, pause in steps:
        now += pause
        machine = machines[who]
        if what == "die":
            assert all(hub.request(now)[0] for _ in machine.under_way)
            machines[who] = Machine()
        elif what == "ask":
            heard = None
            if machine.heard is not None:
                heard = replace(machine.heard[0], ends_in=machine.heard[0].ends_in - (now - machine.heard[1]))
            report = Report(machine.granted.epoch, machine.spent, heard)
            ledger, machine.granted = settle(ledger, now, report, 4)
            machine.until, machine.heard, machine.spent = now + machine.granted.seconds, None, 0
        elif what == "send" and machine.granted.count and now < machine.until:
            machine.granted = replace(machine.granted, count=machine.granted.count - 1)
            machine.under_way.append(machine.granted.epoch)
        elif what == "answer" and machine.under_way:
            epoch = machine.under_way.pop(0)
            allowed, told_now = hub.request(now)
            assert allowed
            machine.heard = (told_now, now)
            machine.spent += epoch == machine.granted.epoch
