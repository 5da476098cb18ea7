from __future__ import annotations

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats.pickle import assemble as a

BAD = made.calling_pickle("posix", "system")


@pytest.mark.parametrize(
    "data",
    [
        BAD,
        made.torch_zip(BAD),
        a.pickle(a.reduce(a.stack_glob("os", "system"), a.text("true")), protocol=4),
        a.pickle(a.inst("os", "system", a.text("true")), protocol=0),
        a.pickle(a.reduce(a.glob("__builtin__", "eval"), a.text("1"))),
        a.pickle(a.reduce(a.stack_glob("torch.serialization", "os.system"), a.text("true")), protocol=4),
        a.pickle(a.reduce(a.glob("builtins", "getattr"), a.glob("os", "path"), a.text("join"))),
    ],
)
def test_calls_are_critical_with_name_and_place(data: bytes) -> None:
    found = findings("pickle-dangerous-call", {"model.bin": data})
    assert "critical" in {finding.severity for finding in found}
    worst = next(finding for finding in found if finding.severity == "critical")
    assert worst.location.path == "model.bin"
    assert worst.location.offset is not None


def test_a_reference_alone_is_high() -> None:
    (finding,) = findings("pickle-dangerous-call", {"model.pkl": a.pickle(a.glob("subprocess", "Popen"))})
    assert finding.severity == "high"


@pytest.mark.parametrize(
    "data",
    [
        made.torch_zip(made.state_dict_pickle()),
        a.pickle(
            a.reduce(a.glob("builtins", "getattr"), a.glob("torch.nn.modules.linear", "Linear"), a.text("forward"))
        ),
        a.pickle(a.reduce(a.glob("uuid", "UUID"), a.text("0"))),
        a.pickle(a.reduce(a.glob("logging", "getLogger"), a.text("train"))),
        b"os.system is mentioned in a text",
    ],
)
def test_look_alikes_stay_quiet(data: bytes) -> None:
    assert findings("pickle-dangerous-call", {"model.pkl": data}) == []


def test_every_file_is_reported() -> None:
    found = findings("pickle-dangerous-call", {f"{n}.pkl": BAD for n in range(3)})
    assert {finding.location.path for finding in found} == {"0.pkl", "1.pkl", "2.pkl"}


def test_padding_does_not_crowd_the_call_out() -> None:
    padding = b"".join(a.glob("torch", f"F{n}") + b"0" for n in range(3000))
    found = findings(
        "pickle-dangerous-call", {"model.pkl": a.pickle(padding, a.reduce(a.glob("os", "system"), a.text("true")))}
    )
    assert [finding.severity for finding in found] == ["critical"]


def fetched(name: str) -> bytes:
    return a.reduce(a.glob("dill._dill", "_import_module"), a.text(name))


def attribute(of: bytes, name: str) -> bytes:
    return a.reduce(a.glob("dill._dill", "_get_attr"), of, a.text(name))


@pytest.mark.parametrize(
    "callee",
    [
        fetched("subprocess.Popen"),
        attribute(fetched("os"), "system"),
        attribute(attribute(fetched("shutil"), "os"), "system"),
        attribute(a.reduce(a.glob("cloudpickle.cloudpickle", "subimport"), a.text("os")), "system"),
    ],
)
def test_what_is_fetched_by_name_and_then_called(callee: bytes) -> None:
    found = findings("pickle-dangerous-call", {"model.pkl": a.pickle(a.reduce(callee, a.text("true")))})
    assert "critical" in {str(finding.severity) for finding in found}


@pytest.mark.parametrize(
    "data",
    [
        a.pickle(fetched("os.path")),
        a.pickle(attribute(fetched("subprocess"), "Popen")),
        a.pickle(a.reduce(attribute(fetched("numpy.core.multiarray"), "_reconstruct"), a.glob("numpy", "ndarray"))),
    ],
)
def test_modules_that_functions_of_honest_files_use(data: bytes) -> None:
    assert findings("pickle-dangerous-call", {"model.pkl": data}) == []


def test_names_that_grow_without_end_are_no_names() -> None:
    doubled = a.put(1) + b"".join(
        b"0" + a.reduce(a.glob("dill._dill", "_get_attr"), a.get(1), a.get(1)) + a.put(1) for _ in range(200)
    )
    data = a.pickle(fetched("os"), doubled, a.tuple_of(), b"R")
    assert findings("pickle-dangerous-call", {"model.pkl": data}) == []
