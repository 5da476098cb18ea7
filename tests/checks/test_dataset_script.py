from tests.builders import COMMIT, findings_of, make_info, make_snapshot, run_check, unavailable
from trustaudit.facts import Known
from trustaudit.snapshot import GitRef, Refs, Snapshot


def dataset(*files: str, **more: object) -> Snapshot:
    return make_snapshot("datasets/org/squad", files=files, info=make_info(id="org/squad"), **more)


def test_script_of_the_datasets_name() -> None:
    assert findings_of("dataset-script", dataset("squad.py", "README.md"))["script"].severity == "medium"


def test_parquet_copy_of_the_hub_makes_it_a_lesser_matter() -> None:
    refs = Refs(converts=(GitRef(name="parquet", ref="refs/convert/parquet", target=COMMIT),))
    assert findings_of("dataset-script", dataset("squad.py", refs=Known(value=refs)))["script"].severity == "low"


def test_other_python_files_are_a_note() -> None:
    found = findings_of("dataset-script", dataset("scripts/squad.py", "prepare.py", "train.parquet"))
    assert [f.severity for f in found.values()] == ["info"]


def test_parquet_passes_and_models_do_not_apply() -> None:
    assert run_check("dataset-script", dataset("data/train.parquet", "README.md")).outcome == "pass"
    assert run_check("dataset-script", make_snapshot(files=["model.py"])).outcome == "not_applicable"


def test_unknown_files() -> None:
    snapshot = make_snapshot("datasets/org/squad", files=unavailable())
    assert run_check("dataset-script", snapshot).outcome == "unavailable"
