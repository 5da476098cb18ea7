from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats import writers_onnx
from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, notes, only
from tests.formats.writers_protobuf import blob, number
from tests.formats.writers_tensorflow import (
    const,
    function,
    graph,
    honest,
    keras_object,
    meta_graph,
    node,
    saved_model,
    weights,
)
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.formats.tensorflow.inspector import inspect_graph_text, inspect_tensorflow

FACTS = {"tf-model", "tf-operator", "tf-operator-argument", "tf-path-constant", "tf-asset"}
READ = (const("ReadFile/filename", "/etc/passwd"), node("ReadFile", "ReadFile", "ReadFile/filename:output:0"))


def look(data: bytes, path: str = "saved_model.pb") -> FileFacts:
    return inspect(inspect_tensorflow, data, path)


def arguments(facts: FileFacts) -> set[tuple[str, str, str]]:
    return {(n.get("operator"), n.get("slot"), n.get("value")) for n in notes(facts, "tf-operator-argument")}


def test_honest_model_lists_operators_and_assets() -> None:
    facts = look(honest())
    assert facts.format == "tf-saved-model"
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) <= FACTS
    operators = {(n.get("operator"), n.get("where")): n.get("count") for n in notes(facts, "tf-operator")}
    assert operators["Const", "graph"] == "1"
    assert operators["Const", "library"] == "3"
    assert operators["SaveV2", "library"] == "1"
    assert (only(facts, "tf-asset").get("file"), only(facts, "tf-asset").get("escape")) == ("vocab.txt", "")
    assert only(facts, "tf-model").get("version") == "2.15.0"
    assert not any("stderr" in value for _, _, value in arguments(facts))
    assert len(arguments(facts)) < 10


@pytest.mark.parametrize(
    "main",
    [
        graph(*READ),
        graph(node("x", "Placeholder"), functions=(function("f", *READ),)),
        graph(*reversed(READ)),
        graph(const("c", "/etc/passwd"), node("i", "Identity", "c"), node("ReadFile", "ReadFile", "i:0")),
    ],
)
def test_a_constant_path_is_followed_into_a_file_operator(main: bytes) -> None:
    facts = look(saved_model(meta_graph(main)))
    assert ("ReadFile", "0", "/etc/passwd") in arguments(facts)
    assert only(facts, "tf-path-constant").get("value") == "/etc/passwd"


def test_every_meta_graph_counts() -> None:
    facts = look(saved_model(meta_graph(graph(node("a", "Relu"))), meta_graph(graph(*READ))))
    assert ("ReadFile", "0", "/etc/passwd") in arguments(facts)


def test_names_are_only_known_inside_their_function() -> None:
    outside = function("f", node("ReadFile", "ReadFile", "ReadFile/filename:output:0"))
    assert not arguments(look(saved_model(meta_graph(graph(const("ReadFile/filename", "/x/y"), functions=(outside,))))))


def test_joined_constants_are_shown_joined() -> None:
    parts = (const("a", "/home/"), const("b", ".bashrc"), node("j", "StringJoin", "a", "user:0", "b"))
    facts = look(saved_model(meta_graph(graph(*parts, node("w", "WriteFile", "j:0", "b")))))
    assert ("WriteFile", "0", "/home/….bashrc") in arguments(facts)


@pytest.mark.parametrize(
    ("op", "key", "value"),
    [
        ("ImmutableConst", "memory_region_name", "/proc/self/maps"),
        ("PrintV2", "output_stream", "file:///home/u/.bashrc"),
        ("DebugIdentityV3", "debug_urls", "grpc://example.test:1"),
    ],
)
def test_attributes_that_name_a_place_are_arguments(op: str, key: str, value: str) -> None:
    facts = look(saved_model(meta_graph(graph(node("n", op, **{key: value})))))
    assert (op, key, value) in arguments(facts)


def test_a_path_in_a_long_list_of_names_is_found() -> None:
    names = const("names", *(f"v{i}" for i in range(40)), "/etc/shadow")
    facts = look(saved_model(meta_graph(graph(names, node("m", "MatchingFiles", "names")))))
    assert ("MatchingFiles", "0", "/etc/shadow") in arguments(facts)


@pytest.mark.parametrize(
    ("name", "escape"), [("../../x", "parent"), ("/etc/passwd", "absolute"), ("gs://b/x", "url"), ("sub/v.txt", "")]
)
def test_assets_outside_the_model_are_classified(name: str, escape: str) -> None:
    facts = look(saved_model(meta_graph(graph(node("a", "Relu")), assets=(name,))))
    assert only(facts, "tf-asset").get("escape") == escape


LAMBDA = {"class_name": "Lambda", "config": {"name": "l", "function": ["AAAA", None, None]}}


def test_keras_layers_are_read_from_both_places() -> None:
    inside = look(saved_model(meta_graph(graph(node("a", "Relu")), metadata=json.dumps(LAMBDA))))
    beside = look(blob(1, keras_object(LAMBDA)) * 2, "keras_metadata.pb")
    for facts in (inside, beside):
        assert only(facts, "keras-layer").get("class") == "Lambda"
        assert "keras-lambda-code" in kinds(facts)
    assert only(beside, "keras-layer").get("count") == "2"


def test_keras_metadata_that_is_no_json_is_partial() -> None:
    facts = look(saved_model(meta_graph(graph(node("a", "Relu")), metadata="{nope")))
    assert facts.coverage is Coverage.PARTIAL


@pytest.mark.parametrize(
    ("path", "data", "name"),
    [
        ("frozen.pb", graph(*READ), "tf-graph"),
        ("model.ckpt.meta", meta_graph(graph(*READ)), "tf-meta-graph"),
        ("odd.pb", saved_model(meta_graph(graph(*READ))), "tf-saved-model"),
        ("odd.meta", graph(*READ), "tf-graph"),
    ],
)
def test_the_kind_of_graph_is_found_whatever_the_name(path: str, data: bytes, name: str) -> None:
    facts = look(data, path)
    assert facts.format == name
    assert ("ReadFile", "0", "/etc/passwd") in arguments(facts)


def test_tensor_bytes_are_seeked_over() -> None:
    facts = look(graph(*(weights(f"w{i}", bytes(2_000_000)) for i in range(3)), *READ), "frozen.pb")
    assert facts.bytes_read < 200_000
    assert ("ReadFile", "0", "/etc/passwd") in arguments(facts)


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", b"PK\x03\x04" + bytes(50), b"\x08\x01\x12\xff\xff\xff\x7f"])
def test_what_is_no_graph_is_partial(data: bytes) -> None:
    facts = look(data)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"tf-empty", "tf-malformed"}


def test_a_tensor_in_a_pb_file_is_data() -> None:
    tensor = number(1, 3) + number(2, 1) + blob(8, "x") + blob(9, bytes(3000))
    facts = look(tensor, "test_data_set_0/input_0.pb")
    assert (facts.format, facts.coverage) == ("protobuf", Coverage.STRUCTURE)
    assert not facts.observations
    assert look(tensor).coverage is Coverage.PARTIAL


def test_an_onnx_model_called_pb_is_read_as_one() -> None:
    facts = look(writers_onnx.model(writers_onnx.graph([], [writers_onnx.external("/etc/passwd")])), "model.pb")
    assert facts.format == "onnx"
    assert only(facts, "onnx-external-data").get("escape") == "absolute"


def test_what_precedes_a_defect_is_kept() -> None:
    facts = look(saved_model(meta_graph(graph(*READ))) + b"\x12\x7f")
    assert facts.coverage is Coverage.PARTIAL
    assert ("ReadFile", "0", "/etc/passwd") in arguments(facts)


def test_spent_budget_is_partial() -> None:
    facts, _ = inspect_with_budget(inspect_tensorflow, graph(*READ, weights("w", bytes(500_000)), *READ), 70_000)
    assert facts.coverage is Coverage.PARTIAL


def test_operators_are_found_in_text_form() -> None:
    text = b'graph_def { node { name: "r" op: "ReadFile" attr { value { tensor { string_val: "/etc/passwd" } } } } }'
    facts = inspect(inspect_graph_text, text)
    assert only(facts, "tf-operator").get("operator") == "ReadFile"
    assert only(facts, "tf-path-constant").get("value") == "/etc/passwd"
    assert inspect(inspect_graph_text, b"hello", "saved_model.pbtxt").coverage is Coverage.PARTIAL


@given(cut=st.integers(0, 2000), patches=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=6))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_tensorflow, mutations(honest(), cut, patches))


@pytest.mark.parametrize("wrap", [saved_model, lambda data: blob(1, data), lambda data: data])
@given(data=st.binary(max_size=200))
def test_any_bytes_are_inspected_without_raising(wrap: Callable[[bytes], bytes], data: bytes) -> None:
    assert_total(inspect_tensorflow, wrap(data))
