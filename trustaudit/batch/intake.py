"""Lists of repositories as people keep them: ids one per line, CSV, JSON, JSON Lines, YAML, a lockfile.

A list is the user's own file, and may still be wrong in any way: every complaint names the place.
What stands in it is not checked to be an id here; one bad id must not stop the rest.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from trustaudit.errors import FileInputError

MAX_LIST_BYTES: Final = 64 * 1024 * 1024
ID_NAMES: Final = ("id", "model", "ref", "repo", "repo_id", "repository", "model_id", "name")
_LIST_NAMES: Final = ("models", "repositories", "repos", "refs", "ids", "items")
_REVISION_NAMES: Final = ("revision", "rev", "commit", "sha")
_TYPE_NAMES: Final = ("type", "repo_type", "kind")
_TYPES: Final = {"": "", "model": "", "dataset": "datasets/", "space": "spaces/"}


class Job(Struct, frozen=True):
    """One line of a list: a reference as written, its own policy if it names one, and where it stands."""

    requested: str
    policy: str = ""
    place: str = ""


def read_list(text: str, name: str) -> list[Job]:
    """The jobs of a list. The ending of ``name`` tells the format; without a known one, the text does.

    Raises FileInputError naming the place.
    """
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    reader = _READERS.get(ending) or _READERS[_looks_like(text)]
    jobs = list(reader(text, name))
    if not jobs:
        raise FileInputError(f"{name} names no repository", advice="one id per line, such as org/model")
    return jobs


def _looks_like(text: str) -> str:
    start = text.lstrip()[:1]
    if start == "[":
        return "json"
    if start == "{":
        return "jsonl"
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return "csv" if "," in first else "txt"


def _plain(text: str, name: str) -> Iterator[Job]:
    """An id per line; ``#`` and what follows it is a comment."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].strip()
        if words:
            yield Job(words, place=f"{name}:{number}")


def _table(text: str, name: str) -> Iterator[Job]:
    """CSV: the column ``id``, ``model`` or ``ref``, else the first one. Tabs and semicolons separate too."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    separator = max(",;\t", key=(lines or [""])[0].count)
    rows = list(csv.reader(lines, delimiter=separator, strict=False))
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    headed = any(cell in ID_NAMES for cell in header)
    column = next((header.index(known) for known in ID_NAMES if known in header), 0)
    for number, row in enumerate(rows[1:] if headed else rows, start=2 if headed else 1):
        values = dict(zip(header, row, strict=False)) if headed else {}
        cell = row[column].strip() if column < len(row) else ""
        if cell:
            yield _job({**values, ID_NAMES[0]: cell}, f"{name}: row {number}")


def _json(text: str, name: str) -> Iterator[Job]:
    yield from _items(_loaded(text, name), name)


def _json_lines(text: str, name: str) -> Iterator[Job]:
    """An object or a text per line; one object over several lines is read as JSON."""
    lines = [(number, line) for number, line in enumerate(io.StringIO(text), start=1) if line.strip()]
    if lines and _is_json(lines[0][1]):
        for number, line in lines:
            yield from _items([_loaded(line, f"{name}:{number}")], f"{name}:{number}")
    else:
        yield from _json(text, name)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _loaded(text: str, place: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileInputError(f"{place} is not JSON: {error}") from error


def _yaml(text: str, name: str) -> Iterator[Job]:
    import yaml  # noqa: PLC0415 - only lists in YAML need it

    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise FileInputError(f"{name} is not YAML: {' '.join(str(error).split())}") from error
    yield from _items(values, name)


def _lockfile(text: str, name: str) -> Iterator[Job]:
    """The locked commits. A lockfile names its policies for the record; a list is judged by the one of the run."""
    try:
        entries = tomllib.loads(text).get("repository", [])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileInputError(f"{name} is not TOML: {error}") from error
    for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        place = f"{name}: repository[{index}]"
        if not isinstance(entry, Mapping):
            raise FileInputError(f"{place}: should be a table")
        yield _job({key: entry.get(key) for key in ("type", "id", "commit")}, place)


def _items(values: object, name: str) -> Iterator[Job]:
    """A list of texts or tables; also under a key such as ``models``, or ids as keys."""
    if isinstance(values, Mapping):
        values = next((values[key] for key in _LIST_NAMES if key in values), values)
    listed = values if isinstance(values, list) else [values]
    for index, value in enumerate(listed):
        place = f"{name}[{index}]"
        if isinstance(value, str) and value.strip():
            yield Job(value.strip(), place=place)
        elif isinstance(value, Mapping):
            yield _job(value, place)
        else:
            raise FileInputError(f"{place}: should be an id, or a table with an 'id'")


def _job(values: Mapping[Any, Any], place: str) -> Job:
    """A table of one repository: ``id``, and optionally ``revision``, ``type`` and ``policy``."""
    name = _text(values, ID_NAMES, place)
    if not name:
        raise FileInputError(f"{place}: no 'id' in it", advice=f"known names: {', '.join(ID_NAMES)}")
    kind = _text(values, _TYPE_NAMES, place).casefold().removesuffix("s")
    if kind not in _TYPES:
        raise FileInputError(f"{place}: type {kind!a} is none of model, dataset, space")
    revision = _text(values, _REVISION_NAMES, place)
    requested = f"{'' if '/' in name and name.startswith(_TYPES[kind]) else _TYPES[kind]}{name}"
    return Job(f"{requested}@{revision}" if revision else requested, _text(values, ("policy",), place), place)


def _text(values: Mapping[Any, Any], names: tuple[str, ...], place: str) -> str:
    for name in names:
        value = values.get(name)
        if value is not None and not isinstance(value, str):
            raise FileInputError(f"{place}.{name}: should be text")
        if value and value.strip():
            return str(value.strip())
    return ""


_READERS: Final[dict[str, Callable[[str, str], Iterator[Job]]]] = {
    "csv": _table,
    "tsv": _table,
    "json": _json,
    "jsonl": _json_lines,
    "ndjson": _json_lines,
    "yaml": _yaml,
    "yml": _yaml,
    "txt": _plain,
    "lock": _lockfile,
}
