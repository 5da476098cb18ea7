from tests.builders import findings_of, make_file, make_snapshot, run_check, unavailable


def test_large_files_without_sha256_are_one_finding() -> None:
    files = [make_file(f"model-{n}.safetensors", sha256=None) for n in range(3)]
    (finding,) = findings_of("missing-hash", make_snapshot(files=files)).values()
    assert finding.message.startswith("3 files")
    assert finding.severity == "low"


def test_weights_without_any_identity() -> None:
    bare = make_file("tiny.pkl", 300).model_copy(update={"oid": None})
    assert findings_of("missing-hash", make_snapshot(files=[bare]))


def test_small_files_need_no_sha256() -> None:
    assert run_check("missing-hash", make_snapshot(files=["config.json", "model.safetensors"])).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("missing-hash", make_snapshot(files=unavailable())).outcome == "unavailable"
