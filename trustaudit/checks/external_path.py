"""A model file names a place outside its folder

## What it does
Reports paths that lead out: external data of ONNX, shards of an index, links and storages of HDF5, assets, linked
models, names with `..`, entities and includes of XML formats, files that are nothing but such a path, as symbolic links
are stored. Also shards that are named and do not exist, and pickles named by an index of safetensors.

## Why it matters
Loaders open what a file names. A path outside the folder reads somebody's files into a model, or writes where it should
not; a shard index can point a "safe" load at a pickle.

## Example
`external_data` with `location: "../../../../etc/passwd"`.

## How to fix
Do not load the file. Honest exporters write plain names of files beside the model.

## References
- CVE-2022-25882, CVE-2024-27318, CVE-2026-27489, CVE-2026-34446, CVE-2026-34447, CVE-2026-1669, CVE-2026-12479
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.file_kinds import kind_of
from trustaudit.snapshot import FileList, Snapshot

META = CheckMeta(
    id="external-path",
    title="A model file names a place outside its folder",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_HIGH = Weight(Severity.HIGH)
_MISSING = Weight(Severity.LOW, Confidence.MEDIUM)

WEIGHTS = dict.fromkeys(
    [
        "onnx-external-data",
        "weight-index-file",
        "h5-external-link",
        "h5-external-storage",
        "h5-virtual-source",
        "h5-user-link",
        "h5-name-path",
        "keras-name-path",
        "tf-asset",
        "coreml-blob-file",
        "coreml-item",
        "coreml-linked-model",
        "link-text",
        "openvino-path",
        "xml-doctype",
        "xml-entity",
        "xml-include",
    ],
    _HIGH,
)
_BY_ESCAPE = frozenset(
    {"onnx-external-data", "weight-index-file", "tf-asset", "coreml-blob-file", "coreml-item", "coreml-linked-model"}
)
_NAMES = {"onnx-external-data": "location", "weight-index-file": "file"}


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and kind."""
    listing: FileList | None = value_of(snapshot.files)
    paths = {entry.path for entry in listing.entries} if listing and listing.complete else None

    def adjust(file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
        if seen.kind == "h5-virtual-source":
            return None if seen.get("file") in (".", "") else weight
        if seen.kind == "link-text" and seen.get("escape") == "cache":
            return _MISSING
        if seen.kind == "xml-doctype":
            return _doctype(seen)
        if seen.kind in _BY_ESCAPE and not seen.get("escape"):
            return _beside(file, seen, paths)
        return weight

    return observed_findings(
        META,
        snapshot,
        WEIGHTS,
        adjust=adjust,
        remediation="do not load this file: honest exporters name files beside it",
    )


def _doctype(seen: Observation) -> Weight | None:
    """A bare or published document type is how PMML and plists begin; one with declarations of its own is not."""
    if seen.get("subset"):
        return _HIGH
    return Weight(Severity.LOW) if seen.get("system") or seen.get("public") else None


def _beside(file: FileFacts, seen: Observation, paths: set[str] | None) -> Weight | None:
    """A name that stays in the folder: what it leads to, and whether it is there."""
    named = seen.get(_NAMES.get(seen.kind, ""))
    if not named:
        return None
    if seen.kind == "weight-index-file" and ".safetensors.index" in file.path and kind_of(named).runs_on_load:
        return _HIGH
    folder = file.path.rpartition("/")[0]
    there = f"{folder}/{named}" if folder else named
    return _MISSING if paths is not None and there.replace("/./", "/").removeprefix("./") not in paths else None
