"""The three drivers: same facts over bytes, a local file and remote ranges, at a known cost."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import kinds, only
from tests.formats.writers_containers import call, state_dict, torch_zip
from trustaudit.facts import Reason
from trustaudit.filefacts import Coverage, FileFacts, Inspection
from trustaudit.formats import drivers, nested
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import MAX_READ, MIN_FETCH, inspect_bytes, inspect_local, inspect_remote
from trustaudit.formats.interface import Inspecting, Inspector, Limits, Read, ReadRefusedError, Source


class Remote:
    """A remote file of any size, made of stretches; everything between them is zeros."""

    def __init__(self, size: int, stretches: dict[int, bytes], budget: int = 1 << 40) -> None:
        self.size = size
        self.stretches = stretches
        self.budget = budget
        self.bytes_read = 0
        self.requests = 0
        self.spans: list[tuple[int, int]] = []

    async def read(self, offset: int, length: int) -> bytes:
        if self.bytes_read + length > self.budget:
            raise ReadRefusedError("budget of the file spent", Reason.BUDGET_SPENT)
        assert 0 <= offset < self.size
        assert offset + length <= self.size
        self.requests += 1
        self.bytes_read += length
        self.spans.append((offset, length))
        out = bytearray(length)
        for start, data in self.stretches.items():
            low, high = max(start, offset), min(start + len(data), offset + length)
            if low < high:
                out[low - offset : high - offset] = data[low - start : high - start]
        return bytes(out)


def of(data: bytes, budget: int = 1 << 40) -> Remote:
    return Remote(len(data), {0: data}, budget)


async def remotely(data: bytes, path: str = "model.pt", budget: int = 1 << 40) -> FileFacts:
    return await inspect_remote(inspect_file, Source(path, len(data)), of(data, budget))


def seen(facts: FileFacts) -> Inspection:
    return Inspection(**{name: getattr(facts, name) for name in Inspection.model_fields})


async def test_three_drivers_see_the_same(tmp_path: Path) -> None:
    data = torch_zip(call())
    path = tmp_path / "model.pt"
    path.write_bytes(data)
    with path.open("rb") as file:
        local = inspect_local(inspect_file, file, "model.pt", len(data))
    here = inspect_bytes(inspect_file, data, "model.pt")
    there = await remotely(data)
    assert seen(local) == seen(here) == seen(there)
    assert (there.path, there.size, there.bytes_read, there.requests) == ("model.pt", len(data), len(data), 1)


def large_checkpoint(tensors: int, tensor_bytes: int) -> tuple[Remote, int]:
    """A torch zip of many GB, of which only the records exist; returns it with the size of its pickle."""
    pickle = state_dict(tensors)
    stretches: dict[int, bytes] = {}
    listed = b""
    at = 0
    members = [("m/data.pkl", pickle, len(pickle)), ("m/byteorder", b"little", 6)]
    members += [(f"m/data/{index}", b"", tensor_bytes) for index in range(tensors)]
    members += [("m/version", b"3\n", 2), ("m/.data/serialization_id", b"1" * 40, 40)]
    for name, data, size in members:
        raw = name.encode()
        pad = -(at + 30 + len(raw) + 4) % 64
        extra = b"FB" + struct.pack("<H", pad) + b"Z" * pad
        head = struct.pack("<4s5H3I2H", b"PK\3\4", 0, 0x808, 0, 0, 0, 0, 0, 0, len(raw), len(extra)) + raw + extra
        stretches[at] = head + data
        wide = struct.pack("<2H3Q", 1, 24, size, size, at)
        full = 0xFFFFFFFF
        listed += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 0, 0, 0x808, 0, 0, 0, 0, full, full, len(raw), len(wide), 0, 0, 0, 0, full
        )
        listed += raw + wide
        at += len(head) + size + 24
    count = len(members)
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 0, 0, 0, 0, count, count, len(listed), at)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at + len(listed), 1)
    final = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    stretches[at] = listed + end64 + locator + final
    return Remote(at + len(stretches[at]), stretches), len(pickle)


@pytest.mark.parametrize("tensors", [4, 300, 1500])
async def test_the_cost_of_a_checkpoint_of_many_gigabytes(tensors: int) -> None:
    remote, pickle_bytes = large_checkpoint(tensors, 15_000_000_000 // tensors)
    facts = await inspect_remote(inspect_file, Source("model.pt", remote.size), remote)
    assert (facts.format, facts.coverage, facts.reason) == ("torch-zip", Coverage.STRUCTURE, "")
    assert kinds(facts) <= {"pickle-opcodes"}
    assert len(facts.globals) == 3
    assert facts.requests <= 4
    assert facts.bytes_read <= pickle_bytes + 256 * 1024


async def test_reads_are_served_from_what_was_fetched() -> None:
    def inspector(_source: Source) -> Inspecting:
        first = yield Read(0, 100)
        again = yield Read(50, 20)
        wider = yield Read(10, MIN_FETCH + 20)
        beyond = yield Read(1 << 40, 5)
        negative = yield Read(-5, -5)
        assert (first[50:70], len(wider), beyond, negative) == (again, MIN_FETCH + 20, b"", b"")
        return Inspection(format="x", coverage=Coverage.COMPLETE)

    remote = of(bytes(range(256)) * 1000)
    facts = await inspect_remote(inspector, Source("x", remote.size), remote)
    assert facts.coverage is Coverage.COMPLETE
    assert remote.spans == [(0, MIN_FETCH), (MIN_FETCH, MIN_FETCH)]


@given(st.lists(st.tuples(st.integers(-10, 120_000), st.integers(-10, 60_000)), max_size=12), st.integers(0, 100_000))
async def test_every_driver_sends_exactly_the_bytes(reads: list[tuple[int, int]], size: int) -> None:
    data = bytes(index * 7 % 251 for index in range(size))

    def inspector(_source: Source) -> Inspecting:
        for offset, length in reads:
            answer = yield Read(offset, length)
            start = max(0, offset)
            assert answer == data[start : start + max(0, length)]
        return Inspection(format="x", coverage=Coverage.COMPLETE)

    assert inspect_bytes(inspector, data, "x").coverage is Coverage.COMPLETE
    assert inspect_local(inspector, io.BytesIO(data), "x", size).coverage is Coverage.COMPLETE
    assert (await inspect_remote(inspector, Source("x", size), of(data))).coverage is Coverage.COMPLETE


def crash_at_once(_source: Source) -> Inspecting:
    raise KeyError("here")


def crash_later(_source: Source) -> Inspecting:
    yield Read(0, 1)
    raise RecursionError


def let_a_refusal_escape(_source: Source) -> Inspecting:
    yield Read(0, MAX_READ + 1)
    raise AssertionError


@pytest.mark.parametrize("inspector", [crash_at_once, crash_later])
async def test_a_crash_is_evidence_and_never_clean(inspector: Inspector) -> None:
    data = b"abc"
    for facts in (
        inspect_bytes(inspector, data, "x"),
        inspect_local(inspector, io.BytesIO(data), "x", 3),
        await inspect_remote(inspector, Source("x", 3), of(data)),
    ):
        assert facts.coverage is Coverage.PARTIAL
        assert only(facts, "inspector-error").get("error") in ("'here'", "")


def test_an_escaped_refusal_is_not_seen() -> None:
    facts = inspect_local(let_a_refusal_escape, io.BytesIO(), "x", MAX_READ * 2)
    assert (facts.coverage, facts.limits) == (Coverage.NONE, (str(Reason.TOO_LARGE),))


def ask_forever(_source: Source) -> Inspecting:
    while True:
        yield Read(0, 1)


def ask_forever_deaf(_source: Source) -> Inspecting:
    while True:
        try:
            yield Read(0, 1)
        except ReadRefusedError:
            continue


@pytest.mark.parametrize("inspector", [ask_forever, ask_forever_deaf])
def test_endless_asking_ends(inspector: Inspector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nested, "MAX_READS", 50)
    monkeypatch.setattr(nested, "MAX_REFUSALS", 50)
    facts = inspect_bytes(inspector, b"abc", "x")
    assert facts.coverage is Coverage.NONE
    assert "more than 50 reads" in facts.reason


async def test_a_spent_budget_is_partial_with_what_was_seen() -> None:
    data = b"\x80\x04" + call()[2:-1] + b"0" + b"\x8c\x01a0" * 100_000 + b"N."
    facts = await remotely(data, budget=200_000)
    assert facts.coverage is Coverage.PARTIAL
    assert [entry.qualified for entry in facts.globals] == ["posix.system"]
    assert facts.bytes_read <= 200_000


async def test_a_file_cannot_cause_requests_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "MAX_FETCHES", 5)
    remote = Remote(1 << 40, {})

    def inspector(_source: Source) -> Inspecting:
        for offset in range(0, 1 << 40, 1 << 20):
            yield Read(offset, 1)
        raise AssertionError

    facts = await inspect_remote(inspector, Source("x", remote.size), remote)
    assert (facts.coverage, remote.requests) == (Coverage.NONE, 5)


async def test_nothing_served_is_not_seen() -> None:
    facts = await remotely(torch_zip(), budget=0)
    assert (facts.coverage, facts.bytes_read) == (Coverage.NONE, 0)
    assert str(Reason.BUDGET_SPENT) in facts.limits


def test_a_file_that_shrinks_while_it_is_read() -> None:
    facts = inspect_local(inspect_file, io.BytesIO(b"abc"), "x", 1000)
    assert facts.coverage is Coverage.NONE


def test_a_file_that_cannot_be_read() -> None:
    closed = io.BytesIO(b"abc")
    closed.close()
    facts = inspect_local(inspect_file, closed, "x", 3)
    assert (facts.coverage, facts.limits) == (Coverage.NONE, (str(Reason.INTERNAL),))


async def test_a_run_starts_with_a_fresh_meter() -> None:
    source = Source("x", 3, Limits())

    def spend(given: Source) -> Inspecting:
        yield Read(0, 1)
        assert given.meter.inflated == 0
        given.meter.inflated += 1
        return Inspection(format="x", coverage=Coverage.COMPLETE)

    for _ in range(2):
        facts = await inspect_remote(spend, source, of(b"abc"))
        assert facts.coverage is Coverage.COMPLETE


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=20))
def test_bytes_at_hand_are_counted_once(reads: list[tuple[int, int]]) -> None:
    def inspector(_source: Source) -> Inspecting:
        for offset, length in reads:
            yield Read(offset, length)
        return Inspection(format="x", coverage=Coverage.COMPLETE)

    touched = {place for offset, length in reads for place in range(offset, min(offset + length, 200))}
    assert inspect_bytes(inspector, bytes(200), "x").bytes_read == len(touched)
