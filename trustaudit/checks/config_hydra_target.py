"""Configuration that names a function to call

## What it does
Reads every JSON and YAML file for names that Hydra and its relatives import and call: `_target_`, `class_path`,
`target` beside `params`, the `!new:` and `!apply:` tags of SpeechBrain, metadata of weights, and MONAI's values that
start with `$` and are evaluated. Classes of known packages are ordinary and not reported.

## Why it matters
The caller of `instantiate` runs whatever dotted name stands in the file, with the arguments that stand beside it.
Libraries did so for models they downloaded.

## Example
`_target_: os.system`

## How to fix
Do not instantiate this configuration. For unknown packages, read what the named function does.

## References
- https://unit42.paloaltonetworks.com/rce-vulnerabilities-in-ai-python-libraries/
- CVE-2025-23304 (NeMo), CVE-2026-22584 (Uni2TS)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trustaudit.checks._config import (
    CERTAIN,
    DEFINITE,
    LIKELY,
    MINOR,
    ODD,
    WEAK,
    Weight,
    evidence,
    noted,
    place,
    weighed,
)
from trustaudit.checks._text import bounded, counted
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.import_targets import Target, import_targets
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="config-hydra-target",
    title="Configuration that names a function to call",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_ADVICE = "do not instantiate this configuration before you know what the named function does"
# Loaded without being asked: SpeechBrain's interface and Hydra's users. The other keys need a training script.
_AUTOMATIC = frozenset({"_target_", "!new", "!apply", "!name", "!module"})
_HARM = re.compile(
    r"\b(?:os\s{0,4}\.\s{0,4}(?:system|popen|exec\w{0,3}|spawn\w{0,3}|remove|unlink|fork)|subprocess|pty|socket|urllib"
    r"|requests|ctypes|marshal|pickle|builtins|importlib|runpy|shutil\s{0,4}\.\s{0,4}rmtree)\b"
    r"|\b(?:eval|exec|compile|__import__|getattr|setattr|open|globals|vars)\s{0,4}\(|__\w{2,30}__"
)
_SWITCH = re.compile(
    r"\bsetattr\s{0,4}\(\s{0,4}torch\.backends(?:\.\w{1,40}){0,3}\s{0,4},\s{0,4}[\"']\w{1,40}[\"']\s{0,4},"
    r"\s{0,4}(?:True|False|None|\d{1,9})\s{0,4}\)"
)
"""``$setattr(torch.backends.cudnn, 'benchmark', True)``: a line of every bundle of MONAI's model zoo."""


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per name and file; one for all expressions of a file."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    own = {entry.path.partition("/")[0].removesuffix(".py") for entry in snapshot.entries}

    def weigh(_file: FileFacts, note: Observation) -> tuple[Weight, str] | None:
        return _target(note, own)

    yield from weighed(META, snapshot, ("config-target", "metadata-target"), weigh, _ADVICE)
    yield from _expressions(snapshot)


def _target(note: Observation, own: set[str]) -> tuple[Weight, str] | None:
    name = note.get("target") or note.get("excerpt")
    target, why = import_targets().judge(name)
    if target is Target.DENIED:
        return DEFINITE, why
    if target is Target.FORWARDING:
        return ODD, why
    if "." not in name or target is Target.ORDINARY:
        return None  # a name without a module is looked up among the classes of the library that reads it
    if target is Target.STDLIB:
        return ODD, why
    # A function of an unknown package is called for what it does, a class for what it is.
    is_class = name.rpartition(".")[2][:1].isupper() or note.get("key") not in _AUTOMATIC
    reason = "code of this repository" if name.partition(".")[0] in own else why
    return (MINOR if is_class else WEAK), reason


def _expressions(snapshot: Snapshot) -> Iterator[Finding]:
    """That a configuration is evaluated is MONAI's design; what it says can still be harm."""
    for file in dict.fromkeys(file.path for file, _ in noted(snapshot, "config-expression")):
        pairs = [(facts, note) for facts, note in noted(snapshot, "config-expression") if facts.path == file]
        harmful = [(facts, note) for facts, note in pairs if _HARM.search(_SWITCH.sub("", note.get("text")))]
        facts, first = (harmful or pairs)[0]
        severity, confidence = (LIKELY if not _is_clear(first) else CERTAIN) if harmful else WEAK
        yield META.found(
            f"{counted(len(pairs), 'value')} that MONAI evaluates as Python",
            location=place(facts, first),
            severity=severity,
            confidence=confidence if harmful else Confidence.MEDIUM,
            evidence=evidence(first),
            remediation="read every value that starts with $ before you run this bundle",
            key="expressions",
        )


def _is_clear(note: Observation) -> bool:
    return (
        re.search(r"os\s{0,4}\.\s{0,4}(?:system|popen)|subprocess|__import__|\beval\b|\bexec\b", note.get("text"))
        is not None
    )
