"""Raw pickle files through Reads."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.pickle import assemble as asm
from trustaudit.facts import Reason
from trustaudit.filefacts import Coverage, FileFacts, Inspection
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.formats.interface import Limits, ReadRefusedError, Source
from trustaudit.formats.pickle.inspector import inspect_pickle

SYSTEM = asm.reduce(asm.glob("posix", "system"), asm.text("true"))


def inspect(data: bytes, **limits: int) -> FileFacts:
    return inspect_bytes(inspect_pickle, data, "model.pkl", Limits(**limits))


def kinds(facts: Inspection) -> list[str]:
    return [note.kind for note in facts.observations if note.kind != "pickle-opcodes"]


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data(protocol: int) -> None:
    facts = inspect(pickle.dumps([{"a": i} for i in range(5000)], protocol))
    assert (facts.format, facts.coverage, facts.globals, kinds(facts)) == ("pickle", Coverage.COMPLETE, (), [])


def test_large_constants_are_structure() -> None:
    data = pickle.dumps({"w": bytes(5_000_000)}, 4)
    facts = inspect(data)
    assert facts.coverage is Coverage.STRUCTURE
    assert facts.bytes_read < 500_000


def test_trailing_pickle_and_trailing_bytes() -> None:
    facts = inspect(asm.pickle(b"N") + asm.pickle(SYSTEM) + b"\0" * 100)
    assert [(entry.qualified, entry.stream) for entry in facts.globals] == [("posix.system", 1)]
    assert kinds(facts) == ["pickle-trailing-stream", "pickle-trailing-data"]
    assert facts.observations[-1].length == 100
    assert facts.coverage is Coverage.STRUCTURE


def test_broken_after_a_call() -> None:
    facts = inspect(asm.pickle(SYSTEM)[:-1] + b"\xff" + bytes(100))
    assert facts.coverage is Coverage.PARTIAL
    assert "unknown opcode 0xff" in facts.reason
    assert kinds(facts) == ["pickle-malformed-after-global"]
    assert [str(entry.use) for entry in facts.globals] == ["called"]


def test_limits_are_named() -> None:
    facts = inspect(b"N0" * 1000 + b"N.", opcodes=100)
    assert (facts.coverage, facts.limits) == (Coverage.PARTIAL, ("opcodes",))
    assert "opcodes" in facts.reason


def test_empty_file() -> None:
    assert inspect(b"").coverage is Coverage.PARTIAL


def test_a_refused_read_keeps_what_was_found() -> None:
    session = inspect_pickle(Source("model.pkl", 10_000_000))
    first = next(session)
    head = (asm.pickle(SYSTEM)[:-1] + b"N0" * first.length)[: first.length]
    session.send(head)
    with pytest.raises(StopIteration) as done:
        session.throw(ReadRefusedError("the budget is spent", Reason.BUDGET_SPENT))
    facts: Inspection = done.value.value
    assert [entry.qualified for entry in facts.globals] == ["posix.system"]
    assert (facts.coverage, facts.reason) == (Coverage.PARTIAL, "budget-spent: the budget is spent")
    assert "pickle-malformed-after-global" not in kinds(facts)


@given(st.binary(max_size=300))
def test_anything(data: bytes) -> None:
    assert inspect(data).format == "pickle"


@given(st.integers(0, 200))
def test_any_prefix_of_a_pickle(length: int) -> None:
    data = asm.pickle(SYSTEM, asm.text("x" * 150))
    facts = inspect(data[:length])
    assert (facts.coverage is Coverage.COMPLETE) == (length >= len(data))
