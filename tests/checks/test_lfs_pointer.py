import pytest

from tests.builders import findings_of, make_file, make_snapshot, run_check, unavailable
from trustaudit.snapshot import FileEntry


def test_sizes_that_disagree_are_high() -> None:
    entry = make_file("model.safetensors", 5_000_000).model_copy(update={"size": 4_000_000})
    assert findings_of("lfs-pointer", make_snapshot(files=[entry]))["size"].severity == "high"


def test_pointer_left_as_text() -> None:
    found = findings_of("lfs-pointer", make_snapshot(files=[make_file("pytorch_model.bin", 134)]))
    assert (found["text"].severity, found["text"].confidence) == ("medium", "low")


def test_empty_weights_are_a_note() -> None:
    found = findings_of("lfs-pointer", make_snapshot(files=[make_file("model.safetensors", 0)]))
    assert found["empty"].severity == "info"


@pytest.mark.parametrize(
    "entry",
    [
        make_file("scaler.pkl", 134),
        make_file("a.npy", 136),
        make_file("model.safetensors", 134, lfs=True),
        make_file("config.json", 134),
        make_file("model.safetensors", 3_000),
        make_file("model.safetensors", None),
    ],
)
def test_honest_small_files_pass(entry: FileEntry) -> None:
    assert run_check("lfs-pointer", make_snapshot(files=[entry])).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("lfs-pointer", make_snapshot(files=unavailable())).outcome == "unavailable"
