"""The LZ4 reader against frames made by hand; test_real_writers.py holds it against the library."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import inspect
from tests.formats.writers_containers import call
from trustaudit.filefacts import Coverage
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.lz4 import LZ4Decompressor, LZ4Error


def frame(*blocks: bytes, flags: int = 0x60, raw: bool = False, tail: bytes = b"") -> bytes:
    sizes = 0x80000000 if raw else 0
    body = b"".join(
        struct.pack("<I", len(block) | sizes) + block + (bytes(4) if flags & 0x10 else b"") for block in blocks
    )
    options = (bytes(8) if flags & 8 else b"") + (bytes(4) if flags & 1 else b"")
    end = bytes(4) + (bytes(4) if flags & 4 else b"")
    return b"\x04\x22\x4d\x18" + bytes([flags, 0x40]) + options + b"\0" + body + end + tail


def literals(data: bytes) -> bytes:
    """A block of literals only."""
    if len(data) < 15:
        return bytes([len(data) << 4]) + data
    rest = len(data) - 15
    return b"\xf0" + b"\xff" * (rest // 255) + bytes([rest % 255]) + data


def unpacked(data: bytes, step: int = 7, most: int = 5) -> tuple[bytes, LZ4Decompressor]:
    codec = LZ4Decompressor()
    out = b""
    for at in range(0, len(data), step):
        out += codec.decompress(data[at : at + step], most)
        while not codec.needs_input and not codec.eof:
            out += codec.decompress(b"", most)
        if codec.eof:
            codec.unused_data += data[at + step :]
            break
    return out, codec


@given(
    st.lists(st.binary(max_size=600), max_size=4),
    st.sampled_from([0x40, 0x60, 0x7D, 0x50]),
    st.booleans(),
    st.integers(1, 2000),
)
def test_literals_come_out_as_they_are(parts: list[bytes], flags: int, raw: bool, step: int) -> None:
    parts = [part for part in parts if part]
    blocks = parts if raw else [literals(part) for part in parts]
    out, codec = unpacked(frame(*blocks, flags=flags, raw=raw, tail=b"rest"), step)
    assert (out, codec.eof, codec.unused_data) == (b"".join(parts), True, b"rest")


def test_a_match_repeats_what_stands_before_it() -> None:
    block = b"\x2f" + b"ab" + b"\x02\x00" + b"\x05" + b"\x10c"
    assert unpacked(frame(block))[0] == b"ab" + b"ab" * 12 + b"c"


def test_a_match_reaches_into_the_block_before() -> None:
    second = b"\x04" + b"\x04\x00" + b"\x10!"
    assert unpacked(frame(literals(b"wxyz"), second, flags=0x40))[0] == b"wxyz" + b"wxyzwxyz" + b"!"


@pytest.mark.parametrize(
    "data",
    [
        b"\x04\x22\x4d\x19" + bytes(20),
        frame(flags=0xA0),
        frame(b"\x14a\x09\x00\x10b"),
        frame(b"\x14a\x00\x00\x10b"),
        frame(b"\xf0\xff\xff"),
        frame(b"\x50ab"),
        b"\x04\x22\x4d\x18\x60\x40\0" + b"\xff\xff\xff\x7f" + bytes(20),
    ],
)
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(LZ4Error):
        unpacked(data)


@given(st.binary(max_size=200))
def test_noise_is_refused_or_unpacked(data: bytes) -> None:
    try:
        out, _ = unpacked(frame(data))
    except LZ4Error:
        return
    assert len(out) <= 4 * 1024 * 1024


def test_a_pickle_inside() -> None:
    facts = inspect(inspect_file, frame(literals(call())), "model.joblib")
    assert facts.coverage is Coverage.COMPLETE
    assert [entry.qualified for entry in facts.globals] == ["posix.system"]
