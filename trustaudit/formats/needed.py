"""Which modules will read a file, as far as its name tells: to load them before its bytes are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.formats.dispatch import INSPECTORS
from trustaudit.formats.text_files import route

_PICKLED = ("pickle", "zip")
_BY_SUFFIX: dict[str, tuple[str, ...]] = {
    "safetensors": ("safetensors",),
    "gguf": ("gguf",),
    "onnx": ("onnx",),
    "h5": ("hdf5",),
    "keras": ("zip", "hdf5"),
    "npy": ("npy",),
    "npz": ("zip", "npy"),
    "pb": ("tensorflow",),
    "tflite": ("tflite",),
    "msgpack": ("msgpack",),
    "nemo": ("tar",),
    **dict.fromkeys(("bin", "pt", "pth", "ckpt", "pkl", "pickle", "joblib"), _PICKLED),
}

_PARTS: dict[str, tuple[str, ...]] = {
    "trustaudit.formats.python_code.inspector": (
        *(f"trustaudit.formats.python_code.{name}" for name in ("model", "parsing", "names", "texts")),
        "trustaudit.formats.shell_lines",
        *(f"trustaudit.formats.python_code.{name}" for name in ("taints", "flows", "walk", "analysis")),
    ),
    "trustaudit.formats.templates.inspector": ("jinja2", "trustaudit.formats.templates.wording"),
    "trustaudit.formats.dependencies.inspector": ("packaging.requirements",),
    "trustaudit.formats.pickled": ("trustaudit.formats.pickle.machine", "trustaudit.formats.pickle.inspector"),
    "trustaudit.formats.archive": ("trustaudit.formats.torch_zip",),
    "trustaudit.formats.card_text": ("trustaudit.formats.shell_lines", "trustaudit.formats.scripts"),
}
"""What a module imports that takes long by itself: the smaller the pieces, the sooner an answer is taken."""


def modules_for(paths: Iterable[str]) -> Iterator[str]:
    """The modules that files of these names need, each once, in the order of the files."""
    yield from dict.fromkeys(part for path in paths for module in _inspectors(path) for part in _with_parts(module))


def _inspectors(path: str) -> Iterator[str]:
    by_name = route(path, b"")
    if by_name:
        yield by_name.partition(":")[0]
        yield "trustaudit.formats.secrets"
        return
    for kind in _BY_SUFFIX.get(path.rpartition(".")[2].lower(), ()):
        yield INSPECTORS[kind].partition(":")[0]


def _with_parts(module: str) -> tuple[str, ...]:
    return (*_PARTS.get(module, ()), module)
