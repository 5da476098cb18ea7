"""Whether ``torch.load(weights_only=True)`` would load a pickle, and if not, because of what.

The rules are those of torch's restricted unpickler (``pickle/weights_only.toml`` names the
version). It decides by names, opcodes and the types that BUILD and SETITEM work on; whether
the values fit together is not judged here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from msgspec import Struct

from trustaudit.filefacts import Observation, PickleGlobal

_FATAL = {
    "pickle-malformed": "the stream is broken",
    "pickle-malformed-after-global": "the stream is broken",
    "pickle-bad-argument": "an argument cannot be read",
    "pickle-persistent-id": "a persistent id that is no tensor storage",
    "pickle-attribute-overwrite": "an imported object itself is changed",
    "pickle-indirect-call": "what a call returned is called",
    "pickle-unknown-call": "something without a name is called",
}
"""Observations that make it refuse, in words."""

_OPCODES = "pickle-opcodes"
_SETTING = ("SETITEM", "SETITEMS")
_PLAIN_ONLY = ("APPEND", "APPENDS", "ADDITEMS")


class Rules(Struct, frozen=True):
    """The table: full names, opcodes, and what may be built and filled."""

    names: frozenset[str]
    opcodes: frozenset[str]
    blocked: frozenset[str]
    buildable: tuple[str, ...]
    settable: frozenset[str]


@cache
def load_rules() -> Rules:
    """The packaged table, once per process."""
    text = (resources.files("trustaudit.knowledge") / "pickle" / "weights_only.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Rules(
        names=frozenset(f"{module}.{name}" for module, names in table["globals"].items() for name in names),
        opcodes=frozenset(table["opcodes"]),
        blocked=frozenset(table["blocked"]),
        buildable=tuple(table["buildable"]),
        settable=frozenset(table["settable"]),
    )


def weights_only(used: Iterable[PickleGlobal], observations: Iterable[Observation]) -> tuple[bool, tuple[str, ...]]:
    """Whether the pickle loads, and every reason why not, each said once.

    ``used`` and ``observations`` are those of one pickle; what is nested in its constants
    does not count, as the restricted unpickler never loads it.
    """
    rules = load_rules()
    reasons = [reason for entry in used if entry.depth == 0 for reason in _name_reasons(entry, rules)]
    for seen in observations:
        if seen.kind == _OPCODES:
            reasons += _opcode_reasons(seen, rules)
        elif seen.kind in _FATAL:
            reasons.append(_FATAL[seen.kind])
    return not reasons, tuple(dict.fromkeys(reasons))


def _name_reasons(entry: PickleGlobal, rules: Rules) -> Iterator[str]:
    if entry.module is None or entry.name is None:
        yield "a name that is not a constant"
    elif entry.module in rules.blocked or entry.qualified not in rules.names:
        yield f"it names {entry.qualified}"


def _opcode_reasons(seen: Observation, rules: Rules) -> list[str]:
    reasons = [f"opcode {name}" for name in seen.get("opcodes").split() if name not in rules.opcodes]
    built = _targets(seen, "BUILD")
    reasons += [f"BUILD on {target}" for target in built if not _matches(target, rules.buildable)]
    for opcode in _SETTING:
        reasons += [f"{opcode} on {target}" for target in _targets(seen, opcode) if target not in rules.settable]
    for opcode in _PLAIN_ONLY:
        reasons += [f"{opcode} on {target}" for target in _targets(seen, opcode)]
    return reasons


def _matches(target: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(target, pattern) for pattern in patterns)


def _targets(seen: Observation, opcode: str) -> list[str]:
    return [target for target in seen.get(f"on_{opcode}").split("\n") if target]
