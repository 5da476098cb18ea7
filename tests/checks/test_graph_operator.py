from __future__ import annotations

import pytest

from tests.checks.inspected import findings
from tests.formats import writers_onnx, writers_tensorflow
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
