from tests.builders import findings_of, make_file, make_scans, make_snapshot, run_check, unavailable


def test_files_that_nobody_looked_at() -> None:
    files = [make_file("model.bin", scans=make_scans("queued")), make_file("a.pt", scans=make_scans("unscanned"))]
    found = findings_of("hub-scan-coverage", make_snapshot(files=[*files, make_file("b.pkl", scans=unavailable())]))
    assert found["nobody"].severity == "low"
    assert found["nobody"].message.startswith("2 files")


def test_files_that_some_looked_at() -> None:
    scans = make_scans(jFrogScan="queued", virusTotalScan="unscanned", protectAiScan="")
    (finding,) = findings_of("hub-scan-coverage", make_snapshot(files=[make_file("a.pt", scans=scans)])).values()
    assert finding.severity == "info"
    assert "2 of 5" in finding.message
    assert "JFrog (queued)" in finding.evidence
    assert "Protect AI Guardian" in finding.evidence


def test_error_and_unknown_words_are_no_look() -> None:
    files = [make_file("a.pt", scans=make_scans("error")), make_file("b.pt", scans=make_scans("certified"))]
    assert findings_of("hub-scan-coverage", make_snapshot(files=files))["nobody"].message.startswith("2 files")


def test_all_five_looked() -> None:
    assert run_check("hub-scan-coverage", make_snapshot(files=["model.pt"])).outcome == "pass"


def test_files_that_cannot_run_code_do_not_count() -> None:
    files = [make_file("model.safetensors", scans=make_scans("unscanned"))]
    assert run_check("hub-scan-coverage", make_snapshot(files=files)).outcome == "not_applicable"


def test_no_scan_results_at_all() -> None:
    files = [make_file("model.pt", scans=unavailable())]
    assert run_check("hub-scan-coverage", make_snapshot(files=files)).outcome == "unavailable"
    assert run_check("hub-scan-coverage", make_snapshot(files=unavailable())).outcome == "unavailable"
