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
