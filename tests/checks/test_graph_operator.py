from __future__ import annotations

import json

import pytest

from tests.checks.inspected import findings
from tests.formats import writers_onnx, writers_tensorflow
from tests.formats.writers_protobuf import blob, number
from tests.formats.writers_tensorflow import const, graph, meta_graph, node, saved_model


def severities(data: bytes, name: str = "saved_model.pb") -> set[str]:
    return {str(finding.severity) for finding in findings("graph-operator", {name: data})}


@pytest.mark.parametrize("place", ["/home/user/.bashrc", "http://collect.example.invalid/", "../../run.py"])
def test_writing_outside_is_critical(place: str) -> None:
    nodes = (const("where", place), const("what", "true"), node("w", "WriteFile", "where", "what"))
    assert "critical" in severities(saved_model(meta_graph(graph(*nodes))))


def test_a_file_operator_alone_is_high() -> None:
    assert "high" in severities(saved_model(meta_graph(graph(node("r", "ReadFile", "input")))))


def test_the_saver_of_every_model_stays_quiet() -> None:
    assert severities(writers_tensorflow.honest()) == set()


def test_honest_onnx_stays_quiet_and_python_operators_do_not() -> None:
    assert severities(writers_onnx.honest(), "model.onnx") == set()
    graph_ = writers_onnx.graph([writers_onnx.node("PyOp", domain="ai.custom")])
    data = writers_onnx.model(graph_, opsets=(("", 17), ("ai.custom", 1)))
    assert "high" in severities(data, "model.onnx")


def test_custom_classes_of_core_ml_are_told() -> None:
    layer = blob(1, "layer0") + blob(500, blob(10, "SpecialLayer"))
    assert severities(number(1, 6) + blob(500, blob(1, layer)), "Model.mlmodel") == {"low"}
    assert severities(number(1, 6) + blob(555, blob(10, "SpecialModel")), "Model.mlmodel") == {"low"}
    assert severities(number(1, 6) + blob(500, blob(1, blob(1, "layer0") + blob(100, b""))), "Model.mlmodel") == set()


def test_only_custom_operators_of_mxnet_are_told() -> None:
    def symbol(operator: str) -> bytes:
        return json.dumps({"nodes": [{"op": operator}], "arg_nodes": [0], "heads": [[0, 0, 0]]}).encode()

    assert severities(symbol("Custom"), "m-symbol.json") == {"info"}
    assert severities(symbol("Convolution"), "m-symbol.json") == set()


def test_layers_of_the_tokenizers_of_openvino_are_ordinary() -> None:
    graph = b'<?xml version="1.0"?><net name="m" version="11"><layers><layer id="0" type="%s" version="extension"/>%s'
    end = b"</layers></net>"
    assert severities(graph % (b"StringTensorUnpack", end), "openvino_tokenizer.xml") == set()
    assert severities(graph % (b"Mine", end), "openvino_tokenizer.xml") == {"medium"}
