import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import LOOP, with_template
from tests.formats.honest_templates import HONEST


@pytest.mark.parametrize(
    "text",
    ["{% for i in range(10 ** 9) %}{% endfor %}", "{{ 'a' * 10 ** 9 }}", "{% macro a() %}{{ a() }}{% endmacro %}"],
)
def test_endless_work(text: str) -> None:
    (finding,) = findings_of("template-denial-of-service", with_template(LOOP + text)).values()
    assert (finding.severity, finding.confidence) == ("medium", "high")


@pytest.mark.parametrize("name", HONEST)
def test_honest_templates_pass(name: str) -> None:
    assert run_check("template-denial-of-service", with_template(HONEST[name])).outcome == "pass"
