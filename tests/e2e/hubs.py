"""Audits of whole repositories on a loopback Hub, for end-to-end stories."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from tests.loopback import LoopbackHub
from trustaudit.engine import audit_async
from trustaudit.hub.client import Hub
from trustaudit.report.model import ReportedFinding, TrustReport
from trustaudit.settings import Settings


def audited(hub: LoopbackHub, ref: str, **changes: Any) -> TrustReport:  # noqa: ANN401 - any setting
    """The report of one repository, without cache and without waiting between retries."""

    async def nap(_: float) -> None:
        await asyncio.sleep(0)

    async def run() -> TrustReport:
        settings = replace(Settings(), **{"endpoint": hub.endpoint, "use_cache": False, **changes})
        async with Hub(settings, sleep=nap) as client:
            return await audit_async(ref, settings=settings, hub=client)

    return asyncio.run(run())


def established(hub: LoopbackHub, owner: str = "lab") -> None:
    """A publisher nobody has reason to doubt, so that only the files decide."""
    hub.organization(owner, created="2021-01-01", followers=800, members=["ann"])


def model_of(hub: LoopbackHub, files: dict[str, Any], name: str = "lab/model") -> TrustReport:
    """The report of a model that consists of these files and a card."""
    established(hub, name.partition("/")[0])
    card = {"license": "apache-2.0", "library_name": "transformers"}
    text = "# A model\n\nTrained on public text; it maps sentences to vectors.\n" * 8
    hub.model(name, {"README.md": text, **files}, card=card, created="2022-01-01", author="ann")
    return audited(hub, name)


def at(report: TrustReport, path: str) -> list[ReportedFinding]:
    """The findings about one file."""
    return [finding for finding in report.findings if finding.location.path == path]
