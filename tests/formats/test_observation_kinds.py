"""docs/observation-kinds.md tells every kind that the inspectors of model formats use."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORMATS = ROOT / "trustaudit" / "formats"
PAGE = ROOT / "docs" / "observation-kinds.md"

PREFIXES = [
    "safetensors",
    "weight-index",
    "gguf",
    "onnx",
    "h5",
    "keras",
    "tf",
    "tflite",
    "executorch",
    "msgpack",
    "torch7",
    "r",
    "coreml",
    "paddle",
    "openvino",
    "pmml",
    "xml",
    "xgboost",
    "lightgbm",
    "catboost",
    "mxnet",
    "spacy",
    "pdf",
    "rtf",
    "ole",
    "web",
    "config",
    "yaml",
    "git",
    "modelfile",
    "template",
    "llamafile",
]
KIND = re.compile(rf"(?:{'|'.join(PREFIXES)})-[a-z0-9-]+\Z")
FILES = [
    "safetensors",
    "weight_index",
    "boosting",
    "coreml",
    "documents",
    "executorch",
    "llamafile",
    "msgpack",
    "paddle",
    "rdata",
    "structured_text",
    "tflite",
    "torch7",
    "ubjson",
    "xml_models",
]
FOLDERS = ("gguf", "onnx", "hdf5", "keras", "tensorflow", "config", "templates")
OTHER_WORDS = {
    *("keras-config", "tf-saved-model", "tf-graph", "tf-meta-graph", "tf-graph-text", "weight-index", "r-data"),
    *("xgboost-json", "xgboost-ubj", "coreml-manifest", "paddle-program"),
    *("config-bytes", "config-objects", "xml-bytes", "xml-elements"),
    *("config-fields", "git-settings", "git-attributes", "yaml-events", "template-work", "template-chars"),
}
"""Names of formats and limits."""


def modules() -> list[Path]:
    return [FORMATS / f"{name}.py" for name in FILES] + [p for name in FOLDERS for p in (FORMATS / name).glob("*.py")]


def kinds_in(path: Path) -> set[str]:
    texts = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and KIND.match(text)} - OTHER_WORDS


def test_every_kind_in_the_code_is_on_the_page() -> None:
    told = set(re.findall(r"`([a-z0-9-]+)`", PAGE.read_text()))
    assert set().union(*map(kinds_in, modules())) <= told


def test_every_kind_on_the_page_is_in_the_code() -> None:
    told = {kind for kind in re.findall(r"`([a-z0-9-]+)`", PAGE.read_text()) if KIND.match(kind)}
    composed = re.compile(r".*-(?:malformed|duplicate-key|number|json|hole|overlap)\Z")
    assert {kind for kind in told if not composed.match(kind)} <= set().union(*map(kinds_in, modules()))
