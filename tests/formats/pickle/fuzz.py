"""Differential fuzzing: whatever CPython would import from a stream must be among our facts.

A few hundred streams run with the tests; ``python -m tests.formats.pickle.fuzz --seconds 600``
runs for longer and prints the first disagreement as bytes to be kept as a test.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import json
import pickle
import random
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.formats.pickle import assemble as asm
from trustaudit.formats.interface import Limits
from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.machine import PickleMachine
from trustaudit.formats.record import clean

EXTENSION = "extension"
WORDS = ["os", "posix", "system", "__builtin__", "eval", "a.b", "copy_reg", "_reconstructor", "nt", "é", ""]


class Oracle:
    """The child process of ``oracle.py``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def ask(self, data: bytes) -> dict[str, set[tuple[str, str]]]:
        """What each variant would import."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(struct.pack("<I", len(data)) + data)
        stdin.flush()
        answer = json.loads(stdout.readline())
        return {variant: {(module, name) for module, name in pairs} for variant, pairs in answer.items()}


@contextmanager
def oracle() -> Iterator[Oracle]:
    """A running oracle."""
    command = [sys.executable, str(Path(__file__).with_name("oracle.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own script
        try:
            yield Oracle(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def our_facts(data: bytes) -> PickleFacts:
    """One stream, read by the machine."""
    facts = PickleFacts(Limits())
    machine = PickleMachine(facts)
    machine.feed(data)
    machine.close()
    return facts


def missed(data: bytes, imports: dict[str, set[tuple[str, str]]]) -> list[str]:
    """What CPython would import and our facts do not name."""
    facts = our_facts(data)
    if any(seen.kind == "pickle-frame-mismatch" for seen in facts.observations):
        return []
    ours = {(entry.module, entry.name) for entry in facts.globals}
    return [
        f"{variant}: {module!r}.{name!r}"
        for variant, pairs in imports.items()
        for module, name in pairs
        if module not in (EXTENSION, "") and (clean(module), clean(name)) not in ours
    ]


def streams(rng: random.Random) -> Iterator[bytes]:
    """Endless streams: made of opcodes, mutated honest pickles, and mutated samples."""
    corpus = list(seeds())
    while True:
        kind = rng.random()
        if kind < 0.5:
            yield opcode_soup(rng)
        elif kind < 0.9:
            yield mutated(rng, rng.choice(corpus))
        else:
            yield mutated(rng, opcode_soup(rng))


def seeds() -> Iterator[bytes]:
    """Honest pickles of all protocols, and one hostile call in every spelling."""
    value = [
        {"a": [1, -2, 3.5, None, True], "é\ud800": ("x", b"y" * 300)},
        collections.OrderedDict(a=dt.date(2020, 1, 1)),
        {1, 2},
        frozenset("ab"),
        10**40,
        -5,
        bytearray(b"abc"),
        1 + 2j,
        range(5),
        int,
        "z" * 300,
    ]
    value.append(value[0])
    for protocol in range(6):
        yield pickle.dumps(value, protocol)
    call = [asm.text("true")]
    yield asm.pickle(asm.reduce(asm.glob("posix", "system"), *call))
    yield asm.pickle(asm.reduce(asm.stack_glob("posix", "system"), *call), protocol=4)
    yield asm.pickle(asm.inst("posix", "system", *call), protocol=None)
    yield asm.pickle(asm.obj(asm.glob("posix", "system"), *call), protocol=None)
    yield asm.pickle(asm.newobj(asm.glob("__builtin__", "file"), *call))
    yield asm.pickle(asm.build(asm.reduce(asm.glob("copy_reg", "_reconstructor")), asm.dict_of(a=b"N")))


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Some bytes flipped, inserted, removed, repeated."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(5):
            case 0 if at < len(out):
                out[at] = rng.randrange(256)
            case 1:
                out[at:at] = rng.choice(OPCODE_BYTES)
            case 2:
                del out[at : at + rng.randint(1, 4)]
            case 3:
                out[at:at] = out[at : at + rng.randint(1, 20)]
            case _:
                out[at:at] = one_opcode(rng)
    return bytes(out)


def opcode_soup(rng: random.Random) -> bytes:
    """Opcodes with well-formed arguments in any order, those that push values more often than those that pop."""
    start = rng.choice([b"", asm.proto(0), asm.proto(2), asm.proto(3), asm.proto(4), asm.proto(5)])
    return start + b"".join(one_opcode(rng) for _ in range(rng.randint(3, 80))) + asm.STOP


OPCODE_BYTES = [bytes([byte]) for byte in b"().012BCFGIJKLMNPQRSTUVX]abcdeghijloprqstu}" + bytes(range(0x80, 0x99))]
POPPING = [b"0", b"1", b"2", b"R", b"a", b"b", b"d", b"e", b"l", b"o", b"s", b"t", b"u", b"\x81", b"\x85", b"\x86"]
POPPING += [b"\x87", b"\x90", b"\x91", b"\x92", b"\x93", b"\x94", b"\x97", b"\x98", b"Q"]
CONSTANT = [b"(", b"(", b")", b"]", b"}", b"N", b"\x88", b"\x89", b"\x8f"]


def one_opcode(rng: random.Random) -> bytes:
    """One opcode with its argument."""
    choice = rng.random()
    if choice < 0.25:
        return rng.choice(CONSTANT)
    if choice < 0.5:
        return rng.choice(POPPING)
    if choice < 0.75:
        return _text(rng, rng.choice(WORDS))
    if choice < 0.87:
        return _memo(rng)
    return _odd(rng)


def _text(rng: random.Random, word: str) -> bytes:
    raw = word.encode()
    return rng.choice(
        [
            asm.text(word),
            asm.short_text(word),
            asm.long_text(word),
            asm.string(word),
            asm.unicode_line(word),
            asm.short_binstring(raw),
            asm.binstring(raw),
            asm.short_binbytes(raw),
            asm.binbytes(raw),
            asm.glob(word, rng.choice(WORDS)),
            asm.stack_glob(word, rng.choice(WORDS)),
            asm.glob(word, rng.choice(WORDS)) + asm.tuple_of() + b"R",
            b"i" + raw + b"\n" + rng.choice(WORDS).encode() + b"\n",
        ]
    )


def _memo(rng: random.Random) -> bytes:
    index = rng.choice([0, 0, 1, 2, 3, 4, 5, 20, 255, 300, 70_000])
    return rng.choice(
        [asm.put(index), asm.get(index), b"p%d\n" % index, b"g%d\n" % index, b"p 0%d\n" % index, b"\x94", b"\x94"]
    )


def _odd(rng: random.Random) -> bytes:
    numbers = [
        b"I0x10\n",
        b"I012\n",
        b"I00\n",
        b"I01\n",
        b"I1_0\n",
        b"I 5\n",
        b"I5\0x\n",
        b"L5\n",
        b"L5L\n",
        b"L0x5L\n",
    ]
    numbers += [b"F1.5\n", b"F nan\n", b"Fx\n", b"Ix\n", b"K\x05", b"M\x05\x01", b"J\xff\xff\xff\xff", b"G" + bytes(8)]
    numbers += [
        b"\x8a\x01\x05",
        b"\x8a\x00",
        b"\x8b\x01\x00\x00\x00\x05",
        b"S'\\x41\\101\\\n'\n",
        b"S'a\n",
        b"Vu\\u0041\n",
    ]
    numbers += [b"Pid\n", b"\x82\x05", b"\x83\x05\x00", b"\x84\x05\x00\x00\x00", b"\x84\xff\xff\xff\xff"]
    numbers += [asm.proto(rng.randrange(7)), asm.frame(b"", rng.choice([0, 1, 5, 40])), asm.bytearray8(b"os")]
    return rng.choice(numbers)


def run(seed: int, *, seconds: float = 0.0, count: int = 0) -> tuple[int, list[str]]:
    """Number of streams compared, and disagreements. Ends after ``count`` streams or ``seconds``."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    started, done = time.monotonic(), 0
    with oracle() as asked:
        for data in streams(rng):
            problems = missed(data, asked.ask(data))
            done += 1
            if problems:
                return done, [f"{data!r}", *problems]
            if (count and done >= count) or (seconds and time.monotonic() - started >= seconds):
                return done, []
    return done, []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    done, problems = run(seed, seconds=options.seconds)
    sys.stdout.write(f"seed {seed}: {done} streams, {len(problems)} disagreements\n" + "\n".join(problems) + "\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
