import pytest

from tests.builders import findings_of, run_check
from tests.checks.signed import FILES, KEY, repository, signed
from tests.provenance import signing


def test_everything_signed() -> None:
    here = {**FILES, ".gitattributes": b"x", "SHA256SUMS": b"x"}
    assert run_check("signature-unsigned-files", signed(here)).outcome == "pass"


@pytest.mark.parametrize(
    ("extra", "severity"),
    [
        ("modeling_acme.py", "high"),
        ("pytorch_model.bin", "high"),
        ("setup.exe", "high"),
        ("chat_template.jinja", "high"),
        ("adapter.safetensors", "medium"),
        ("tokenizer.json", "medium"),
        ("README.md", "info"),
        ("figure.png", "info"),
    ],
)
def test_an_extra_file(extra: str, severity: str) -> None:
    (finding,) = findings_of("signature-unsigned-files", signed({**FILES, extra: b"x"})).values()
    assert (finding.severity, finding.location.path) == (severity, extra)


def test_left_out_on_purpose() -> None:
    here = {**FILES, "loader.py": b"x", "notes.txt": b"x"}
    snapshot = signed(here, serialization={"ignore_paths": ["loader.py", "notes.txt"]})
    (finding,) = findings_of("signature-unsigned-files", snapshot).values()
    assert (finding.severity, finding.location.path) == ("medium", "loader.py")


def test_two_signatures_together() -> None:
    more = {**FILES, "modeling_acme.py": b"x"}
    both = {
        "model.sig": signing.bundle(signing.statement(FILES), KEY),
        "code.sig": signing.bundle(signing.statement({"modeling_acme.py": b"x"}), KEY),
    }
    assert run_check("signature-unsigned-files", repository(more, both)).outcome == "pass"
