import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import repository
from trustaudit.snapshot import Snapshot


def module(path: str) -> Snapshot:
    return repository(
        modules_dot_json=[{"idx": 0, "name": "0", "path": path, "type": "sentence_transformers.models.Pooling"}]
    )


@pytest.mark.parametrize(
    ("path", "severity"), [("../x", "high"), ("/etc", "high"), ("~/x", "high"), ("a\\b", "medium")]
)
def test_paths_that_lead_out(path: str, severity: str) -> None:
    (finding,) = findings_of("config-path-escape", module(path)).values()
    assert finding.severity == severity


@pytest.mark.parametrize("path", ["", "1_Pooling", "a/b"])
def test_plain_folders_pass(path: str) -> None:
    assert run_check("config-path-escape", module(path)).outcome == "pass"


def test_components_of_pipelines() -> None:
    index = {"_class_name": "P", "_diffusers_version": "1", "../unet": ["diffusers", "UNet2DConditionModel"]}
    (finding,) = findings_of("config-path-escape", repository(model_index_dot_json=index)).values()
    assert finding.severity == "high"


def test_local_paths_that_trainers_leave_behind_pass() -> None:
    config = {"_name_or_path": "/home/me/model", "tokenizer_file": "/root/.cache/tokenizer.json"}
    assert run_check("config-path-escape", repository(config_dot_json=config)).outcome == "pass"


@pytest.mark.parametrize(
    ("path", "severity"),
    [("../../model.safetensors", "high"), ("/srv/model.safetensors", "high"), ("a.safetensors", "")],
)
def test_named_weights_of_transformers(path: str, severity: str) -> None:
    found = findings_of("config-path-escape", repository(config_dot_json={"transformers_weights": path}))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(("library", "severity"), [("../operators.so", "high"), ("onnx_custom_ops.dll", ""), ("", "")])
def test_files_of_onnxruntime_genai(library: str, severity: str) -> None:
    options = {"custom_ops_library": library, "provider_options": []}
    config = {"model": {"decoder": {"filename": "model.onnx", "session_options": options}}, "search": {"top_k": 1}}
    found = findings_of("config-path-escape", repository(genai_config_dot_json=config))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])
