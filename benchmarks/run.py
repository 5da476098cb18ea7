"""Run the benchmarks whose commands are ready and print their figures as ratios.

``make bench`` calls this; ``python benchmarks/run.py NAME…`` runs some of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run each benchmark in a process of its own; the exit code is that of the worst."""
    wanted = sys.argv[1:]
    scripts = sorted(HERE.glob("bench_*.py"))
    worst = 0
    for script in scripts:
        name = script.stem.removeprefix("bench_")
        if wanted and name not in wanted:
            continue
        print(f"== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(script)], check=False, cwd=HERE.parent).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
