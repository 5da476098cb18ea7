"""Files through each scanner's own library call, in one warm process per scanner.

A scanner flags a file when its own command would end with the code that means "something found".
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import ROOT, clean_environment, peer
from benchmarks.scene import checkpoint

PATIENCE = 200

_OURS = """
from pathlib import Path
from trustaudit.collect.local import collect_local
from trustaudit.engine import judge
def flagged(path):
    return judge(collect_local(Path(path))).verdict in WANTED
"""
SCANNERS = {
    "trustaudit": _OURS.replace("WANTED", '("block", "review", "incomplete")'),
    "trustaudit (blocks)": _OURS.replace("WANTED", '("block",)'),
    "picklescan": """
from picklescan.scanner import scan_file_path
def flagged(path):
    return scan_file_path(path).issues_count > 0
""",
    "modelscan": """
from modelscan.modelscan import ModelScan
def flagged(path):
    return ModelScan().scan(path)["summary"]["total_issues"] > 0
""",
    "modelaudit": """
from modelaudit.core import scan_model_directory_or_file
def flagged(path):
    issues = scan_model_directory_or_file(path, cache_enabled=False).issues
    return any(issue.severity.value in ("warning", "critical") for issue in issues)
""",
    "mlsupplyscan": """
from pathlib import Path
from mlscan.scanner import scan_file
def flagged(path):
    return any(finding.severity.rank >= 2 for finding in scan_file(Path(path), Path(path).name))
""",
}

_LOOP = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
for path in sys.argv[1:]:
    started = time.perf_counter()
    try:
        found = flagged(path)
    except Exception:
        found = None
    print("\\n@@" + json.dumps([time.perf_counter() - started, found]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One file: wall seconds (None: no end in time), and whether it was flagged (None: that, or the scanner raised)."""

    seconds: float | None = None
    flagged: bool | None = None


def is_ours(name: str) -> bool:
    """Whether it is this project, which needs no environment of its own."""
    return name.startswith("trustaudit")


def version_of(name: str) -> str:
    """The version under measurement; of this project none. Raises UnmeasuredError."""
    return "" if is_ours(name) else peer(name).version


def scan(name: str, paths: Sequence[Path], patience: float = PATIENCE) -> list[Seen]:
    """Every path by that scanner, in ``patience`` seconds; its first call, which loads its tables, is not counted.

    Raises UnmeasuredError when it cannot be installed.
    """
    python = sys.executable if is_ours(name) else str(peer(name).python)
    with tempfile.TemporaryDirectory() as home:
        warm = Path(home) / "warm.bin"
        checkpoint(1 << 20, call=b"").save(warm)
        command = [python, "-c", SCANNERS[name] + _LOOP, str(warm), *map(str, paths)]
        variables = clean_environment(home, PYTHONPATH=str(ROOT) if is_ours(name) else "")
        out = _output(command, variables, home, patience)
    told = [Seen(*json.loads(line[2:])) for line in out.splitlines() if line.startswith("@@")]
    if not told:
        raise RuntimeError(f"{name} said nothing")
    missing = 1 + len(paths) - len(told)
    return [*told[1:], *(Seen() for _ in range(missing))]


def _output(command: list[str], variables: dict[str, str], home: str, patience: float) -> str:
    """What it printed until its end or until patience ran out."""
    process = subprocess.Popen(
        command, env=variables, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        try:
            return process.communicate(timeout=patience)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0]
