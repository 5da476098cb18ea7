from __future__ import annotations

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats.pickle import assemble as a


def test_a_state_dict_loads() -> None:
    (finding,) = findings("weights-only", {"m.bin": made.torch_zip(made.state_dict_pickle())})
    assert finding.message == "loads under weights_only"
    assert finding.severity == "info"


def test_a_module_does_not_and_the_reason_is_named() -> None:
    data = made.torch_zip(a.pickle(a.newobj(a.glob("torch.nn.modules.linear", "Linear"))))
    (finding,) = findings("weights-only", {"m.bin": data})
    assert "torch.nn.modules.linear.Linear" in finding.message
    assert finding.severity == "low"


def test_opcodes_count_too() -> None:
    data = made.torch_zip(a.pickle(a.stack_glob("collections", "OrderedDict"), protocol=4))
    (finding,) = findings("weights-only", {"m.bin": data})
    assert "STACK_GLOBAL" in finding.message


def test_other_formats_are_not_spoken_of() -> None:
    assert findings("weights-only", {"model.safetensors": made.safetensors(), "a.pkl": made.state_dict_pickle()}) == []
