"""The pickle inspector beside ``pickletools.genops`` on streams of two million opcodes, and its peak memory.

The claims: at least as fast as exhausting ``genops`` on the same bytes (minimum of interleaved
pairs), and a peak of at most 40 MB above the idle process. ``--peers`` also times picklescan
and modelscan, installed into ``.benchmarks/peers``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import pickle
import pickletools
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

PAIRS = 5
OPCODES = 2_000_000
LIMIT_MB = 40
PEERS = ROOT / ".benchmarks" / "peers"

MEASURE = """
import sys
from pathlib import Path
from trustaudit.formats.drivers import inspect_bytes, inspect_local
from trustaudit.formats.pickle.inspector import inspect_pickle

def kilobytes(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])

inspect_bytes(inspect_pickle, b"\\x80\\x04cposix\\nsystem\\n.", "warm")
path = Path(sys.argv[1])
idle = kilobytes("VmRSS")
with path.open("rb") as file:
    facts = inspect_local(inspect_pickle, file, path.name, path.stat().st_size)
print((kilobytes("VmHWM") - idle) / 1024, facts.coverage)
"""

SCAN = {
    "picklescan": """
import io, sys, time
from pathlib import Path
from picklescan.scanner import scan_pickle_bytes
data = Path(sys.argv[1]).read_bytes()
started = time.perf_counter()
scan_pickle_bytes(io.BytesIO(data), "model.pkl")
print(time.perf_counter() - started)
""",
    "modelscan": """
import sys, time
from modelscan.modelscan import ModelScan
scanner = ModelScan()
started = time.perf_counter()
scanner.scan(sys.argv[1])
print(time.perf_counter() - started)
""",
}


def samples() -> Iterator[tuple[str, bytes]]:
    """About two million opcodes each, as picklers write them and as nobody does."""
    records = [{"id": i, "name": f"item{i}", "box": (i, 1.5, None)} for i in range(130_000)]
    yield "records, protocol 4", pickle.dumps(records, 4)
    yield "records, protocol 2", pickle.dumps(records, 2)
    yield "records, protocol 0", pickle.dumps(records[:100_000], 0)
    yield "vocabulary", pickle.dumps({f"token{i}": i for i in range(650_000)}, 4)
    yield "nested lists", pickle.dumps([[i, [i + 1, [str(i)]]] for i in range(130_000)], 4)
    yield "numbers", pickle.dumps([i * 0.5 for i in range(1_950_000)], 4)
    yield "dates", pickle.dumps([dt.date.fromordinal(700_000 + i) for i in range(280_000)], 4)
    yield "calls", b"\x80\x02ccollections\nOrderedDict\nq\x00" + b"h\x00)R0" * (OPCODES // 4) + b"N."
    yield "state dict", state_dict(60_000)
    yield "stack of strings", pickle.dumps(tuple(f"item{i}" for i in range(900_000)), 4)


def state_dict(tensors: int) -> bytes:
    """What torch.save writes for so many tensors, assembled from opcodes."""
    rebuild = b"ctorch._utils\n_rebuild_tensor_v2\nq\x00"
    storage = b"X\x07\x00\x00\x00storageq\x01"
    kind = b"ctorch\nFloatStorage\nq\x02"
    ordered = b"ccollections\nOrderedDict\nq\x03"
    stored = b"(h\x01h\x02X\x01\x00\x00\x000X\x03\x00\x00\x00cpuM\x00\x02tQ"
    one = b"h\x00(" + stored + b"K\x00K\x10K\x20\x86K\x20K\x01\x86\x89h\x03)RtR"
    body = b"".join(b"X\x08\x00\x00\x00%08d" % i + one for i in range(tensors))
    return b"\x80\x02" + rebuild + b"0" + storage + b"0" + kind + b"0" + ordered + b")R(" + body + b"u."


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds: other programs on the machine do not count."""
    started = time.process_time()
    work()
    return time.process_time() - started


def exhaust(data: bytes) -> int:
    return sum(1 for _ in pickletools.genops(data))


def inspect(data: bytes) -> object:
    from trustaudit.formats.drivers import inspect_bytes  # noqa: PLC0415 - after the path is set
    from trustaudit.formats.pickle.inspector import inspect_pickle  # noqa: PLC0415 - after the path is set

    return inspect_bytes(inspect_pickle, data, "model.pkl")


def peak_mb(path: Path) -> float:
    """Growth of the resident set above the idle process while ``path`` is inspected."""
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return float(done.stdout.split()[0])


def peers() -> dict[str, Path]:
    """Interpreters that have the other scanners, as far as they can be installed."""
    found = {}
    for name in SCAN:
        folder = PEERS / name
        python = folder / "bin" / "python"
        if not python.exists():
            venv.create(folder, with_pip=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", name], check=False)
        if subprocess.run([str(python), "-c", f"import {name}"], check=False, capture_output=True).returncode == 0:
            found[name] = python
    return found


def peer_seconds(name: str, python: Path, path: Path) -> float | None:
    done = subprocess.run([str(python), "-c", SCAN[name], str(path)], check=False, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def report(name: str, data: bytes, path: Path, others: dict[str, Path]) -> tuple[float, float]:
    """One line; the ratio to genops and the peak."""
    count = exhaust(data)
    pairs = [
        (seconds(lambda: inspect(data)), seconds(lambda: [None for _ in pickletools.genops(data)]))
        for _ in range(PAIRS)
    ]
    ours, genops = (min(column) for column in zip(*pairs, strict=True))
    peak = peak_mb(path)
    line = f"{name:22} {count:9,} opcodes  ours {ours:5.2f} s  genops {genops:5.2f} s  ratio {ours / genops:4.2f}"
    line += f"  peak +{peak:4.1f} MB"
    for other, python in others.items():
        took = peer_seconds(other, python, path)
        line += f"  {other} {f'{took:5.2f} s' if took is not None else 'failed'}"
    print(line, flush=True)
    return ours / genops, peak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="time picklescan and modelscan too")
    others = peers() if parser.parse_args().peers else {}
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, data in samples():
            path = Path(folder) / "model.pkl"
            path.write_bytes(data)
            results.append(report(name, data, path, others))
    worst, peak = (max(column) for column in zip(*results, strict=True))
    print(f"worst ratio {worst:.2f} (claim: <= 1), highest peak {peak:.0f} MB above idle (claim: <= {LIMIT_MB})")
    return int(worst > 1 or peak > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
