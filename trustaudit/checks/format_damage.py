"""A model file contradicts itself

## What it does
Reports headers and tables that disagree with the file they describe: lengths beyond its end, tensors that overlap or
overflow, keys twice, bytes after the end, values that no writer produces. Covers safetensors and its index files, GGUF,
ONNX, HDF5, Keras, TensorFlow, TensorFlow Lite, ExecuTorch, msgpack, Core ML, boosted trees, R and Lua Torch.

## Why it matters
Loaders written in C crash on such files or worse: most memory-safety advisories for GGUF and ONNX readers begin with a
length that was believed. Two readers that take a contradiction differently also see two different models.

## Example
A GGUF string of 2^63 bytes (CVE-2024-21802 and others); a safetensors header with the same tensor twice.

## How to fix
Get the file again: a broken upload is the harmless cause. If it is the same everywhere, do not load it.

## References
- CVE-2024-21802, CVE-2025-49847, CVE-2025-53630, CVE-2026-27940
- https://github.com/huggingface/safetensors#format
- https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="format-damage",
    title="A model file contradicts itself",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_ATTACK = Weight(Severity.HIGH, Confidence.MEDIUM)
_DAMAGE = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_ODD = Weight(Severity.LOW, Confidence.MEDIUM)

_NO_WRITER = [
    "safetensors-header-length",
    "safetensors-duplicate-key",
    "safetensors-number",
    "safetensors-overlap",
    "safetensors-tensor-overflow",
    "safetensors-tensor-keys",
    "safetensors-header-start",
    "gguf-count",
    "gguf-string-length",
    "gguf-array-length",
    "gguf-value-type",
    "gguf-nested-array",
    "gguf-duplicate-key",
    "gguf-key-path",
    "gguf-nul",
    "gguf-alignment",
    "gguf-duplicate-tensor",
    "gguf-tensor-dimensions",
    "gguf-tensor-overflow",
    "gguf-tensor-overlap",
    "weight-index-duplicate-key",
    "keras-config-duplicate-key",
    "executorch-bounds",
    "tflite-malformed",
    "msgpack-depth",
    "onnx-external-range",
]
_BROKEN = [
    "safetensors-oversized-header",
    "safetensors-truncated",
    "safetensors-header-json",
    "safetensors-padding",
    "safetensors-metadata-type",
    "safetensors-tensor-entry",
    "safetensors-tensor-size",
    "safetensors-hole",
    "safetensors-trailing-data",
    "weight-index-json",
    "weight-index-number",
    "weight-index-value",
    "gguf-oversized-metadata",
    "gguf-magic",
    "gguf-version",
    "gguf-truncated",
    "gguf-key-characters",
    "gguf-bool",
    "gguf-tensor-name",
    "gguf-tensor-block",
    "gguf-tensor-misaligned",
    "gguf-tensor-beyond-file",
    "gguf-tensor-gap",
    "gguf-tensor-order",
    "onnx-malformed",
    "onnx-no-graph",
    "onnx-external-missing",
    "h5-signature",
    "h5-malformed",
    "h5-oversized-dataset",
    "keras-config-json",
    "keras-config-number",
    "tf-malformed",
    "tflite-magic",
    "executorch-magic",
    "executorch-malformed",
    "msgpack-truncated",
    "msgpack-malformed",
    "msgpack-trailing-data",
    "msgpack-array",
    "coreml-malformed",
    "paddle-malformed",
    "xml-malformed",
    "catboost-size",
    "xgboost-length",
    "xgboost-malformed",
    "xgboost-truncated",
    "r-malformed",
    "r-truncated",
    "torch7-malformed",
    "torch7-truncated",
]
_UNUSUAL = [
    "safetensors-dtype",
    "gguf-tensor-type",
    "gguf-trailing-data",
    "tflite-trailing-data",
    "h5-unsupported",
    "h5-user-block",
    "tf-empty",
    "coreml-empty",
    "paddle-empty",
    "lightgbm-tree-sizes",
    "catboost-magic",
    "xgboost-tree-count",
    "xgboost-trailing-data",
    "xgboost-json-duplicate-key",
    "msgpack-extension",
    "r-form",
]

WEIGHTS = {
    **dict.fromkeys(_NO_WRITER, _ATTACK),
    **dict.fromkeys(_BROKEN, _DAMAGE),
    **dict.fromkeys(_UNUSUAL, _ODD),
}
_PROGRAM_HEADS = (
    *("4d5a", "7f454c46", "feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe", "4c00000001140200", "2321"),
    *("504b0304", "377abcaf", "52617221", "1f8b08", "fd377a585a", "8002", "8003", "8004", "8005"),
)
"""Magic bytes in hex of what hides behind a tensor file: programs, archives, pickles, scripts."""


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and contradiction."""
    return observed_findings(
        META,
        snapshot,
        WEIGHTS,
        adjust=_adjusted,
        remediation="get the file again; if it is the same everywhere, do not load it",
    )


def _adjusted(_file: FileFacts, seen: Observation, weight: Weight) -> Weight:
    """Bytes behind the end weigh by what they are; an oversized dataset that is compressed is ordinary."""
    if seen.kind.endswith("trailing-data") and seen.get("head").casefold().startswith(_PROGRAM_HEADS):
        return _ATTACK
    if seen.kind == "h5-oversized-dataset" and seen.get("filtered") in ("true", "yes", "1"):
        return _ODD
    return weight
