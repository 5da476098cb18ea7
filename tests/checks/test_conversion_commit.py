import pytest

from tests.builders import findings_of, make_commit, make_file, make_history, make_snapshot, run_check, unavailable
from trustaudit.snapshot import Snapshot

TITLE = "Adding `safetensors` variant of this model (#3)"


def converted(author: str, *paths: str, title: str = TITLE) -> Snapshot:
    commit = make_commit(2, author, title=title)
    files = [make_file(path, commit=commit) for path in paths]
    return make_snapshot(files=files, history=make_history(commit, make_commit(1)))


@pytest.mark.parametrize("author", ["SFconvertb0t", "SF-convertbot", "sfconvertbot_", "SFconverttbot", "5Fconvertbot"])
def test_names_that_look_like_the_bot(author: str) -> None:
    (finding,) = findings_of("conversion-commit", converted(author, "model.safetensors", title="Upload")).values()
    assert (finding.severity, finding.confidence) == ("high", "medium")


@pytest.mark.parametrize(
    ("author", "other", "severity"),
    [
        ("SFconvertbot", "modeling.py", "high"),
        ("SFconvertbot", "pytorch_model.bin", "high"),
        ("SFconvertbot", "config.json", "medium"),
        ("alice", "modeling.py", "medium"),
    ],
)
def test_conversion_that_changed_more_than_weights(author: str, other: str, severity: str) -> None:
    snapshot = converted(author, "model.safetensors", other)
    (finding,) = findings_of("conversion-commit", snapshot).values()
    assert finding.severity == severity
    assert other in finding.message


def test_the_bot_under_another_title() -> None:
    snapshot = converted("SFconvertbot", "modeling.py", title="Update modeling.py")
    assert [f.severity for f in findings_of("conversion-commit", snapshot).values()] == ["high"]


@pytest.mark.parametrize("author", ["SFconvertbot", "sfconvertbot", "alice"])
def test_honest_conversions_pass(author: str) -> None:
    snapshot = converted(author, "model.safetensors", "model.safetensors.index.json")
    assert run_check("conversion-commit", snapshot).outcome == "pass"


def test_unknown_history() -> None:
    assert run_check("conversion-commit", make_snapshot(history=unavailable())).outcome == "unavailable"
