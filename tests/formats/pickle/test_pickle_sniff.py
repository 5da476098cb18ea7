"""Pickles are told from everything else, with and without their magic byte."""

from __future__ import annotations

import collections
import datetime as dt
import json
import pickle
import random
import re
import struct
import zlib
from pathlib import Path
from pydoc_data import topics

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.formats.pickle import assemble as asm
from trustaudit.formats.pickle.sniff import looks_like_pickle

SYSTEM = asm.reduce(asm.glob("posix", "system"), asm.string("true"))
OBJECTS: list[object] = [
    None, 1, 1.5, "text", b"bytes", [], {}, (), set(), [1, 2], {"a": 1}, ("x",), [None] * 5000,
    {f"k{i}": [i] for i in range(3000)}, ["x" * 100_000], {"w": b"x" * 100_000}, collections.OrderedDict(a=1),
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC), range(3), Path("a"), 2**100,
]  # fmt: skip


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("protocol", range(6))
def test_honest_pickles(value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    assert looks_like_pickle(data, complete=True)
    if len(data) > 4096:
        assert looks_like_pickle(data[:4096], complete=False)


HOSTILE = {
    "protocol 0": SYSTEM + b".",
    "inst": asm.inst("posix", "system", asm.string("true")) + b".",
    "obj": asm.obj(asm.glob("posix", "system"), asm.string("true")) + b".",
    "no stop": SYSTEM,
    "broken": SYSTEM + b"\xff\xff",
    "proto twice": b"\x80\x02\x80\x02" + SYSTEM + b".",
    "proto 0": b"\x80\x00" + SYSTEM + b".",
    "starts with MARK": b"(0" + SYSTEM + b".",
    "starts with NEWTRUE": b"\x880" + SYSTEM + b".",
    "starts with FRAME": asm.frame(SYSTEM + b"."),
    "starts with EXT": b"\x82\x01)R.",
    "starts with a string": asm.string("harmless") + b"0" + SYSTEM + b".",
    "starts with a long string": b"S'" + b"h" * 5000 + b"'\n0" + SYSTEM + b".",
    "behind a tiny pickle": b"N." + SYSTEM + b".",
    "stack global": asm.short_text("posix") + asm.short_text("system") + b"\x93)R.",
    "overwrites": asm.glob("sys", "modules") + asm.string("a") + b"Ns.",
    "protocol 4 broken at once": b"\x80\x04" + SYSTEM + b"\xff",
    "newline behind": SYSTEM + b".\n",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_pickles(data: bytes) -> None:
    assert looks_like_pickle(data, complete=True)


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_beginning_of_a_hostile_pickle(data: bytes) -> None:
    assert looks_like_pickle(data + bytes(20), complete=False)


OTHERS = {
    "empty": b"",
    "json": json.dumps({"model_type": "bert", "layers": [1, 2]}, indent=2).encode(),
    "json list": b"[]",
    "markdown": b"---\nlicense: mit\n---\n# Title\n\nSome text.\n",
    "markdown title": b"# Card\n",
    "text": b"In this folder you find the model.\nPlease cite it.\n",
    "vocabulary": b"cat\ndog\nbird\n[PAD]\n(unused)\nNew\nIndia\n.\n,\n",
    "merges": b"#version: 0.2\n\xc4\xa0 t\n\xc4\xa0 a\nh e\ni n\nr e\n",
    "csv": b"I1,I2\n1,2\n",
    "sequence": b"N" * 5000,
    "wheel record": b"cat-1.0.dist-info/METADATA,sha256=abc,10\ncat-1.0.dist-info/RECORD,,\n" * 30,
    "javascript": b"const util = require('util')\nconst fs = require('fs')\nconst { a } = fs || { b }\n\nasync x",
    "table": b"const_p1,const_p2\n.7376958,.2623042,.9997776,,,\n.9818866,.0181134,.999989\n",
    "grammar": b"comment start '^C'\ncomment start '^c'\n\ninclude \"fortran.lang\"",
    "parentheses": b"(((((((((((((((((((((((((((((((((((((((",
    "sentence piece": b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n",
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "zip": b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0" + bytes(40),
    "gguf": b"GGUF\x03\0\0\0" + struct.pack("<QQ", 291, 24),
    "safetensors": struct.pack("<Q", 640) + b'{"__metadata__":{"format":"pt"}}',
    "npy": b"\x93NUMPY\x01\0v\0{'descr': '<f4'}",
    "hdf5": b"\x89HDF\r\n\x1a\n\0\0",
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0",
    "zlib": zlib.compress(b"x" * 1000),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(9),
    "pe": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff",
    "pdf": b"%PDF-1.7\n",
    "onnx": b"\x08\x08\x12\x07pytorch",
    "riff": b"RIFF\x24\0\0\0WAVEfmt ",
    "bitmap": b"BM6\x03\0\0\0\0\0\x006\0\0\0",
    "bzip2": b"BZh91AY&SY" + bytes(range(200)),
    "lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 5\n",
    "python": b"import os\nclass A:\n    pass\n",
    "tar": b"data.pkl" + bytes(92) + b"0000644\0",
    "numbers": b"".join(struct.pack("<f", 0.02 * i) for i in range(500)),
}


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS.keys())
def test_other_files(data: bytes, complete: bool) -> None:
    assert not looks_like_pickle(data, complete=complete)


@given(size=st.integers(2, 100_000_000), body=st.text(max_size=50))
@example(size=0x280280, body="")
@example(size=0x4B0280, body="")
@example(size=0x580280, body="")
@example(size=0x950480, body="")
def test_safetensors_headers_of_any_length(size: int, body: str) -> None:
    head = struct.pack("<Q", size) + json.dumps({"__metadata__": {"k": body}, "w": {"dtype": "F32"}}).encode()
    assert not looks_like_pickle(head, complete=False)


@pytest.mark.parametrize("complete", [True, False])
def test_lists_of_words(complete: bool) -> None:
    text = " ".join(topics.topics.values())
    words = sorted(set(re.findall(r"[A-Za-z0-9_.-]{1,14}", text)))
    rng = random.Random(7)  # noqa: S311 - repeatable, not secret
    lists = ["\n".join(rng.sample(words, rng.randint(1, 60))) for _ in range(1000)]
    assert [found for found in lists if looks_like_pickle(found.encode(), complete=complete)] == []


@pytest.mark.parametrize("complete", [True, False])
def test_words_that_read_as_a_name_and_a_memo_index(complete: bool) -> None:
    assert not looks_like_pickle(b"clever\nre\nright.\nMisc\npost-", complete=complete)
    assert looks_like_pickle(b"cos\nsystem\n(S'true'\ntRright.\nMisc", complete=complete)


def test_source_files_are_no_pickles() -> None:
    library = Path(json.__file__).parent.parent
    sources = sorted(library.glob("*.py"))[:200]
    assert [path.name for path in sources if looks_like_pickle(path.read_bytes()[:65_536], complete=False)] == []


@given(st.binary(max_size=300))
def test_anything(data: bytes) -> None:
    assert looks_like_pickle(data, complete=True) in (True, False)
