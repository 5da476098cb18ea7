from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, only
from tests.formats.writers_objects import Ext, array, flax, packed
from trustaudit.filefacts import Coverage
from trustaudit.formats.msgpack import inspect_msgpack


def test_a_flax_checkpoint_has_facts_only() -> None:
    facts = inspect(inspect_msgpack, flax())
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"msgpack-content"}
    content = only(facts, "msgpack-content")
    assert (content.get("arrays"), content.get("parameters")) == ("2", "10")


def test_chunked_arrays_and_numpy_scalars_are_no_anomaly() -> None:
    chunked = {"__msgpack_chunked_array__": 1, "shape": {"0": 4}, "chunks": {"0": array([4], "float32", bytes(16))}}
    scalar = Ext(3, packed([[], "float32", bytes(4)]))
    facts = inspect(inspect_msgpack, packed({"w": chunked, "s": scalar, "c": Ext(2, packed([0, 1]))}))
    assert kinds(facts) == {"msgpack-content"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("msgpack-object-dtype", {"w": array([1], "object", pickle.dumps(1))}),
        ("msgpack-object-dtype", {"w": array([1], "|O", b"")}),
        ("msgpack-object-dtype", {"w": array([1], "V8", bytes(8))}),
        ("msgpack-array", {"w": Ext(1, b"\x80\x04N.")}),
        ("msgpack-array", {"w": array([1], "float32; import os", b"")}),
        ("msgpack-extension", {"w": Ext(42, b"x")}),
        ("msgpack-key", {"__reduce__": 1}),
        ("msgpack-key", {"a": {"__class__": "x"}}),
        ("msgpack-pickle-bytes", {"w": pickle.dumps({"a": [1, 2, 3]})}),
    ],
)
def test_what_flax_does_not_write_is_named(kind: str, value: object) -> None:
    assert kind in kinds(inspect(inspect_msgpack, packed(value)))


def test_array_bytes_are_seeked_over() -> None:
    big = packed({f"w{i}": array([500_000], "float32", bytes(2_000_000)) for i in range(4)})
    facts = inspect(inspect_msgpack, big)
    assert facts.bytes_read < 200_000
    assert only(facts, "msgpack-content").get("arrays") == "4"


def test_bytes_behind_the_object_are_named() -> None:
    note = only(inspect(inspect_msgpack, flax() + b"PK\x03\x04rest"), "msgpack-trailing-data")
    assert note.get("head").startswith("504b0304")


@pytest.mark.parametrize("data", [b"", flax()[:-3], b"\xc1", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"])
def test_what_breaks_off_is_partial(data: bytes) -> None:
    facts = inspect(inspect_msgpack, data)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"msgpack-truncated", "msgpack-malformed"}


def test_depth_beyond_that_of_models_is_partial() -> None:
    facts = inspect(inspect_msgpack, b"\x91" * 5000 + b"\x01")
    assert facts.coverage is Coverage.PARTIAL
    assert "msgpack-depth" in kinds(facts)


def test_spent_budget_is_partial() -> None:
    big = packed([array([1], "float32", bytes(300_000)), array([1], "float32", bytes(300_000)), 1])
    facts, _ = inspect_with_budget(inspect_msgpack, big, 66_000)
    assert facts.coverage is Coverage.PARTIAL


@given(cut=st.integers(0, 150), patches=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_msgpack, mutations(flax(), cut, patches))


@pytest.mark.interop
def test_the_reference_writer_agrees() -> None:
    msgpack = pytest.importorskip("msgpack")
    numpy = pytest.importorskip("numpy")
    weights = numpy.ones((3, 5), "float32")
    inner = msgpack.packb((weights.shape, weights.dtype.name, weights.tobytes()), use_bin_type=True)
    data = msgpack.packb({"a": {"b": msgpack.ExtType(1, inner)}, "n": [1, -1, 2**40, 1.5, None, True, "x" * 300]})
    facts = inspect(inspect_msgpack, data)
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"msgpack-content"}
    assert only(facts, "msgpack-content").get("parameters") == "15"
