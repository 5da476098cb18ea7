import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.knowledge.file_kinds import FileKind, kind_of, kind_of_format, type_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("pytorch_model.bin", "pickle"),
        ("pytorch_model-00001-of-00002.bin", "pickle"),
        ("unet/diffusion_pytorch_model.fp16.bin", "pickle"),
        ("MODEL.PKL", "pickle"),
        ("model.pkl.gz", "pickle"),
        ("model.pth.tar", "pickle"),
        ("training_args.bin", "training-state"),
        ("rng_state_3.pth", "training-state"),
        ("lid.176.bin", "ambiguous"),
        ("spiece.model", "ambiguous"),
        ("openvino_model.bin", "graph"),
        ("ggml-base.en.bin", "tensors"),
        ("model-00001-of-00002.safetensors", "tensors"),
        ("model.safetensors.index.json", "config"),
        ("variables/variables.data-00000-of-00001", "tensors"),
        ("saved_model.pb", "code-capable"),
        ("tf_model.h5", "code-capable"),
        (".metadata", "code-capable"),
        (".cache/huggingface/download/model.safetensors.metadata", "unknown"),
        ("setup.exe. ", "executable"),
        ("archive.tar.gz", "archive"),
        ("events.out.tfevents.1700000000.host", "log"),
        ("README.md", "text"),
        ("LICENSE", "text"),
        ("folder.pkl/file", "unknown"),
        ("", "unknown"),
        ("...", "unknown"),
    ],
)
def test_kinds_by_name(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize("suffix", ["ko", "pt_BR", "com", "img", "obj"])
def test_suffixes_that_are_languages_sites_or_meshes_are_no_programs(suffix: str) -> None:
    assert not kind_of(f"corpus/train.{suffix}").starts_programs


def test_predicates() -> None:
    assert kind_of("a.pkl").runs_on_load
    assert not kind_of("a.bin").runs_on_load
    assert kind_of("a.bin").may_run_on_load
    assert kind_of("a.gguf").is_safe_weights
    assert not kind_of("a.npy").is_safe_weights
    assert kind_of("a.lnk").starts_programs


def test_detected_formats() -> None:
    assert kind_of_format("torch-zip") is FileKind.PICKLE
    assert kind_of_format("safetensors") is FileKind.TENSORS
    assert kind_of_format("never heard of") is None


@given(st.text())
def test_any_name_has_a_kind_and_words(path: str) -> None:
    found = type_of(path)
    assert isinstance(found.kind, FileKind)
    assert found.label
