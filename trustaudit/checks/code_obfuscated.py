"""Source code that hides what it does

## What it does
Reports names that are spelled out at run time (`getattr(os, "sy" + "stem")`), walks from a literal to `__globals__`,
identifiers made to be confused, text direction controls and invisible characters, code far to the right of the screen,
packed lines, code protectors, and long encoded literals.

## Why it matters
Source is shared to be read. What these tricks have in common is that a reader sees something else than Python does.

## Example
`getattr(__import__("o" + "s"), "sys" + "tem")("…")`

## How to fix
Do not run what you cannot read.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2021-42574 (Trojan Source)
- https://attack.mitre.org/techniques/T1027/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import MAIN, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-obfuscated",
    title="Source code that hides what it does",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_CERTAIN = Weight(Severity.HIGH)
_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)
_SIGNS: dict[str, tuple[str, Weight]] = {
    "spelled-name": ("calls a function that it looks up by text", _LIKELY),
    "computed-name": ("calls a function of the system whose name is made at run time", _LIKELY),
    "object-walk": ("climbs from an object to the interpreter's internals", _LIKELY),
    "alias-chain": ("renames functions over and over", _MEDIUM),
    "bidi": ("holds text direction controls, so that it reads differently than it runs", _LIKELY),
    "tag-characters": ("holds text in characters that are never shown", _LIKELY),
    "invisible": ("holds invisible characters", _MEDIUM),
    "look-alike-names": ("uses names that cannot be told apart", _CERTAIN),
    "coded-names": ("uses names made by an obfuscator", _LIKELY),
    "mixed-alphabets": ("uses names that mix alphabets of the same look", _LIKELY),
    "styled-name": ("uses names in letters that Python reads as others", _CERTAIN),
    "protector": ("was made unreadable by a code protector", _LIKELY),
    "far-right": ("has code far to the right, out of sight", _LIKELY),
    "packed": ("has many statements packed into one line", _MEDIUM),
    "long-line": ("has code in a very long line", _MEDIUM),
    "blob": ("holds a long encoded text", _LOW),
}


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per sign and file, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "obfuscation", "encoding"):
        if fact.note.kind == "python-encoding":
            message, weight = f"is written in the encoding {fact.note.get('encoding')}", _LIKELY
        else:
            message, weight = _SIGNS.get(fact.what, (fact.what, _MEDIUM))
        severity = fact.weighed(weight.severity, loose=1)
        if severity is not Severity.INFO and fact.phase != MAIN:
            yield code_finding(META, fact, message, severity, weight.confidence)
