"""Pickles in the constants of pickles."""

from __future__ import annotations

import pytest

from tests.formats.pickle import assemble as asm
from trustaudit.formats.interface import Limits
from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.machine import PickleMachine
from trustaudit.formats.pickle.streams import TORCH_MAGIC

SYSTEM = asm.reduce(asm.glob("posix", "system"), asm.text("true"))
INNER = asm.pickle(SYSTEM)
OLD = asm.pickle(SYSTEM, protocol=None)
LARGE = asm.pickle(asm.binbytes(b"x" * 50_000), asm.POP, SYSTEM)
LEGACY = b"".join(
    [
        asm.pickle(b"\x8a\x0a" + TORCH_MAGIC.to_bytes(10, "little")),
        asm.pickle(b"M\xe9\x03"),
        asm.pickle(b"}"),
        asm.pickle(asm.reduce(asm.glob("torch._utils", "_rebuild_tensor_v2"))),
        asm.pickle(b"]"),
        (3).to_bytes(8, "little") + b"\x80\x02cposix\nsystem\n" * 200,
    ]
)


def facts_of(data: bytes, limits: Limits | None = None) -> PickleFacts:
    facts = PickleFacts(limits or Limits())
    machine = PickleMachine(facts)
    machine.feed(data)
    machine.close()
    return facts


def inner_names(facts: PickleFacts) -> list[tuple[str, int]]:
    return [(entry.qualified, entry.depth) for entry in facts.globals if entry.depth]


def load(constant: bytes, module: str = "pickle", name: str = "loads") -> bytes:
    return asm.pickle(asm.reduce(asm.glob(module, name), constant), protocol=3)


def latin1(raw: bytes) -> bytes:
    """How protocol 2 writes a bytes object."""
    return asm.reduce(asm.glob("_codecs", "encode"), asm.text(raw.decode("latin-1")), asm.text("latin1"))


CONSTANTS = {
    "bytes": asm.binbytes(INNER),
    "bytearray": asm.bytearray8(INNER),
    "protocol 0": asm.binbytes(OLD),
    "large": asm.binbytes(LARGE),
    "encoded": latin1(INNER),
    "encoded protocol 0": latin1(OLD),
    "encoded large": latin1(LARGE),
    "python 2 string": asm.binstring(INNER),
    "python 2 text": b"S" + repr(INNER)[1:].encode() + b"\n",
    "through BytesIO": asm.reduce(asm.glob("io", "BytesIO"), asm.binbytes(OLD)),
    "memoized": asm.binbytes(OLD) + asm.put(7) + asm.POP + asm.get(7),
}


@pytest.mark.parametrize("constant", CONSTANTS.values(), ids=CONSTANTS.keys())
def test_constant_given_to_a_loader(constant: bytes) -> None:
    facts = facts_of(load(constant))
    assert inner_names(facts) == [("posix.system", 1)]
    assert not [note for note in facts.observations if note.kind == "pickle-nested-opaque"]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("_pickle", "loads"),
        ("torch.storage", "_load_from_bytes"),
        ("torch", "load"),
        ("joblib", "load"),
        ("dill", "loads"),
        ("cloudpickle", "loads"),
        ("numpy", "load"),
        ("pandas", "read_pickle"),
        ("torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    ],
)
def test_loaders(module: str, name: str) -> None:
    assert inner_names(facts_of(load(asm.binbytes(OLD), module, name))) == [("posix.system", 1)]


def test_pickles_that_nobody_is_seen_to_load() -> None:
    assert inner_names(facts_of(asm.pickle(asm.binbytes(INNER)))) == [("posix.system", 1)]
    assert inner_names(facts_of(asm.pickle(asm.binbytes(LARGE)))) == [("posix.system", 1)]


@pytest.mark.parametrize(
    "constant",
    [asm.reduce(asm.glob("a", "b")), asm.text("path/to/file"), asm.binbytes(b"PK\x03\x04" + bytes(9000)), b"N"],
    ids=["call result", "path", "zip", "none"],
)
def test_what_cannot_be_read_is_said(constant: bytes) -> None:
    assert "pickle-nested-opaque" in {note.kind for note in facts_of(load(constant)).observations}


def test_tensor_as_plain_pickle_writes_it() -> None:
    facts = facts_of(load(asm.binbytes(LEGACY), "torch.storage", "_load_from_bytes"))
    assert inner_names(facts) == [("torch._utils._rebuild_tensor_v2", 1)]
    assert "pickle-trailing-stream" not in {note.kind for note in facts.observations}


def test_depth_is_limited() -> None:
    data = INNER
    for _ in range(6):
        data = asm.pickle(asm.binbytes(data))
    facts = facts_of(data)
    assert facts.limits_reached == ("nesting",)
    assert not facts.globals


def test_depth_within_the_limit() -> None:
    data = INNER
    for _ in range(4):
        data = asm.pickle(asm.binbytes(data))
    assert inner_names(facts_of(data)) == [("posix.system", 4)]


def test_loading_one_constant_again_and_again_costs_little() -> None:
    padding = b"N0" * 2000
    constant = asm.binbytes(padding + OLD) + asm.put(0) + asm.POP
    calls = (asm.glob("pickle", "loads") + asm.put(1) + asm.POP) + (asm.get(1) + asm.get(0) + b"\x85R0") * 8_000
    facts = facts_of(asm.pickle(constant, calls, b"N", protocol=3))
    assert inner_names(facts) == [("posix.system", 1)]
    assert facts.limits_reached == ("nesting",)
