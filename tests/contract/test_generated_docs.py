"""The generator of ``docs/``: writes what it says, and notices every kind of drift."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from trustaudit.checks import all_checks
from trustaudit.report.rule_texts import all_rule_texts

SCRIPT = Path(__file__).parent.parent.parent / "docs" / "generate.py"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_check_has_a_page_and_a_row(generate: ModuleType) -> None:
    pages = generate.check_pages()
    index = pages["docs/checks/README.md"]
    for check in all_checks():
        page = pages[check.meta.docs_path]
        assert page.startswith("<!-- Generated")
        assert f"`{check.meta.id}`" in page
        assert f"({check.meta.id}.md)" in index


def test_what_was_written_is_not_stale(generate: ModuleType, tmp_path: Path) -> None:
    assert any("is missing" in line for line in generate.stale_pages(tmp_path))
    generate.write_pages(tmp_path)
    assert list(generate.stale_pages(tmp_path)) == []


def test_drift_is_named_and_mended(generate: ModuleType, tmp_path: Path) -> None:
    generate.write_pages(tmp_path)
    folder = tmp_path / "docs" / "checks"
    (folder / "license.md").write_text("edited by hand")
    (folder / "no-such-check.md").write_text("left over")
    assert list(generate.stale_pages(tmp_path)) == [
        "docs/checks/license.md is stale",
        "docs/checks/no-such-check.md is not generated any more",
    ]
    generate.write_pages(tmp_path)
    assert list(generate.stale_pages(tmp_path)) == []


def test_unknown_arguments_are_a_usage_error(generate: ModuleType) -> None:
    assert generate.main(["--nonsense"]) == 2


def test_every_rule_has_a_page_and_a_test_and_every_page_a_rule() -> None:
    rules = {text.id for text in all_rule_texts()}
    assert {path.stem for path in (SCRIPT.parent / "checks").glob("*.md")} - {"README"} == rules
    tests = Path(__file__).parent.parent
    own = {path.stem.removeprefix("test_").replace("_", "-") for path in (tests / "checks").glob("test_*.py")}
    told = "\n".join(path.read_text(encoding="utf-8") for path in (tests / "policy").glob("test_*.py"))
    told += (tests / "report" / "test_as_sarif.py").read_text(encoding="utf-8")
    assert [rule for rule in sorted(rules - own) if f'"{rule}"' not in told] == []


def test_each_page_answers_the_same_questions() -> None:
    for text in all_rule_texts():
        for section in ("What it does", "Why it matters", "Example", "How to fix", "References"):
            assert f"## {section}" in text.page, text.id
