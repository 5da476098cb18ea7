import pytest

from tests.builders import findings_of, make_snapshot, run_check, unavailable


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("sitecustomize.py", "high"),
        ("src/usercustomize.py", "high"),
        (".envrc", "medium"),
        (".VSCode/Tasks.json", "medium"),
        (".gitmodules", "medium"),
        ("handler.py", "low"),
        (".husky/pre-commit", "low"),
        ("tests/conftest.py", "info"),
        (".mcp.json", "low"),
        ("package.json", "info"),
    ],
)
def test_files_that_tools_act_upon(path: str, severity: str) -> None:
    (finding,) = findings_of("auto-run-file", make_snapshot(files=[path])).values()
    assert finding.severity == severity
    assert finding.location.path == path


def test_name_alone_never_blocks() -> None:
    (finding,) = findings_of("auto-run-file", make_snapshot(files=["sitecustomize.py"])).values()
    assert finding.confidence == "low"


def test_spaces_are_programs_with_a_workshop_around_them() -> None:
    snapshot = make_snapshot("spaces/org/model", files=[".vscode/tasks.json"])
    assert [f.severity for f in findings_of("auto-run-file", snapshot).values()] == ["low"]


def test_look_alikes_pass() -> None:
    files = ["my_handler.py", ".vscode/settings.json", "docs/sitecustomize.py.md", "husky/a.txt", ".gitattributes"]
    assert run_check("auto-run-file", make_snapshot(files=files)).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("auto-run-file", make_snapshot(files=unavailable())).outcome == "unavailable"
