"""Revision of a pull request

## What it does
Reports that the audited revision is a pull request (`refs/pr/N`), or a commit that only a pull request holds: its head,
or a commit by somebody new that is in the history of no branch.

## Why it matters
Anyone with an account can open a pull request on any public repository and put any file into it. Its commits
can be downloaded under the name of the repository at once, reviewed or not. The name of a trusted publisher
says nothing about them.

## Example
`from_pretrained("google-bert/bert-base-uncased", revision="refs/pr/42")` loads what a stranger uploaded.

## How to fix
Use the publisher's own branch, or wait until the pull request is merged. To look at one on purpose, add an
exception with a reason to the policy.

## References
- https://huggingface.co/docs/hub/repositories-pull-requests-discussions
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import value_of
from trustaudit.finding import Category, Finding, Location, Severity
from trustaudit.snapshot import Refs, Snapshot

META = CheckMeta(
    id="pull-request-revision",
    title="Revision of a pull request",
    severity=Severity.HIGH,
    category=Category.INTEGRITY,
)

_PULL_REQUEST = re.compile(r"(?:refs/)?pr/\d+(?:/.*)?", re.IGNORECASE)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """From the revision asked for, else from the refs where they are known."""
    revision = snapshot.ref.revision or ""
    request = revision if _PULL_REQUEST.fullmatch(revision) else _only_in_request(snapshot)
    if request:
        yield META.found(
            f"the audited revision is {request}, which the owner has not accepted",
            location=Location(field="revision"),
            evidence=f"revision: {revision or snapshot.commit}",
            remediation="use the publisher's own branch",
            key=request,
        )


def _only_in_request(snapshot: Snapshot) -> str:
    """The pull request whose head the pinned commit is, or what else it can only be; unless a branch or tag has it."""
    refs: Refs | None = value_of(snapshot.refs)
    if refs is None or not snapshot.commit:
        return ""
    if any(ref.target == snapshot.commit for ref in (*refs.branches, *refs.tags)):
        return ""
    heads = (ref.ref or ref.name for ref in refs.pull_requests if ref.target == snapshot.commit)
    unaccepted = "of no branch but, with its unknown author, of a pull request" if refs.accepted is False else ""
    return next(heads, unaccepted)
