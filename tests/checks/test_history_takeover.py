from tests.builders import findings_of, make_commit, make_file, make_history, make_snapshot, run_check, unavailable
from trustaudit.facts import Known
from trustaudit.finding import Finding, Severity
from trustaudit.snapshot import Author, Commit, Snapshot

OLD = (make_commit(3, days=900), make_commit(2, days=901), make_commit(1, days=902))


def changed(commit: Commit, *paths: str, rest: tuple[str, ...] = ("README.md",), **more: object) -> Snapshot:
    files = [*(make_file(path, commit=commit) for path in paths), *(make_file(path, commit=OLD[0]) for path in rest)]
    return make_snapshot(files=files, history=make_history(commit, *OLD), **more)


def judged(snapshot: Snapshot) -> Finding:
    (finding,) = findings_of("history-takeover", snapshot).values()
    return finding


def test_stranger_replaces_weights_after_years_of_silence() -> None:
    finding = judged(changed(make_commit(4, "mallory", days=3), "pytorch_model.bin"))
    assert (finding.severity, finding.confidence) == ("high", "low")
    assert "mallory" in finding.message
    assert "897 days" in finding.message


def test_stranger_changes_code() -> None:
    assert judged(changed(make_commit(4, "mallory", days=3), "modeling_x.py")).severity == "high"


def test_two_signs() -> None:
    documented = changed(make_commit(4, "mallory", days=3), "pytorch_model.bin", "README.md", rest=("config.json",))
    assert (judged(documented).severity, judged(documented).confidence) == ("medium", "medium")


def test_newcomer_alone_is_a_note() -> None:
    recent = (make_commit(3, days=10), make_commit(2, days=11), make_commit(1, days=12))
    commit = make_commit(4, "bob", days=3)
    files = [make_file("pytorch_model.bin", commit=commit), make_file("README.md", commit=commit)]
    assert judged(make_snapshot(files=files, history=make_history(commit, *recent))).severity == "low"


def test_old_changes_weigh_less_and_never_block() -> None:
    assert judged(changed(make_commit(4, "mallory", days=400), "pytorch_model.bin")).severity == "medium"


def test_unknown_address_of_git_weighs_less() -> None:
    commit = make_commit(4, "Alice Smith", days=3, matched=False)
    assert judged(changed(commit, "pytorch_model.bin")).severity == "medium"


def test_owner_bot_and_earlier_authors_are_no_newcomers() -> None:
    for author, path in (("org", "pytorch_model.bin"), ("SFconvertbot", "model.safetensors"), ("ALICE", "model.bin")):
        snapshot = changed(make_commit(4, author, days=3), path)
        assert run_check("history-takeover", snapshot).outcome == "pass", author


def test_a_name_makes_no_bot() -> None:
    for path in ("pytorch_model.bin", "modeling_acme.py"):
        assert judged(changed(make_commit(4, "SFconvertbot", days=3), path)).severity.rank >= Severity.MEDIUM.rank


def test_a_co_author_vouches_for_nobody() -> None:
    commit = make_commit(4, "carol", days=3)
    owner = commit.model_copy(update={"authors": (*commit.authors, Author(name="org", matched=True))})
    assert judged(changed(owner, "model.safetensors")).severity == "high"


def test_members_of_the_organization_weigh_less_than_strangers() -> None:
    stranger = changed(make_commit(4, "carol", days=3), "model.safetensors")
    member = stranger.model_copy(update={"members": Known(value=("Carol", "alice"))})
    other = stranger.model_copy(update={"members": Known(value=("alice",))})
    assert (judged(member).severity, judged(other).severity) == ("medium", "high")
    assert "no public member" in judged(other).message


def test_adding_a_format_beside_older_weights_is_no_replacement() -> None:
    commit = make_commit(4, "carol", days=3, title="Add ONNX export")
    snapshot = changed(commit, "onnx/model.onnx", "model.safetensors", rest=("pytorch_model.bin",))
    assert run_check("history-takeover", snapshot).outcome == "pass"


def test_replacing_the_only_weights_is_one() -> None:
    assert judged(changed(make_commit(4, "carol", days=3), "model.safetensors")).severity == "high"


def test_documentation_by_strangers_passes() -> None:
    snapshot = changed(make_commit(4, "dave", days=3), "README.md", "config.json", rest=("model.safetensors",))
    assert run_check("history-takeover", snapshot).outcome == "pass"


def test_short_histories_know_no_newcomers() -> None:
    commit = make_commit(2, "bob", days=3)
    files = [make_file("model.bin", commit=commit)]
    history = make_history(commit, make_commit(1, days=100))
    assert run_check("history-takeover", make_snapshot(files=files, history=history)).outcome == "pass"


def test_one_commit_and_years_of_silence_are_a_history() -> None:
    commit = make_commit(2, "bob", days=3)
    history = make_history(commit, make_commit(1, days=900))
    snapshot = make_snapshot(files=[make_file("model.bin", commit=commit)], history=history)
    assert run_check("history-takeover", snapshot).outcome == "finding"


def test_unknown_history_or_files() -> None:
    assert run_check("history-takeover", make_snapshot(history=unavailable())).outcome == "unavailable"
    assert run_check("history-takeover", make_snapshot(files=unavailable())).outcome == "unavailable"
