from tests.builders import findings_of, make_facts, make_file, make_scans, make_snapshot, run_check, unavailable
from trustaudit.filefacts import Coverage
from trustaudit.snapshot import Snapshot


def listing(*imports: tuple[str, str, str], **more: object) -> Snapshot:
    return make_snapshot(files=[make_file("model.bin", scans=make_scans(imports=imports))], **more)


def test_way_to_run_code_is_high_whatever_the_hub_calls_it() -> None:
    for safety, confidence in (("dangerous", "high"), ("innocuous", "medium")):
        (finding,) = findings_of("hub-pickle-imports", listing(("posix", "system", safety))).values()
        assert (finding.severity, finding.confidence) == ("high", confidence)
        assert "posix.system" in finding.message


def test_names_of_python_2_are_understood() -> None:
    (finding,) = findings_of("hub-pickle-imports", listing(("__builtin__", "eval", "dangerous"))).values()
    assert finding.severity == "high"


def test_unknown_function_is_a_question_unless_the_file_was_read() -> None:
    imports = ("mypkg.tools", "restore", "suspicious")
    assert findings_of("hub-pickle-imports", listing(imports))["unknown"].severity == "medium"
    read = (make_facts("model.bin", "torch-zip", Coverage.STRUCTURE),)
    assert findings_of("hub-pickle-imports", listing(imports, file_facts=read))["unknown"].severity == "low"


def test_indirect_callables_of_honest_detectors() -> None:
    imports = ("__builtin__", "getattr", "dangerous")
    assert findings_of("hub-pickle-imports", listing(imports))["indirect"].severity == "medium"
    read = (make_facts("model.bin", "torch-zip", Coverage.STRUCTURE),)
    assert findings_of("hub-pickle-imports", listing(imports, file_facts=read))["indirect"].severity == "low"


def test_unknown_class_is_low() -> None:
    assert findings_of("hub-pickle-imports", listing(("mypkg.net", "Net", "suspicious")))["unknown"].severity == "low"


def test_honest_checkpoints_pass() -> None:
    snapshot = listing(
        ("collections", "OrderedDict", "innocuous"),
        ("__builtin__", "set", "innocuous"),
        ("copy_reg", "_reconstructor", "suspicious"),
        ("torch._utils", "_rebuild_tensor_v2", "innocuous"),
        ("torch", "FloatStorage", "innocuous"),
        ("numpy.core.multiarray", "_reconstruct", "suspicious"),
        ("transformers.training_args", "TrainingArguments", "suspicious"),
    )
    assert run_check("hub-pickle-imports", snapshot).outcome == "pass"


def test_no_scan_results_are_no_pass() -> None:
    files = [make_file("model.bin", scans=unavailable())]
    assert run_check("hub-pickle-imports", make_snapshot(files=files)).outcome == "unavailable"
    assert run_check("hub-pickle-imports", make_snapshot(files=unavailable())).outcome == "unavailable"
