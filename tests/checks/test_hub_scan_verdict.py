import pytest

from tests.builders import findings_of, make_file, make_info, make_scans, make_snapshot, run_check, unavailable
from trustaudit.facts import Known
from trustaudit.finding import Finding
from trustaudit.snapshot import FileScans, ScannerVerdict, ScanRollup


def judged(scans: FileScans, path: str = "model.bin") -> Finding:
    (finding,) = findings_of("hub-scan-verdict", make_snapshot(files=[make_file(path, scans=scans)])).values()
    return finding


@pytest.mark.parametrize(("status", "severity"), [("unsafe", "high"), ("suspicious", "medium"), ("caution", "low")])
def test_worst_of_five_decides(status: str, severity: str) -> None:
    finding = judged(make_scans(avScan=status))
    assert finding.severity == severity
    assert f"antivirus: {status}" in finding.evidence


def test_never_critical_and_the_antivirus_weighs_most() -> None:
    finding = judged(make_scans("unsafe"))
    assert (finding.severity, finding.confidence) == ("high", "high")
    assert judged(make_scans(avScan="unsafe")).confidence == "high"


def test_two_scanners_weigh_more_than_one() -> None:
    assert judged(make_scans(jFrogScan="unsafe", protectAiScan="unsafe")).confidence == "high"


def test_one_scanner_against_others_asks_for_a_look_only() -> None:
    assert judged(make_scans(jFrogScan="unsafe")).confidence == "low"


def test_one_scanner_while_the_others_are_silent() -> None:
    assert judged(make_scans("unscanned", protectAiScan="unsafe", avScan="safe")).confidence == "medium"


def test_pickle_scanner_is_judged_by_our_own_table() -> None:
    listed = make_scans(pickleImportScan="unsafe", imports=[("posix", "system", "dangerous")])
    assert judged(listed).confidence == "high"
    honest = make_scans(pickleImportScan="unsafe", imports=[("collections", "OrderedDict", "dangerous")])
    assert judged(honest).confidence == "low"


@pytest.mark.parametrize(
    ("listed", "severity"),
    [
        (("collections", "OrderedDict"), "low"),
        (("__main__", "ModelArguments"), "low"),
        (("__main__", "restore"), "medium"),
        (("builtins", "getattr"), "medium"),
    ],
)
def test_worried_pickle_scanner_is_explained_by_what_it_lists(listed: tuple[str, str], severity: str) -> None:
    scans = make_scans(pickleImportScan="suspicious", imports=[(*listed, "suspicious")])
    assert judged(scans).severity == severity


def test_one_engine_of_seventy() -> None:
    verdict = ScannerVerdict(scanner="virusTotalScan", status="unsafe", message="1/76 engines detect it as malicious.")
    assert judged(FileScans(status="unsafe", scanners=(verdict,))).confidence == "low"


def test_roll_up_of_the_file_counts_when_no_scanner_explains_it() -> None:
    assert judged(FileScans(status="unsafe")).severity == "high"


def test_one_finding_per_file() -> None:
    files = [make_file(f"{n}.bin", scans=make_scans("unsafe")) for n in range(2)]
    found = run_check("hub-scan-verdict", make_snapshot(files=files)).findings
    assert [f.location.path for f in found] == ["0.bin", "1.bin"]


def test_list_of_the_repository_where_files_have_none() -> None:
    rollup = ScanRollup(done=True, issues=(("danger.dat", "unsafe"), ("eicar.txt", "caution"), ("gone.bin", "unsafe")))
    files = [make_file(path, scans=unavailable()) for path in ("danger.dat", "eicar.txt")]
    found = run_check("hub-scan-verdict", make_snapshot(files=files, scan=rollup)).findings
    assert [(f.location.path, f.severity) for f in found] == [
        ("danger.dat", "high"),
        ("eicar.txt", "low"),
        ("gone.bin", "low"),
    ]


def test_list_does_not_repeat_files_with_scans_of_their_own() -> None:
    rollup = ScanRollup(done=True, issues=(("model.bin", "unsafe"),))
    snapshot = make_snapshot(files=[make_file("model.bin")], info=make_info(scan=rollup))
    assert run_check("hub-scan-verdict", snapshot).outcome == "pass"


@pytest.mark.parametrize("status", ["safe", "unscanned", "queued", "error", "brand-new-word", ""])
def test_other_statuses_raise_no_alarm(status: str) -> None:
    snapshot = make_snapshot(files=[make_file("model.bin", scans=FileScans(status=status))])
    assert run_check("hub-scan-verdict", snapshot).outcome == "pass"


def test_nothing_scanned_is_no_pass() -> None:
    files = [make_file("model.bin", scans=unavailable())]
    assert run_check("hub-scan-verdict", make_snapshot(files=files, scan=unavailable())).outcome == "unavailable"
    assert run_check("hub-scan-verdict", make_snapshot(files=unavailable())).outcome == "unavailable"


def test_empty_list_of_an_unfinished_scan_is_no_pass() -> None:
    for done, outcome in ((False, "unavailable"), (True, "pass")):
        snapshot = make_snapshot(files=unavailable(), scan=Known(value=ScanRollup(done=done)))
        assert run_check("hub-scan-verdict", snapshot).outcome == outcome
