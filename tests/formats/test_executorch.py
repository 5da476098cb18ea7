from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, notes, only
from tests.formats.writers_flatbuffer import Flat
from trustaudit.filefacts import Coverage
from trustaudit.formats.executorch import inspect_executorch


def program(*operators: str, delegates: tuple[str, ...] = ()) -> bytes:
    flat = Flat(b"ET12")
    names = [flat.table({0: flat.text(name), 1: flat.text("out")}) for name in operators]
    backends = [flat.table({0: flat.text(name)}) for name in delegates]
    plan = flat.table({0: flat.text("forward"), 6: flat.vector(names), 7: flat.vector(backends)})
    return flat.finish(flat.table({0: b"\0\0\0\0", 1: flat.vector([plan])}))


def with_header(data: bytes, size: int, segments: int) -> bytes:
    """The extended header stands between the identifier and the first table."""
    header = b"eh00" + struct.pack("<IQQ", 24, size, segments)
    root = int.from_bytes(data[:4], "little") + len(header)
    return struct.pack("<I", root) + data[4:8] + header + data[8:]


def test_honest_program_has_facts_only() -> None:
    facts = inspect(inspect_executorch, program("aten::add", "aten::linear", delegates=("XnnpackBackend",)))
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"executorch-model", "executorch-delegate"}
    assert only(facts, "executorch-model").get("delegates") == "XnnpackBackend"


def test_operators_outside_aten_are_told() -> None:
    facts = inspect(inspect_executorch, program("aten::add", "evil::run", "evil::run"))
    assert [(n.get("operator"), n.get("count")) for n in notes(facts, "executorch-operator")] == [("evil::run", "2")]


def test_a_header_that_points_behind_the_end_is_named() -> None:
    data = program("aten::add")
    assert "executorch-bounds" not in kinds(inspect(inspect_executorch, with_header(data, len(data), 0)))
    assert "executorch-bounds" in kinds(inspect(inspect_executorch, with_header(data, 1 << 40, 0)))


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04" + bytes(40), program("aten::add")[:60], b"\xff\xff\xff\0ET12" + bytes(20)]
)
def test_what_breaks_off_is_partial(data: bytes) -> None:
    facts = inspect(inspect_executorch, data)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"executorch-magic", "executorch-malformed"}


@given(cut=st.integers(0, 100), patches=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_executorch, mutations(program("a::b", delegates=("x",)), cut, patches))
