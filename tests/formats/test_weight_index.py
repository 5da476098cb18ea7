from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, notes
from trustaudit.filefacts import Coverage
from trustaudit.formats.weight_index import inspect_weight_index


def index(*files: object) -> bytes:
    weight_map = {f"layers.{i}.weight": file for i, file in enumerate(files)}
    return json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}).encode()


def test_each_shard_is_one_fact_with_its_tensors() -> None:
    shards = [f"model-0000{i % 2 + 1}-of-00002.safetensors" for i in range(7)]
    facts = inspect(inspect_weight_index, index(*shards))
    assert facts.coverage is Coverage.STRUCTURE
    files = {n.get("file"): (n.get("tensors"), n.get("escape")) for n in notes(facts, "weight-index-file")}
    assert files == {shards[0]: ("4", ""), shards[1]: ("3", "")}


@pytest.mark.parametrize(
    ("path", "escape"),
    [
        ("../other/model.safetensors", "parent"),
        ("a/../../b.safetensors", "parent"),
        ("/etc/passwd", "absolute"),
        ("\\\\host\\share", "absolute"),
        ("C:\\model.bin", "drive"),
        ("https://example.test/model.safetensors", "url"),
        ("hf://buckets/x", "url"),
        ("~/.cache/model.bin", "home"),
        ("model.safetensors\0.bin", "nul"),
        ("sub\\model.bin", "backslash"),
        ("model\n.bin", "control"),
        ("sub/model.safetensors", ""),
        ("weird..name.safetensors", ""),
    ],
)
def test_a_path_that_leaves_the_folder_is_classified(path: str, escape: str) -> None:
    (note,) = notes(inspect(inspect_weight_index, index(path)), "weight-index-file")
    assert note.get("escape") == escape


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("weight-index-json", b"not json"),
        ("weight-index-json", b'{"weight_map": []}'),
        ("weight-index-json", b"[]"),
        ("weight-index-json", b"\x80\x04."),
        ("weight-index-value", index({"file": "x"})),
        ("weight-index-duplicate-key", b'{"weight_map": {"w": "a.safetensors", "w": "../b.pkl"}}'),
    ],
)
def test_a_broken_index_is_named(kind: str, text: bytes) -> None:
    assert kind in kinds(inspect(inspect_weight_index, text))


@given(cut=st.integers(0, 200), patches=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_weight_index, mutations(index("a.safetensors", "b.safetensors"), cut, patches))
