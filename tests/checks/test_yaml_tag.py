import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import repository


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("a: !!python/object/apply:os.system [x]", "critical"),
        ("a: !!python/object/new:subprocess.Popen [x]", "critical"),
        ("a: !!python/name:eval ''", "critical"),
        ("a: !!python/module:os ''", "critical"),
        ("%TAG ! tag:yaml.org,2002:python/\n---\na: !object/apply:os.system [x]", "critical"),
        ("a: !!python/object/apply:%6fs.system [x]", "critical"),
        ("a: !!python/object/apply:eval ['__import__(1)']", "critical"),
        ("a: !!python/object/apply:eval ['[int(x * 0.1 * 640) for x in range(5, 21)]']", "medium"),
        ("a: !!python/object:evil.Thing {}", "high"),
        ("a: !!python/object:argparse.Namespace {}", "medium"),
        ("a: !!python/object/apply:collections.OrderedDict [[]]", "medium"),
        ("a: !!python/object:__main__.Config {}", "medium"),
        ("a: !!python/tuple [1, 2]", "info"),
        ("a: !!python/unicode x", "info"),
    ],
)
def test_weights(text: str, severity: str) -> None:
    (finding,) = findings_of("yaml-tag", repository(config_dot_yaml=text)).values()
    assert finding.severity == severity


def test_other_tags_pass() -> None:
    text = "a: !!str 1\nb: !!binary aGk=\nc: !custom x\nd: !new:speechbrain.x.Y {}\n# !!python/name:os.system\ne: '!!python/x'"
    assert run_check("yaml-tag", repository(config_dot_yaml=text)).outcome == "pass"
