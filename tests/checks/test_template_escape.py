import pytest

from tests.builders import findings_of, make_facts, make_snapshot, run_check, unavailable
from tests.checks.templates import LOOP, repository, with_template
from tests.formats.honest_templates import HONEST
from trustaudit.facts import Reason, Unavailable
from trustaudit.filefacts import Coverage

ESCAPE = LOOP + "\n{{ ''['__cla' ~ 'ss__'] }}"


def test_an_escape_is_critical_and_placed() -> None:
    (finding,) = findings_of("template-escape", with_template(ESCAPE)).values()
    assert (finding.severity, finding.confidence) == ("critical", "high")
    assert (finding.location.path, finding.location.member, finding.location.line) == (
        "tokenizer_config.json",
        "chat_template",
        2,
    )
    assert "__class__" in finding.evidence


def test_wherever_a_template_lies() -> None:
    for files in (
        {"chat_template_dot_jinja": ESCAPE},
        {"chat_template_dot_json": {"chat_template": ESCAPE}},
        {"processor_config_dot_json": {"chat_template": ESCAPE}},
        {"additional_chat_templates__rag_dot_jinja": ESCAPE},
        {"tokenizer_config_dot_json": {"chat_template": [{"name": "tool_use", "template": ESCAPE}]}},
        {"tokenizer_config_dot_json": {"chat_template": {"tool_use": ESCAPE}}},
        {"preset_dot_yaml": "chat_template: |\n  " + ESCAPE.replace("\n", "\n  ")},
        {"chat_template_dot_jinja": "GIF89a" + ESCAPE},
    ):
        (finding,) = findings_of("template-escape", repository(**files)).values()
        assert finding.severity == "critical"


def test_the_same_template_in_many_files_is_one_finding() -> None:
    snapshot = repository(chat_template_dot_jinja=ESCAPE, other__chat_template_dot_jinja=ESCAPE)
    (finding,) = findings_of("template-escape", snapshot).values()
    assert "other/chat_template.jinja" in finding.evidence


@pytest.mark.parametrize(
    ("text", "severity"),
    [("{{ message._cache }}", "medium"), ("{{ say('__init__') }}", "high"), ("{{ x.__class__ }}{% oops %}", "high")],
)
def test_what_was_not_seen_to_be_reached_weighs_less(text: str, severity: str) -> None:
    (finding,) = findings_of("template-escape", with_template(LOOP + text)).values()
    assert finding.severity == severity


@pytest.mark.parametrize("name", HONEST)
def test_honest_templates_pass(name: str) -> None:
    assert run_check("template-escape", with_template(HONEST[name])).outcome == "pass"


def test_without_a_template_there_is_nothing_to_say() -> None:
    assert run_check("template-escape", repository(config_dot_json={"a": 1})).outcome == "not_applicable"


def test_a_template_that_could_not_be_read() -> None:
    missing = Unavailable(reason=Reason.TIMEOUT, detail="no answer")
    seen = make_facts("config.json", "json")
    snapshot = make_snapshot(file_facts=(seen,), not_inspected=(("chat_template.jinja", missing),))
    assert run_check("template-escape", snapshot).outcome == "unavailable"
    blind = make_facts("model.gguf", "gguf", Coverage.NONE)
    assert run_check("template-escape", make_snapshot(file_facts=(seen, blind))).outcome == "unavailable"
    assert run_check("template-escape", make_snapshot(files=unavailable())).outcome == "unavailable"
