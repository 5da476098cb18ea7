import pytest

from tests.builders import findings_of, make_snapshot, run_check, unavailable


@pytest.mark.parametrize("path", ["torch.py", "numpy.py", "json.py", "requests/__init__.py"])
def test_library_names_are_high(path: str) -> None:
    (finding,) = findings_of("shadowing-module", make_snapshot(files=[path])).values()
    assert (finding.severity, finding.confidence) == ("high", "low")


def test_names_that_projects_use_themselves_are_low() -> None:
    found = findings_of("shadowing-module", make_snapshot(files=["datasets.py", "tokenize.py"]))
    assert {f.severity for f in found.values()} == {"low"}


def test_honest_names_and_folders_pass() -> None:
    files = ["utils.py", "config.py", "model.py", "src/torch.py", "onnx/model.onnx", "torch/weights.bin", "torch.md"]
    assert run_check("shadowing-module", make_snapshot(files=files)).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("shadowing-module", make_snapshot(files=unavailable())).outcome == "unavailable"
