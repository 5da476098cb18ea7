"""Feeding, skipping, pausing, forking, limits: the machine around its opcodes."""

from __future__ import annotations

import pickle
import random
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.formats.pickle import assemble as asm
from tests.formats.pickle import fuzz
from trustaudit.filefacts import Observation, PickleGlobal
from trustaudit.formats.interface import Limits
from trustaudit.formats.pickle.facts import CALLS_PER_NAME, PickleFacts
from trustaudit.formats.pickle.machine import Ending, Event, PickleMachine
from trustaudit.formats.pickle.streams import PickleStreams
from trustaudit.formats.pickle.values import Instance

SMALL = Limits(opcodes=100_000, globals=200, observations=200)
SYSTEM = asm.reduce(asm.glob("posix", "system"), asm.text("true"))

Seen = tuple[tuple[PickleGlobal, ...], tuple[Observation, ...], tuple[str, ...]]


def seen(facts: PickleFacts) -> Seen:
    return facts.globals, facts.observations, facts.limits_reached


def whole(data: bytes, limits: Limits = SMALL) -> PickleMachine:
    machine = PickleMachine(PickleFacts(limits))
    machine.feed(data)
    machine.close()
    return machine


def in_pieces(data: bytes, cuts: list[int]) -> PickleMachine:
    """Fed in order, as an inflating archive does."""
    machine = PickleMachine(PickleFacts(SMALL))
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        machine.feed(data[start:end])
    machine.close()
    return machine


def by_seeking(data: bytes, size: int) -> tuple[PickleMachine, int]:
    """Read where it wants, as a remote file is; and how many bytes that took."""
    machine = PickleMachine(PickleFacts(SMALL))
    taken, event = 0, Event.NEED_DATA
    while event is Event.NEED_DATA:
        piece = data[machine.wanted : machine.wanted + size]
        taken += len(piece)
        event = machine.feed(piece, machine.wanted) if piece else machine.close()
    return machine, taken


SAMPLES = [
    asm.pickle(SYSTEM),
    asm.pickle(asm.binbytes(b"x" * 300_000), asm.POP, SYSTEM),
    asm.pickle(asm.text("x" * 10_000), asm.POP, asm.long_text("é" * 5000), asm.POP, SYSTEM),
    asm.pickle(b"V" + b"x" * 70_000 + b"\n0", b"S'" + b"y" * 5000 + b"'\n0", SYSTEM),
    b"c" + b"m" * 70_000 + b"\nname\n0" + SYSTEM + b".",
    asm.pickle(asm.binbytes(asm.pickle(asm.text("x" * 9000), asm.POP, SYSTEM)), asm.POP, SYSTEM, protocol=4),
    asm.pickle(asm.frame(asm.text("abc"), 4), SYSTEM, protocol=4),
    pickle.dumps([{"a": str(i), "b": (i, [i, {"c": None}])} for i in range(400)], 4),
    pickle.dumps([str(i) * 50 for i in range(3000)], 2),
    SYSTEM,
    b"",
]


@pytest.mark.parametrize("data", SAMPLES)
@given(cuts=st.lists(st.integers(0, 1 << 20), max_size=12))
def test_facts_do_not_depend_on_chunks(data: bytes, cuts: list[int]) -> None:
    expected, actual = whole(data), in_pieces(data, cuts)
    assert seen(actual.facts) == seen(expected.facts)
    assert (actual.ending, actual.detail, actual.position) == (expected.ending, expected.detail, expected.position)


@pytest.mark.parametrize("data", [sample for sample in SAMPLES if len(sample) < 12_000])
def test_facts_do_not_depend_on_chunks_of_one_byte(data: bytes) -> None:
    assert seen(in_pieces(data, list(range(len(data)))).facts) == seen(whole(data).facts)


@pytest.mark.parametrize("data", SAMPLES)
@pytest.mark.parametrize("size", [1000, 5000, 65_536])
def test_facts_do_not_depend_on_seeking(data: bytes, size: int) -> None:
    machine, _ = by_seeking(data, size)
    assert seen(machine.facts) == seen(whole(data).facts)


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=5))
def test_arbitrary_bytes(data: bytes, cuts: list[int]) -> None:
    expected = whole(data)
    assert expected.ending is not None
    assert seen(in_pieces(data, cuts).facts) == seen(expected.facts)


@given(seed=st.integers(0, 1 << 32), cuts=st.lists(st.integers(0, 4000), max_size=5))
def test_opcode_soup(seed: int, cuts: list[int]) -> None:
    data = fuzz.opcode_soup(random.Random(seed))  # noqa: S311 - repeatable, not secret
    assert seen(in_pieces(data, cuts).facts) == seen(whole(data).facts)


def test_large_constants_are_jumped_over() -> None:
    data = asm.pickle(asm.binbytes(bytes(3_000_000)), asm.POP, SYSTEM)
    machine, taken = by_seeking(data, 10_000)
    assert machine.ending is Ending.STOP
    assert taken < 30_000


def test_a_constant_that_reaches_beyond_the_file_is_a_truncation() -> None:
    machine, _ = by_seeking(asm.glob("a", "b") + b"B\xff\xff\xff\x7f" + bytes(9000), 5000)
    assert machine.ending is Ending.TRUNCATED
    assert machine.facts.globals


def test_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted at 0"):
        PickleMachine(PickleFacts(SMALL)).feed(b"N.", 5)


def test_offsets_count_from_the_given_one() -> None:
    machine = PickleMachine(PickleFacts(SMALL, member="a/data.pkl"), offset=1000)
    assert machine.feed(b"xx" + asm.pickle(SYSTEM) + bytes(20), 998) is Event.ENDED
    [entry] = machine.facts.globals
    assert (entry.offset, entry.member) == (1002, "a/data.pkl")
    assert machine.position == 1000 + len(asm.pickle(SYSTEM))


def watched(data: bytes) -> PickleMachine:
    wrapper = ("joblib.numpy_pickle", "NumpyArrayWrapper")
    machine = PickleMachine(
        PickleFacts(SMALL), watch=frozenset({("numpy", "dtype"), wrapper}), pause_on=frozenset({wrapper})
    )
    assert machine.feed(data) is Event.PAUSED
    return machine


def wrapped_array(kind: str, *, alignment: bool = False) -> bytes:
    dtype = asm.build(
        asm.reduce(asm.glob("numpy", "dtype"), asm.text(kind), b"\x89", b"\x88"),
        asm.tuple_of(b"K\x03", asm.text("<"), b"N", b"N", b"N", asm.integer(-1), asm.integer(-1), b"K\x00"),
    )
    state = {"shape": asm.tuple_of(b"K\x02", b"K\x03"), "order": asm.text("C"), "dtype": dtype, "allow_mmap": b"\x88"}
    state |= {"numpy_array_alignment_bytes": b"K\x10"} if alignment else {}
    return asm.build(asm.glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81", asm.dict_of(**state))


def test_pausing_shows_the_state_and_skips_raw_bytes() -> None:
    before = b"\x80\x03" + wrapped_array("f8", alignment=True)
    machine = watched(before + b"\x02\xff\xff" + b"R" * 48 + SYSTEM + b"." + bytes(20))
    assert machine.position == len(before)
    wrapper = machine.paused_on
    assert wrapper is not None
    assert isinstance(wrapper.state, dict)
    assert wrapper.state["shape"] == (2, 3)
    assert wrapper.state["numpy_array_alignment_bytes"] == 16
    dtype = wrapper.state["dtype"]
    assert isinstance(dtype, Instance)
    assert isinstance(dtype.args, tuple)
    assert isinstance(dtype.state, tuple)
    assert (dtype.args[0], dtype.state[1]) == ("f8", "<")
    padding = machine.take(1)[0]
    machine.skip(padding + 48)
    assert machine.resume() is Event.ENDED
    assert machine.ending is Ending.STOP
    assert "posix.system" in [entry.qualified for entry in machine.facts.globals]


def test_skipping_beyond_what_was_fed() -> None:
    before = b"\x80\x03" + wrapped_array("f8")
    machine = watched(before + b"R" * 10)
    machine.skip(48)
    assert machine.resume() is Event.NEED_DATA
    assert machine.wanted == len(before) + 48
    assert machine.feed(SYSTEM + b"." + bytes(20), machine.wanted) is Event.ENDED
    assert machine.facts.globals[-1].qualified == "posix.system"


def test_a_pickle_in_place_of_an_array() -> None:
    data = b"\x80\x03" + wrapped_array("O8") + asm.pickle(SYSTEM) + asm.glob("a", "b") + b"."
    machine = watched(data + bytes(20))
    inner = machine.fork()
    assert inner.resume() is Event.ENDED
    machine.join(inner)
    assert machine.resume() is Event.ENDED
    assert machine.position == len(data)
    assert {"posix.system", "a.b"} < {entry.qualified for entry in machine.facts.globals}


def test_paused_at_the_end_of_the_data() -> None:
    machine = PickleMachine(PickleFacts(SMALL), pause_on=frozenset({("joblib.numpy_pickle", "NumpyArrayWrapper")}))
    machine.feed(b"\x80\x03" + wrapped_array("f8"))
    assert machine.close() is Event.PAUSED
    machine.skip(48)
    assert machine.resume() is Event.ENDED
    assert machine.ending is Ending.TRUNCATED


@pytest.mark.parametrize(
    ("limit", "data"),
    [
        ("opcodes", b"N0" * 600),
        ("stack", b"N" * 70_000 + b"."),
        ("stack", b"(" * 70_000 + b"."),
        ("globals", b"".join(asm.glob("m", f"n{i}") + b"0" for i in range(60)) + b"N."),
        ("observations", b"".join(b"P%d\n0" % i for i in range(60)) + b"N."),
        ("memo", b"\x80\x04" + b"N\x94" * 40_000 + b"."),
    ],
)
def test_limits_are_named(limit: str, data: bytes) -> None:
    limits = replace(SMALL, opcodes=1000 if limit == "opcodes" else 1_000_000)
    limits = replace(limits, stack=1000, memo=1000, globals=50, observations=50)
    assert limit in whole(data, limits).facts.limits_reached


def test_repeated_calls_are_one_fact() -> None:
    call = asm.get(0) + asm.tuple_of(asm.integer(1)) + b"R0"
    calls = b"".join(asm.get(0) + asm.tuple_of(asm.integer(i), asm.text("x")) + b"R0" for i in range(1000))
    facts = whole(asm.pickle(asm.glob("a", "b"), asm.put(0), call, calls)).facts
    assert [entry.arguments for entry in facts.globals] == ["1", "0, 'x'"]


def test_many_different_calls_are_counted() -> None:
    calls = b"".join(asm.get(0) + asm.tuple_of(asm.text(str(i))) + b"R0" for i in range(100))
    facts = whole(asm.pickle(asm.glob("a", "b"), asm.put(0), calls)).facts
    assert len(facts.globals) == CALLS_PER_NAME
    [note] = [note for note in facts.observations if note.kind == "pickle-arguments-elided"]
    assert (note.get("name"), note.get("count")) == ("b", str(100 - CALLS_PER_NAME))


def test_calls_whose_arguments_decide_are_all_kept() -> None:
    calls = b"".join(asm.get(0) + asm.tuple_of(asm.glob("m", "C"), asm.text(f"a{i}")) + b"R0" for i in range(100))
    facts = whole(asm.pickle(asm.glob("builtins", "getattr"), asm.put(0), calls, protocol=3)).facts
    assert sum(entry.name == "getattr" for entry in facts.globals) == 100


def test_benign_names_do_not_crowd_out_the_call_of_another() -> None:
    padding = (asm.get(0) + asm.tuple_of(asm.text(f"{i}")) + b"R0" for i in range(5000))
    data = asm.pickle(asm.glob("datetime", "date"), asm.put(0), *padding, SYSTEM)
    assert "posix.system" in [entry.qualified for entry in whole(data).facts.globals]


def test_opcodes_are_reported_for_stricter_unpicklers() -> None:
    data = asm.pickle(asm.build(asm.reduce(asm.glob("collections", "OrderedDict")), asm.dict_of(a=b"N")))
    [note] = [note for note in whole(data).facts.observations if note.kind == "pickle-opcodes"]
    assert note.get("protocols") == "2"
    assert note.get("on_BUILD") == "collections.OrderedDict"
    expected = "BUILD EMPTY_DICT GLOBAL MARK NONE PROTO REDUCE SETITEMS SHORT_BINUNICODE STOP TUPLE"
    assert note.get("opcodes") == expected


def test_memo_of_millions_still_knows_names() -> None:
    words = b"".join(asm.short_text(f"word{i}") + b"\x94" + b"0" for i in range(150_000))
    late = asm.short_text("posix") + b"\x94" + asm.short_text("system") + b"\x94" + words
    data = asm.pickle(words, late, asm.get(150_000), asm.get(150_001), b"\x93", protocol=4)
    machine = whole(data, Limits())
    assert [entry.qualified for entry in machine.facts.globals] == ["posix.system"]
    assert not machine.facts.limits_reached


def test_forgotten_names_are_unresolved_and_a_limit() -> None:
    words = b"".join(asm.text("é" * 100 + str(i)) + b"\x94" + b"0" for i in range(70_000))
    data = asm.pickle(words, asm.get(60_000), asm.text("system"), b"\x93", protocol=4)
    machine = whole(data, Limits())
    assert [(entry.module, entry.name) for entry in machine.facts.globals] == [(None, "system")]
    assert machine.facts.limits_reached == ("memo",)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04" + b"\x85" * 600_000,
        b"N" + b"\x85\x94" * 150_000,
        b"]" * 150_000 + b"a" * 149_999,
        b"\x80\x04" + b"]\x94" * 150_000,
        b"}" + b"2" * 300_000 + b"N" + b"s" * 10,
        b"\x80\x04" + b"".join(asm.short_text(str(i)) + b"\x94" for i in range(150_000)),
        b"".join(b"Nr" + (i * 1000).to_bytes(4, "little") for i in range(100_000)),
    ],
    ids=["tuple chain", "memoized chain", "list chain", "lists", "dup", "strings", "sparse memo"],
)
def test_memory_stays_bounded(data: bytes) -> None:
    machine = PickleMachine(PickleFacts(Limits()))
    tracemalloc.start()
    try:
        for start in range(0, len(data), 65_536):
            machine.feed(data[start : start + 65_536])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


def streams(data: bytes) -> PickleStreams:
    reader = PickleStreams(PickleFacts(SMALL))
    reader.feed(data)
    reader.close()
    return reader


def test_streams_back_to_back() -> None:
    reader = streams(asm.pickle(b"N") + asm.pickle(SYSTEM) + asm.pickle(b"N"))
    assert reader.streams == 3
    assert [entry.stream for entry in reader.facts.globals] == [1]
    assert sum(note.kind == "pickle-trailing-stream" for note in reader.facts.observations) == 2


def test_memo_of_an_earlier_stream_is_unknown_but_no_fault() -> None:
    reader = streams(asm.pickle(b"N", asm.put(9)) + asm.pickle(asm.get(9), asm.POP, SYSTEM))
    assert reader.ending is Ending.STOP
    assert reader.facts.globals


def test_number_of_streams_is_limited() -> None:
    reader = streams(asm.pickle(b"N") * 100)
    assert reader.facts.limits_reached == ("streams",)
