from __future__ import annotations

import pytest

from tests.checks.inspected import findings

PLAIN = b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        (PLAIN.replace(b"/Pages", b"/OpenAction <</S /Launch /F (true)>> /Pages"), "high"),
        (PLAIN.replace(b"/Pages", b"/OpenAction <</S /JavaScript /JS (1)>> /Pages"), "medium"),
    ],
)
def test_active_pdfs(data: bytes, severity: str) -> None:
    assert severity in {finding.severity for finding in findings("active-document", {"paper.pdf": data})}


def test_plain_documents_stay_quiet() -> None:
    assert findings("active-document", {"paper.pdf": PLAIN, "README.md": b"# hi", "a.html": b"<p>hello</p>"}) == []


def test_a_picture_or_a_page_with_a_script_is_worth_a_look() -> None:
    script = b"<script>fetch('https://collect.example.invalid')</script>"
    picture = b'<svg xmlns="http://www.w3.org/2000/svg">%s</svg>'
    found = findings("active-document", {"logo.svg": picture % script, "page.html": b"<html>" + script + b"</html>"})
    assert {f.location.path: (f.severity, f.confidence) for f in found} == {
        "logo.svg": ("medium", "medium"),
        "page.html": ("medium", "low"),
    }
    assert findings("active-document", {"logo.svg": picture % b'<path d="M0 0"/>'}) == []


@pytest.mark.parametrize(("repo", "severity"), [("datasets/org/pages", ["low"]), ("spaces/org/site", [])])
def test_pages_can_be_what_a_dataset_or_a_space_is_made_of(repo: str, severity: list[str]) -> None:
    found = findings("active-document", {"page.html": b"<html><script>1</script></html>"}, ref=repo)
    assert [finding.severity for finding in found] == severity
