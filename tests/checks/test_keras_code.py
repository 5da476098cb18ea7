from __future__ import annotations

import base64
import io
import json
import marshal
import zipfile

import pytest

from tests.checks.inspected import findings


def model(*layers: dict[str, object]) -> dict[str, bytes]:
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": list(layers)},
        "registered_name": "Sequential",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.13.2"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(200))
    return {"model.keras": buffer.getvalue()}


def layer(name: str, module: str | None = "keras.layers", **config: object) -> dict[str, object]:
    return {"module": module, "class_name": name, "config": {"name": name.lower(), **config}, "registered_name": None}


def code(source: str) -> dict[str, object]:
    raw = base64.b64encode(marshal.dumps(compile(source, "<lambda>", "eval"))).decode()
    return {"class_name": "__lambda__", "config": {"code": raw, "defaults": None, "closure": None}}


def severities(files: dict[str, bytes]) -> set[str]:
    return {str(finding.severity) for finding in findings("keras-code", files)}


def test_a_lambda_that_names_a_shell_is_critical() -> None:
    assert "critical" in severities(model(layer("Lambda", function=code("lambda x: os.system(x)"))))


def test_an_ordinary_lambda_is_code_by_design_and_never_blocks() -> None:
    (finding,) = findings("keras-code", model(layer("Lambda", function=code("lambda x: x * 2 + 1"))))
    assert (finding.severity, finding.confidence) == ("high", "low")


@pytest.mark.parametrize(
    ("module", "severity"), [("subprocess", "critical"), ("os", "critical"), ("somepackage.layers", "high")]
)
def test_objects_of_other_modules(module: str, severity: str) -> None:
    name = "Popen" if severity == "critical" else "Attention"
    assert severity in severities(model(layer(name, module=module)))


def test_a_download_as_activation_is_high() -> None:
    function = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}
    assert "high" in severities(model(layer("Dense", activation=function)))


def test_honest_layers_stay_quiet() -> None:
    dense = layer("Dense", units=4, activation="relu")
    assert severities(model(layer("InputLayer"), dense, layer("Dropout", rate=0.1))) == set()


@pytest.mark.parametrize(
    ("module", "name", "registered", "confidence"),
    [
        ("mylayers", "Attention", "my_pkg>Attention", "low"),
        ("vit.layers", "Patches", "Patches", "low"),
        ("mylayers", "Attention", None, "medium"),
        ("mylayers", "Attention", "my_pkg>Dense", "medium"),
        ("mylayers", "attention", "my_pkg>attention", "medium"),
        ("http.server", "SimpleHTTPRequestHandler", "SimpleHTTPRequestHandler", "high"),
    ],
)
def test_layers_of_packages_of_their_own(module: str, name: str, registered: str | None, confidence: str) -> None:
    """Seen of Keras 3.15: a custom layer is written with its module and its registered name."""
    written = {**layer(name, module=module), "registered_name": registered}
    (finding,) = findings("keras-code", model(written))
    assert finding.confidence == confidence
    assert finding.severity in ("high", "critical")


@pytest.mark.parametrize(
    ("module", "name"), [("keras.config", "enable_unsafe_deserialization"), ("keras.saving", "load_model")]
)
def test_cve_2025_9906_a_function_of_keras_in_the_place_of_a_class(module: str, name: str) -> None:
    assert severities(model(layer(name, module=module))) == {"high"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_configuration_in_any_encoding_that_json_reads(encoding: str) -> None:
    text = json.dumps(layer("Popen", module="subprocess"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", text.encode(encoding))
    assert "critical" in severities({"model.keras": buffer.getvalue()})
