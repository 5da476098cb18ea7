"""Configuration that decides what only the caller should

## What it does
Reports keys in any configuration, however deep, by which a model answers for its user: internal attention and
experts implementations that name a repository of kernels, kernels of owners other than `kernels-community`, and
`trust_remote_code: true` inside a part of the configuration that names code or another repository.

## Why it matters
Loaders have taken such keys from the file and downloaded and run code although `trust_remote_code` was off.

## Example
`{"_attn_implementation_internal": "somebody/kernel"}`

## How to fix
Do not load the model with an affected version (see the references), or remove the key from a copy you have read.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2026-4372 (attention kernels, transformers 4.56 up to 5.3.0)
- https://nvd.nist.gov/vuln/detail/CVE-2026-5241 (nested trust_remote_code)
"""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.checks._config import CERTAIN, DEFINITE, LIKELY, MINOR, NOTE, ODD, WEAK, Weight, weighed
from trustaudit.checks._owner import found_id, owner_of
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="config-bypass",
    title="Configuration that decides what only the caller should",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_KERNEL_OWNERS = frozenset({"kernels-community"})


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per key."""
    own = owner_of(found_id(snapshot)).casefold()

    def weigh(file: FileFacts, note: Observation) -> tuple[Weight, str]:
        sign = note.get("sign")
        if sign.startswith("trust-"):
            return _trust(file, sign)
        owner = owner_of(note.get("value").partition("@")[0].partition(":")[0]).rpartition("|")[2].casefold()
        return _kernel(sign, owner, own)

    advice = "do not load this model before you read the key"
    return bounded(META, weighed(META, snapshot, ("config-override",), weigh, advice))


def _trust(file: FileFacts, sign: str) -> tuple[Weight, str]:
    if sign != "trust-nested-near-code":
        weight = MINOR if sign == "trust-nested" else NOTE
        return weight, "loaders ask their caller, not the file"
    if any(load.declared_in.startswith("auto_map") for load in file.loads):
        return WEAK, "the model needs trust_remote_code anyway, and answers for a part of itself"
    return LIKELY, "a part of the model that names code answers for the caller"


def _kernel(sign: str, owner: str, own: str) -> tuple[Weight, str]:
    internal = sign.endswith("-internal")
    if owner in _KERNEL_OWNERS:
        return (ODD if internal else NOTE), "native code of the Hub's own collection of kernels"
    if internal:
        return DEFINITE, "an internal setting that no file sets honestly; code of that repository runs unasked"
    if owner and owner == own:
        return ODD, "native code from another repository of the same owner"
    reason = "native code from a repository of somebody else runs when the model is loaded"
    return (CERTAIN if sign == "kernel" else ODD), reason
