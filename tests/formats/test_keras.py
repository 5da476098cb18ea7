from __future__ import annotations

import base64
import json
import marshal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, notes, only
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.formats.keras.json_config import inspect_keras_config
from trustaudit.formats.marshalled import code_strings


def look(document: object) -> FileFacts:
    return inspect(inspect_keras_config, json.dumps(document).encode(), "model.keras!config.json")


def layer(name: str, /, module: str | None = "keras.layers", **config: object) -> dict[str, object]:
    entry = {"module": module, "class_name": name, "config": {"name": name.lower()} | config, "registered_name": None}
    return {key: value for key, value in entry.items() if module is not None or key != "module"}


def functional(*layers: object) -> dict[str, object]:
    return {"module": "keras", "class_name": "Functional", "config": {"name": "model", "layers": list(layers)}}


def code(source: str) -> str:
    """Base64 of marshalled code: compiled for its bytes, never run."""
    return base64.encodebytes(marshal.dumps(compile(source, "<lambda>", "eval"))).decode()


HARMLESS = code("x / 127.5")
HOSTILE = code("__import__('os').system('true')")


def honest() -> dict[str, object]:
    relu = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    return functional(
        layer("InputLayer", batch_shape=[None, 8]),
        layer(
            "Dense", units=8, activation=relu, kernel_initializer=layer("GlorotUniform", module="keras.initializers")
        ),
        layer("TextVectorization", vocabulary=["a", "b"], idf_weights=None),
        layer("StringLookup", vocabulary=None),
        layer("BatchNormalization") | {"config": {"name": "conv1/bn"}},
    )


def test_honest_configuration_lists_what_is_imported() -> None:
    facts = look(honest())
    assert facts.coverage is Coverage.COMPLETE
    assert kinds(facts) == {"keras-layer", "keras-function"}
    named = {(n.get("module"), n.get("class")) for n in notes(facts, "keras-layer")}
    assert named == {
        ("keras", "Functional"),
        ("keras.initializers", "GlorotUniform"),
        *(
            ("keras.layers", x)
            for x in ("InputLayer", "Dense", "TextVectorization", "StringLookup", "BatchNormalization")
        ),
    }
    function = only(facts, "keras-function")
    assert (function.get("module"), function.get("function")) == ("builtins", "relu")


def test_equal_layers_are_counted() -> None:
    note = notes(look(functional(*[layer("Dense")] * 500)), "keras-layer")
    assert [n.get("count") for n in note] == ["1", "500"]


@pytest.mark.parametrize(
    ("config", "slot"),
    [
        ({"function": [HOSTILE, None, None], "function_type": "lambda"}, "function"),
        ({"function": {"class_name": "__lambda__", "config": {"code": HOSTILE, "defaults": None}}}, ""),
        ({"function": "f", "function_type": "function", "output_shape": [HOSTILE, None, None]}, "output_shape"),
        ({"function": "f", "mask": {"class_name": "__lambda__", "config": {"code": HOSTILE}}}, ""),
        ({"function": HOSTILE, "function_type": "lambda"}, "function"),
    ],
)
def test_cve_2024_3660_code_of_lambda_layers_is_named_with_its_strings(config: dict[str, object], slot: str) -> None:
    facts = look(functional(layer("Lambda", **config)))
    note = only(facts, "keras-lambda-code")
    assert {"__import__", "os", "system", "true"} <= set(note.get("strings").split("\n"))
    assert note.get("layer") == "lambda"
    assert note.get("slot") in (slot, "__lambda__")


def test_code_outside_a_lambda_layer_is_named_too() -> None:
    stray = {"class_name": "__lambda__", "config": {"value": HARMLESS}}
    assert only(look(functional(layer("Dense", activation=stray))), "keras-lambda-code").get("decoded") == "yes"


def test_code_that_is_no_base64_is_still_code() -> None:
    facts = look(functional(layer("Lambda", function=["%%%", None, None])))
    assert only(facts, "keras-lambda-code").get("decoded") == "no"


def test_a_lambda_layer_by_name_carries_no_code() -> None:
    by_name = {"module": "pkg", "class_name": "function", "config": "scale", "registered_name": "function"}
    facts = look([layer("Lambda", function="square", module="__main__"), layer("Lambda", function=by_name)])
    assert "keras-lambda-code" not in kinds(facts)
    assert {n.get("function") for n in notes(facts, "keras-lambda-name")} == {"square", "scale"}


def test_raw_shapes_of_a_lambda_layer_are_no_code() -> None:
    config = {"function": "f", "output_shape": [None, 8], "output_shape_type": "raw", "arguments": {"axis": 1}}
    assert "keras-lambda-code" not in kinds(look(layer("Lambda", **config)))


def test_cve_2025_1550_any_module_of_any_object_is_told() -> None:
    bad = {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}
    spec = {"class_name": "__typespec__", "spec_name": "run", "module": "subprocess", "config": {}}
    bare = {"module": "pkgutil", "fn_name": "resolve_name"}
    facts = look(functional(layer("Dense", activation=bad), layer("X", module="evil.pkg"), spec, bare))
    functions = {(n.get("module"), n.get("function")) for n in notes(facts, "keras-function")}
    assert functions == {("os", "system"), ("pkgutil", "resolve_name")}
    modules = {(n.get("module"), n.get("class")) for n in notes(facts, "keras-layer")}
    assert {("evil.pkg", "X"), ("subprocess", "__typespec__")} <= modules


def test_cve_2025_12058_vocabulary_by_path_is_told() -> None:
    facts = look(
        functional(layer("StringLookup", vocabulary="/etc/passwd"), layer("IntegerLookup", vocabulary="v.txt"))
    )
    assert [(n.get("path"), n.get("escape")) for n in notes(facts, "keras-vocabulary-path")] == [
        ("v.txt", ""),
        ("/etc/passwd", "absolute"),
    ]


def test_cve_2026_1462_a_saved_model_by_path_is_told() -> None:
    facts = look(functional(layer("TFSMLayer", filepath="../other")))
    assert only(facts, "keras-saved-model-layer").get("escape") == "parent"


def test_cve_2025_49655_a_wrapped_torch_module_is_told() -> None:
    value = {"class_name": "__bytes__", "config": {"value": base64.b64encode(b"\x80\x02N.").decode()}}
    facts = look([layer("TorchModuleWrapper", module="keras.layers"), functional()])
    assert only(facts, "keras-torch-module").get("bytes") == "0"
    wrapped = {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "t", "module": value}}
    assert only(look(wrapped), "keras-torch-module").get("bytes") == "4"


def test_op_layers_of_keras_2_are_told_with_their_function() -> None:
    facts = look({"class_name": "TFOpLambda", "config": {"name": "tf.math.add", "function": "math.add"}})
    assert only(facts, "keras-op-layer").get("function") == "math.add"


@pytest.mark.parametrize("name", ["../../x", "/abs", "a\\..\\b", "C:/x", "a/../b", "x\0y"])
def test_cve_2026_12479_names_that_climb_are_named(name: str) -> None:
    assert "keras-name-path" in kinds(look(functional(layer("Dense") | {"config": {"name": name}})))


@pytest.mark.parametrize("name", ["conv1/bn", "a:0", "conv2d_1/kernel:0", "tf.math.add", "v1..2", "", "l-é"])
def test_scopes_and_suffixes_in_names_are_no_anomaly(name: str) -> None:
    assert "keras-name-path" not in kinds(look(functional(layer("Dense") | {"config": {"name": name}})))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("keras-config-json", b"\x80\x04N."),
        ("keras-config-json", b""),
        ("keras-config-json", b"[" * 50_000),
        ("keras-config-duplicate-key", b'{"class_name": "Dense", "class_name": "Lambda"}'),
    ],
)
def test_a_broken_configuration_is_named(kind: str, text: bytes) -> None:
    assert kind in kinds(inspect(inspect_keras_config, text))


def test_depth_is_no_problem_for_the_walk() -> None:
    document = b'{"config":' * 900 + b"{}" + b"}" * 900
    assert inspect(inspect_keras_config, document).coverage is Coverage.COMPLETE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["class_name", "config", "module", "function", "function_type", "name", "vocabulary", "registered_name"]
            ),
            inner
            | st.sampled_from(["Lambda", "__lambda__", "function", "TorchModuleWrapper", "TFSMLayer", "StringLookup"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_document_is_inspected_without_raising(document: object) -> None:
    look(document)


@given(cut=st.integers(0, 300), patches=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    sample = json.dumps(functional(layer("Lambda", function=[HOSTILE, None, None]))).encode()
    assert_total(inspect_keras_config, mutations(sample, cut, patches))


@pytest.mark.parametrize("version", [2, 3, 4])
def test_strings_of_code_are_read_off_every_marshal_version(version: int) -> None:
    long = "a" * 300
    data = marshal.dumps(compile(f"f('{long}', 'é').os.path", "name.py", "eval"), version)
    assert {"f", "os", "path", long, "name.py"} <= set(code_strings(data))


@given(st.binary(max_size=500))
def test_strings_of_any_bytes_are_read_without_raising(data: bytes) -> None:
    assert all(token.isascii() for token in code_strings(data))
