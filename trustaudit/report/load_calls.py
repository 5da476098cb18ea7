"""The call that loads a repository with as little trust as its library allows, pinned to one commit.

Facts about the libraries, checked against their sources: ``from_pretrained`` of transformers
and diffusers takes ``revision``, ``use_safetensors`` and ``trust_remote_code``; timm reads a
revision after ``@``; peft takes ``adapter_model.safetensors`` by itself when it is there;
datasets 4.0 dropped loading scripts. All text from the Hub is written as a Python literal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

TORCH_NOTE: Final = (
    "pickles load with weights_only: needs torch 2.6 or newer (CVE-2025-32434), better 2.10 (CVE-2026-24747)"
)
_NO_CONVERSION: Final = (
    "use_safetensors=False keeps transformers from taking a converted copy out of a pull request that nobody audited"
)

_AUTO_CLASSES: Final = {
    "text-generation": "AutoModelForCausalLM",
    "text2text-generation": "AutoModelForSeq2SeqLM",
    "summarization": "AutoModelForSeq2SeqLM",
    "translation": "AutoModelForSeq2SeqLM",
    "fill-mask": "AutoModelForMaskedLM",
    "text-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "question-answering": "AutoModelForQuestionAnswering",
    "image-classification": "AutoModelForImageClassification",
    "object-detection": "AutoModelForObjectDetection",
    "automatic-speech-recognition": "AutoModelForSpeechSeq2Seq",
    "image-text-to-text": "AutoModelForImageTextToText",
}


class Target(Struct, frozen=True):
    """What is left to load once files named by findings are out. ``others``: weights such as ONNX that run nothing."""

    repo: str
    commit: str
    task: str = ""
    safetensors: bool = False
    pickles: tuple[str, ...] = ()
    gguf: tuple[str, ...] = ()
    keras: tuple[str, ...] = ()
    onnx: tuple[str, ...] = ()
    skops: tuple[str, ...] = ()
    others: bool = False
    allow_patterns: tuple[str, ...] = ()
    ignore_patterns: tuple[str, ...] = ()
    guarded: bool = False

    @property
    def pinned(self) -> str:
        """The arguments that every call starts with: repository and commit, or a folder without the files in question.

        A loader given the name of a repository fetches what it likes; ``guarded`` says that this would be too much.
        """
        return self.download if self.guarded else self.named

    @property
    def named(self) -> str:
        """Repository and commit."""
        return f"{literal(self.repo)}, revision={literal(self.commit)}"

    @property
    def download(self) -> str:
        """The call that fetches the allowed files and no other."""
        allowed = f", allow_patterns={_literals(self.allow_patterns)}"
        ignored = f", ignore_patterns={_literals(self.ignore_patterns)}" if self.ignore_patterns else ""
        return f"snapshot_download({self.named}{allowed}{ignored})"

    @property
    def loadable(self) -> bool:
        """Whether any weights are left for a call that takes safetensors or pickles."""
        return self.safetensors or bool(self.pickles)


class Call(Struct, frozen=True):
    """A call as Python text, and what to know about it. An empty text: there is no safe call."""

    text: str
    notes: tuple[str, ...] = ()
    use_safetensors: bool | None = None


def literal(text: str) -> str:
    """A Python string literal of plain ASCII without blanks, so that a line break of ours never splits it."""
    body = text.encode("unicode_escape").decode("ascii").replace('"', '\\"').replace(" ", "\\x20")
    return f'"{body}"'


def _literals(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]"


def _transformers(target: Target) -> Call:
    name = f"{_AUTO_CLASSES.get(target.task, 'AutoModel')}.from_pretrained"
    if target.safetensors:
        return Call(f"{name}({target.pinned}, use_safetensors=True, trust_remote_code=False)", use_safetensors=True)
    text = f"{name}({target.pinned}, use_safetensors=False, weights_only=True, trust_remote_code=False)"
    return Call(text, (TORCH_NOTE, _NO_CONVERSION), use_safetensors=False)


def _diffusers(target: Target) -> Call:
    name = "DiffusionPipeline.from_pretrained"
    if target.safetensors:
        return Call(f"{name}({target.pinned}, use_safetensors=True, trust_remote_code=False)", use_safetensors=True)
    text = f"{name}({target.pinned}, use_safetensors=False, trust_remote_code=False)"
    return Call(text, (TORCH_NOTE,), use_safetensors=False)


def _sentence_transformers(target: Target) -> Call:
    choice = f'model_kwargs={{"use_safetensors": {target.safetensors}}}'
    text = f"SentenceTransformer({target.pinned}, trust_remote_code=False, {choice})"
    return Call(text, () if target.safetensors else (TORCH_NOTE,), use_safetensors=target.safetensors)


def _timm(target: Target) -> Call:
    name = literal(f"hf_hub:{target.repo}@{target.commit}")
    if target.guarded:
        name = f'"local-dir:" + {target.download}'
    notes = ("timm takes the safetensors file when there is one",) if target.safetensors else (TORCH_NOTE,)
    return Call(f"timm.create_model({name}, pretrained=True)", notes, use_safetensors=target.safetensors)


def _peft(target: Target) -> Call:
    text = f"PeftModel.from_pretrained(base_model, {target.pinned})"
    notes = ["base_model is a repository of its own: audit and pin it too"]
    notes.append("peft takes the safetensors file when there is one" if target.safetensors else TORCH_NOTE)
    return Call(text, tuple(notes), use_safetensors=target.safetensors)


def _gguf(target: Target) -> Call:
    # Q4_K_M is the usual middle between size and quality; any other file is loaded in the same way.
    chosen = next((path for path in target.gguf if "q4_k_m" in path.lower()), target.gguf[0])
    text = f"hf_hub_download({literal(target.repo)}, {literal(chosen)}, revision={literal(target.commit)})"
    more = (f"one of {len(target.gguf)} GGUF files; the others are called likewise",) if len(target.gguf) > 1 else ()
    return Call(text, ("give the path it returns to llama.cpp (-m), which takes no revision itself", *more))


def _snapshot(target: Target) -> Call:
    return Call(target.download)


def _onnx(target: Target) -> Call:
    # Weights beyond 2 GB lie in files of their own beside the graph, so the folder is fetched and not one file.
    chosen = next((path for path in target.onnx if path.rpartition("/")[2] == "model.onnx"), target.onnx[0])
    more = (f"one of {len(target.onnx)} ONNX files; the others are called likewise",) if len(target.onnx) > 1 else ()
    text = f"onnxruntime.InferenceSession({target.download} + {literal('/' + chosen)})"
    return Call(text, ("register no library of custom operators that comes with the model", *more))


def _keras(target: Target) -> Call:
    file = f"hf_hub_download({literal(target.repo)}, {literal(target.keras[0])}, revision={literal(target.commit)})"
    text = f"keras.saving.load_model({file}, compile=False, safe_mode=True)"
    return Call(text, ("needs keras 3.13.2 or newer: older ones ran code in spite of safe_mode (CVE-2026-1462)",))


def _skops(target: Target) -> Call:
    file = f"hf_hub_download({literal(target.repo)}, {literal(target.skops[0])}, revision={literal(target.commit)})"
    note = "it stops at types that it does not know and names them: read these before you list any of them in trusted"
    return Call(f"skops.io.load({file}, trusted=[])", (note,))


def _torch(target: Target) -> Call:
    path = literal(target.pickles[0])
    file = f"hf_hub_download({literal(target.repo)}, {path}, revision={literal(target.commit)})"
    return Call(f"torch.load({file}, weights_only=True)", (TORCH_NOTE,))


_CALLS: Final[dict[str, Callable[[Target], Call]]] = {
    "transformers": _transformers,
    "diffusers": _diffusers,
    "sentence-transformers": _sentence_transformers,
    "timm": _timm,
    "peft": _peft,
}
_TORCH_SUFFIXES: Final = (".pt", ".pth", ".bin", ".ckpt")
UNPICKLES_FREELY: Final = frozenset(
    {"fastai", "sklearn", "joblib", "stable-baselines3", "flair", "ultralytics", "nemo"}
)
"""Libraries whose own loader unpickles without restriction."""


def _by_format(target: Target) -> tuple[tuple[tuple[str, ...], Callable[[Target], Call]], ...]:
    """Files whose format alone decides who loads them; safetensors are taken where there are any."""
    whole = ((target.keras, _keras),)
    return whole if target.safetensors else (*whole, (target.skops, _skops), (target.onnx, _onnx))


def call_for(library: str, target: Target) -> Call:
    """The safest call for what is left to load; an empty one when no safe way exists."""
    if target.gguf and not target.safetensors:
        return _gguf(target)
    if library in _CALLS and target.loadable:
        return _CALLS[library](target)
    by_format = next((make for paths, make in _by_format(target) if paths), None)
    if by_format is not None:
        return by_format(target)
    if target.safetensors or target.others:
        return _snapshot(target)
    if target.pickles and library not in UNPICKLES_FREELY and target.pickles[0].lower().endswith(_TORCH_SUFFIXES):
        return _torch(target)
    return Call("")


def dataset_call(target: Target, *, script: str) -> Call:
    """``load_dataset``. ``script`` is a loading script in the repository, empty when there is none."""
    notes = ["datasets 4.0 or newer runs no scripts; with an older one add trust_remote_code=False"]
    if script:
        notes.append(f"{script} is a loading script: leave it alone and take the converted data, if the Hub has any")
    return Call(f"load_dataset({target.pinned})", tuple(notes))
