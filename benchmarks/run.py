"""Run the benchmarks, keep what they measured in ``last.json``, and have the page written from it.

``make bench`` calls this, ``make bench-quick`` with ``--quick``, whose figures are printed and not kept;
``python benchmarks/run.py NAME…`` measures some anew and keeps the rest.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LAST = HERE / "last.json"

QUICK = {"batch": ("--models", "200", "--pins", "100", "--window", "4", "--quota", "200")}
"""Where a benchmark has no ``--quick`` of its own."""


def names() -> list[str]:
    """All benchmarks, by the name of their script."""
    return sorted(script.stem.removeprefix("bench_") for script in HERE.glob("bench_*.py"))


def machine() -> dict[str, object]:
    """What the figures depend on, without saying whose machine it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def measured(name: str, *, quick: bool) -> dict[str, Any] | None:
    """One benchmark in a process of its own; None when it failed, with its words on stderr."""
    more = QUICK.get(name, ("--quick",)) if quick else ()
    command = [sys.executable, str(HERE / f"bench_{name}.py"), "--json", *more]
    done = subprocess.run(command, check=False, cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
    try:
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        print(f"{name}: no figures, exit code {done.returncode}", file=sys.stderr)
        return None
    return {"machine": machine(), **found}


def kept() -> dict[str, Any]:
    """The figures of earlier runs."""
    found: dict[str, Any] = json.loads(LAST.read_text(encoding="utf-8")) if LAST.exists() else {}
    return {name: figures for name, figures in found.items() if name in names()}


def main() -> int:
    """0; 1 when a benchmark gave no figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller, within two minutes; nothing is kept")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    given = parser.parse_args()
    if unknown := set(given.names) - set(names()):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    # Installed programs have bytecode; the other scanners are installed.
    subprocess.run([sys.executable, "-m", "compileall", "-q", "trustaudit"], check=True, cwd=HERE.parent)
    failed = False
    for name in given.names or names():
        started = time.monotonic()
        found = measured(name, quick=given.quick)
        failed |= found is None
        print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
        if given.quick:
            print(json.dumps(found, indent=1))
        elif found is not None:
            LAST.write_text(json.dumps({**kept(), name: found}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if not given.quick:
        subprocess.run([sys.executable, "docs/generate.py"], check=True, cwd=HERE.parent)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
