"""Magic decides, the name is a hint, their disagreement is a fact."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats import writers_tensorflow as tensorflow
from tests.formats.inspecting import inspect, kinds, only
from tests.formats.writers_containers import call, call_protocol_0, npy, pe, state_dict, tar, torch_legacy, torch_zip
from tests.formats.writers_protobuf import blob
from trustaudit.filefacts import Coverage
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.sniff import HEAD, Sniffed, sniff

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"
SAFETENSORS = struct.pack("<Q", 2) + b"{}"
ONNX = b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:\x04\x0a\x02\x0a\x00"

WHAT = [
    (b"", "empty"),
    (POINTER, "lfs-pointer"),
    (state_dict(), "pickle"),
    (call_protocol_0(), "pickle"),
    (pickle.dumps({"a": [1, 2]}, protocol=0), "pickle"),
    (pickle.dumps({"a": [1, 2]}, protocol=1), "pickle"),
    (torch_zip(), "zip"),
    (torch_legacy(), "pickle"),
    (b"PK\5\6" + bytes(18), "zip"),
    (b"7z\xbc\xaf\x27\x1c" + bytes(50), "7z"),
    (b"Rar!\x1a\x07\x01\0", "rar"),
    (gzip.compress(b"x" * 50), "gzip"),
    (bz2.compress(b"x" * 50), "bzip2"),
    (lzma.compress(b"x" * 50), "xz"),
    (lzma.compress(b"x" * 50, format=lzma.FORMAT_ALONE), "lzma"),
    (zlib.compress(b"x" * 50), "zlib"),
    (b"\x28\xb5\x2f\xfd" + bytes(20), "zstd"),
    (b"\x04\x22\x4d\x18" + bytes(20), "lz4"),
    (tar({"a": b"b"}), "tar"),
    (npy(), "npy"),
    (SAFETENSORS, "safetensors"),
    (b"GGUF\3\0\0\0" + bytes(16), "gguf"),
    (b"\x89HDF\r\n\x1a\n" + bytes(100), "hdf5"),
    (bytes(512) + b"\x89HDF\r\n\x1a\n" + bytes(100), "hdf5"),
    (b"\x1c\0\0\0TFL3" + bytes(20), "tflite"),
    (b"\x1c\0\0\0ET12" + bytes(20), "executorch"),
    (ONNX, "onnx"),
    (b"\xba\x16\x4f\x2f\x0c\0\0\0" + bytes(40), "fasttext"),
    (b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n\x0a\n\x03<s>\x15", "sentencepiece"),
    (b"\x7fELF\2\1\1" + bytes(60), "elf"),
    (pe(), "pe"),
    (b"\xcf\xfa\xed\xfe" + bytes(40), "mach-o"),
    (b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(40), "mach-o"),
    (b"\xca\xfe\xba\xbe\0\0\0\x41" + bytes(40), "java-class"),
    (b"#!/bin/sh\necho hi\n", "script"),
    (b"\xa7\r\r\n\0\0\0\0" + bytes(8) + b"\xe3" + bytes(20), "python-bytecode"),
    (b"\0asm\1\0\0\0", "wasm"),
    (b"<!DOCTYPE html><html><body>404", "html"),
    (b"\n <html><head>", "html"),
    (b"<?xml version='1.0'?><svg xmlns=''>", "svg"),
    (b'<?xml version="1.0"?><PMML>', "xml"),
    (b'{"a": 1}', "json"),
    (b"[1, 2]", "json"),
    (b"# Title\n\nwords", "text"),
    ("die Größe der Länge nach".encode("latin-1"), "text"),
    ("words and words".encode("utf-16"), "text"),
    (b"%PDF-1.7\n", "pdf"),
    (b"\x89PNG\r\n\x1a\n" + bytes(30), "png"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(30), "ole"),
    (b"SQLite format 3\0" + bytes(90), "sqlite"),
    (b"PAR1" + bytes(30), "parquet"),
    (struct.pack("<16f", *range(16)), "unknown"),
    (b"MZ" + bytes(200), "unknown"),
    (b"x\x9c" + b"\xff" * 30, "unknown"),
    (bytes(2000), "unknown"),
]


@pytest.mark.parametrize(("data", "expected"), WHAT, ids=[f"{index}-{name}" for index, (_, name) in enumerate(WHAT)])
@pytest.mark.parametrize("path", ["file", "weights.bin"])
def test_what_the_bytes_are(data: bytes, expected: str, path: str) -> None:
    assert sniff(data, data, path, len(data)).format == expected


@pytest.mark.parametrize(
    "path",
    [
        "model.safetensors",
        "config.json",
        "notes.txt",
        "README.md",
        "noext",
        "x.png",
        "x.gguf",
        "x.h5",
        "x.onnx",
        "model.bin",
    ],
)
@pytest.mark.parametrize("data", [call(), call_protocol_0()], ids=["modern", "protocol-0"])
def test_a_pickle_under_any_name_is_read(path: str, data: bytes) -> None:
    """CVE-2025-10155: the extension decides nothing."""
    facts = inspect(inspect_file, data, path)
    assert [entry.qualified for entry in facts.globals] == ["posix.system"]
    assert ("format-mismatch" in kinds(facts)) is (path not in ("noext", "model.bin"))


APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \x00\x02" + bytes(200)

MISMATCHED = [
    ("model.safetensors", b"<html>not found", "html"),
    ("model.gguf", SAFETENSORS, "safetensors"),
    ("config.json", b"PK\5\6" + bytes(18), "zip"),
    ("config.json", b"<!doctype html>", "html"),
    ("model.pt", b"7z\xbc\xaf\x27\x1c" + bytes(50), "7z"),
    ("pytorch_model.bin", b"Rar!\x1a\x07\x01\0", "rar"),
    ("pytorch_model.bin", gzip.compress(b"x"), "gzip"),
    ("pytorch_model.bin", tar({"a": b"b"}), "tar"),
    ("model.pt", b"random words", "text"),
    ("picture.png", pe(), "pe"),
    ("model.onnx", pe(), "pe"),
    ("README.md", b"\x7fELF" + bytes(60), "elf"),
    ("data.npz", b"junk\0junk", "unknown"),
    ("data.tar", torch_zip(), "zip"),
    ("model.ts", pe(), "pe"),
    ("model.py", torch_zip(), "zip"),
    ("model_best.pth.tar", b"7z\xbc\xaf\x27\x1c" + bytes(50), "7z"),
    ("config.json", APPLE_DOUBLE, "apple-double"),
    ("._config.json", bytes(200), "unknown"),
    ("._model.safetensors", call(), "pickle"),
]


@pytest.mark.parametrize(("path", "data", "actual"), MISMATCHED)
def test_a_name_that_lies(path: str, data: bytes, actual: str) -> None:
    assert only(inspect(inspect_file, data, path), "format-mismatch").get("actual") == actual


FAMILIES = [
    ("model.safetensors", POINTER),
    ("model.safetensors", b""),
    ("model.bin", b"\xba\x16\x4f\x2f\x0c\0\0\0" + bytes(40)),
    ("openvino_model.bin", struct.pack("<64f", *range(64))),
    ("tokenizer.model", b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n\x0a\n\x03<s>\x15"),
    ("rknn.bin", b"RKNN" + bytes(50)),
    ("vocab.bin", b"a 1\nb 2\n"),
    ("model.pt", torch_zip()),
    ("model.pth", torch_legacy()),
    ("model.ckpt", struct.pack("<64f", *range(64))),
    ("picture.png", b"\xff\xd8\xff\xe0" + bytes(50)),
    ("train.py", b"#!/usr/bin/env python\nprint()\n"),
    ("run.sh", b"#!/bin/sh\n"),
    ("model.pkl", gzip.compress(state_dict())),
    ("model.onnx", ONNX),
    ("data.jsonl", b'{"a": 1}\n{"a": 2}\n'),
    ("notes.txt", "die Größe der Länge nach".encode("latin-1")),
    ("model.nemo", tar({"model_config.yaml": b"a: 1\n"})),
    ("model_best.pth.tar", torch_zip()),
    ("checkpoint.pth.tar", torch_legacy()),
    ("weights.pt.tar", tar({"weights.pt": torch_zip()})),
    ("models/model.ts", torch_zip()),
    ("src/index.ts", b"export const x = 1;\n"),
    ("._config.json", APPLE_DOUBLE),
    ("._model.safetensors", APPLE_DOUBLE),
]


@pytest.mark.parametrize(("path", "data"), FAMILIES)
def test_what_honest_files_of_a_name_hold(path: str, data: bytes) -> None:
    facts = inspect(inspect_file, data, path)
    assert "format-mismatch" not in kinds(facts)
    assert "opaque-container" not in kinds(facts)


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\0", b"\x28\xb5\x2f\xfd"])
def test_what_cannot_be_opened_is_never_clean(magic: bytes) -> None:
    """The archives of nullifAI."""
    facts = inspect(inspect_file, magic + bytes(100), "model.pt")
    assert facts.coverage is Coverage.NONE
    assert "cannot look inside" in facts.reason
    assert "opaque-container" in kinds(facts)


@pytest.mark.parametrize("data", [pe(), b"\x7fELF" + bytes(60), b"\xcf\xfa\xed\xfe" + bytes(40)])
def test_programs_are_told(data: bytes) -> None:
    facts = inspect(inspect_file, data, "model.bin")
    assert "executable-content" in kinds(facts)
    assert facts.coverage is Coverage.NONE


def test_a_pointer_stands_for_something_else() -> None:
    facts = inspect(inspect_file, POINTER, "model.safetensors")
    assert (facts.format, facts.coverage) == ("lfs-pointer", Coverage.NONE)


def test_an_import_hook_named_like_a_checkpoint() -> None:
    facts = inspect(inspect_file, b"import os; print()\n", "model.pth")
    assert "pth-import-hook" in kinds(facts)


def test_raw_bytes_are_not_seen_and_nothing_is_held_against_them() -> None:
    facts = inspect(inspect_file, struct.pack("<64f", *range(64)), "weights.bin")
    assert (facts.format, facts.coverage, kinds(facts)) == ("unknown", Coverage.NONE, set())


RAW = [
    "openvino_model.bin",
    "variables/variables.data-00000-of-00001",
    "variables/variables.index",
    "bert_model.ckpt.index",
    "onnx/model.onnx_data",
    "decoder.onnx.data",
    "inference.pdiparams",
    "Model.mlpackage/Data/com.apple.CoreML/weights/weight.bin",
    "runs/events.out.tfevents.1700000000.host.1.0",
    "fingerprint.pb",
]


@pytest.mark.parametrize("path", RAW)
def test_files_that_loaders_only_copy_are_seen_for_what_they_are(path: str) -> None:
    big = struct.pack("<50000f", *(0.01 * n for n in range(50_000)))
    facts = inspect(inspect_file, big, path)
    assert (facts.format, facts.coverage, kinds(facts)) == ("raw-data", Coverage.STRUCTURE, set())
    hidden = inspect(inspect_file, call(), path)
    assert [entry.qualified for entry in hidden.globals] == ["posix.system"]


def test_tensorflow_graphs_under_any_name() -> None:
    graph = tensorflow.graph(tensorflow.const("path", "../../x.py"), tensorflow.node("w", "WriteFile", "path", "path"))
    listed = blob(1, blob(2, blob(1, blob(1, "Const")))) + blob(2, graph)
    for data in (graph, tensorflow.saved_model(tensorflow.meta_graph(graph)), listed):
        for path in ("weights", "model.bin", "a/b.dat", "model.onnx"):
            assert "tf-operator-argument" in kinds(inspect(inspect_file, data, path)), path


MISPLACED = {
    "saved_model.pb": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "Model.mlmodel": b"%PDF-1.7\n",
    "inference.pdmodel": b"\x89PNG\r\n\x1a\n",
    "flax_model.msgpack": b"GIF89a" + bytes(20),
    "m.rds": b"%PDF-1.7\n",
    "m.pmml": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "model.onnx": b"\x00\x01\x02\x03" + bytes(40),
    "model.ort": b"JUNK" + bytes(40),
    "m.cbm": b"JUNK" + bytes(40),
    "paper.doc": b"\x89PNG\r\n\x1a\n" + bytes(20),
}


@pytest.mark.parametrize("path", MISPLACED)
def test_names_of_model_formats_are_promises(path: str) -> None:
    assert "format-mismatch" in kinds(inspect(inspect_file, MISPLACED[path], path))


def test_onnx_runtime_files_are_told_and_are_no_mismatch() -> None:
    facts = inspect(inspect_file, b"\x18\0\0\0ORTM" + bytes(200), "model.ort")
    assert (facts.format, facts.coverage, kinds(facts)) == ("ort", Coverage.NONE, set())


def test_two_readings_of_a_picture() -> None:
    """A GIF whose first bytes are also opcodes: the picture viewer and pickle.load both accept it."""
    data = b"GIF89a" + bytes(3) + b"0" + call()[2:]
    facts = inspect(inspect_file, data, "picture.gif")
    assert only(facts, "polyglot").get("first") == "gif"
    assert [entry.qualified for entry in facts.globals] == ["posix.system"]


@pytest.mark.parametrize(
    "front", [b"%PDF-1.7\n", b"\x7fELF" + bytes(60), b"\x89PNG\r\n\x1a\n", b"\x1c\0\0\0TFL3" + bytes(2000)]
)
def test_a_zip_behind_something_else(front: bytes) -> None:
    data = front + bytes(HEAD) + torch_zip(call())
    facts = inspect(inspect_file, data, "file")
    assert only(facts, "polyglot").get("second") == "torch-zip"
    assert "posix.system" in {entry.qualified for entry in facts.globals}


def test_an_end_signature_alone_is_no_zip() -> None:
    data = b"\x89PNG\r\n\x1a\n" + bytes(100) + b"PK\5\6" + b"\x07" * 30
    assert "polyglot" not in kinds(inspect(inspect_file, data, "a.png"))


@pytest.mark.parametrize("data", sorted({sample[:length] for sample, _ in WHAT for length in (1, 4, 7, 9, 15)}))
def test_a_few_bytes_are_enough_to_answer(data: bytes) -> None:
    assert sniff(data, data, "x", len(data)).format


@given(st.binary(max_size=400), st.sampled_from(["x", "x.bin", "x.json", "x.safetensors", "a!b.pt", "..."]))
def test_total_and_the_same_twice(data: bytes, path: str) -> None:
    first = sniff(data, data, path, len(data))
    assert first == sniff(data, data, path, len(data))
    assert isinstance(first, Sniffed)
    assert sniff(data, None, path, len(data) + 10).format


def test_opcodes_without_effect_that_fill_every_head() -> None:
    """Longer than any sniffing looks, and none of it unusual to pickle.load."""
    data = b"N0" * HEAD + call()[2:]
    facts = inspect(inspect_file, data, "model.pkl")
    assert "posix.system" in {entry.qualified for entry in facts.globals}


@pytest.mark.parametrize("count", [1000, 5000])
def test_more_opcodes_without_effect_than_are_looked_at(count: int) -> None:
    data = b"I1\n0" * count + call_protocol_0()
    assert "pickle" in sniff(data, data, "notes.txt", len(data)).also


def test_as_many_that_lead_nowhere_are_told_by_no_reading() -> None:
    facts = inspect(inspect_file, b"N0" * 3000, "notes.txt")
    assert (facts.format, facts.globals, kinds(facts)) == ("text", (), set())


@pytest.mark.parametrize("path", ["vocab.bin", "words.model", "list.dat"])
def test_a_list_of_words_is_no_pickle(path: str) -> None:
    facts = inspect(inspect_file, b"cat\ndog\nbird\n" * 50, path)
    assert (facts.format, facts.globals, kinds(facts)) == ("text", (), set())


def test_a_vocabulary_lists_control_characters() -> None:
    words = b"\n".join([b"word%d" % index for index in range(200)] + [b"\x01", b"\x02", "é".encode()])
    assert sniff(words, None, "vocab.txt", len(words)).format == "text"
    assert sniff(b"a\x01\x02b", None, "x", 4).format == "unknown"


@pytest.mark.parametrize(
    ("path", "told"), [("train.py", False), ("run.sh", False), ("model.bin", True), ("notes.txt", True)]
)
def test_a_script_is_only_told_where_it_is_none_by_name(path: str, told: bool) -> None:
    assert ("executable-content" in kinds(inspect(inspect_file, b"#!/bin/sh\necho\n", path))) is told
