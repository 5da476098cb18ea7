import pytest

from tests.builders import (
    days_ago,
    findings_of,
    make_facts,
    make_file,
    make_info,
    make_publisher,
    make_snapshot,
    run_check,
    unavailable,
)
from trustaudit.filefacts import Coverage


def severity_of(path: str, ref: str = "org/model") -> str:
    (finding,) = findings_of("foreign-file", make_snapshot(ref, files=[path])).values()
    return finding.severity


@pytest.mark.parametrize("path", ["setup.exe", "a/installer.msi", "run.vbs", "model.LNK", "demo.apk", "x.hta"])
def test_programs_are_high(path: str) -> None:
    assert severity_of(path) == "high"


@pytest.mark.parametrize("path", ["start.bat", "install.ps1", "plan.xlsm", "ops.so", "evil.pyc", "tool.jar"])
def test_scripts_libraries_and_macros_are_medium(path: str) -> None:
    assert severity_of(path) == "medium"


def test_a_name_alone_does_not_block_but_a_new_account_does() -> None:
    files = ["ffmpeg.exe", "model.safetensors"]
    (old,) = findings_of("foreign-file", make_snapshot(files=files)).values()
    fresh = make_publisher(kind="user", created_at=days_ago(1))
    (new,) = findings_of("foreign-file", make_snapshot(files=files, publisher=fresh)).values()
    assert (old.confidence, new.confidence) == ("low", "medium")


@pytest.mark.parametrize("path", ["en_core_web_sm-any-py3-none-any.whl", "data.7z", "libx.a", "site.url"])
def test_honest_cousins_are_low(path: str) -> None:
    assert severity_of(path) == "low"


def test_training_scripts_are_one_note() -> None:
    (finding,) = findings_of("foreign-file", make_snapshot(files=["run.sh", "train.sh", "local/score.sh"])).values()
    assert finding.severity == "info"


def test_bytecode_with_its_source_is_a_note() -> None:
    files = ["pkg/__pycache__/m.cpython-312.pyc", "pkg/m.py", "n.pyc", "n.py"]
    assert [f.severity for f in findings_of("foreign-file", make_snapshot(files=files)).values()] == ["info"]


def test_program_under_the_name_of_weights() -> None:
    seen = make_facts("pytorch_model.bin", "elf", Coverage.NONE)
    (finding,) = findings_of("foreign-file", make_snapshot(files=["pytorch_model.bin"], file_facts=(seen,))).values()
    assert (finding.severity, finding.confidence) == ("high", "high")


def test_library_stays_one_when_its_bytes_were_seen() -> None:
    seen = make_facts("ops.so", "elf", Coverage.NONE)
    (finding,) = findings_of("foreign-file", make_snapshot(files=["ops.so"], file_facts=(seen,))).values()
    assert finding.severity == "medium"


def test_tiny_text_pth_may_be_an_import_hook() -> None:
    (finding,) = findings_of("foreign-file", make_snapshot(files=[make_file("utils.pth", 80)])).values()
    assert (finding.severity, finding.confidence) == ("medium", "medium")


def test_real_pth_checkpoints_pass() -> None:
    seen = make_facts("tiny.pth", "pickle")
    files = [make_file("vits.pth"), make_file("tiny.pth", 300), make_file("rng_state_0.pth", 14_000)]
    assert run_check("foreign-file", make_snapshot(files=files, file_facts=(seen,))).outcome == "pass"


def test_kernel_repositories_hold_libraries_by_design() -> None:
    snapshot = make_snapshot(files=["build/torch/_ops.abi3.so"], info=make_info(tags=("kernel",)))
    assert [f.severity for f in findings_of("foreign-file", snapshot).values()] == ["low"]


def test_spaces_and_datasets() -> None:
    assert severity_of("start.bat", "spaces/org/model") == "info"
    assert severity_of("setup.exe", "spaces/org/model") == "high"
    assert severity_of("ops.so", "datasets/org/model") == "low"


def test_many_files_stay_bounded() -> None:
    found = run_check("foreign-file", make_snapshot(files=[f"bin/{n}.exe" for n in range(500)])).findings
    assert len(found) < 50
    assert found[-1].key == "more"
    assert "475" in found[-1].message


def test_ordinary_files_pass() -> None:
    files = [
        "model.onnx",
        "onnx/model.wasm",
        "index.js",
        "paper.pdf",
        "sample.png",
        "nltk.zip",
        "app.ipynb",
        "a.tar.gz",
    ]
    assert run_check("foreign-file", make_snapshot(files=files)).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("foreign-file", make_snapshot(files=unavailable())).outcome == "unavailable"
