"""``trustaudit --help`` against ``python -c "import typer"``, in interleaved pairs.

The claim: help costs at most twice the import of typer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

PAIRS = 15


def seconds(*command: str) -> float:
    """Wall seconds of one run."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Both medians and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    base = (sys.executable, "-c", "import typer")
    ours = (sys.executable, "-m", "trustaudit", "--help")
    seconds(*base), seconds(*ours)
    pairs = [(seconds(*ours), seconds(*base)) for _ in range(PAIRS // (3 if given.quick else 1))]
    ratio = statistics.median(a / b for a, b in pairs)
    help_ms, typer_ms = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    if given.json:
        print(json.dumps({"help_ms": help_ms, "typer_ms": typer_ms, "ratio": ratio}))
        return
    print(f"trustaudit --help {help_ms:.0f} ms, import typer {typer_ms:.0f} ms, ratio {ratio:.2f} (claim: <= 2)")


if __name__ == "__main__":
    main()
