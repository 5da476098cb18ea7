"""Squarified treemap (Bruls, Huizing, van Wijk 2000): rectangles in percent of the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from msgspec import Struct


class Box(Struct, frozen=True):
    """A rectangle. The drawing is 100 wide and ``aspect`` times as high while it is laid out."""

    x: float
    y: float
    width: float
    height: float


def squarified(weights: Sequence[float], width: float, height: float) -> list[Box]:
    """One box per weight, in the order given; weights are positive and best sorted from large to small."""
    total = sum(weights)
    if total <= 0:
        return []
    areas = [weight / total * width * height for weight in weights]
    boxes: list[Box] = []
    free = Box(0, 0, width, height)
    while areas:
        count = _row_length(areas, min(free.width, free.height))
        row, areas = areas[:count], areas[count:]
        boxes.extend(_row(row, free))
        free = _rest(sum(row), free)
    return boxes


def _row_length(areas: Sequence[float], side: float) -> int:
    """How many of the next areas go into one row: as long as its worst box gets no thinner."""
    best, count = float("inf"), 0
    for total, index in zip(accumulate(areas), range(len(areas)), strict=True):
        worst = max(_ratio(areas[0], total, side), _ratio(areas[index], total, side))
        if worst > best:
            break
        best, count = worst, index + 1
    return max(1, count)


def _ratio(area: float, total: float, side: float) -> float:
    thickness = total / side if side else 0.0
    length = area / thickness if thickness else 0.0
    return max(thickness / length, length / thickness) if length and thickness else float("inf")


def _row(areas: Sequence[float], free: Box) -> Iterator[Box]:
    """The areas side by side along the shorter side of what is free."""
    total = sum(areas)
    along_height = free.width >= free.height
    side = free.height if along_height else free.width
    thickness = total / side if side else 0.0
    offset = 0.0
    for area in areas:
        length = area / thickness if thickness else 0.0
        if along_height:
            yield Box(free.x, free.y + offset, thickness, length)
        else:
            yield Box(free.x + offset, free.y, length, thickness)
        offset += length


def _rest(used: float, free: Box) -> Box:
    if free.width >= free.height:
        taken = used / free.height if free.height else 0.0
        return Box(free.x + taken, free.y, max(0.0, free.width - taken), free.height)
    taken = used / free.width if free.width else 0.0
    return Box(free.x, free.y + taken, free.width, max(0.0, free.height - taken))
