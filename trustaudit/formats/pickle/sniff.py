"""Does this look like a pickle? Protocol 0 and 1 have no magic, so a bounded parse decides."""

from __future__ import annotations

import re

from trustaudit.filefacts import PickleGlobal, Use
from trustaudit.formats.interface import Limits
from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.machine import Ending, PickleMachine
from trustaudit.formats.pickle.opcodes import OPCODES
from trustaudit.formats.pickle.values import is_importable

MAX_OPCODES = 2000
"""Opcodes without a fault that prove a pickle; text never gets that far."""

ENOUGH = 24
"""As many, when what is at hand ends in the middle of the stream."""

FEW = 3
"""As many prove nothing when the data ends there: a list of three words may read like that."""

ENOUGH_MODERN = 8
"""As many behind PROTO, when a fault follows."""

MAX_CHAIN = 4
"""Harmless tiny pickles that may precede the one that matters."""

MIN_HEAD = 16
"""Fewer bytes than this behind PROTO prove nothing either way."""

MIN_KINDS = 4
"""Different opcodes among them: a run of one letter is no pickle."""

MAX_PENDING = 64 * 1024 * 1024
"""Longest constant at the start of a pickle without PROTO; letters, or three and a newline, read as a size are more."""

_HEAD = 64 * 1024
_PROTO = 0x80
_LIMITS = Limits(opcodes=MAX_OPCODES, nesting=0)
_CONTAINER = re.compile(rb"(?:\((?:p\d+\n|[ldt]p\d+\n|[ldt]q.)|[\]})]q.|[\]}\x8f]\x94)", re.DOTALL)
_LETTERS_AS_INDEX = re.compile(rb"c[^\n]{1,200}\n[^\n]{1,200}\nr[ -~]{4}\.")
"""Lines of words: "right." is also LONG_BINPUT at an index above 500 million, which takes 8 GB, and STOP."""

_SHORT_BYTES = (b"C", b"B")
"""Of protocol 3, which starts with PROTO: by itself a letter and, by chance, a full stop at its distance."""
_BY_NAME = ("GLOBAL", "INST")


def looks_like_pickle(head: bytes, *, complete: bool) -> bool:
    """Whether ``head``, the first bytes of a file (all of it when ``complete``), starts a pickle.

    64 KiB are plenty, a few hundred bytes usually enough. Text, JSON, images and the
    headers of other model formats are not pickles.
    """
    complete = complete and len(head) <= _HEAD
    head = head[:_HEAD]
    for _ in range(MAX_CHAIN):
        if not head or head[0] not in OPCODES:
            return False
        machine = _parsed(head, complete=complete)
        verdict = _modern(machine, head, complete=complete) if head[0] == _PROTO else _old(machine, head)
        if verdict is not None:
            return verdict
        head = machine.unread
    return True


def may_go_on(head: bytes, size: int) -> bool:
    """Whether ``head`` can be the start of a pickle that acts beyond it: no fault up to here, and more to come.

    Weaker than ``looks_like_pickle``: padding without effect and one long constant prove nothing either way.
    A short file has more to come too, where it holds more opcodes than are looked at.
    """
    if not head or head[0] not in OPCODES:
        return False
    machine = _parsed(head[:_HEAD], complete=False)
    faulty = any(seen.kind == "pickle-bad-argument" for seen in machine.facts.observations)
    if faulty or machine.ending not in (None, Ending.LIMIT):
        return False
    following = machine.position if machine.ending is Ending.LIMIT else machine.wanted
    return following < size and _can_import(machine.facts)


def _parsed(head: bytes, *, complete: bool) -> PickleMachine:
    # Stream 1: what follows another pickle may use its memo. Without PROTO that would let too much text pass.
    machine = PickleMachine(PickleFacts(_LIMITS), stream=int(head[0] == _PROTO))
    machine.feed(head)
    if complete:
        machine.close()
    return machine


def _modern(machine: PickleMachine, head: bytes, *, complete: bool) -> bool:
    """PROTO first: nothing but a pickle goes on with valid opcodes."""
    match machine.ending:
        case Ending.STOP | Ending.LIMIT:
            return True
        case Ending.MALFORMED:
            return machine.names_seen or machine.opcodes >= ENOUGH_MODERN
        case _:
            return machine.opcodes > 1 or (not complete and len(head) < MIN_HEAD)


def _old(machine: PickleMachine, head: bytes) -> bool | None:
    """Protocol 0 or 1: every letter is an opcode, so a fault speaks against it. None: ask what follows."""
    facts = machine.facts
    faulty = any(seen.kind == "pickle-bad-argument" for seen in facts.observations)
    faulty |= not _can_import(facts) and (machine.ending is not Ending.STOP or bool(machine.unread.strip()))
    faulty |= not _acts(facts) and _LETTERS_AS_INDEX.match(head) is not None
    if faulty or _acts(facts):
        return not faulty
    enough = machine.opcodes >= ENOUGH and machine.opcode_kinds >= MIN_KINDS
    match machine.ending:
        case Ending.STOP:
            return enough or machine.names_seen or _ended(machine, head)
        case Ending.LIMIT:
            return enough
        case Ending.MALFORMED:
            return False
        case _ if machine.reaches - len(head) > MAX_PENDING:
            return False
        case _:
            few = FEW if machine.ending is not None else 1
            begun = machine.names_seen and machine.opcodes > few
            return enough or begun or (_CONTAINER.match(head) is not None and machine.opcodes > 1)


def _ended(machine: PickleMachine, head: bytes) -> bool | None:
    """A tiny pickle without names: one by itself if nothing follows, and its first letter is no chance."""
    return None if machine.unread.strip() else head[:1] not in _SHORT_BYTES


def _can_import(facts: PickleFacts) -> bool:
    """Whether loading gets past the first name: lines that start with "c" read as imports of names that cannot exist.

    No pickle can act before it has a name, so an import that fails ends it harmlessly.
    """
    first = min(facts.globals, key=lambda entry: entry.offset, default=None)
    return first is None or first.opcode not in _BY_NAME or _importable(first)


def _acts(facts: PickleFacts) -> bool:
    """Whether something is called or changed, under a name that could be imported."""
    if any(seen.kind == "pickle-attribute-overwrite" for seen in facts.observations):
        return True
    used = [entry for entry in facts.globals if entry.use is not Use.REFERENCED]
    return any(entry.opcode not in _BY_NAME or _importable(entry) for entry in used)


def _importable(entry: PickleGlobal) -> bool:
    return all(name is None or is_importable(name) for name in (entry.module, entry.name))
