"""Well-known honest repositories, as the Hub described them, must pass under the default thresholds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.builders import make_publisher, make_snapshot
from trustaudit.checks import all_checks
from trustaudit.checks.interface import Context
from trustaudit.finding import Outcome, Severity
from trustaudit.hub import convert, wire
from trustaudit.knowledge import Knowledge
from trustaudit.snapshot import FileList, Snapshot

ROOT = Path(__file__).parent.parent.parent
RECORDED = Path(os.environ.get("TRUSTAUDIT_RECORDED", ROOT.parent / "shared" / "recorded"))
ABOUT = {"hfd-spaces": "spaces/", "hfd-datasets": "datasets/"}
FILES = sorted([*RECORDED.glob("hfhub-vcr-models__*.json"), *RECORDED.glob("hfd-*.info.json")])

pytestmark = pytest.mark.skipif(not FILES, reason="no recordings on this machine")


def snapshot_of(file: Path) -> Snapshot | None:
    """The info answer as a snapshot; names of files come from it, everything else is ordinary."""
    body = json.loads(file.read_text(encoding="utf-8"))["response"]["body"]
    if "siblings" not in body:
        return None
    found = wire.WireInfo.model_validate(body)
    info = convert.repo_info(found)
    listing = FileList(entries=convert.siblings(found).entries)
    kind = next((prefix for start, prefix in ABOUT.items() if file.name.startswith(start)), "")
    return make_snapshot(f"{kind}{info.id}", info=info, files=listing, publisher=make_publisher(name=info.author))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_honest_repositories_give_notes_at_most(file: Path) -> None:
    snapshot = snapshot_of(file)
    if snapshot is None:
        pytest.skip("an answer without files")
    for check in all_checks():
        result = check(snapshot, Context(knowledge=Knowledge()))
        assert result.outcome is not Outcome.ERROR, result.reason
        # A dataset with a loading script runs code, however honest: that one deserves its question.
        loud = [f for f in result.findings if f.severity.rank > Severity.LOW.rank and f.rule != "dataset-script"]
        assert loud == [], check.meta.id
