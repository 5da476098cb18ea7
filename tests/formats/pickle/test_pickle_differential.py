"""A short run of the differential fuzzer; ``fuzz.py`` runs for as long as one likes."""

from __future__ import annotations

import pytest

from tests.formats.pickle import fuzz

FOUND = {
    "the Python unpickler takes a name without its newline": b"\x80\x02cposix\nsystemX",
    "the same for a lone module": b"cposixX",
    "and for INST": b"(ios\nsystemX",
    "strtol reads hexadecimal": b"I0x10\n0cposix\nsystem\n.",
    "sizes of BINSTRING are unsigned": b"T\x00\x00\x00\x000cposix\nsystem\n.",
}
"""Streams on which parsers disagreed, here or elsewhere."""


@pytest.mark.parametrize("data", FOUND.values(), ids=FOUND.keys())
def test_known_disagreements(data: bytes) -> None:
    with fuzz.oracle() as asked:
        imports = asked.ask(data)
    assert any(imports.values())
    assert fuzz.missed(data, imports) == []


def test_seeds_import_what_they_should() -> None:
    with fuzz.oracle() as asked:
        for data in fuzz.seeds():
            imports = asked.ask(data)
            assert all(imports.values())
            assert fuzz.missed(data, imports) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_random_streams(seed: int) -> None:
    done, problems = fuzz.run(seed, count=1500)
    assert problems == []
    assert done == 1500
