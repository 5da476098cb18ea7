from __future__ import annotations

import json

import pytest

from tests.checks.inspected import findings
from tests.formats import writers_onnx as w

SHARD = "model-00001-of-00001.safetensors"


def with_data(location: str) -> bytes:
    return w.model(w.graph([w.node("MatMul")], [w.external(location)]))


def index(target: str) -> bytes:
    return json.dumps({"metadata": {}, "weight_map": {"a": target}}).encode()


@pytest.mark.parametrize(
    "location", ["../../../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x", "http://x.invalid/y"]
)
def test_data_outside_the_folder_is_high(location: str) -> None:
    found = findings("external-path", {"model.onnx": with_data(location)})
    assert "high" in {finding.severity for finding in found}


def test_an_index_that_leads_to_a_pickle_or_out_is_high() -> None:
    for target in ("pytorch_model.bin", "../other/model.safetensors"):
        found = findings("external-path", {"model.safetensors.index.json": index(target), "pytorch_model.bin": b"x"})
        assert "high" in {finding.severity for finding in found}, target


def test_a_shard_that_is_not_there_is_low() -> None:
    found = findings("external-path", {"model.safetensors.index.json": index(SHARD)})
    assert [str(finding.severity) for finding in found] == ["low"]


def test_names_beside_the_file_stay_quiet() -> None:
    files = {"model.onnx": with_data("model.onnx_data"), "model.onnx_data": bytes(16)}
    assert findings("external-path", files) == []
    assert findings("external-path", {"model.safetensors.index.json": index(SHARD), SHARD: b""}) == []


@pytest.mark.parametrize(
    ("path", "target", "severity"),
    [
        ("model.safetensors", "../../../../etc/passwd", "high"),
        ("onnx/weights.data", "../../secrets.txt", "high"),
        ("pytorch_model.bin", "/etc/passwd", "high"),
        ("config.json", "~/.ssh/id_rsa", "high"),
        ("config.json", f"../../blobs/{'a' * 40}", "low"),
        ("onnx/config.json", "../config.json", ""),
        ("model.safetensors", "../x and more", ""),
        ("latest", "/checkpoints/step100", ""),
        ("path.txt", "/data/corpus", ""),
    ],
)
def test_symbolic_links_that_lead_out_of_the_repository(path: str, target: str, severity: str) -> None:
    found = [str(finding.severity) for finding in findings("external-path", {path: target.encode()})]
    assert found == ([severity] if severity else [])
