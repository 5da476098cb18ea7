"""Copies of a chat template that differ

## What it does
Compares the chat templates of one repository: `chat_template.jinja`, `tokenizer_config.json` and their kind in one
folder, and those inside GGUF files. Layout, quotes, comments and dates do not count. Sentences that only one copy
has are reported; copies that differ in code only are a note. One quantization that says what its siblings do not
weighs more. The template that the Hub itself read from a GGUF file must be in one of them.

## Why it matters
The page of a model shows one template, and each engine uses another: transformers that of the tokenizer, llama.cpp
the one inside the file it loads. A template changed in a single quantization is not seen on the page.

## Example
`model-Q4_K_M.gguf` has a sentence about links that `model-Q8_0.gguf` and `chat_template.jinja` do not have.

## How to fix
Give the engine the template you have read (`--chat-template-file`), or use another quantization.

## References
- https://www.pillar.security/blog/llm-backdoors-at-the-inference-level-the-threat-of-poisoned-templates
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from trustaudit.checks._templates import Template, Weight, each_template, judged
from trustaudit.checks._text import counted, listed, shortened
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="template-mismatch",
    title="Copies of a chat template that differ",
    severity=Severity.MEDIUM,
    category=Category.INTEGRITY,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_ODD_ONE_OUT = Weight(Severity.HIGH, Confidence.MEDIUM)
_OTHER_WORDS = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_OTHER_PURPOSE = Weight(Severity.LOW, Confidence.MEDIUM)
_OTHER_CODE = Weight(Severity.INFO, Confidence.MEDIUM)

_DEFAULTS = frozenset({"", "chat_template", "chat_template.default", "tokenizer.chat_template"})
_HF_FILES = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json", "processor_config.json")
_SIBLINGS = 3
# What tells quantizations and parts of one model apart: Q4_K_M, IQ2_XXS, BF16, UD-…, 00001-of-00003.
_QUANTIZATION = re.compile(
    r"[-._](?:ud[-._])?(?:i?q\d\w{0,12}(?:[-._](?:k|s|m|l|xl|xs|xxs|nl|\d)){0,3}|b?f(?:p)?\d{1,2}|mxfp4\w{0,8}|tq\d\w{0,6})"
    r"|[-._]\d{5}-of-\d{5}|[-._](?:imat|imatrix)\b",
    re.IGNORECASE,
)


class _Copy(Struct, frozen=True):
    """One file's default template."""

    template: Template
    fingerprint: str
    sentences: frozenset[str]

    @property
    def path(self) -> str:
        return self.template.path


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """One finding per copy that differs from what it is compared with."""
    copies = [_copy(template) for template in each_template(snapshot) if template.member in _DEFAULTS]
    return judged(META, snapshot, (*_findings(copies), *_page(snapshot)))


def _page(snapshot: Snapshot) -> Iterator[Finding]:
    """The template that the Hub read from a GGUF file itself and shows on the page: one of the files must hold it."""
    info = snapshot.repo_info
    shown = _compact(info.gguf.chat_template) if info and info.gguf else ""
    held = {
        file.path: [_compact(note.get("template")) for note in file.observations if note.kind == "gguf-template"]
        for file in snapshot.file_facts
        if file.format == "gguf"
    }
    some = [path for path, templates in held.items() if templates]
    if shown and some and not any(text.startswith(shown) for templates in held.values() for text in templates):
        yield META.found(
            "the chat template that the Hub shows for the GGUF files is in none of them",
            location=Location(path=some[0]),
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            evidence=f"{counted(len(some), 'GGUF file')} with a template looked at: {listed(some, 3)}",
            remediation="read the template inside the file you load; it is the one that engines use",
            key="page",
        )


def _compact(text: str) -> str:
    return "".join(text.split())


def _copy(template: Template) -> _Copy:
    summary = template.summary
    said = frozenset(line for line in summary.get("sentences").split("\n") if line)
    return _Copy(template, summary.get("fingerprint"), said)


def _findings(copies: list[_Copy]) -> Iterator[Finding]:
    files = [copy for copy in copies if copy.path.endswith(_HF_FILES)]
    for folder in sorted({_folder(copy) for copy in files}):
        here = sorted((copy for copy in files if _folder(copy) == folder), key=_priority)
        yield from (
            _differing(copy, here[0], _file_weight(copy, here[0])) for copy in here[1:] if _differs(copy, here[0])
        )
    yield from _quantizations(copies, files)


def _folder(copy: _Copy) -> str:
    return copy.path.rpartition("/")[0]


def _priority(copy: _Copy) -> int:
    """The order in which transformers looks for a template."""
    return next(index for index, name in enumerate(_HF_FILES) if copy.path.endswith(name))


def _file_weight(*copies: _Copy) -> Weight:
    """Of a model for pictures, the processor's template may honestly say something else than the tokenizer's."""
    processors = ("chat_template.json", "processor_config.json")
    return _OTHER_PURPOSE if any(copy.path.endswith(processors) for copy in copies) else _OTHER_WORDS


def _quantizations(copies: list[_Copy], files: list[_Copy]) -> Iterator[Finding]:
    families: dict[str, list[_Copy]] = {}
    for copy in copies:
        if copy.path.lower().endswith(".gguf"):
            families.setdefault(_QUANTIZATION.sub("", copy.path.lower()), []).append(copy)
    for family in families.values():
        usual = _most_common(family)
        yield from (_odd_one(copy, usual, family) for copy in family if _differs(copy, usual))
        shown = min((copy for copy in files if not _folder(copy)), key=_priority, default=None)
        if shown is not None and _differs(usual, shown):
            yield _differing(usual, shown, _OTHER_WORDS)


def _most_common(family: list[_Copy]) -> _Copy:
    counts = Counter(copy.fingerprint for copy in family)
    return max(family, key=lambda copy: counts[copy.fingerprint])


def _odd_one(copy: _Copy, usual: _Copy, family: list[_Copy]) -> Finding:
    alike = sum(other.fingerprint == copy.fingerprint for other in family)
    alone = len(family) >= _SIBLINGS and alike * _SIBLINGS <= len(family)
    return _differing(copy, usual, _ODD_ONE_OUT if alone else _OTHER_WORDS)


def _differs(copy: _Copy, other: _Copy) -> bool:
    return copy.fingerprint != other.fingerprint


def _differing(copy: _Copy, other: _Copy, weight: Weight) -> Finding:
    """Words weigh; code without new words is how engines fix templates."""
    added, missing = copy.sentences - other.sentences, other.sentences - copy.sentences
    if not added and not missing:
        weight = _OTHER_CODE
    what = "says something else than" if added or missing else "differs in code from"
    return META.found(
        f"the chat template of {copy.path} {what} that of {other.path}",
        location=copy.template.location(None),
        severity=weight.severity,
        confidence=weight.confidence,
        evidence=_sentences(copy.path, added) + _sentences(other.path, missing) or "no sentence differs",
        remediation="give the engine the template you have read",
        key=copy.path,
    )


def _sentences(path: str, only: Iterable[str]) -> str:
    found = sorted(only)
    return f"only in {path}: {listed((shortened(text) for text in found), 3)}. " if found else ""
