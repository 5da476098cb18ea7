"""What the Hub's five scanners say about a file, in the shapes they were recorded in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from .history import StoredFile

Imports = Iterable[tuple[str, str, str]]

_PICKLE_SUFFIXES = frozenset({".bin", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dat"})
_REPORT = "https://fdtn.ai/ai-supply-chain/hugging-face?utm_source=huggingface"
_WORST_LAST = ("unscanned", "safe", "queued", "error", "caution", "suspicious", "unsafe")
_AV_MESSAGES = {
    "safe": "No security issues detected",
    "unsafe": "Detected malware signatures: Py.Malware.CodeExec_builtins_eval_STACK_GLOBAL",
    "error": "",
}


def scan(
    status: str | None = None,
    *,
    av: str = "safe",
    pickle: str = "unscanned",
    protect_ai: str = "unscanned",
    jfrog: str | None = "unscanned",
    virus_total: str = "unscanned",
    imports: Imports = (),
) -> dict[str, Any]:
    """A ``securityFileStatus``. ``status`` is the roll-up, worked out from the five when left out.

    ``imports`` are (module, name, safety) with safety innocuous, suspicious or dangerous;
    ``jfrog=None`` leaves that key away, as the Hub does for datasets.
    """
    listed = [{"module": module, "name": name, "safety": safety} for module, name, safety in imports]
    body: dict[str, Any] = {
        "status": status or _roll_up(av, pickle, protect_ai, jfrog or "unscanned", virus_total),
        "protectAiScan": _with_message(protect_ai, {"safe": "This file has no security findings."}),
        "avScan": {**_with_message(av, _AV_MESSAGES), **({"reportLink": _REPORT} if av == "safe" else {})},
        "pickleImportScan": _pickle(pickle, listed),
        "virusTotalScan": _with_message(virus_total, {"safe": "0/76 engines detect it as malicious."}),
    }
    if jfrog is not None:
        words = {"safe": "Safe Pickle-based model", "unscanned": "Not a machine-learning model", "queued": ""}
        body["jFrogScan"] = _with_message(jfrog, words)
    return body


def _with_message(status: str, words: Mapping[str, str]) -> dict[str, str]:
    return {"status": status} | ({"message": words[status]} if status in words else {})


def _pickle(status: str, listed: list[dict[str, str]]) -> dict[str, Any]:
    return {"status": status, "pickleImports": listed, "version": "0.0.0" if status == "unscanned" else "0.0.32"}


def _roll_up(*statuses: str) -> str:
    """Unscanned scanners do not count: the Hub shows ``safe`` when the others are."""
    return max(("safe", *(s for s in statuses if s != "unscanned")), key=_WORST_LAST.index)


def usual_scan(file: StoredFile, status: str, *, dataset: bool) -> dict[str, Any]:
    """What the Hub would most likely show for a file whose roll-up is ``status``."""
    is_pickle = PurePosixPath(file.path).suffix.lower() in _PICKLE_SUFFIXES
    return scan(
        status,
        av="unsafe" if status == "unsafe" else "error" if status == "error" else "safe",
        pickle="safe" if is_pickle and status == "safe" else "unscanned",
        protect_ai="unscanned" if dataset else "safe" if status == "safe" else "unscanned",
        jfrog=None if dataset else "queued" if status == "queued" else "safe" if is_pickle else "unscanned",
        virus_total="safe" if file.is_lfs else "unscanned",
    )
