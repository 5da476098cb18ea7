from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, only
from tests.formats.writers_objects import lua_function, lua_number, lua_object, lua_string, lua_table, lua_tensor
from trustaudit.filefacts import Coverage
from trustaudit.formats.torch7 import inspect_torch7


def honest(*more: tuple[bytes, bytes], elements: int = 100) -> bytes:
    fields = lua_table(2, (lua_string("weight"), lua_tensor(10, elements)), (lua_string("train"), lua_number(0)), *more)
    return lua_object(1, "nn.Linear", fields)


def test_a_module_with_tensors_has_facts_only() -> None:
    facts = inspect(inspect_torch7, honest())
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"torch7-content"}
    assert only(facts, "torch7-content").get("classes") == "nn.Linear:1,torch.FloatTensor:1,torch.FloatStorage:1"


def test_storages_are_seeked_over() -> None:
    assert inspect(inspect_torch7, honest(elements=1_000_000)).bytes_read < 200_000


def test_functions_are_named() -> None:
    facts = inspect(inspect_torch7, honest((lua_string("hook"), lua_function(50))))
    assert facts.coverage is Coverage.STRUCTURE
    assert only(facts, "torch7-function").get("bytes") == "5"


@pytest.mark.parametrize("data", [b"", honest()[:50], b"\xff\0\0\0", b"\x80\x04N.", lua_table(1, (b"", b""))[:8]])
def test_what_breaks_off_is_partial(data: bytes) -> None:
    facts = inspect(inspect_torch7, data)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"torch7-truncated", "torch7-malformed"}


@given(cut=st.integers(0, 300), patches=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    sample = honest((lua_string("hook"), lua_function(50)))
    assert_total(inspect_torch7, mutations(sample, cut, patches))
