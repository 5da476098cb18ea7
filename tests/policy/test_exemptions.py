from __future__ import annotations

from tests.builders import COMMIT, make_snapshot
from tests.policy.judging import make_finding, results
from trustaudit.policy.evaluate import Evaluation, evaluate
from trustaudit.policy.fingerprint import fingerprint
from trustaudit.policy.model import parse_policy

HIGH = make_finding("high", rule="unsafe-format", path="sub/model.pkl", key="k")
PRINT = fingerprint(HIGH, "org/model")


def judged(exception: str = "", *, severity: str = "") -> Evaluation:
    text = f'name = "x"\nseverity = {{{severity}}}\n'
    if exception:
        text += f'[[exceptions]]\nrule = "unsafe-format"\nreason = "because"\n{exception}\n'
    return evaluate(make_snapshot(), results(HIGH), parse_policy(text, source="p"))


VALID = 'repo = "org/model"\nexpires = 2026-11-20\n'  # the day of the audit itself


def test_an_exception_takes_a_finding_out_of_the_verdict_and_keeps_it_in_sight() -> None:
    seen = judged(VALID)
    assert (seen.verdict, seen.score, seen.findings) == ("pass", 100, ())
    assert [(item.finding, item.reason, str(item.expires)) for item in seen.suppressed] == [
        (HIGH, "because", "2026-11-20")
    ]
    assert seen.notes == ()


def test_an_expired_exception_does_nothing_and_is_told() -> None:
    seen = judged('repo = "org/model"\nexpires = 2026-11-19\n')
    assert seen.verdict == "block"
    assert seen.notes == ("exception for unsafe-format in org/model expired on 2026-11-19",)


def test_narrow_exceptions_match_what_they_name() -> None:
    for narrower in ('path = "sub/*.pkl"', 'path = "*"', f'commit = "{COMMIT}"', f'fingerprint = "{PRINT}"'):
        assert judged(VALID + narrower).verdict == "pass", narrower


def test_narrow_exceptions_match_nothing_else_and_are_told() -> None:
    for narrower in ('path = "other/*"', f'commit = "{"0" * 40}"', f'fingerprint = "{"0" * 32}"'):
        seen = judged(VALID + narrower)
        assert seen.verdict == "block", narrower
        assert "matched nothing" in seen.notes[0]


def test_exceptions_for_other_repositories_are_no_news() -> None:
    for other in ("org/other", "datasets/org/model"):
        seen = judged(VALID.replace("org/model", other))
        assert (seen.verdict, seen.notes) == ("block", ())


def test_repositories_match_in_any_case_as_on_the_hub() -> None:
    assert judged(VALID.replace("org/model", "Org/Model")).verdict == "pass"


def test_a_rule_turned_off_is_suppressed_not_gone() -> None:
    seen = judged(severity='unsafe-format = "off"')
    assert (seen.verdict, seen.findings) == ("pass", ())
    assert seen.suppressed[0].finding == HIGH
    assert "turns this rule off" in seen.suppressed[0].reason


def test_a_lowered_rule_is_judged_lower_and_told() -> None:
    seen = judged(severity='unsafe-format = "low"')
    assert seen.verdict == "pass"
    assert seen.findings[0].severity == "low"
    assert seen.notes == ("policy x lowers unsafe-format from high to low",)


def test_a_raised_rule_is_judged_higher_without_a_note() -> None:
    seen = judged(severity='unsafe-format = "critical"')
    assert (seen.verdict, seen.findings[0].severity, seen.notes) == ("block", "critical", ())


def test_fingerprints_hold_over_commits_and_differ_over_places() -> None:
    moved = HIGH.model_copy(update={"location": HIGH.location.model_copy(update={"offset": 7, "line": 3})})
    assert fingerprint(moved, "org/model") == PRINT
    others = {
        fingerprint(HIGH, "org/other"),
        fingerprint(HIGH, "datasets/org/model"),
        fingerprint(HIGH.model_copy(update={"key": "other"}), "org/model"),
        fingerprint(HIGH.model_copy(update={"rule": "other"}), "org/model"),
        fingerprint(make_finding("high", rule="unsafe-format", path="model.pkl", key="k"), "org/model"),
    }
    assert len(others | {PRINT}) == 6
    assert len(PRINT) == 32
