from __future__ import annotations

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats.pickle import assemble as a


@pytest.mark.parametrize(
    ("module", "name", "severity", "confidence"),
    [
        ("somepackage.helpers", "setup", "high", "medium"),
        ("somepackage.models", "Network", "medium", "medium"),
        ("__main__", "Network", "medium", "medium"),
        ("string", "capwords", "high", "medium"),
    ],
)
def test_functions_weigh_more_than_classes(module: str, name: str, severity: str, confidence: str) -> None:
    (finding,) = findings("pickle-unknown-callable", {"m.pkl": a.pickle(a.reduce(a.glob(module, name), a.text("x")))})
    assert (finding.severity, finding.confidence) == (severity, confidence)


def test_a_dotted_path_is_no_plain_name() -> None:
    data = a.pickle(a.reduce(a.stack_glob("torch.nn", "Module.apply"), a.text("x")), protocol=4)
    (finding,) = findings("pickle-unknown-callable", {"m.pkl": data})
    assert finding.severity == "high"


def test_training_leftovers_are_low_and_can_be_left_out() -> None:
    data = made.torch_zip(a.pickle(a.newobj(a.glob("mytrainer.config", "Arguments"))))
    (finding,) = findings("pickle-unknown-callable", {"training_args.bin": data})
    assert finding.severity == "low"
    assert "ignore_patterns" in finding.remediation


def test_tensor_code_stays_quiet() -> None:
    assert findings("pickle-unknown-callable", {"m.bin": made.torch_zip(made.state_dict_pickle())}) == []
