"""Whatever a real reader gets out of a damaged or dishonest zip, the inspection has seen.

zipfile stands for the loaders written in Python, torch's reader for miniz where torch is installed.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator

import pytest

from tests.formats.inspecting import inspect
from tests.formats.writers_containers import Part, Zip, call, state_dict
from trustaudit.formats.dispatch import inspect_file

MARK = call()
NAMES = ["a/data.pkl", "a/version", "a/byteorder", "a/x.txt", "data.pkl", "a/.data/serialization_id"]
BATCHES = 8
FILES = 40

LIES: dict[str, Callable[[random.Random, bytes], object]] = {
    "local_name": lambda r, _: r.choice(["a/x", "a/data.pkl", ""]),
    "local_flags": lambda r, _: r.choice([0, 1, 8, 0x809]),
    "local_method": lambda r, _: r.choice([0, 8, 99]),
    "crc": lambda r, _: r.randrange(1 << 32),
    "local_crc": lambda r, _: r.randrange(1 << 32),
    "size": lambda r, data: r.choice([0, 10, len(data) + 5, len(data) // 2]),
    "packed": lambda r, data: r.choice([0, 10, len(data) + 5, max(0, len(data) - 3)]),
    "extra": lambda r, data: r.choice([b"", r.randbytes(8), struct.pack("<2HQ", 1, 8, len(data))]),
    "local_extra": lambda r, _: r.randbytes(r.choice([0, 4, 40])),
    "gap": lambda r, _: r.choice([bytes(10), MARK, r.randbytes(9)]),
    "listed": lambda _r, _: False,
    "offset": lambda r, _: r.randrange(300),
}
OUTER_LIES: dict[str, Callable[[random.Random], object]] = {
    "prefix": lambda r: r.choice([MARK, b"\x80\x02}.", r.randbytes(20)]),
    "comment": lambda r: r.choice([b"hi", MARK, r.randbytes(30)]),
    "trailing": lambda r: r.choice([b"x", MARK, bytes(100)]),
    "before_end": lambda r: r.randbytes(r.choice([3, 22])),
    "entries": lambda r: r.choice([0, 1, 2, 50]),
    "directory_offset": lambda r: r.randrange(600),
    "shifted": lambda _: True,
}


def part(r: random.Random, name: str) -> Part:
    data = {"a/version": b"3\n", "a/byteorder": b"little"}.get(name) or r.choice([MARK, MARK, state_dict(), b"text"])
    made = Part(name, data, flags=r.choice([0, 0x808, 0x800, 0x8, 0x809]), method=r.choice([0, 0, 0, 8]))
    for key in r.sample(sorted(LIES), r.choice([0, 0, 1, 2])):
        setattr(made, key, LIES[key](r, data))
    return made


def archive(r: random.Random) -> bytes:
    parts = [part(r, name) for name in NAMES if r.random() < 0.8]
    parts += [part(r, r.choice(NAMES))] if r.random() < 0.2 else []
    made = Zip(parts)
    for key in r.sample(sorted(OUTER_LIES), r.choice([0, 0, 1, 2])):
        setattr(made, key, OUTER_LIES[key](r))
    try:
        data = bytearray(made.build())
    except struct.error:  # an offset below zero cannot be written
        return archive(r)
    for _ in range(r.choice([0, 0, 0, 1, 3])):
        data[r.randrange(len(data))] = r.randrange(256)
    return bytes(data)


def by_zipfile(data: bytes) -> Iterator[bytes]:
    """Contents as far as they can be read: an unpickler asks for no more than it needs."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        for info in opened.infolist():
            try:
                with opened.open(info) as member:
                    yield member.read(len(MARK))
            except Exception:  # noqa: BLE001, S112 - what cannot be opened is not loaded
                continue


def by_torch(data: bytes) -> Iterator[bytes]:
    lib = pytest.importorskip("torch")
    if not data.startswith(b"PK\3\4"):
        yield data
        return
    reader = lib._C.PyTorchFileReader(io.BytesIO(data))
    for name in reader.get_all_records():
        try:
            yield reader.get_record(name)
        except RuntimeError:
            continue


@pytest.mark.parametrize("reader", [by_zipfile, pytest.param(by_torch, marks=pytest.mark.interop)])
@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_a_reader_reads_was_seen(reader: Callable[[bytes], Iterator[bytes]], batch: int) -> None:
    loaded = 0
    for seed in range(batch * FILES, (batch + 1) * FILES):
        data = archive(random.Random(seed))  # noqa: S311 - test data, the same every time
        try:
            contents = list(reader(data))
        except Exception:  # noqa: BLE001, S112 - what cannot be opened is not loaded
            continue
        if any(content.startswith(MARK) for content in contents):
            loaded += 1
            facts = inspect(inspect_file, data, "model.pt")
            assert "posix.system" in {entry.qualified for entry in facts.globals}, seed
    assert loaded or reader is by_torch  # torch refuses most of what zipfile still opens
