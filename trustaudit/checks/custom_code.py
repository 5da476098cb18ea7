"""Model that needs its own code

## What it does
Reports models that only load with `trust_remote_code=True`: `auto_map` in any configuration file, custom pipelines, a
custom class that the Hub detected, or the `custom_code` tag. Names the Python files that would be imported. Other
Python files are a note; code for `custom_generate` counts, because `generate()` can load it.

## Why it matters
With `trust_remote_code=True` the files are imported: whatever they say is run, with all rights of the caller.
One to four percent of models need it, among them many well-known ones. So it asks for a look, not for a refusal.

## Example
```json
{"auto_map": {"AutoModel": "modeling_acme.AcmeModel"}}
```

## How to fix
Read the named files at the audited commit, then pin it for the weights and the code alike
(`revision=…, code_revision=…`). Newer library versions often support the architecture without extra code.

## References
- https://huggingface.co/docs/transformers/custom_models
- https://arxiv.org/abs/2601.14163 (custom code on model hubs)
- https://nvd.nist.gov/vuln/detail/CVE-2025-66448 (vLLM ignored the flag)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._code_graph import Standing, files_that_run
from trustaudit.checks._code_references import CodeReference, code_references
from trustaudit.checks._files import listing_is_whole, seen_files
from trustaudit.checks._text import bounded, counted, listed
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="custom-code",
    title="Model that needs its own code",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    applies_to=frozenset({RepoType.MODEL}),
    local=True,
)

_TAGS = Location(field="tags")
_GENERATE = "custom_generate/generate.py"


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """What is declared, then what lies there. Without a file list "nothing lies there" is not known."""
    findings = tuple(_findings(snapshot))
    for fact in (snapshot.info, snapshot.files):
        if not findings and isinstance(fact, Unavailable):
            return CheckResult.unavailable(META.id, fact)
    return CheckResult.of(META.id, findings)


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    references = code_references(snapshot)
    sources = [seen.path for seen in seen_files(snapshot) if seen.kind is FileKind.PYTHON]
    own = [r for r in references if not r.repo and r.is_well_formed]
    named = sorted({path for r in own if (path := r.lies_in(set(sources)))})
    if references or (snapshot.repo_info and "custom_code" in snapshot.repo_info.tags):
        yield _needed(references, named or sources, _that_runs(snapshot))
    yield from bounded(META, _malformed(references))
    missing = sorted({r.module_file for r in own if not r.lies_in(set(sources))})
    if missing and listing_is_whole(snapshot):
        yield _missing(missing)
    if _GENERATE in sources:
        yield _generate()
    run = {item.path for item in files_that_run(snapshot)}
    loose = [path for path in sources if path not in run and path not in named and path != _GENERATE]
    if loose:
        yield _loose(loose)


def _that_runs(snapshot: Snapshot) -> list[str]:
    """``modeling_x.py (sha256:…)``: what would run, with the files that the named ones import."""
    loaded = (item for item in files_that_run(snapshot) if item.standing is Standing.LOADED)
    return [f"{item.path} ({item.digest})" if item.digest else item.path for item in loaded]


def _needed(references: tuple[CodeReference, ...], files: list[str], runs: list[str]) -> Finding:
    what = f"runs {listed(files)}" if files else "runs code from the Hub"
    return META.found(
        f"loading needs trust_remote_code=True and {what}",
        location=references[0].location if references else Location(path=files[0]) if files else _TAGS,
        confidence=Confidence.HIGH,
        evidence="; would run: ".join(part for part in (_declared(references), listed(runs)) if part),
        remediation="read these files, then pin weights and code to the audited commit (revision, code_revision)",
        key="needed",
    )


def _declared(references: tuple[CodeReference, ...]) -> str:
    return listed(f"{r.key}: {r.text}" for r in references) or "tag: custom_code"


def _malformed(references: tuple[CodeReference, ...]) -> Iterator[Finding]:
    for reference in references:
        if reference.is_well_formed:
            continue
        escapes = reference.leaves_the_folder
        yield META.found(
            "auto_map names something that is no module.Class" + (" but a path" if escapes else ""),
            location=reference.location,
            severity=Severity.HIGH if escapes else Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            evidence=f"{reference.key}: {reference.text}"[:200],
            remediation="do not load this model with trust_remote_code=True",
            key=f"malformed:{reference.key}",
        )


def _missing(names: list[str]) -> Finding:
    return META.found(
        f"auto_map names {listed(names)}, which is not in the repository",
        location=Location(field="config.auto_map"),
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        key="missing",
    )


def _generate() -> Finding:
    return META.found(
        "generate(custom_generate=…) would run this file",
        location=Location(path=_GENERATE),
        confidence=Confidence.MEDIUM,
        remediation="read the file before you pass trust_remote_code=True to generate()",
        key="generate",
    )


def _loose(paths: list[str]) -> Finding:
    return META.found(
        f"{counted(len(paths), 'Python file')} that loading does not name",
        location=Location(path=paths[0]),
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        evidence=listed(paths),
        key="loose",
    )
