from __future__ import annotations

from tests.builders import days_ago, make_commit, make_file, make_history, make_info, make_snapshot, unavailable
from trustaudit.filefacts import Provenance
from trustaudit.report.about import about
from trustaudit.report.coverage import coverage_report
from trustaudit.report.timeline import MAX_ENTRIES, timeline
from trustaudit.snapshot import Card, GgufInfo


def test_commits_are_marked_by_what_they_last_changed() -> None:
    first, second = make_commit(1, days=9), make_commit(2, "bob", days=1)
    files = (
        make_file("model.safetensors", commit=first),
        make_file("run.sh", 20, commit=second),
        make_file("a.py", 20, commit=second),
    )
    newest, oldest = timeline(make_snapshot(files=files, history=make_history(second, first)))
    assert (newest.commit, newest.authors, newest.weights, newest.code, newest.files) == (second.id, ("bob",), 0, 2, 2)
    assert (oldest.weights, oldest.code, oldest.files) == (1, 0, 1)
    assert oldest.date is not None
    assert oldest.date.startswith(days_ago(9).date().isoformat())


def test_old_commits_come_from_the_tree_and_marked_ones_stay() -> None:
    recent = [make_commit(number, days=400 - number) for number in range(100, 10, -1)]
    old = make_commit(1, days=900)
    files = (make_file("model.safetensors", commit=old),)
    entries = timeline(make_snapshot(files=files, history=make_history(*recent, total=500, complete=False)))
    assert len(entries) == MAX_ENTRIES
    assert entries[0].commit == recent[0].id
    assert entries[-1].commit == old.id
    assert entries[-1].weights == 1


def test_no_history_is_no_timeline() -> None:
    assert timeline(make_snapshot(history=unavailable())) == ()


def test_about_tells_what_the_card_claims() -> None:
    card = Card(licenses=("mit", "mit"), datasets=("org/data",), languages=("en",))
    info = make_info(card=card, config_json='{"model_type": "bert"}', pipeline_tag="fill-mask")
    told = about(make_snapshot(info=info))
    assert told is not None
    assert told.web_url == "https://huggingface.co/org/model"
    assert (told.licenses, told.datasets, told.languages) == (("mit",), ("org/data",), ("en",))
    assert (told.task, told.architecture, told.library) == ("fill-mask", "bert", "transformers")


def test_about_survives_any_config() -> None:
    for text in ("[", "[" * 100_000, "[]", '{"model_type": 7}', "null"):
        told = about(make_snapshot(info=make_info(config_json=text, gguf=GgufInfo(architecture="llama"))))
        assert told is not None
        assert told.architecture == "llama"
    assert about(make_snapshot(info=unavailable())) is None


def test_files_carry_their_hashes() -> None:
    files = (make_file("a.bin", sha256="1" * 64), make_file("b.json", 10), make_file("c.bin", sha256=None))
    snapshot = make_snapshot(files=files, provenance=Provenance(digests=(("b.json", "2" * 64),)))
    assert [file.sha256 for file in coverage_report(snapshot, ()).files] == ["1" * 64, "2" * 64, None]
