import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import LOOP, with_template
from tests.formats.honest_templates import HONEST


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("{% for message in messages %}", "low"),
        ("{{ if .System }}{{ .System }}{{ end }}", "info"),
        ("{{ " + "(" * 3000, "medium"),
        ("{{ 'a' }}" * 40_000, "medium"),
    ],
)
def test_weights(text: str, severity: str) -> None:
    (finding,) = findings_of("template-unparsable", with_template(text)).values()
    assert finding.severity == severity


@pytest.mark.parametrize("name", [*HONEST, ""])
def test_what_parses_passes(name: str) -> None:
    assert run_check("template-unparsable", with_template(HONEST.get(name, LOOP))).outcome == "pass"
