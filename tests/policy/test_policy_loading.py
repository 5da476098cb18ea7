from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.errors import PolicyError
from trustaudit.finding import Confidence, Severity
from trustaudit.policy.model import Policy, builtin_names, load_policy, parse_policy, policy_text
from trustaudit.policy.schema import Override, RequiredFact

RULES = ("pickle-dangerous-call", "missing-card")

EXCEPTION = """
[[exceptions]]
rule = "missing-card"
repo = "org/model"
reason = "known"
expires = 2027-01-31
"""


def parse(text: str) -> Policy:
    return parse_policy(text, source="p.toml", known_rules=RULES)


def refused(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    return caught.value.what


def test_three_builtins_hold_and_default_says_what_the_design_says() -> None:
    assert builtin_names() == ("default", "permissive", "strict")
    policy = load_policy("default", known_rules=RULES)
    assert policy.thresholds.block == {Severity.CRITICAL: Confidence.LOW, Severity.HIGH: Confidence.MEDIUM}
    assert set(policy.required.facts) == {RequiredFact.INFO, RequiredFact.FILES, RequiredFact.CONTENTS}
    assert load_policy("permissive").required.facts == (RequiredFact.INFO,)
    assert set(load_policy("strict").required.facts) == set(RequiredFact)


def test_digests_differ_and_are_stable() -> None:
    digests = {load_policy(name).digest for name in builtin_names()}
    assert len(digests) == 3
    assert load_policy("default").digest == load_policy("default").digest
    assert parse('name = "a"').digest != parse('name = "a"\ndescription = "b"').digest


def test_order_of_keys_does_not_change_the_digest() -> None:
    one = 'name = "a"\n[severity]\nmissing-card = "low"\npickle-dangerous-call = "high"\n'
    two = 'name = "a"\n[severity]\npickle-dangerous-call = "high"\nmissing-card = "low"\n'
    assert parse(one).digest == parse(two).digest


def test_a_file_extends_default_and_keeps_its_own_name() -> None:
    policy = parse('name = "ours"\n[licenses]\ndenied = ["AGPL-3.0"]\n')
    assert (policy.name, policy.extends, policy.description) == ("ours", "default", "")
    assert policy.thresholds == load_policy("default").thresholds
    assert policy.options().licenses_denied == {"agpl-3.0"}


def test_a_file_extends_strict_and_replaces_one_threshold_as_a_whole() -> None:
    policy = parse('name = "ours"\nextends = "strict"\n[thresholds]\nblock = {critical = "low"}\n')
    assert policy.thresholds.block == {Severity.CRITICAL: Confidence.LOW}
    assert policy.thresholds.review == load_policy("strict").thresholds.review


def test_exceptions_and_overrides_are_typed() -> None:
    policy = parse('name = "ours"\nseverity = {missing-card = "off"}\n' + EXCEPTION)
    assert policy.severity["missing-card"] is Override.OFF
    assert policy.exceptions[0].expires == date(2027, 1, 31)
    assert policy.exceptions[0].repo == "org/model"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "name: is missing"),
        ('naem = "x"', "naem: unknown key (did you mean 'name'?)"),
        ('name = "x"\n[thresholds]\nblok = {}', "thresholds.blok: unknown key (did you mean 'block'?)"),
        ('name = "x"\n[thresholds]\nblock = {}', "thresholds.block: may not be empty"),
        ('name = "x"\n[thresholds]\nblock = {hihg = "low"}', "thresholds.block.hihg: 'hihg' is not one of"),
        ('name = "x"\n[required]\nfacts = ["files"]', "required: facts must hold 'info'"),
        ('name = "x"\n[required]\nfacts = ["info", "file"]', "(did you mean 'files'?)"),
        ('name = "x"\n[severity]\nmissing-crad = "low"', "no rule 'missing-crad' (did you mean 'missing-card'?)"),
        ('name = "x"\n[licenses]\nallowed = "mit"', "licenses.allowed: should be a list"),
        ('name = "x"\nextends = "strcit"', "extends: 'strcit' is no built-in policy (did you mean 'strict'?)"),
        ('name = "x"\nextends = 3', "extends: 3 is no built-in policy"),
        ('name = "x"\nthresholds = 3', "thresholds: should be a table"),
        ('name = "x"\n' + EXCEPTION.replace("expires", "expirse"), "exceptions[0].expires: is missing"),
        ('name = "x"\n' + EXCEPTION.replace("2027-01-31", "20270131"), "exceptions[0].expires: is not a date"),
        ('name = "x"\n' + EXCEPTION.replace("2027-01-31", '"soon"'), "exceptions[0].expires: is not a date"),
        ('name = "x"\n' + EXCEPTION.replace("2027-01-31", "2027-01-31T10:00:00"), "is not a date"),
        ('name = "x"\n' + EXCEPTION.replace('"known"', '"  "'), "exceptions[0].reason: may not be empty"),
        ('name = "x"\n' + EXCEPTION.replace("org/model", "org/model@main"), "exceptions[0].repo: a repository without"),
        ('name = "x"\n' + EXCEPTION.replace("org/model", "no such id"), "exceptions[0].repo:"),
        ('name = "x"\n' + EXCEPTION + EXCEPTION.replace("missing-card", "x"), "exceptions[1].rule: no rule 'x'"),
        ('name = "x"\n' + EXCEPTION + 'commit = "abc"', "exceptions[0].commit:"),
        ("name = ", "is not TOML"),
    ],
)
def test_errors_name_their_place_and_the_nearest_name(text: str, told: str) -> None:
    assert told in refused(text)


def test_all_problems_are_told_at_once() -> None:
    said = refused('naem = "x"\n[licenses]\nallowed = "mit"\n')
    assert said.count("\n") == 3


def test_rules_of_the_policy_itself_are_known() -> None:
    assert parse('name = "x"\n[severity]\nnot-allowed-by-policy = "medium"').severity


def test_the_mark_and_line_ends_of_windows_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_bytes(b'\xef\xbb\xbfname = "ours"\r\nextends = "strict"\r\n')
    assert load_policy(file).name == "ours"


def test_a_name_never_reads_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strict").write_text('name = "planted"')
    (tmp_path / "planted").write_text('name = "planted"')
    assert load_policy("strict").name == "strict"
    with pytest.raises(PolicyError, match="no built-in policy 'planted'"):
        load_policy("planted")


def test_files_are_read_by_path(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('name = "ours"\n', encoding="utf-8")
    assert load_policy(str(path)).name == load_policy(path).name == "ours"
    assert policy_text(str(path)) == 'name = "ours"\n'


def test_rules_of_a_file_are_those_of_all_checks(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('name = "ours"\n[severity]\nunsafe-formta = "low"\n', encoding="utf-8")
    with pytest.raises(PolicyError, match="did you mean 'unsafe-format'"):
        load_policy(path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"#" * (1024 * 1024 + 1), b"x = " + b"[" * 5000])
def test_unreadable_files_are_policy_errors(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(data)
    with pytest.raises(PolicyError):
        load_policy(path)


def test_missing_files_and_folders_are_policy_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(PolicyError):
            load_policy(path)


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    with suppress(PolicyError):
        assert parse(text).name
