from __future__ import annotations

import json
import struct

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats import writers_gguf, writers_safetensors

HONEST = made.safetensors()


def with_header(text: str, data: bytes = b"") -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw + data


def test_the_same_tensor_twice_is_high() -> None:
    entry = json.dumps({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]})
    data = with_header(f'{{"a": {entry}, "a": {entry}}}', bytes(4))
    assert "high" in {finding.severity for finding in findings("format-damage", {"model.safetensors": data})}


def test_a_tensor_beyond_the_file_is_reported() -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    assert findings("format-damage", {"model.safetensors": with_header(header, bytes(8))})


def test_a_program_behind_the_end_is_high_and_padding_is_not() -> None:
    program = findings("format-damage", {"model.safetensors": HONEST + b"\x7fELF" + bytes(60)})
    padding = findings("format-damage", {"model.safetensors": HONEST + bytes(64)})
    assert "high" in {finding.severity for finding in program}
    assert "high" not in {finding.severity for finding in padding}


def test_a_cut_off_upload_is_medium() -> None:
    found = findings("format-damage", {"model.safetensors": HONEST[:-100]})
    assert {str(finding.severity) for finding in found} <= {"medium", "low"}
    assert found


@pytest.mark.parametrize(
    "files",
    [
        {"model.safetensors": HONEST},
        {"model.safetensors": writers_safetensors.honest()},
        {"model.gguf": writers_gguf.honest()},
        {"config.json": b"{}"},
    ],
)
def test_honest_files_stay_quiet(files: dict[str, bytes]) -> None:
    assert findings("format-damage", files) == []
