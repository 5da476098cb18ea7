from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.facts import Reason
from trustaudit.formats.interface import ReadRefusedError, Source
from trustaudit.formats.readahead import Pages, Window
from trustaudit.formats.record import LimitReachedError, Reading

DATA = bytes(range(256)) * 40


def run(reading: Reading[bytes], data: bytes = DATA) -> tuple[bytes, int]:
    """The result, and how many bytes were asked for."""
    asked = 0
    try:
        read = next(reading)
        while True:
            asked += read.length
            read = reading.send(data[read.offset : read.offset + read.length])
    except StopIteration as done:
        return bytes(done.value), asked


def window(size: int) -> Window:
    return Window(Source("x", size), first=64, jump=16, most=256)


def pages(size: int) -> Pages:
    return Pages(Source("x", size), page=64)


@pytest.mark.parametrize("make", [window, pages])
@given(spans=st.lists(st.tuples(st.integers(0, 11_000), st.integers(0, 700)), max_size=20))
def test_any_walk_yields_exactly_the_bytes_of_the_file(
    make: Callable[[int], Window | Pages], spans: list[tuple[int, int]]
) -> None:
    reader = make(len(DATA))
    for offset, length in spans:
        assert run(reader.take(offset, length))[0] == DATA[offset : offset + length]


@pytest.mark.parametrize("make", [window, pages])
def test_a_size_that_was_an_upper_bound_is_corrected(make: Callable[[int], Window | Pages]) -> None:
    reader = make(1 << 40)
    assert run(reader.take(len(DATA) - 3, 10))[0] == DATA[-3:]
    assert reader.size == len(DATA)


def test_reading_on_grows_and_a_jump_shrinks() -> None:
    reader = window(len(DATA))
    grown = [run(reader.take(offset, 1))[1] for offset in range(0, 1000, 8)]
    assert [asked for asked in grown if asked] == [64, 128, 256, 256, 256, 256]
    assert run(reader.take(9000, 1))[1] <= 64


def test_known_pages_are_not_read_again() -> None:
    reader = pages(len(DATA))
    run(reader.take(0, 1000))
    assert run(reader.take(100, 500))[1] == 0


def test_a_budget_ends_reading() -> None:
    reader = Window(Source("x", len(DATA)), first=64, budget=200)
    with pytest.raises(LimitReachedError, match="structure-bytes"):
        run(reader.take(0, 500))


def test_a_refused_read_ahead_falls_back_to_what_is_needed() -> None:
    reader = window(len(DATA))
    run(reader.take(0, 64))
    reading = reader.take(64, 8)
    assert next(reading).length == 128
    assert reading.throw(ReadRefusedError("spent", Reason.BUDGET_SPENT)).length == 8
    with pytest.raises(StopIteration) as done:
        reading.send(DATA[64:72])
    assert done.value.value == DATA[64:72]


def test_a_refused_read_that_is_needed_is_refused() -> None:
    reading = window(len(DATA)).take(0, 200)
    next(reading)
    with pytest.raises(ReadRefusedError):
        reading.throw(ReadRefusedError("spent", Reason.BUDGET_SPENT))
