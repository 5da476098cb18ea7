"""Names of packages: which are well used, and which only look like those."""

from __future__ import annotations

import csv
import gzip
import re
from functools import cache
from importlib import resources

from msgspec import Struct

_AFFIXES = frozenset(
    {"python", "py", "official", "lib", "dev", "new", "fix", "fixed", "pro", "plus", "gpu", "cpu", "latest", "ai", "hf"}
    | {"huggingface"}
)
_SHORTEST = 5
_LONG = 10
_FOLDER = "packages"
_VERSION = re.compile(r"\d{1,4}x?\Z")


class Likeness(Struct, frozen=True):
    """What a name may want to be taken for, and why that is thought."""

    meant: str
    why: str
    certain: bool = False
    """Whether the name itself is on record, not only close to another."""


def normal(name: str) -> str:
    """A name as installers compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower().strip("-")


@cache
def likeness(name: str) -> Likeness | None:
    """The popular package that ``name`` imitates; None for known names and for names close to nothing."""
    plain = normal(name)
    recorded = _confused().get(plain)
    if recorded is not None:
        return recorded
    if plain in _known() or len(plain) < _SHORTEST or len(plain) > 100:  # noqa: PLR2004 - no name is longer
        return None
    return _by_shape(plain) or _by_distance(plain)


def is_confusion(name: str) -> bool:
    """Whether a name is on record as one that people mix up, without anybody having used it for harm."""
    recorded = _confused().get(normal(name))
    return recorded is not None and recorded.why.startswith("confusion")


def is_known(name: str) -> bool:
    """Whether a package of that name is in wide use."""
    return normal(name) in _known()


def _by_shape(name: str) -> Likeness | None:
    """Separators dropped or moved, letters of look-alike shape, a word put in front or behind."""
    bare = _skeletons().get(_skeleton(name))
    if bare is not None:
        return Likeness(bare, "the same letters, or letters that look like them")
    parts = name.split("-")
    rest = "-".join(part for part in parts if part not in _AFFIXES)
    if len(parts) > 1 and rest != name and len(rest) >= _LONG and rest in _targets():
        return Likeness(rest, "the name with a word added")
    return None


def _by_distance(name: str) -> Likeness | None:
    from rapidfuzz.distance import OSA  # noqa: PLC0415 - only unknown names need it

    allowed = 1 if len(name) < _LONG else 2
    near = [
        (OSA.distance(name, target, score_cutoff=allowed), target) for target in _targets() if len(target) >= _SHORTEST
    ]
    distance, meant = min(near, default=(allowed + 1, ""))
    if distance > allowed or _is_other_version(name, meant):
        return None
    if name.rstrip("0123456789-") == meant:
        return Likeness(meant, "the name with a number added")
    return Likeness(meant, "one letter away" if distance == 1 else f"{distance} letters away")


def _is_other_version(name: str, meant: str) -> bool:
    """``cupy-cuda112`` beside ``cupy-cuda12x``: packages whose names carry a version have siblings."""
    stem, other = _VERSION.sub("", name), _VERSION.sub("", meant)
    return stem == other and stem not in (name, meant)


def _skeleton(name: str) -> str:
    shapes = name.replace("-", "").replace("0", "o").replace("1", "l").replace("rn", "m").replace("vv", "w")
    return shapes.replace("i", "l")


@cache
def _skeletons() -> dict[str, str]:
    return {_skeleton(target): target for target in sorted(_targets()) if len(target) >= _SHORTEST}


@cache
def _targets() -> frozenset[str]:
    return frozenset(row["name"] for row in csv.DictReader(_text("targets.csv").splitlines()))


@cache
def _confused() -> dict[str, Likeness]:
    rows = csv.DictReader(_text("confused.csv").splitlines())
    return {row["name"]: Likeness(row["meant"], f"{row['kind']}: {row['source']}", certain=True) for row in rows}


@cache
def _known() -> frozenset[str]:
    packed = resources.files("trustaudit.knowledge").joinpath(_FOLDER, "known.txt.gz").read_bytes()
    return frozenset((*gzip.decompress(packed).decode().split(), *_text("neighbours.txt").split()))


def _text(name: str) -> str:
    return resources.files("trustaudit.knowledge").joinpath(_FOLDER, name).read_text(encoding="utf-8")
