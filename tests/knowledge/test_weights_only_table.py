"""The statement "loads under weights_only", beside what torch does where torch is installed."""

from __future__ import annotations

import collections
import importlib
import io
import pickle
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.formats.pickle import assemble as asm
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.formats.pickle.inspector import inspect_pickle
from trustaudit.knowledge.weights_only import load_rules, weights_only

ORDERED = asm.reduce(asm.glob("collections", "OrderedDict"))
STORAGE = (
    asm.tuple_of(asm.text("storage"), asm.glob("torch", "FloatStorage"), asm.text("0"), asm.text("cpu"), b"K\x02")
    + b"Q"
)
TENSOR = asm.reduce(
    asm.glob("torch._utils", "_rebuild_tensor_v2"), STORAGE, b"K\x00", b"K\x02\x85", b"K\x01\x85", b"\x89", ORDERED
)


def text(value: str) -> bytes:
    return asm.text(value)


def items(*pairs: bytes) -> bytes:
    return asm.MARK + b"".join(pairs) + b"u"


LOADS = {
    "state dict": asm.pickle(ORDERED, items(text("w"), TENSOR), items(text("v"), TENSOR)),
    "metadata": asm.pickle(ORDERED, b"}" + items(text("_metadata"), b"N") + b"b"),
    "parameter": asm.pickle(asm.reduce(asm.glob("torch._utils", "_rebuild_parameter"), TENSOR, b"\x88", ORDERED)),
    "dtype": asm.pickle(asm.glob("torch", "float8_e4m3fn")),
    "bytes": asm.pickle(asm.reduce(asm.glob("_codecs", "encode"), text("x"), text("latin1"))),
    "set": asm.pickle(asm.reduce(asm.glob("__builtin__", "set"), b"]")),
    "other split": asm.pickle(asm.glob("torch.nn", "parameter.Parameter")),
}
REFUSED = {
    "system": (asm.pickle(asm.reduce(asm.glob("posix", "system"), text("true"))), "it names posix.system"),
    "reference": (asm.pickle(asm.glob("numpy", "ndarray"), asm.POP, ORDERED), "it names numpy.ndarray"),
    "protocol 4": (asm.pickle(asm.stack_glob("collections", "OrderedDict"), protocol=4), "opcode SHORT_BINUNICODE"),
    "alias": (asm.pickle(asm.glob("torch", "half")), "it names torch.half"),
    "pop": (asm.pickle(b"N0N"), "opcode POP"),
    "build": (asm.pickle(b"]" + b"}b"), "BUILD on "),
    "append": (asm.pickle(ORDERED, b"Na"), "APPEND on collections.OrderedDict"),
    "setitem": (asm.pickle(asm.reduce(asm.glob("builtins", "set")), b"NNs"), "SETITEM on builtins.set"),
    "persistent id": (asm.pickle(text("x") + b"Q"), "a persistent id that is no tensor storage"),
    "broken": (asm.pickle(b"N")[:-1], "the stream is broken"),
    "overwrite": (asm.pickle(asm.glob("torch", "Tensor"), b"}b"), "an imported object itself is changed"),
}


def stated(data: bytes) -> tuple[bool, tuple[str, ...]]:
    facts = inspect_bytes(inspect_pickle, data, "data.pkl")
    return weights_only(facts.globals, facts.observations)


@pytest.mark.parametrize("data", LOADS.values(), ids=LOADS.keys())
def test_loads(data: bytes) -> None:
    assert stated(data) == (True, ())


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(data: bytes, reason: str) -> None:
    loads, reasons = stated(data)
    assert not loads
    assert any(given.startswith(reason) for given in reasons)


def test_nested_pickles_are_mere_bytes() -> None:
    inner = asm.pickle(asm.reduce(asm.glob("posix", "system"), text("true"))).decode("latin-1")
    assert stated(asm.pickle(asm.reduce(asm.glob("_codecs", "encode"), text(inner), text("latin1")))) == (True, ())


pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # torch warns of what it checks


@pytest.fixture(scope="module")
def torch() -> Any:  # noqa: ANN401 - a module that need not be installed
    return pytest.importorskip("torch")


def as_checkpoint(data: bytes) -> bytes:
    """A torch zip around a pickle."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/data.pkl", data)
        archive.writestr("a/version", "3\n")
        archive.writestr("a/data/0", bytes(8))
    return out.getvalue()


def accepts(torch: Any, data: bytes) -> bool:  # noqa: ANN401 - a module that need not be installed
    try:
        torch.load(io.BytesIO(as_checkpoint(data)), weights_only=True)
    except (pickle.UnpicklingError, EOFError, TypeError, ValueError, RuntimeError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("data", [*LOADS.values(), *(data for data, _ in REFUSED.values())])
def test_torch_agrees(torch: Any, data: bytes) -> None:  # noqa: ANN401 - a module that need not be installed
    assert accepts(torch, data) == stated(data)[0]


def models(torch: Any) -> Iterator[object]:  # noqa: ANN401 - a module that need not be installed
    nn = torch.nn
    module = nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 2), nn.BatchNorm1d(2), nn.Embedding(3, 2))
    optimizer = torch.optim.AdamW(module.parameters())
    yield module.state_dict()
    yield module
    yield optimizer.state_dict()
    yield {"epoch": 3, "lr": 1e-3, "name": "x", "big": 2**70, "flags": {1, 2}, "none": None, "bytes": b"x"}
    yield [torch.ones(2, dtype=kind) for kind in (torch.float16, torch.bfloat16, torch.int8, torch.bool)]
    yield {"device": torch.device("cpu"), "dtype": torch.float32, "size": torch.Size([1])}
    yield nn.Parameter(torch.ones(1))
    yield torch.eye(2).to_sparse()
    yield torch.nn.functional.relu
    yield collections.defaultdict(list)
    yield frozenset("a")
    yield 1 + 2j


@pytest.mark.parametrize("number", range(12))
def test_torch_agrees_on_its_own_files(torch: Any, number: int) -> None:  # noqa: ANN401 - need not be installed
    out = io.BytesIO()
    torch.save(list(models(torch))[number], out)
    with zipfile.ZipFile(out) as archive:
        data = archive.read(next(name for name in archive.namelist() if name.endswith("/data.pkl")))
    try:
        torch.load(io.BytesIO(out.getvalue()), weights_only=True)
        accepted = True
    except pickle.UnpicklingError:
        accepted = False
    assert stated(data)[0] == accepted


def test_names_are_those_of_the_installed_torch(torch: Any) -> None:  # noqa: ANN401 - need not be installed
    listed: Callable[[], dict[str, object]]
    listed = importlib.import_module("torch._weights_only_unpickler")._get_allowed_globals
    if torch.__version__.startswith("2.13."):
        assert load_rules().names == set(listed())
