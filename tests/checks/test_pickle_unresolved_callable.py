from __future__ import annotations

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats.pickle import assemble as a


def test_a_name_that_is_put_together_is_high() -> None:
    made_up = a.reduce(a.glob("builtins", "str"), a.text("o")) + a.text("system") + b"\x93"
    found = findings("pickle-unresolved-callable", {"model.pkl": a.pickle(made_up, b"0", a.integer(1), protocol=4)})
    assert [finding.severity for finding in found] == ["high"]


def test_the_extension_registry_is_high() -> None:
    found = findings("pickle-unresolved-callable", {"model.pkl": a.pickle(b"\x82\x01")})
    assert [finding.severity for finding in found] == ["high"]


def test_constant_names_stay_quiet() -> None:
    assert findings("pickle-unresolved-callable", {"model.bin": made.torch_zip(made.state_dict_pickle())}) == []
