"""``trustaudit --help`` against ``python -c "import typer"``, in interleaved pairs.

The claim: help costs at most twice the import of typer.
"""

from __future__ import annotations

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
    """Print both medians and the median ratio."""
    base = (sys.executable, "-c", "import typer")
    ours = (sys.executable, "-m", "trustaudit", "--help")
    seconds(*base), seconds(*ours)
    pairs = [(seconds(*ours), seconds(*base)) for _ in range(PAIRS)]
    ratio = statistics.median(a / b for a, b in pairs)
    help_ms, typer_ms = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"trustaudit --help {help_ms:.0f} ms, import typer {typer_ms:.0f} ms, ratio {ratio:.2f} (claim: <= 2)")


if __name__ == "__main__":
    main()
