import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import LOOP, with_template
from tests.formats.honest_templates import HONEST


@pytest.mark.parametrize(
    ("text", "severity", "confidence"),
    [
        ("{{ x | attr(message.role) }}", "high", "high"),
        ("{{ x.popen('true') }}", "high", "high"),
        ("{% include 'other' %}", "high", "medium"),
        ("{{ x[y](1) }}", "high", "medium"),
        ("{{ message.content.format(x) }}", "high", "low"),
        ("{{ lookup('x') }}", "high", "low"),
        ("{% do x.append(1) %}", "medium", "medium"),
        ("{% block b %}{% endblock %}", "medium", "medium"),
        ("{{ x | frobnicate }}", "medium", "medium"),
        ("{{ x.frobnicate() }}", "low", "medium"),
    ],
)
def test_weights(text: str, severity: str, confidence: str) -> None:
    (finding,) = findings_of("template-suspicious-call", with_template(LOOP + text)).values()
    assert (finding.severity, finding.confidence) == (severity, confidence)


def test_the_worst_sign_decides_and_all_are_named() -> None:
    text = LOOP + "{{ x.frobnicate() }}\n{{ x | attr(y) }}"
    (finding,) = findings_of("template-suspicious-call", with_template(text)).values()
    assert finding.severity == "high"
    assert finding.location.line == 2
    assert "frobnicate" in finding.evidence


@pytest.mark.parametrize("name", HONEST)
def test_honest_templates_pass(name: str) -> None:
    assert run_check("template-suspicious-call", with_template(HONEST[name])).outcome == "pass"


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("{% set u = (messages|string)[0] %}{{ ''[u ~ u ~ 'class' ~ u ~ u] }}", "medium"),
        ("{{ ()[messages[0]['content']] }}", "medium"),
        ("{% set u = (messages|string)[0] %}{{ messages[u ~ u ~ 'class' ~ u ~ u] }}", "low"),
    ],
)
def test_names_that_are_put_together(text: str, confidence: str) -> None:
    (finding,) = findings_of("template-suspicious-call", with_template(text)).values()
    assert (finding.severity, finding.confidence) == ("high", confidence)


@pytest.mark.parametrize(
    "text",
    [
        "{{ messages[loop.index0 + 1]['content'] }}",
        "{{ 'ABCD'[loop.index0] }}",
        "{{ {'user': 'U', 'assistant': 'A'}[message['role']] }}",
        "{% set key = 'x' ~ 'y' %}{{ message[key] }}",
        "{{ []|length }}{{ message[prefix][1:] }}",
    ],
)
def test_what_is_looked_up_as_it_is(text: str) -> None:
    assert run_check("template-suspicious-call", with_template(text)).outcome == "pass"
