from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.formats.declared import declared_notes
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import inspect_bytes


def told(path: str, data: bytes) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    facts = inspect_bytes(inspect_file, data, path)
    return [(note.kind, note.data) for note in facts.observations if note.kind.startswith(("declared", "license"))]


def test_what_the_files_say() -> None:
    adapter = json.dumps({"base_model_name_or_path": "org/base"}).encode()
    assert told("adapter_config.json", adapter) == [("declared-base", (("base", "org/base"),))]
    assert told("sub/config.json", b'{"_name_or_path": "x/y"}') == [("declared-origin", (("origin", "x/y"),))]
    assert told("LICENSE", b"Apache License\nVersion 2.0") == [("license-text", (("license", "apache-2.0"),))]
    assert told("LICENSE.txt", b"words of our own") == []
    assert told("other.json", adapter) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'{"base_model_name_or_path": 5}', b"[" * 5000, b'{"base_model_name_or_path": " "}'],
)
def test_odd_configurations_say_nothing(data: bytes) -> None:
    assert told("adapter_config.json", data) == []


@given(st.sampled_from(["adapter_config.json", "config.json", "LICENSE", "x"]), st.binary(max_size=80))
def test_any_bytes(path: str, data: bytes) -> None:
    for note in declared_notes(path, data, len(data)):
        note.model_dump_json()
