import pytest

from tests.builders import findings_of, make_commit, make_file, make_history, make_snapshot, run_check, unavailable
from trustaudit.facts import Known
from trustaudit.snapshot import Snapshot

TITLE = "Adding `safetensors` variant of this model (#3)"


def converted(author: str, *paths: str, title: str = TITLE) -> Snapshot:
    commit = make_commit(2, author, title=title)
    files = [*(make_file(path, commit=commit) for path in paths), make_file("old.bin", commit=make_commit(1))]
    return make_snapshot(files=files, history=make_history(commit, make_commit(1)))


@pytest.mark.parametrize(
    "author",
    [
        "SFconvertb0t",
        "SF-convertbot",
        "sfconvertbot_",
        "SFconverttbot",
        "5Fconvertbot",
        "sfconvertbot",
        "SFconvertbot-v2",
    ],
)
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


def test_the_title_of_the_bot_over_a_stranger() -> None:
    old, first = make_commit(3, "mallory", title=TITLE), (make_commit(2), make_commit(1))
    new = make_commit(3, "mallory", title=TITLE, days=5)
    files = [make_file("model.safetensors", commit=new), "pytorch_model.bin"]
    (finding,) = findings_of(
        "conversion-commit", make_snapshot(files=files, history=make_history(new, *first))
    ).values()
    assert (finding.severity, "mallory" in finding.message) == ("medium", True)
    mine = (make_commit(2, "mallory"), make_commit(1))
    for history in (make_history(old, *first), make_history(new), make_history(new, *mine)):
        assert run_check("conversion-commit", make_snapshot(files=files, history=history)).outcome == "pass"
    members = make_snapshot(files=files, history=make_history(new, *first), members=Known(value=("Mallory",)))
    assert run_check("conversion-commit", members).outcome == "pass"


def test_a_conversion_of_nothing() -> None:
    bot = make_commit(2, "SFconvertbot", title=TITLE)
    files = ["config.json", make_file("model.safetensors", commit=bot)]
    latest = make_snapshot(files=files, history=make_history(bot, make_commit(1)))
    (finding,) = findings_of("conversion-commit", latest).values()
    assert finding.severity == "medium"
    deleted = make_snapshot(files=files, history=make_history(make_commit(3), bot, make_commit(1)))
    assert run_check("conversion-commit", deleted).outcome == "pass"


@pytest.mark.parametrize("author", ["SFconvertbot", "alice"])
def test_honest_conversions_pass(author: str) -> None:
    snapshot = converted(author, "model.safetensors", "model.safetensors.index.json")
    assert run_check("conversion-commit", snapshot).outcome == "pass"


def test_unknown_history() -> None:
    assert run_check("conversion-commit", make_snapshot(history=unavailable())).outcome == "unavailable"
