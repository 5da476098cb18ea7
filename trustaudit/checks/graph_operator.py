"""A model graph reaches outside itself

## What it does
Looks at the operators of TensorFlow, TensorFlow Lite, ONNX, PaddlePaddle, OpenVINO and Core ML graphs, function
libraries included, and reports those that read or write files, talk to the network, call Python or need native
libraries or classes that somebody must install. An operator with a path or address outside the model as a constant
weighs most.

## Why it matters
Graphs are programs. TensorFlow's own security page says so, and researchers listed dozens of operators that read files
and send data when a model is merely run.

## Example
A SavedModel with `WriteFile` and the constant `/home/user/.bashrc`.

## How to fix
Do not run the graph outside a sandbox. Operators of saving and restoring, and tables in `assets/`, are ordinary and not
reported.

## References
- https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md
- Zhu et al., "My Model is Malware to You" (TensorAbuse), IEEE S&P 2025
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="graph-operator",
    title="A model graph reaches outside itself",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_CRITICAL = Weight(Severity.CRITICAL)
_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
_DOUBTFUL = Weight(Severity.HIGH, Confidence.LOW)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_NOTE = Weight(Severity.INFO)
_LOW = Weight(Severity.LOW)

WEIGHTS = {
    "tf-operator": _LIKELY,
    "tf-operator-argument": _CRITICAL,
    "tflite-custom-operator": _NOTE,
    "onnx-operator": _NOTE,
    "onnx-operator-domain": _LOW,
    "paddle-operator": _LIKELY,
    "paddle-operator-argument": _LIKELY,
    "openvino-layer": _MEDIUM,
    "executorch-operator": _NOTE,
    "mxnet-symbol": _NOTE,
    "coreml-custom-layer": _LOW,
    "coreml-custom-model": _LOW,
}

# Operators by what they reach: union of the published lists of modelscan, modelaudit and TensorDetect.
_PYTHON = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
_READ = re.compile(
    r"ReadFile|MatchingFiles(?:Dataset)?|ImmutableConst|FixedLengthRecordDataset(?:V2)?|CSVDataset(?:V2)?|"
    r"TextLineDataset|TFRecordDataset(?:V2)?|LMDBDataset|LoadAndRemapMatrix|WholeFileReader(?:V2)?"
)
_WRITE = re.compile(r"WriteFile|SaveSlices|SaveDataset(?:V2)?|DistributedSave|LookupTableExport|WriteAudioSummary")
_NETWORK = re.compile(
    r"Rpc(?:Call|Client|Server|ServerRegister|ServerStart)|RegisterDataset(?:V2)?|DataServiceDataset\w*|SqlDataset"
)
_SAVER = frozenset(
    [
        "SaveV2",
        "RestoreV2",
        "MergeV2Checkpoints",
        "ShardedFilename",
        "Save",
        "Restore",
        "RestoreSlice",
        "InitializeTableFromTextFile",
        "InitializeTableFromTextFileV2",
        "LookupTableExportV2",
        "PrintV2",
        "Print",
        "Assert",
    ]
)
_OUTSIDE = re.compile(
    r"(?:/|~|[A-Za-z]:[\\/]|\\\\|[a-z][a-z0-9+.-]*://|.*\.\.(?:/|\\)).*|.*\.(?:py|sh|bashrc|profile|pth|so|exe)",
    re.DOTALL,
)
# Layers of openvino-tokenizers, which every language model of the OpenVINO organisation needs beside its graph.
# Source: the operators that version 2026.4 of that library registers.
_TOKENIZER_LAYERS = frozenset(
    {"BPETokenizer", "ByteFallback", "BytesToChars", "CaseFold", "CharsMapNormalization", "CharsToBytes"}
    | {"CombineSegments", "ContribStringJoin", "ContribStringSplit", "EqualStr", "FuzeRagged", "NormalizeUnicode"}
    | {"NumericToString", "RaggedTensorPack", "RaggedToDense", "RaggedToRagged", "RaggedToSparse"}
    | {"RegexNormalization", "RegexSplit", "SentencepieceDetokenizer", "SentencepieceStreamDetokenizer"}
    | {"SentencepieceTokenizer", "SpecialTokensSplit", "StringTensorPack", "StringTensorUnpack", "StringToHashBucket"}
    | {"TrieTokenizer", "Truncate", "UTF8Validate", "UnigramTokenizer", "VocabDecoder", "VocabEncoder"}
    | {"WordpieceTokenizer"}
)
_HARMLESS_OUTPUT = ("stderr", "stdout", "log(info)", "log(warning)", "log(error)")
_STANDARD_DOMAINS = re.compile(
    r"|ai\.onnx(?:\.ml|\.training|\.preview\.training|\.contrib)?|com\.microsoft[\w.]*|com\.nvidia|org\.pytorch\.aten|"
    r"org\.pytorch\._caffe2|pkg\.onnxscript[\w.]*|pkg\.torch[\w.]*|pkg\.transformers[\w.]*|trt\.plugins"
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and kind."""
    return observed_findings(
        META, snapshot, WEIGHTS, adjust=_adjusted, remediation="do not run this graph outside a sandbox"
    )


def _adjusted(_file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
    operator = seen.get("operator").rpartition("/")[2]
    if seen.kind == "tf-operator":
        return _tensorflow(operator)
    if seen.kind == "tf-operator-argument":
        return _argument(operator, seen.get("value"))
    if seen.kind == "tflite-custom-operator" and operator.startswith("Flex"):
        return _tensorflow(operator.removeprefix("Flex")) or weight
    if seen.kind == "onnx-operator":
        return _LIKELY if operator in ("PyOp", "PythonOp") else None
    return weight if _matters(seen, operator) else None


def _matters(seen: Observation, operator: str) -> bool:
    """Whether a kind that is mostly ordinary says something here."""
    match seen.kind:
        case "onnx-operator-domain":
            return _STANDARD_DOMAINS.fullmatch(seen.get("domain")) is None
        case "paddle-operator":
            return operator == "py_func"
        case "paddle-operator-argument":
            return _OUTSIDE.fullmatch(seen.get("value")) is not None
        case "mxnet-symbol":
            return "Custom" in seen.get("operators").split(",")
        case "openvino-layer":
            return seen.get("version") == "extension" and seen.get("type") not in _TOKENIZER_LAYERS
        case _:
            return True


def _tensorflow(operator: str) -> Weight | None:
    if operator in _PYTHON:
        return _DOUBTFUL
    if operator in _SAVER:
        return None
    reaches = _READ.fullmatch(operator) or _WRITE.fullmatch(operator) or _NETWORK.fullmatch(operator)
    return _LIKELY if reaches else None


def _argument(operator: str, value: str) -> Weight | None:
    """A constant place outside the model, given to an operator that goes there."""
    if operator.startswith("Print"):
        return _CRITICAL if value.startswith("file://") else None
    if value in _HARMLESS_OUTPUT or not _OUTSIDE.fullmatch(value):
        return None
    if operator in _SAVER:
        return None if operator.startswith(("Restore", "Save", "Merge", "Sharded")) else _LIKELY
    return _CRITICAL if _tensorflow(operator) else None
