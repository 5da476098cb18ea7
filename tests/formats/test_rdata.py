from __future__ import annotations

import gzip
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, only
from tests.formats.writers_objects import (
    R_NULL,
    XDR_2,
    XDR_3,
    r_list,
    r_numbers,
    r_pairs,
    r_promise,
    r_strings,
    r_symbol,
)
from trustaudit.filefacts import Coverage
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.rdata import inspect_rdata

FRAME = r_list(r_numbers(1.0, 2.0), r_strings("a", "b"), names=("x", "y"))
CLOSURE = struct.pack(">i", 0x403) + struct.pack(">i", 253) + R_NULL + struct.pack(">i", 6) + r_symbol("f") + R_NULL
ENVIRONMENT = struct.pack(">ii", 4, 0) + struct.pack(">i", 253) + R_NULL * 3


@pytest.mark.parametrize("data", [XDR_3 + FRAME, XDR_2 + FRAME, b"RDX3\n" + XDR_3 + r_pairs(("frame", FRAME))])
def test_plain_vectors_have_facts_only(data: bytes) -> None:
    facts = inspect(inspect_rdata, data)
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"r-content"}
    assert only(facts, "r-content").get("list") == "1"


def test_closures_and_environments_are_told() -> None:
    content = only(inspect(inspect_rdata, XDR_3 + r_list(CLOSURE, ENVIRONMENT)), "r-content")
    assert (content.get("closure"), content.get("environment"), content.get("call")) == ("1", "1", "1")


def test_cve_2024_27322_a_promise_is_named() -> None:
    data = b"RDX3\n" + XDR_3 + r_pairs(("innocent", r_promise()))
    facts = inspect(inspect_rdata, data)
    assert facts.coverage is Coverage.STRUCTURE
    assert "r-promise" in kinds(facts)
    assert "r-promise" in kinds(inspect(inspect_file, gzip.compress(data), "data.rda"))


def test_bytecode_is_named_and_not_taken_for_seen() -> None:
    facts = inspect(inspect_rdata, XDR_3 + r_list(r_numbers(1.0), struct.pack(">ii", 21, 1) + bytes(40)))
    assert facts.coverage is Coverage.PARTIAL
    assert "r-bytecode" in kinds(facts)


@pytest.mark.parametrize(
    "data", [b"", b"X\n", XDR_3 + FRAME[:20], XDR_3 + b"\0\0\0\x63", b"RDA3\nA\n3\n", XDR_3[:5] + b"\x09"]
)
def test_what_breaks_off_is_partial(data: bytes) -> None:
    facts = inspect(inspect_rdata, data)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"r-truncated", "r-malformed", "r-form"}


@given(cut=st.integers(0, 100), patches=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_rdata, mutations(XDR_3 + r_list(FRAME, CLOSURE, ENVIRONMENT), cut, patches))
