import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import repository


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ('{"auto_map": {}, "auto_map": {"AutoModel": "a.B"}}', "high"),
        ('{"x": {"_target_": "a.b", "_target_": "c.d"}}', "high"),
        ('{"vocab_size": 1, "vocab_size": 2}', "info"),
        ('{"auto_map": {"AutoModel": "a.B"},}', "medium"),
        ('{"vocab_size": 1,}', "info"),
        ("[" * 100_000, "info"),
    ],
)
def test_weights(text: str, severity: str) -> None:
    (finding,) = findings_of("config-malformed", repository(config_dot_json=text)).values()
    assert finding.severity == severity


def test_yaml() -> None:
    (finding,) = findings_of("config-malformed", repository(c_dot_yaml="a: b: c")).values()
    assert finding.severity == "low"


def test_well_formed_files_pass() -> None:
    snapshot = repository(config_dot_json={"a": 1}, c_dot_yaml="a: 1", x_dot_jsonl='{"a": 1}\n{"a": 2}')
    assert run_check("config-malformed", snapshot).outcome == "pass"
