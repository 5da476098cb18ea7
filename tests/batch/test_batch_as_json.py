"""The document in pieces is the document."""

from __future__ import annotations

import pytest

from tests.builders import make_info, make_snapshot
from trustaudit.batch.as_json import document_pieces
from trustaudit.engine import judge
from trustaudit.policy.model import load_policy
from trustaudit.report.as_json import as_json
from trustaudit.report.build import build_document


@pytest.mark.parametrize("count", [0, 1, 3])
def test_pieces_are_the_same_bytes(count: int) -> None:
    policy = load_policy("default")
    hostile = make_info(disabled=True, pipeline_tag='"reports": []\n\x7f\u2028')
    reports = [judge(make_snapshot(f"org/m{number}", info=hostile), policy) for number in range(count)]
    whole = build_document(reports, policy)
    frame = build_document((), policy).model_copy(update={"summary": whole.summary})
    assert "".join(document_pieces(frame, reports)) == as_json(whole)
