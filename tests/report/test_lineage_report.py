from __future__ import annotations

import json
import re

import pytest

from tests.builders import make_info, unavailable
from tests.checks.lined import ancestor, descended, licensed, worse
from tests.report import reporting
from trustaudit.engine import judge
from trustaudit.facts import Known, NotApplicable, Reason
from trustaudit.finding import Severity
from trustaudit.report.as_table import as_table
from trustaudit.report.lineage import lineage_lines
from trustaudit.report.lineage_graph import LINEAGE_FORMATS, lineage_text
from trustaudit.report.model import TrustReport
from trustaudit.report.style import Style
from trustaudit.snapshot import RepoInfo

HOSTILE = 'a/b"]\n<script>\x1b[31m`|#'


def report() -> TrustReport:
    """A merge of two, one of which has a parent, a dataset that is gone, and a circle."""
    gated = Known[RepoInfo](value=make_info(id="g/base", gated="manual"))
    return judge(
        descended(
            licensed("a/left", "apache-2.0", relation="merge"),
            ancestor("b/right", relation="merge", verdict="block", findings=(worse(Severity.CRITICAL),)),
            ancestor(
                "d/rows", relation="dataset", type="dataset", found=unavailable(Reason.MISSING_OR_PRIVATE), verdict=""
            ),
            ancestor("g/base", 2, "a/left", found=gated, verdict="incomplete", beyond=True),
            ancestor("org/model", 2, "b/right", found=NotApplicable(why="back"), circular=True, verdict=""),
        )
    )


def test_the_tree() -> None:
    assert lineage_lines(report()) == [
        "merge a/left: pass, apache-2.0",
        "  finetune g/base: incomplete, gated, apache-2.0 · its own parents were not looked at",
        "merge b/right: block, apache-2.0 · critical pickle-dangerous-call",
        "  finetune org/model: closes a circle",
        "dataset d/rows: missing-or-private",
    ]


def test_ways_lead_from_the_audited_repository() -> None:
    ways = {item.id: item.path for item in report().lineage}
    assert ways["g/base"] == ("org/model", "a/left", "g/base")
    assert ways["org/model"] == ("org/model", "b/right", "org/model")


@pytest.mark.parametrize("output_format", sorted(LINEAGE_FORMATS))
def test_every_repository_is_in_every_graph(output_format: str) -> None:
    text = lineage_text([report(), report()], output_format)
    assert all(name in text for name in ("a/left", "b/right", "g/base", "d/rows", "org/model"))


@pytest.mark.parametrize("output_format", ["tree", "mermaid", "graphviz"])
def test_hostile_names_stay_inside_their_quotes(output_format: str) -> None:
    odd = judge(descended(ancestor(HOSTILE, declared_in=HOSTILE, relation=HOSTILE)))
    text = lineage_text([odd], output_format)
    assert "\x1b" not in text
    assert "<script>" not in text or output_format != "mermaid"
    if output_format == "graphviz":
        assert all(len(re.findall(r'(?<!\\)"', line)) % 2 == 0 for line in text.splitlines())
    if output_format == "mermaid":
        assert all(line.count('"') in (0, 2) for line in text.splitlines())


def test_json_is_json() -> None:
    made = json.loads(lineage_text([report()], "json"))
    assert {"parent": "a/left", "child": "org/model", "relation": "merge"} in made["edges"]
    assert len(made["lineage"]["org/model"]) == 5


def test_it_stands_in_the_table_and_fits() -> None:
    text = as_table(reporting.document(report()), Style(width=80))
    assert "Made from" in text
    assert "closes a circle" in text
    assert max(map(len, text.splitlines())) <= 80
