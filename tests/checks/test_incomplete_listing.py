from tests.builders import findings_of, make_file, make_files, make_snapshot, run_check, unavailable
from trustaudit.facts import Reason
from trustaudit.snapshot import FileList


def test_cut_off_list_of_a_model_asks_for_a_look() -> None:
    snapshot = make_snapshot(files=make_files("config.json", complete=False))
    assert findings_of("incomplete-listing", snapshot)["cut-off"].severity == "medium"


def test_cut_off_list_of_a_dataset_is_everyday() -> None:
    snapshot = make_snapshot("datasets/org/model", files=make_files("a.parquet", complete=False))
    assert findings_of("incomplete-listing", snapshot)["cut-off"].severity == "low"


def test_list_without_tree_is_said_with_the_reason() -> None:
    problem = unavailable(Reason.SERVER_ERROR, "503 after 5 tries")
    listing = FileList(entries=(make_file("config.json"),), source="siblings", problem=problem)
    found = findings_of("incomplete-listing", make_snapshot(files=listing))
    assert (found["no-tree"].severity, found["no-tree"].evidence) == ("low", "503 after 5 tries")


def test_two_entries_for_one_path() -> None:
    listing = make_files(make_file("model.bin", sha256="1" * 64), make_file("model.bin", sha256="2" * 64))
    assert findings_of("incomplete-listing", make_snapshot(files=listing))["repeated"].evidence == "model.bin"


def test_whole_list_passes() -> None:
    assert run_check("incomplete-listing", make_snapshot()).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("incomplete-listing", make_snapshot(files=unavailable())).outcome == "unavailable"
