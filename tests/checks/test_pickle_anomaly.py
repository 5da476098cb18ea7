from __future__ import annotations

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats.pickle import assemble as a

BROKEN = a.proto(2) + a.reduce(a.glob("somepackage", "setup"), a.text("x")) + b"\xff\xff"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (BROKEN, "pickle-malformed-after-global"),
        (
            a.pickle(a.build(a.glob("collections", "OrderedDict"), a.dict_of(x=a.integer(1)))),
            "pickle-attribute-overwrite",
        ),
        (a.pickle(a.reduce(a.reduce(a.glob("somepackage", "maker")), a.text("x"))), "pickle-indirect-call"),
        (a.pickle(a.reduce(a.glob("torch.storage", "_load_from_bytes"), a.integer(1))), "pickle-nested-opaque"),
    ],
)
def test_what_no_library_writes_is_high(data: bytes, kind: str) -> None:
    found = {finding.key: finding for finding in findings("pickle-anomaly", {"m.pkl": data})}
    assert found[kind].severity == "high"


def test_calling_what_a_dangerous_call_returned_is_critical() -> None:
    data = a.pickle(a.reduce(a.reduce(a.glob("operator", "attrgetter"), a.text("system")), a.text("x")))
    found = {finding.key: str(finding.severity) for finding in findings("pickle-anomaly", {"m.pkl": data})}
    assert found["pickle-indirect-call"] == "critical"


def test_calling_a_function_that_the_file_itself_brings_is_critical() -> None:
    data = a.pickle(a.reduce(a.reduce(a.glob("cloudpickle.cloudpickle", "_make_function"), a.text("x"))))
    found = {finding.key: str(finding.severity) for finding in findings("pickle-anomaly", {"m.pkl": data})}
    assert found["pickle-indirect-call"] == "critical"


def test_fetching_a_builtin_type_is_the_ordinary_way_of_cloudpickle() -> None:
    data = a.pickle(a.reduce(a.reduce(a.glob("cloudpickle.cloudpickle", "_builtin_type"), a.text("CodeType"))))
    assert "pickle-indirect-call" not in {f.key for f in findings("pickle-anomaly", {"m.pkl": data})}


def test_a_cut_off_tensor_file_is_broken_not_hostile() -> None:
    (finding,) = findings("pickle-anomaly", {"m.pkl": made.state_dict_pickle()[:-8]})
    assert finding.severity == "medium"


@pytest.mark.parametrize("data", [made.torch_zip(made.state_dict_pickle()), made.state_dict_pickle() * 3])
def test_ordinary_files_stay_quiet(data: bytes) -> None:
    assert findings("pickle-anomaly", {"m.pkl": data}) == []
