"""YAML file that builds Python objects

## What it does
Reports `!!python/…` tags: which function or class they name, and whether they call it. Tags of plain values (tuples,
texts, numbers) are a note.

## Why it matters
`yaml.load` with an unsafe loader calls what such a tag names. The file is a program for everyone who loads it so.

## Example
`x: !!python/object/apply:os.system ["true"]`

## How to fix
Load the file with `yaml.safe_load`, which refuses these tags, or not at all.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2020-14343 (PyYAML)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from trustaudit.checks._config import DEFINITE, LIKELY, NOTE, ODD, Weight, weighed
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Finding, Severity
from trustaudit.knowledge.import_targets import Target, import_targets
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="yaml-tag",
    title="YAML file that builds Python objects",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_PLAIN = frozenset(
    {"tuple", "list", "dict", "str", "unicode", "bytes", "int", "long", "float", "complex", "bool", "none", "set"}
)
# Detectron2 has lists of numbers computed this way; what it can say with these words is harmless.
_ARITHMETIC = re.compile(r"(?:[\d\s.+*/%(),\[\]-]|\b(?:for|in|range|int|float|round|min|max|[a-z])\b)+")


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per tag and file."""
    return bounded(
        META, weighed(META, snapshot, ("config-python-tag",), _weigh, "load this file with yaml.safe_load only")
    )


def _weigh(_file: FileFacts, note: Observation) -> tuple[Weight, str]:
    verb, _, name = unquote(note.get("tag").rpartition("python/")[2]).partition(":")
    if verb in _PLAIN:
        return NOTE, "a plain value"
    if name in ("eval", "builtins.eval") and verb.endswith("apply") and _ARITHMETIC.fullmatch(note.get("argument")):
        return ODD, "evaluates arithmetic"
    target, why = import_targets().judge(
        name if "." in name else f"{name}.*" if verb == "module" else f"builtins.{name}"
    )
    if target is Target.DENIED:
        return DEFINITE, why
    if target is Target.ORDINARY or name.startswith("__main__."):
        return ODD, "an object of a known package" if target is Target.ORDINARY else why
    return LIKELY, why
