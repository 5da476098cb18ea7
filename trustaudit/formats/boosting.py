"""Boosted trees: XGBoost, LightGBM, CatBoost.

Nothing in them executes, but loaders in C++ have trusted their counts (CVE-2024-43598).
"""

from __future__ import annotations

import re

from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded, text_of

_HEAD = 1 << 20
_TREES_END = b"end of trees"
_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_CORE_START = 8
_SHOWN = 200


def inspect_lightgbm(source: Source) -> Inspecting:
    """LightGBM's text form: the header, and whether its tree sizes lead to the end of the trees."""
    record = Record(source, "lightgbm")
    return concluded(record, _lightgbm(source, record))


def is_lightgbm(head: bytes) -> bool:
    """Whether a text starts like LightGBM's."""
    return re.match(rb"tree\r?\nversion=v\d", head) is not None


def _lightgbm(source: Source, record: Record) -> Reading[None]:
    head = yield Read(0, min(source.size, _HEAD))
    ends = re.search(rb"\r?\n\r?\n(?=Tree=)", head)
    text = text_of(head[: ends.start()] if ends else head[:65536])
    pairs = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    for key, value in pairs.items():
        record_marks(record, clip(key, 60), value)
    sizes = [int(size) for size in pairs.get("tree_sizes", "").split() if _NUMBER.match(size)]
    shown = {clip(k, 60): clip(v, _SHOWN) for k, v in list(pairs.items())[:40] if k != "tree_sizes"}
    record.fact("lightgbm-model", f"{len(sizes)} trees", 0, **(shown | {"trees": str(len(sizes))}))
    if ends and sizes and not source.forward:
        yield from _trees_end(record, source, ends.end(), sum(sizes))


def _trees_end(record: Record, source: Source, start: int, size: int) -> Reading[None]:
    """Behind the trees stands a line of its own; LightGBM seeks there by ``tree_sizes``."""
    if start + size > source.size:
        told = f"tree_sizes reach {start + size - source.size} bytes beyond the file"
        record.anomaly("lightgbm-tree-sizes", told, start)
        return
    found = yield Read(start + size - 4, 24)
    if _TREES_END not in found:
        record.anomaly("lightgbm-tree-sizes", "tree_sizes do not lead to the end of the trees", start + size)


def inspect_catboost(source: Source) -> Inspecting:
    """CatBoost's binary form: the size of its core."""
    record = Record(source, "catboost")
    return concluded(record, _catboost(source, record))


def _catboost(source: Source, record: Record) -> Reading[None]:
    head = yield Read(0, _CORE_START)
    if not head.startswith(b"CBM1") or len(head) < _CORE_START:
        raise MalformedError("catboost-magic", f"starts with {head[:4]!r}", 0)
    size = int.from_bytes(head[4:], "little")
    record.fact("catboost-model", f"a core of {size} bytes", 0, core=str(size))
    if _CORE_START + size > source.size and not source.forward:
        record.anomaly("catboost-size", f"a core of {size} bytes in a file of {source.size}", 4)


def record_xgboost(record: Record, document: dict[str, object]) -> None:
    """Facts of XGBoost's JSON form: objective, attributes, and whether tree counts agree."""
    learner = document.get("learner")
    if not isinstance(learner, dict):
        return
    objective = learner.get("objective")
    name = objective.get("name") if isinstance(objective, dict) else None
    record.fact("xgboost-model", f"objective {clip(str(name), 60)!r}", None, objective=clip(str(name), _SHOWN))
    attributes = learner.get("attributes")
    for key, value in attributes.items() if isinstance(attributes, dict) else ():
        record_marks(record, f"attribute {clip(str(key), 60)}", value if isinstance(value, str) else "")
    _check_trees(record, learner.get("gradient_booster"))


def _check_trees(record: Record, booster: object) -> None:
    model = booster.get("model") if isinstance(booster, dict) else None
    if not isinstance(model, dict):
        return
    trees, parameters = model.get("trees"), model.get("gbtree_model_param")
    told = parameters.get("num_trees") if isinstance(parameters, dict) else None
    if isinstance(trees, list) and isinstance(told, str) and told != str(len(trees)):
        record.anomaly("xgboost-tree-count", f"{clip(told, 20)} trees announced, {len(trees)} there", None)
