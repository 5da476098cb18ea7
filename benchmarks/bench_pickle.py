"""The pickle inspector beside ``pickletools.genops`` on streams of two million opcodes, and its peak memory.

The claims: at least as fast as exhausting ``genops`` on the same bytes (minimum of interleaved
pairs), and a peak of at most 40 MB above the idle process. Other scanners get three of the samples and
a checkpoint of 1 GB (a sparse file), by their own library calls: for us that is inspection and judgement.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import pickle
import pickletools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers import ROOT, UnmeasuredError
from benchmarks.scanning import scan, version_of
from benchmarks.scene import checkpoint

PAIRS = 3
OPCODES = 2_000_000
LIMIT_MB = 40
PATIENCE = 60
"""Seconds that a scanner has for a file, its start included."""


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

SCANNED = ("trustaudit", "picklescan", "modelscan", "modelaudit", "mlsupplyscan")
SHOWN = ("records, protocol 4", "calls")
"""The samples that the other scanners get too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sample: processor seconds beside ``genops``, and megabytes above the idle process."""

    sample: str
    opcodes: int
    seconds: float
    genops: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Scan:
    """One scanner over the files: wall seconds, None where it did not end within ``PATIENCE``."""

    scanner: str
    version: str = ""
    seconds: dict[str, float | None] = field(default_factory=dict)
    unmeasured: str = ""


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


def row(name: str, data: bytes, path: Path, pairs: int) -> Row:
    """Interleaved pairs, the least of each."""
    times = [(seconds(lambda: inspect(data)), seconds(lambda: exhaust(data))) for _ in range(pairs)]
    ours, genops = (min(column) for column in zip(*times, strict=True))
    return Row(name, exhaust(data), ours, genops, peak_mb(path))


def scanned(name: str, files: dict[str, Path]) -> Scan:
    """One scanner over all of them."""
    try:
        seen = {label: scan(name, [path], PATIENCE)[0].seconds for label, path in files.items()}
        return Scan(name, version_of(name), seen)
    except UnmeasuredError as error:
        return Scan(name, unmeasured=str(error))


def main() -> int:
    """Measure and print; 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one sample, once, and no slow scanner")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, Path] = {}
        rows = []
        for number, (name, data) in enumerate(samples()):
            if given.quick and name != SHOWN[-1]:
                continue
            path = Path(folder) / f"model{number}.pkl"
            path.write_bytes(data)
            rows.append(row(name, data, path, 1 if given.quick else PAIRS))
            files |= {name: path} if name in SHOWN else {}
        files["checkpoint of 1 GB"] = Path(folder) / "pytorch_model.bin"
        checkpoint().save(files["checkpoint of 1 GB"])
        scans = [scanned(name, files) for name in SCANNED if not (given.quick and name == "modelaudit")]
    worst, peak = max(one.seconds / one.genops for one in rows), max(one.peak_mb for one in rows)
    if given.json:
        told = {"rows": [asdict(one) for one in rows], "scans": [asdict(one) for one in scans], "patience": PATIENCE}
        print(json.dumps(told))
    else:
        say(rows, scans)
        print(f"worst ratio {worst:.2f} (claim: <= 1), highest peak {peak:.0f} MB above idle (claim: <= {LIMIT_MB})")
    return int(worst > 1 or peak > LIMIT_MB)


def say(rows: list[Row], scans: list[Scan]) -> None:
    """For a person."""
    for one in rows:
        print(
            f"{one.sample:22} {one.opcodes:9,} opcodes  ours {one.seconds:5.2f} s  genops {one.genops:5.2f} s  "
            f"ratio {one.seconds / one.genops:4.2f}  peak +{one.peak_mb:4.1f} MB"
        )
    for found in scans:
        times = ", ".join(
            f"{name} {'no end' if took is None else f'{took:.2f} s'}" for name, took in found.seconds.items()
        )
        print(f"{found.scanner} {found.version}: {f'not measured: {found.unmeasured}' if found.unmeasured else times}")


if __name__ == "__main__":
    sys.exit(main())
