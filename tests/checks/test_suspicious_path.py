import pytest

from tests.builders import findings_of, make_snapshot, run_check, unavailable


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("../../.ssh/authorized_keys", "traversal"),
        ("a/../b.json", "traversal"),
        ("a\\..\\..\\b.json", "traversal"),
        ("/etc/passwd", "traversal"),
        ("C:/Windows/x.dll", "traversal"),
        (".git/hooks/post-checkout", "git-folder"),
        ("GIT~1/config", "git-folder"),
        ("model\u202esrosnetefas.exe", "bidi"),
        ("model.safetensors.exe", "double-extension"),
        ("README.md.lnk", "double-extension"),
        ("photo.jpg      .scr", "double-extension"),
        ("config.json.bat. ", "double-extension"),
    ],
)
def test_names_that_attack_are_high(path: str, key: str) -> None:
    finding = findings_of("suspicious-path", make_snapshot(files=[path]))[key]
    assert (finding.severity, finding.confidence) == ("high", "high")
    assert finding.evidence.isascii()


@pytest.mark.parametrize(
    ("path", "key", "severity"),
    [
        ("a\x1b[31m.json", "control", "medium"),
        ("con\u200bfig.json", "invisible", "medium"),
        ("c\u043enfig.json", "look-alike", "medium"),
        ("checkpoint\\model.bin", "backslash", "medium"),
        ("model.bin.", "trailing", "medium"),
        ("logs/2024-01-01T10:00:00.txt", "colon", "low"),
        ("corpus/con/train.tsv", "reserved", "low"),
        ("a//b.json", "empty-part", "low"),
        ("x" * 300, "too-long", "low"),
    ],
)
def test_names_that_mean_different_files(path: str, key: str, severity: str) -> None:
    assert findings_of("suspicious-path", make_snapshot(files=[path]))[key].severity == severity


def test_names_that_differ_only_in_case() -> None:
    weights = findings_of("suspicious-path", make_snapshot(files=["Model.bin", "model.bin"]))
    assert weights["collision"].severity == "medium"
    media = findings_of("suspicious-path", make_snapshot(files=["img/A.png", "img/a.png"]))
    assert media["collision"].severity == "low"


def test_composed_and_decomposed_letters_collide() -> None:
    files = ["mod\u00e9le.bin", "mode\u0301le.bin"]
    assert "collision" in findings_of("suspicious-path", make_snapshot(files=files))


def test_names_in_datasets_come_from_the_data() -> None:
    snapshot = make_snapshot("datasets/org/model", files=["speech/Mr.", "a\\b.wav"])
    assert {f.severity for f in findings_of("suspicious-path", snapshot).values()} == {"low"}


def test_unusual_honest_names_pass() -> None:
    files = [
        "my model.safetensors",
        "\u6a21\u578b.bin",
        "\u043c\u043e\u0434\u0435\u043b\u044c.gguf",
        "GPT\u043c\u043e\u0434\u0435\u043b\u044c.gguf",
        "\U0001f917.png",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0646\u0645.txt",
        "v1.5-pruned.ckpt",
        "model.fp16.safetensors",
        "libfoo.so.1",
        "tokenizer.json.gz",
        "pkg/__pycache__/m.cpython-312.pyc",
        "_ops.abi3.so",
        ".gitattributes",
        "beta-\u03b2.json",
    ]
    assert run_check("suspicious-path", make_snapshot(files=files)).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("suspicious-path", make_snapshot(files=unavailable())).outcome == "unavailable"
