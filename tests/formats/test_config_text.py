from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import inspect, kinds, notes
from trustaudit.filefacts import FileFacts
from trustaudit.formats.config_text import record_config_text
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.interface import Source
from trustaudit.formats.record import Record

NEMO = b"""
target: nemo.collections.asr.models.EncDecCTCModel
preprocessor:
  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor
  window: hann
optim:
  name: adamw
"""


def look(text: bytes, path: str = "model_config.yaml") -> FileFacts:
    return inspect(inspect_file, text, path)


def targets(facts: FileFacts) -> set[tuple[str, str]]:
    return {(n.get("key"), n.get("target")) for n in notes(facts, "config-target")}


def test_every_target_of_a_configuration_is_told() -> None:
    assert targets(look(NEMO)) == {
        ("target", "nemo.collections.asr.models.EncDecCTCModel"),
        ("_target_", "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor"),
    }


@pytest.mark.parametrize(
    ("text", "path", "target"),
    [
        (b'{"a": {"_target_": "builtins.exec", "_args_": ["1"]}}', "config.json", ("_target_", "builtins.exec")),
        (b"x: {_target_: os.system}", "c.yml", ("_target_", "os.system")),
        (b"model:\n  class_path: my.Module\n", "c.yaml", ("class_path", "my.Module")),
        (
            b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n",
            "MLmodel",
            ("loader_module", "mlflow.sklearn"),
        ),
    ],
)
def test_targets_are_found_in_json_and_yaml(text: bytes, path: str, target: tuple[str, str]) -> None:
    assert targets(look(text, path)) == {target}


def test_cve_2025_23304_targets_inside_a_nemo_archive_are_told() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("./model_config.yaml")
        member.size = len(NEMO)
        archive.addfile(member, io.BytesIO(NEMO))
    assert len(targets(look(out.getvalue(), "model.nemo"))) == 2


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!<tag:yaml.org,2002:python/object/new:os.system>"])
def test_yaml_tags_that_make_python_objects_are_named(tag: str) -> None:
    assert "config-python-tag" in kinds(look(f"a: {tag} ['true']\n".encode()))


def test_expressions_of_a_monai_bundle_are_told() -> None:
    text = b'{"imports": ["$import glob"], "device": "$torch.device(\'cpu\')", "net": "$@network.to(@device)"}'
    expressions = [n.get("text") for n in notes(look(text, "inference.json"), "config-expression")]
    assert expressions == ["import glob", "torch.device(", "@network.to(@device)"]


@pytest.mark.parametrize(
    "text",
    [
        b'{"$schema": "http://x.test/schema#", "$ref": "#/a(b)", "price": "$5", "target": "ES2020"}',
        b'{"model_type": "bert", "architectures": ["BertModel"], "path": "$HOME/models"}',
        b"targets: a.b\nmy_target: c.d\nretarget_: e.f\n",
    ],
)
def test_ordinary_configuration_has_nothing_to_tell(text: bytes) -> None:
    for path in ("config.json", "config.yaml"):
        assert not look(text, path).observations


@given(st.text(alphabet="_target_:. \"'$import(@!python/\nabcXYZ", max_size=300))
def test_any_text_is_read_without_raising(text: str) -> None:
    record_config_text(Record(Source("c.yaml", len(text)), "text"), text)
