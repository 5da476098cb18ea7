"""Modelfile that fetches a model or instructs it

## What it does
Reads Ollama's `Modelfile`: models taken from a registry or an address instead of this repository, paths that lead
out of the folder, and system texts that ask for secrecy, tell the model to ignore instructions, hold encoded text or
characters that cannot be seen.

## Why it matters
Building from the file gets weights that this audit has not seen, and puts its system text before every
conversation.

## Example
`FROM hf.co/somebody/another-model`

## How to fix
Audit the named model too. Read the system text before you build.

## References
- https://docs.ollama.com/modelfile
"""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.checks._config import LIKELY, MINOR, NOTE, ODD, WEAK, Weight, weighed
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="ollama-modelfile",
    title="Modelfile that fetches a model or instructs it",
    severity=Severity.LOW,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_KINDS = ("modelfile-source", "modelfile-text", "modelfile-hidden-character")
_TEXTS = {"secrecy": ODD, "override": ODD, "base64": WEAK, "html-comment": WEAK, "url": NOTE, "steering": NOTE}


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per instruction."""
    return bounded(META, weighed(META, snapshot, _KINDS, _weigh, "read the Modelfile before you build from it"))


def _weigh(_file: FileFacts, note: Observation) -> tuple[Weight, str] | None:
    if note.kind == "modelfile-text":
        return _TEXTS.get(note.get("sign"), WEAK), "part of every conversation"
    if note.kind == "modelfile-hidden-character":
        return (LIKELY if note.get("class") in ("tag", "bidi") else ODD), "characters that cannot be seen"
    if note.get("where") == "remote":
        return MINOR, "a model from elsewhere, which this audit has not seen"
    return (MINOR, "a path outside this repository") if note.get("escape") else None
