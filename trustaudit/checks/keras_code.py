"""A Keras model runs code or loads other files

## What it does
Reads the configuration of `.keras` and `.h5` models and reports Lambda layers with bytecode, objects of modules outside
Keras, functions that download or switch protection off, PyTorch wrappers, layers that load another model, vocabularies
that are paths.

## Why it matters
Keras builds what the configuration names. Several advisories turned a model file into code that way, and `.h5` files
ignore `safe_mode` altogether.

## Example
A `Lambda` layer whose code names `os.system`; a layer with `module: "subprocess"`.

## How to fix
Do not load the model, or load only its weights into an architecture of your own. Keras 3.13.2 or newer closes the known
holes; it cannot make a Lambda layer safe.

## References
- CVE-2024-3660, CVE-2025-1550, CVE-2025-8747, CVE-2025-9905, CVE-2025-9906
- CVE-2025-12058, CVE-2025-49655, CVE-2026-1462
- https://keras.io/api/models/model_saving_apis/model_saving_and_loading/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.pickle_globals import GlobalsTable, Grade, Level
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="keras-code",
    title="A Keras model runs code or loads other files",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_CRITICAL = Weight(Severity.CRITICAL)
_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
_BY_DESIGN = Weight(Severity.HIGH, Confidence.LOW)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)

WEIGHTS = {
    "keras-lambda-code": _BY_DESIGN,
    "keras-lambda-name": _MEDIUM,
    "keras-layer": _LIKELY,
    "keras-function": _LIKELY,
    "keras-op-layer": _MEDIUM,
    "keras-torch-module": _LIKELY,
    "keras-saved-model-layer": _LIKELY,
    "keras-vocabulary-path": _LIKELY,
}

_OWN = (
    "keras",
    "tf_keras",
    "keras_hub",
    "keras_nlp",
    "keras_cv",
    "keras_core",
    "tensorflow.keras",
    "tensorflow.python.keras",
)
# Functions of Keras that fetch, read, write or unpack what they are told to, or turn its protection off.
_BAD_FUNCTIONS = frozenset(
    {"get_file", "enable_unsafe_deserialization", "load_model", "deserialize_keras_object", "model_from_json"}
    | {"model_from_config", "load_weights", "save_model", "save_weights", "save_img", "extract_archive", "func_load"}
)
_BAD_WORDS = re.compile(
    r"\b(?:os|posix|nt|subprocess|socket|urllib|requests|ctypes|pty|shutil|importlib|builtins|marshal|pickle|"
    r"system|popen|Popen|eval|exec|compile|__import__|open|urlopen|check_output|b64decode)\b"
)
_TENSORFLOW_NAME = re.compile(
    r"(?:tf\.|math\.|nn\.|linalg\.|image\.|signal\.|strings\.|ragged\.|__operators__\.|keras)[\w.]*|\w+"
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file and kind."""
    table = context.knowledge.pickle_globals

    def adjust(_file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
        return _adjusted(seen, weight, table)

    return observed_findings(
        META, snapshot, WEIGHTS, adjust=adjust, remediation="do not load this model; its configuration runs code"
    )


def _adjusted(seen: Observation, weight: Weight, table: GlobalsTable) -> Weight | None:
    match seen.kind:
        case "keras-lambda-code":
            return _CRITICAL if _BAD_WORDS.search(seen.get("strings")) else weight
        case "keras-layer":
            return _object(seen.get("module"), seen.get("class"), seen.get("registered"), table)
        case "keras-function" | "keras-lambda-name":
            return _function(seen.get("module"), seen.get("function"), seen, table)
        case "keras-op-layer":
            return None if _TENSORFLOW_NAME.fullmatch(seen.get("function")) else weight
        case _:
            return weight


def _object(module: str, name: str, registered: str, table: GlobalsTable) -> Weight | None:
    if _is_own(module):
        return _LIKELY if name.rpartition(".")[2] in _BAD_FUNCTIONS else None  # CVE-2025-9906: looked up as a class
    if module in ("", "builtins") and (name == "function" or not module):
        return _LOW if ">" in registered else None
    if _is_denied(module, name, table):
        return _CRITICAL
    return _BY_DESIGN if _is_custom_layer(module, name, registered, table) else _LIKELY


def _is_custom_layer(module: str, name: str, registered: str, table: GlobalsTable) -> bool:
    """As Keras writes a layer of the publisher's own package, which nobody else has to import: its name twice."""
    judged = table.judge(module, name)
    return (
        judged.level is Level.UNKNOWN
        and not judged.stdlib
        and name[:1].isupper()
        and registered.rpartition(">")[2] == name
    )


def _function(module: str, name: str, seen: Observation, table: GlobalsTable) -> Weight | None:
    if name.rpartition(".")[2] in _BAD_FUNCTIONS:
        return _LIKELY
    if _is_own(module) or module in ("", "builtins"):
        bare = name.partition(".")[0] in ("os", "subprocess", "eval", "exec")
        return _CRITICAL if bare else (_MEDIUM if seen.kind == "keras-lambda-name" else None)
    return _CRITICAL if _is_denied(module, name, table) else _LIKELY


def _is_own(module: str) -> bool:
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in _OWN)


def _is_denied(module: str, name: str, table: GlobalsTable) -> bool:
    judged = table.judge(module, name)
    return judged.level is Level.DENY and judged.grade is Grade.EXECUTE
