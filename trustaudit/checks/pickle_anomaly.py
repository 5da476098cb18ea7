"""A pickle is built as no library builds one

## What it does
Reports what honest writers never produce: a stream that breaks after it has imported something, frames that disagree
with the opcodes inside them, calls of what another call returned, attributes of modules or classes overwritten,
loaders fed with what is not a readable pickle, buffers that are not in the file, names with control characters, a
protocol switch in the middle, a computed magic number.

## Why it matters
A pickle runs while it is read: what stands before a broken opcode has already run. Differences between parsers are how
malicious files slip past scanners and still load.

## Example
A stream that calls a function and then ends in an invalid opcode: `torch.load` runs the call and only then fails.

## How to fix
Do not load the file. If it is your own, write it again with a current version of the library.

## References
- https://www.reversinglabs.com/blog/rl-identifies-malware-ml-model-hosted-on-hugging-face (nullifAI)
- GHSA-mxhj-88fx-4pcv, GHSA-9gvj-pp9x-gcfr, GHSA-97f8-7cmv-76j2
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks._pickle_judgement import CLASS_CONSTRUCTOR
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation, PickleGlobal
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.file_kinds import kind_of
from trustaudit.knowledge.pickle_globals import GlobalsTable, Grade, Level
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="pickle-anomaly",
    title="A pickle is built as no library builds one",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_HIGH = Weight(Severity.HIGH)
_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)
_CRITICAL = Weight(Severity.CRITICAL)

WEIGHTS = {
    "pickle-indirect-call": _LIKELY,
    "pickle-unknown-call": _LIKELY,
    "pickle-nested-opaque": _LIKELY,
    "pickle-attribute-overwrite": _HIGH,
    "pickle-foreign-mutation": Weight(Severity.MEDIUM, Confidence.LOW),
    "pickle-malformed-after-global": _LIKELY,
    "pickle-malformed": _LOW,
    "pickle-frame-mismatch": _HIGH,
    "pickle-proto-inside": _MEDIUM,
    "pickle-out-of-band": _MEDIUM,
    "pickle-name-characters": _LIKELY,
    "pickle-bad-argument": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "pickle-second-reading": _LIKELY,
    "pickle-trailing-stream": _LOW,
    "pickle-persistent-id": Weight(Severity.LOW, Confidence.LOW),
    "torch-legacy-magic-computed": _CRITICAL,
}

_TYPE_GETTERS = frozenset({"_builtin_type", "_load_type", "_get_attr", "_import_module"})
"""cloudpickle and dill fetch built-in types through these and then call them: their ordinary way."""

_CLASS_MAKERS = frozenset({"_make_skeleton_class", "_make_skeleton_enum", "_create_type", "_create_namedtuple"})
"""They rebuild a class whose definition lies in the file; NEWOBJ then makes an instance of it."""

_MAKES_INSTANCE = frozenset({"NEWOBJ", "NEWOBJ_EX"})


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file and anomaly."""
    table = context.knowledge.pickle_globals

    def adjust(file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
        if seen.kind == "pickle-indirect-call":
            return _indirect(seen, table)
        if seen.kind == "pickle-foreign-mutation":
            return _mutation(seen, weight, table)
        if seen.kind in ("pickle-malformed-after-global", "pickle-trailing-stream"):
            return _after_globals(file, seen, weight, table)
        if seen.kind == "pickle-malformed":
            return Weight(Severity.MEDIUM, Confidence.MEDIUM) if kind_of(file.path).runs_on_load else weight
        return weight

    return observed_findings(
        META, snapshot, WEIGHTS, adjust=adjust, remediation="do not load this file before its writer is known"
    )


def _indirect(seen: Observation, table: GlobalsTable) -> Weight | None:
    module, _, name = seen.get("callee").rpartition(".")
    judged = table.judge(module, name)
    if judged.grade is Grade.DESIGN:
        made = name in _CLASS_MAKERS and seen.get("opcode") in _MAKES_INSTANCE
        return None if made or name in _TYPE_GETTERS else _CRITICAL
    if name == "getattr" and CLASS_CONSTRUCTOR.fullmatch(seen.get("made_with")):
        return _LOW
    if judged.level is Level.DENY:
        return _MEDIUM if judged.grade is Grade.INDIRECT and name == "getattr" else _CRITICAL
    return _LIKELY


def _mutation(seen: Observation, weight: Weight, table: GlobalsTable) -> Weight | None:
    """Filling an object of a known class is how containers of libraries are stored."""
    module, _, name = seen.get("target").rpartition(".")
    return None if table.judge(module, name).level in (Level.DATA, Level.LIBRARY) else weight


def _after_globals(file: FileFacts, seen: Observation, weight: Weight, table: GlobalsTable) -> Weight | None:
    """A cut-off tensor file is broken, not hostile; the same after anything else counts fully."""
    concerned = [used for used in file.globals if used.member == seen.member]
    if seen.kind == "pickle-trailing-stream":
        later = [used for used in concerned if used.stream > 0 and not _is_data(used, table)]
        return Weight(Severity.MEDIUM, Confidence.MEDIUM) if later else None
    harmless = all(_is_data(used, table) for used in concerned)
    return Weight(Severity.MEDIUM, Confidence.MEDIUM) if harmless else weight


def _is_data(used: PickleGlobal, table: GlobalsTable) -> bool:
    return table.judge(used.module, used.name).level is Level.DATA
