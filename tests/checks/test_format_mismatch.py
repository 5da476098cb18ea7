from __future__ import annotations

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings

SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c" + bytes(200)
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + bytes(300)


@pytest.mark.parametrize(
    ("name", "data"), [("model.pt", SEVEN_ZIP), ("pytorch_model.bin", SEVEN_ZIP), ("a.png", PROGRAM)]
)
def test_archives_and_programs_in_disguise_are_high(name: str, data: bytes) -> None:
    assert "high" in {finding.severity for finding in findings("format-mismatch", {name: data})}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.bin", bytes(4096)),
        ("model.bin", b"\xba\x16\x4f\x2f" + bytes(400)),
        ("model.pt", made.torch_zip(made.state_dict_pickle())),
        ("config.json", b'{"a": 1}'),
        ("README.md", b"# Hello"),
    ],
)
def test_families_that_share_a_name_stay_quiet(name: str, data: bytes) -> None:
    assert findings("format-mismatch", {name: data}) == []
