"""Index files of sharded checkpoints: which file holds which tensor.

A loader joins each value to the folder of the index, so a value is a path somebody else wrote.
"""

from __future__ import annotations

from collections import Counter

from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.paths import escape_of
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded
from trustaudit.formats.strict_json import parse_json, record_oddities

MAX_INDEX = 64 * 1024 * 1024
"""The index of a 670 B mixture of experts has 9 MB."""

_PATH_CHARS = 500


def inspect_weight_index(source: Source) -> Inspecting:
    """Every distinct file that ``weight_map`` names, with the number of its tensors."""
    record = Record(source, "weight-index")
    return concluded(record, _walk(source, record))


def _walk(source: Source, record: Record) -> Reading[None]:
    if source.size > MAX_INDEX:
        raise LimitReachedError("index-bytes")
    text = yield Read(0, source.size)
    odd = parse_json(text, "weight-index-json")
    record_oddities(record, odd, "weight-index")
    weight_map = odd.value.get("weight_map") if isinstance(odd.value, dict) else None
    if not isinstance(weight_map, dict):
        raise MalformedError("weight-index-json", "no weight_map object")
    _files(record, weight_map)


def _files(record: Record, weight_map: dict[str, object]) -> None:
    tensors = Counter(value for value in weight_map.values() if isinstance(value, str))
    if (len(tensors) == 0 and weight_map) or any(not isinstance(value, str) for value in weight_map.values()):
        record.anomaly("weight-index-value", "weight_map has values that are no file names")
    for path, count in tensors.items():
        record.fact(
            "weight-index-file",
            f"{count} tensors in {clip(path, 200)!r}",
            file=clip(path, _PATH_CHARS),
            tensors=str(count),
            escape=escape_of(path),
        )
