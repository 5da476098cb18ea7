"""Whatever the bytes: an answer, within bounds, the same twice, and never clean when nothing was served."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, mutations
from tests.formats.writers_containers import (
    Part,
    Zip,
    call,
    call_opcodes,
    joblib_file,
    npy,
    skops,
    state_dict,
    tar,
    torch_legacy,
    torch_parts,
    torch_zip,
)
from trustaudit.filefacts import Coverage
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.interface import Limits

SAMPLES = {
    "torch-zip": torch_zip(call()),
    "zip-packed": Zip([Part("a/data.pkl", call(), method=8), Part("b.npy", npy("|O", (1,), call()))]).build(),
    "zip-in-zip": Zip([Part("inner.zip", torch_zip()), Part("x.tar", tar({"p": call()}))], comment=b"c").build(),
    "zip-behind": Zip(torch_parts(), prefix=state_dict(), shifted=True).build(),
    "torch-legacy": torch_legacy(call()),
    "tar": tar({"./model_config.yaml": b"a: 1\n", "d/" * 60 + "w.ckpt": torch_zip()}),
    "npy": npy([("a", "|O")], (1,), call()),
    "joblib": joblib_file(call_opcodes()),
    "zlib": zlib.compress(joblib_file()),
    "gzip": gzip.compress(tar({"p": call()})),
    "bzip2": bz2.compress(call()),
    "xz": lzma.compress(torch_zip()),
    "zf": b"ZF0x10".ljust(21) + zlib.compress(call()),
    "skops": skops({"__module__": "a", "__class__": "b", "__loader__": "MethodNode", "content": {"func": "x"}}),
    "agent": Zip([Part("data", b'{"a": {":serialized:": "gAJOLg=="}}'), Part("policy.pth", torch_zip())]).build(),
}
PATCHES = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", SAMPLES)
@QUICK
@given(cut=st.integers(0, 400), patches=PATCHES)
def test_damaged_containers(name: str, cut: int, patches: list[tuple[int, int]]) -> None:
    data = mutations(SAMPLES[name], cut, patches)
    assert_total(inspect_file, data)
    assert inspect(inspect_file, data) == inspect(inspect_file, data)


@pytest.mark.parametrize("name", SAMPLES)
@QUICK
@given(budget=st.integers(0, 400_000))
def test_any_budget(name: str, budget: int) -> None:
    data = SAMPLES[name]
    facts, reads = inspect_with_budget(inspect_file, data, budget)
    assert len(reads) < 5_000
    whole = inspect(inspect_file, data)
    if facts.coverage in (Coverage.COMPLETE, Coverage.STRUCTURE):
        assert {entry.qualified for entry in facts.globals} == {entry.qualified for entry in whole.globals}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "limits",
    [
        Limits(members=1),
        Limits(archive_depth=0),
        Limits(inflated_bytes=10),
        Limits(observations=1),
        Limits(globals=1),
        Limits(streams=1),
        Limits(opcodes=3),
    ],
)
def test_a_reached_limit_is_named(name: str, limits: Limits) -> None:
    facts = inspect(inspect_file, SAMPLES[name], limits=limits)
    whole = inspect(inspect_file, SAMPLES[name])
    missing = {entry.qualified for entry in whole.globals} - {entry.qualified for entry in facts.globals}
    if missing:
        assert facts.coverage in (Coverage.PARTIAL, Coverage.NONE)
        assert facts.limits


@QUICK
@given(st.binary(max_size=600))
def test_noise(data: bytes) -> None:
    assert_total(inspect_file, data)


@QUICK
@given(
    st.sampled_from(
        [b"PK\3\4", b"PK\5\6", b"\x93NUMPY\1\0", b"\x1f\x8b\x08", b"BZh91AY&SY", b"x\x9c", b"ZF0x", b"]\0\0"]
    ),
    st.binary(max_size=300),
)
def test_noise_behind_a_signature(magic: bytes, data: bytes) -> None:
    assert_total(inspect_file, magic + data)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("path", ["model.safetensors", "notes.txt", "x", "config.json", "picture.png", "model.gguf"])
def test_another_name_hides_nothing(name: str, path: str) -> None:
    given_name = inspect(inspect_file, SAMPLES[name], path)
    usual = inspect(inspect_file, SAMPLES[name])
    assert [entry.qualified for entry in given_name.globals] == [entry.qualified for entry in usual.globals]
    assert given_name.coverage is usual.coverage


WHOLE_BY_PARTS = {"zip-in-zip", "zip-behind", "torch-legacy", "tar"}
"""What is left of these is a whole file of its own, or lacks tensors or padding only."""


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - WHOLE_BY_PARTS))
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_part_of_a_file_is_never_taken_for_the_whole(name: str, part: float) -> None:
    data = SAMPLES[name]
    facts = inspect(inspect_file, data[: int(len(data) * part)])
    assert facts.coverage in (Coverage.PARTIAL, Coverage.NONE), facts
