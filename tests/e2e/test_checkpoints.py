"""Checkpoints, honest and hostile, through the whole program: Hub, ranges, inspectors, checks, policy."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
import zlib

import pytest

from fixtures.example_hub import files as made
from tests.e2e.hubs import at, audited, established, model_of
from tests.formats import writers_containers as w
from tests.formats.pickle import assemble as a
from tests.loopback import Blob, LoopbackHub, faults

BAD = w.call()
TENSORS = w.state_dict(3)


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


HOSTILE: dict[str, tuple[str, bytes]] = {
    "plain pickle": ("model.pkl", BAD),
    "plain pickle as bin": ("pytorch_model.bin", BAD),
    "protocol 0": ("weights.pkl", w.call_protocol_0()),
    "torch zip": ("pytorch_model.bin", w.torch_zip(BAD)),
    "torch zip, deflated": ("model.pt", zipped(archive__data_dot_pkl=BAD, archive__version=b"3\n")),
    "torch legacy": ("model.pth", w.torch_legacy(BAD)),
    "torch tar": ("model.pt", w.tar({"pickle": BAD, "storages": b"", "tensors": b"", "sys_info": w.EMPTY_DICT})),
    "second pickle in a torch zip": (
        "model.pt",
        zipped(a__data_dot_pkl=TENSORS, a__extra_dot_dat=BAD, a__version=b"3"),
    ),
    "npy with objects": ("weights.npy", w.npy("|O", (1,), BAD)),
    "npz with objects": ("weights.npz", zipped(a_dot_npy=w.npy("|O", (1,), BAD))),
    "joblib": ("model.joblib", w.joblib_file(w.call_opcodes() + b"0")),
    "joblib, zlib": ("model.joblib", zlib.compress(BAD)),
    "joblib, gzip": ("model.pkl.gz", gzip.compress(BAD)),
    "joblib, bz2": ("model.joblib", bz2.compress(BAD)),
    "joblib, xz": ("model.joblib", lzma.compress(BAD)),
    "joblib, lzma": ("model.joblib", lzma.compress(BAD, format=lzma.FORMAT_ALONE)),
    "nemo": ("model.nemo", w.tar({"model_config.yaml": b"a: 1\n", "model_weights.ckpt": w.torch_zip(BAD)})),
    "nemo, gzip": ("model.nemo", gzip.compress(w.tar({"model_weights.ckpt": w.torch_zip(BAD)}))),
    "mar": ("model.mar", zipped(MAR_INF__MANIFEST_dot_json=b"{}", model_dot_pt=w.torch_zip(BAD))),
    "nested zip": ("model.pt", zipped(a__data_dot_pkl=TENSORS, a__inner_dot_zip=zipped(x_dot_pkl=BAD))),
    "stable-baselines3": (
        "agent.zip",
        zipped(data=json.dumps({"p": {":type:": "x", ":serialized:": base64.b64encode(BAD).decode()}}).encode()),
    ),
    "gensim": ("word2vec.model", BAD),
    "paddle": ("model.pdparams", BAD),
    "as safetensors": ("model.safetensors", BAD),
    "as json": ("config_extra.json", BAD),
    "as text": ("notes.txt", BAD),
    "without extension": ("weights", BAD),
    "7z": ("pytorch_model.bin", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(300)),
    "rar": ("model.pt", b"Rar!\x1a\x07\x01\x00" + bytes(300)),
    "encrypted zip": ("model.pt", w.torch_zip(BAD).replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")),
    "pickle in front of a zip": ("model.pt", BAD + w.torch_zip(TENSORS)),
    "broken after the call": ("model.pkl", BAD[:-1] + b"\xff\xff\xff"),
    "call popped": ("model.pkl", BAD[:-1] + b"0N."),
    "nested pickle": ("model.pkl", a.pickle(a.reduce(a.glob("torch.storage", "_load_from_bytes"), a.binbytes(BAD)))),
    "training arguments with a call": ("training_args.bin", w.torch_zip(BAD)),
    "beside a safe twin": ("pytorch_model.bin", w.torch_zip(w.call("builtins", "eval", "1"))),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_checkpoints_are_blocked_with_file_callable_and_place(loopback_hub: LoopbackHub, kind: str) -> None:
    name, data = HOSTILE[kind]
    report = model_of(loopback_hub, {name: data, "model-00001.safetensors": made.safetensors()})
    assert report.verdict == "block", (kind, report.findings)
    assert report.score is not None
    assert report.score < 40
    worst = [finding for finding in at(report, name) if finding.severity in ("critical", "high")]
    assert worst, (kind, report.findings)
    if kind not in ("7z", "rar", "encrypted zip"):
        told = " ".join(f"{finding.message} {finding.evidence}" for finding in worst)
        assert "posix.system" in told or "builtins.eval" in told, (kind, told)
        assert any(finding.location.offset is not None for finding in worst)


HONEST: dict[str, dict[str, bytes]] = {
    "state dict": {"pytorch_model.bin": w.torch_zip(TENSORS)},
    "legacy state dict": {"model.pth": w.torch_legacy(TENSORS)},
    "training arguments": {
        "model.safetensors": made.safetensors(),
        "training_args.bin": w.torch_zip(
            a.pickle(
                a.build(a.newobj(a.glob("transformers.training_args", "TrainingArguments")), a.dict_of(x=a.integer(1)))
            )
        ),
    },
    "arrays": {
        "weights.npy": w.npy("<f4", (4,), bytes(16)),
        "more.npz": zipped(a_dot_npy=w.npy("<f4", (4,), bytes(16))),
    },
    "fasttext": {"model.bin": b"\xba\x16\x4f\x2f" + bytes(3000)},
    "raw weights": {"openvino_model.bin": bytes(5000), "openvino_model.xml": b"<net version='11'></net>"},
    "texts": {"vocab.txt": b"a\nb\nc\n" * 300, "merges.txt": b"#version: 0.2\nt h\n" * 100, "config.json": b"{}"},
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_twins_pass(loopback_hub: LoopbackHub, kind: str) -> None:
    report = model_of(loopback_hub, HONEST[kind])
    assert report.verdict == "pass", (kind, report.headline, report.findings)
    assert {finding.severity for finding in report.findings} <= {"info", "low"}


LIBRARIES: dict[str, dict[str, bytes]] = {
    "scikit-learn": {
        "model.joblib": a.pickle(
            a.build(a.newobj(a.glob("sklearn.ensemble._forest", "RandomForestClassifier")), a.dict_of(n=a.integer(3)))
        )
    },
    "yolo": {
        "best.pt": w.torch_zip(
            a.pickle(
                a.build(a.newobj(a.glob("ultralytics.nn.tasks", "DetectionModel")), a.dict_of(training=b"N")),
                b"0",
                a.reduce(
                    a.glob("builtins", "getattr"), a.glob("ultralytics.nn.modules.head", "Detect"), a.text("forward")
                ),
            )
        )
    },
    "fastai": {
        "export.pkl": w.torch_zip(
            a.pickle(
                a.newobj(a.glob("fastai.learner", "Learner")),
                b"0",
                a.reduce(a.glob("functools", "partial"), a.glob("fastai.optimizer", "Adam")),
                b"0",
                a.reduce(a.glob("operator", "attrgetter"), a.text("name")),
            )
        )
    },
}


@pytest.mark.parametrize("kind", LIBRARIES)
def test_library_objects_are_reviewed_never_blocked(loopback_hub: LoopbackHub, kind: str) -> None:
    report = model_of(loopback_hub, LIBRARIES[kind])
    assert report.verdict == "review", (kind, report.findings)


def test_one_hostile_file_never_stops_the_others(loopback_hub: LoopbackHub) -> None:
    files = {f"part-{n}.bin": w.torch_zip(TENSORS)[:-n] for n in range(1, 6)}
    report = model_of(loopback_hub, {**files, "bad.pkl": BAD, "empty.pt": b"", "cut.pt": w.torch_zip(BAD)[:80]})
    assert report.verdict == "block"
    assert at(report, "bad.pkl")
    assert {file.path for file in report.coverage.files} >= {*files, "bad.pkl", "cut.pt"}


def big_checkpoint(pickle: bytes, size: int) -> Blob:
    """A torch zip of ``size`` bytes whose storages are zeros that exist nowhere."""
    small = w.torch_zip(pickle, storages=1)
    directory = small.rindex(b"PK\x01\x02") if small.count(b"PK\x01\x02") == 1 else small.index(b"PK\x01\x02")
    head, tail = small[:directory], bytearray(small[directory:])
    end = tail.rindex(b"PK\x05\x06")
    offset = size - len(tail)
    if offset >= 2**32:
        count = struct.unpack_from("<H", tail, end + 10)[0]
        locator = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, end, offset)
        extra = locator + struct.pack("<IIQI", 0x07064B50, 0, offset + end, 1)
        offset = size - len(tail) - len(extra)
        locator = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, end, offset)
        extra = locator + struct.pack("<IIQI", 0x07064B50, 0, offset + end, 1)
        struct.pack_into("<I", tail, end + 16, 0xFFFFFFFF)
        tail[end:end] = extra
    else:
        struct.pack_into("<I", tail, end + 16, offset)
    return Blob(head, size=size, suffix=bytes(tail))


@pytest.mark.parametrize("size", [1_000_000_000, 15_000_000_000])
def test_a_huge_checkpoint_costs_its_pickles_and_little_more(loopback_hub: LoopbackHub, size: int) -> None:
    established(loopback_hub)
    loopback_hub.model("lab/big", {"pytorch_model.bin": big_checkpoint(BAD, size)}, card={"license": "mit"})
    report = audited(loopback_hub, "lab/big")
    assert report.verdict == "block"
    read = next(file for file in report.coverage.files if file.path == "pytorch_model.bin")
    assert read.size == size
    assert read.bytes_read <= len(BAD) + 262_144
    ranged = [
        request for request in loopback_hub.cdn.requests if "Range" in request.headers or "range" in request.headers
    ]
    assert len(ranged) <= 4


def test_a_hundred_shards_cost_at_most_three_requests_each(loopback_hub: LoopbackHub) -> None:
    established(loopback_hub)
    shards = {f"pytorch_model-{n:05}-of-00100.bin": w.torch_zip(w.state_dict(n + 1)) for n in range(100)}
    loopback_hub.quotas.unlimited()
    loopback_hub.model("lab/sharded", shards, card={"license": "mit"}, created="2022-01-01")
    report = audited(loopback_hub, "lab/sharded")
    assert report.verdict == "pass", report.headline
    assert len(loopback_hub.file_requests()) <= 3 * 102


@pytest.mark.parametrize(
    "fault",
    [
        faults.ignore_range(),
        faults.lying_range("bytes 0-9/99"),
        faults.reset(),
        faults.truncate(10),
        faults.status(500),
    ],
    ids=["range ignored", "range lies", "reset", "truncated", "500"],
)
def test_a_lying_server_makes_it_incomplete_and_gets_no_more_than_the_budget(
    loopback_hub: LoopbackHub, fault: faults.Fault
) -> None:
    established(loopback_hub)
    loopback_hub.model(
        "lab/big", {"pytorch_model.bin": big_checkpoint(TENSORS, 2_000_000_000)}, card={"license": "mit"}
    )
    loopback_hub.fault("cdn", fault)
    report = audited(loopback_hub, "lab/big", retries=1, audit_timeout=20.0)
    assert report.verdict == "incomplete", report.headline
    assert any(item.path == "pytorch_model.bin" for item in report.coverage.not_seen)
    assert report.cost.bytes < 40_000_000


def test_identical_contents_are_read_once(loopback_hub: LoopbackHub) -> None:
    established(loopback_hub)
    data = w.torch_zip(BAD)
    loopback_hub.model("lab/copies", {f"copy-{n}.bin": data for n in range(6)}, card={"license": "mit"})
    report = audited(loopback_hub, "lab/copies")
    assert {finding.location.path for finding in report.findings if finding.severity == "critical"} == {
        f"copy-{n}.bin" for n in range(6)
    }
    assert len(loopback_hub.cdn.requests) <= 4
