from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, mutations, notes
from trustaudit.filefacts import Coverage
from trustaudit.formats.boosting import inspect_catboost
from trustaudit.formats.documents import inspect_html, inspect_ole, inspect_pdf, inspect_rtf, inspect_svg
from trustaudit.formats.interface import Inspector
from trustaudit.formats.structured_text import inspect_json, inspect_text

TREES = "Tree=0\nnum_leaves=2\n\nTree=1\nnum_leaves=2\n\n"
KERAS = {"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {"function": "f"}}]}}
XGBOOST = {
    "learner": {
        "attributes": {"scikit_learn": "{}"},
        "gradient_booster": {"model": {"gbtree_model_param": {"num_trees": "2"}, "trees": [{}, {}]}},
        "objective": {"name": "binary:logistic"},
    },
    "version": [2, 0, 0],
}
SPACY = b"""[paths]
train = null
[nlp]
lang = "en"
[components.textcat.model]
@architectures = "spacy.TextCatBOW.v3"
[initialize.before_init]
@callbacks = "evil.run.v1"
"""


def lightgbm(*sizes: int, trees: str = TREES) -> bytes:
    told = " ".join(map(str, sizes))
    head = f"tree\nversion=v4\nnum_class=1\nfeature_names=curl_count wget_url a|b\ntree_sizes={told}\n\n"
    return (head + trees + "end of trees\n\nfeature_importances:\n").encode()


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("value", "path", "name"),
    [
        ({"weight_map": {"w": "a.safetensors"}}, "model.safetensors.index.json", "weight-index"),
        (KERAS, "config.json", "keras-config"),
        (XGBOOST, "model.json", "xgboost-json"),
        ({"nodes": [{"op": "Custom"}], "arg_nodes": [], "heads": []}, "m-symbol.json", "mxnet-symbol"),
        ({"itemInfoEntries": {"1": {"path": "a"}}}, "Manifest.json", "coreml-manifest"),
        ({"model_type": "bert", "class_name": "x"}, "config.json", "json"),
        ({"images": [{"class_name": "cat", "config": {}}]}, "labels.json", "json"),
        ([1, 2], "x.json", "json"),
    ],
)
def test_json_is_read_as_what_it_holds(value: object, path: str, name: str) -> None:
    facts = inspect(inspect_json, as_json(value), path)
    assert facts.format == name
    assert facts.coverage in (Coverage.COMPLETE, Coverage.STRUCTURE)


def test_json_lines_and_broken_json_are_data() -> None:
    for text in (as_json(KERAS) + b"\n" + as_json(KERAS), b'{"class_name": "a", "config": {'):
        facts = inspect(inspect_json, text, "data.jsonl")
        assert (facts.format, facts.observations) == ("json", ())


def test_layers_of_a_bare_keras_configuration_are_told() -> None:
    facts = inspect(inspect_json, as_json(KERAS), "model.json")
    assert {n.get("class") for n in notes(facts, "keras-layer")} == {"Sequential", "Lambda"}


def test_tree_counts_of_xgboost_are_compared() -> None:
    assert "xgboost-tree-count" not in kinds(inspect(inspect_json, as_json(XGBOOST)))
    lying = json.loads(json.dumps(XGBOOST).replace('"2"', '"9999"'))
    assert "xgboost-tree-count" in kinds(inspect(inspect_json, as_json(lying)))


def test_items_of_a_coreml_package_that_leave_it_are_classified() -> None:
    entries = {"itemInfoEntries": {"a": {"path": "../../x"}, "b": {"path": "com.apple.CoreML/model.mlmodel"}}}
    found = notes(inspect(inspect_json, as_json(entries)), "coreml-item")
    assert [n.get("escape") for n in found] == ["parent", ""]


def test_lightgbm_sizes_that_fit_are_no_anomaly() -> None:
    facts = inspect(inspect_text, lightgbm(21, 21), "model.txt")
    assert (facts.format, facts.coverage) == ("lightgbm", Coverage.STRUCTURE)
    assert kinds(facts) == {"lightgbm-model"}


@pytest.mark.parametrize("sizes", [(22, 5), (1 << 40,), (22, 22, 22)])
def test_cve_2024_43598_lightgbm_sizes_that_lie_are_named(sizes: tuple[int, ...]) -> None:
    assert "lightgbm-tree-sizes" in kinds(inspect(inspect_text, lightgbm(*sizes), "model.txt"))


def test_functions_of_a_spacy_configuration_are_told() -> None:
    facts = inspect(inspect_text, SPACY, "config.cfg")
    assert facts.format == "spacy-config"
    named = [(n.get("registry"), n.get("name")) for n in notes(facts, "spacy-function")]
    assert named == [("architectures", "spacy.TextCatBOW.v3"), ("callbacks", "evil.run.v1")]


def test_other_text_is_data() -> None:
    for path in ("README.md", "setup.cfg", "graph.txt"):
        facts = inspect(inspect_text, b"hello [nlp] node { }\n", path)
        assert (facts.format, facts.observations) == ("text", ())


def test_text_graphs_are_read_as_such() -> None:
    assert "tf-operator" in kinds(inspect(inspect_text, b'node { op: "ReadFile" }', "saved_model.pbtxt"))


@pytest.mark.parametrize(
    "text", [b"op: 'ReadFile'", b'op:\n  "ReadFile"', b"op : \"Read\" 'File'", b'op: # x\n "\\122ead\\x46ile"']
)
def test_operators_of_text_graphs_as_protobuf_reads_them(text: bytes) -> None:
    (seen,) = notes(inspect(inspect_text, b"node { " + text + b" }", "any.pbtxt"), "tf-operator")
    assert seen.get("operator") == "ReadFile"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b'name: "x"\nplatform: "onnxruntime_onnx"\ninput [ { name: "a" dims: [1] } ]\n', "config.pbtxt"),
        (b"item {\n  id: 1\n  name: 'cat'\n  display_name: 'op: cat'\n}\n", "label_map.pbtxt"),
        (b'node { calculator: "FlowLimiterCalculator" }\n', "graph.pbtxt"),
    ],
)
def test_other_protobuf_text_is_data(text: bytes, path: str) -> None:
    facts = inspect(inspect_text, text, path)
    assert (facts.format, facts.observations, facts.coverage) == ("text", (), "complete")


def test_the_core_of_catboost_must_fit() -> None:
    honest = b"CBM1" + (8).to_bytes(4, "little") + bytes(8)
    assert kinds(inspect(inspect_catboost, honest)) == {"catboost-model"}
    assert "catboost-size" in kinds(inspect(inspect_catboost, honest[:-1]))
    assert "catboost-magic" in kinds(inspect(inspect_catboost, b"\x80\x04N."))


@pytest.mark.parametrize(
    ("inspector", "data", "kind"),
    [
        (inspect_pdf, b"%PDF-1.7\n1 0 obj<</OpenAction 2 0 R>>", "pdf-open-action"),
        (inspect_pdf, b"%PDF-1.7\n" + b" " * 2_000_000 + b"<</S/Launch/F(x)>>", "pdf-launch"),
        (inspect_pdf, b"%PDF-1.7\n<</S /JavaScript /JS (x)>>", "pdf-javascript"),
        (inspect_rtf, b"{\\rtf1{\\object\\objdata 01}", "rtf-object"),
        (inspect_rtf, b"{\\rtf1{\\*\\template http://x.test}}", "rtf-template"),
        (inspect_ole, b"\xd0\xcf\x11\xe0" + bytes(600) + "_VBA_PROJECT".encode("utf-16-le"), "ole-macros"),
        (inspect_svg, b"<svg onload='x()'/>", "web-script"),
        (inspect_html, b"<html><SCRIPT>x()</SCRIPT></html>", "web-script"),
        (inspect_html, b"<iframe src=x>", "web-frame"),
    ],
)
def test_documents_that_run_something_are_told(inspector: Inspector, data: bytes, kind: str) -> None:
    assert kind in kinds(inspect(inspector, data))


@pytest.mark.parametrize(
    ("inspector", "data"),
    [
        (inspect_pdf, b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>"),
        (inspect_rtf, b"{\\rtf1 plain}"),
        (inspect_ole, b"\xd0\xcf\x11\xe0" + bytes(600)),
        (inspect_svg, b"<svg><path d='M0 0'/></svg>"),
        (inspect_html, b"<html><p>text</p></html>"),
    ],
)
def test_plain_documents_have_nothing_to_tell(inspector: Inspector, data: bytes) -> None:
    facts = inspect(inspector, data)
    assert facts.coverage is Coverage.STRUCTURE
    assert not facts.observations


@given(
    sample=st.sampled_from([as_json(KERAS), as_json(XGBOOST), lightgbm(21, 21), SPACY]),
    cut=st.integers(0, 200),
    patches=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=5),
)
def test_any_mutation_is_inspected_without_raising(sample: bytes, cut: int, patches: list[tuple[int, int]]) -> None:
    data = mutations(sample, cut, patches)
    for inspector in (inspect_json, inspect_text, inspect_catboost, inspect_html):
        assert_total(inspector, data)
