"""Running the demo: replay the bundled recording through the real pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib import resources
from pathlib import Path

from trustaudit.cli.output import write_text
from trustaudit.cli.run import Request, write_document
from trustaudit.demo import REFS, SHOWN_IN_FULL
from trustaudit.engine import audit_many_async
from trustaudit.errors import UsageError
from trustaudit.policy.model import Policy, load_policy
from trustaudit.report.build import build_document
from trustaudit.report.model import Document, TrustReport
from trustaudit.settings import Settings

_INTRODUCTION = (
    f"The example Hub has {len(REFS)} repositories; nothing is asked of any network.\n"
    "One of them in full, then all of them. `trustaudit demo REPO` shows any other.\n"
)


def run_demo(repo: str | None, *, verbose: bool) -> None:
    """All repositories in a table and one in full, or the one that was asked for."""
    if repo is not None and repo not in REFS:
        raise UsageError(f"{repo!a} is not on the example Hub", advice=f"one of: {', '.join(REFS)}")
    policy = load_policy("default")
    if repo is not None:
        write_document(_document([repo], policy), Request(verbose=verbose))
        return
    document = _document(REFS, policy)
    shown = next(report for report in document.reports if report.repo.id == SHOWN_IN_FULL)
    write_text(_INTRODUCTION + "\n", None)
    write_document(build_document([shown], policy), Request(verbose=verbose))
    write_document(document, Request(quiet=True))


def _document(refs: Sequence[str], policy: Policy) -> Document:
    with ExitStack() as stack:
        folder = stack.enter_context(resources.as_file(resources.files("trustaudit.demo") / "recording"))
        return build_document(asyncio.run(_audit(refs, policy, folder)), policy)


async def _audit(refs: Sequence[str], policy: Policy, folder: Path) -> list[TrustReport]:
    settings = replace(Settings(), endpoint=Settings().endpoint, use_cache=False, replay=folder)
    return [report async for report in audit_many_async(refs, policy=policy, settings=settings)]
