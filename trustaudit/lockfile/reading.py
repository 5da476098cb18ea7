"""Text → Lock. Every complaint names the place: ``repository[3].files[0].sha256``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from trustaudit.errors import LockError, LockVersionError
from trustaudit.lockfile.model import LOCK_VERSION, Lock, LockEntry
from trustaudit.lockfile.tree import tree_digest

MAX_LOCK_BYTES: Final = 64 * 1024 * 1024
_SHOWN = 5
_PLAIN: Final = {
    "missing": "is missing",
    "extra_forbidden": "is no key of a lockfile",
    "string_type": "should be text",
    "string_too_short": "may not be empty",
    "int_type": "should be a number",
    "bool_type": "should be true or false",
    "tuple_type": "should be a list",
    "model_type": "should be a table",
}


def load_lock(path: Path) -> tuple[Lock, bytes]:
    """The lock in that file, and the bytes it was read from. Raises LockError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LOCK_BYTES + 1)
    except FileNotFoundError:
        raise LockError(
            f"there is no lockfile {path}",
            cause="nothing was locked here yet, or the lockfile lies elsewhere",
            advice="trustaudit lock add org/model, or name the file with --lockfile",
        ) from None
    except OSError as error:
        raise LockError(f"cannot read {path}: {error.strerror}", cause="", advice="") from error
    if len(data) > MAX_LOCK_BYTES:
        raise LockError(f"{path} is larger than {MAX_LOCK_BYTES:,} bytes")
    return parse_lock(data, source=str(path)), data


def load_or_new(path: Path) -> tuple[Lock, bytes | None]:
    """As ``load_lock``; an empty lock where there is no file yet."""
    if not path.exists():
        return Lock(), None
    return load_lock(path)


def parse_lock(data: bytes, *, source: str) -> Lock:
    """The lock in that text. Raises LockError, LockVersionError for a version of another program."""
    values = _toml(data, source)
    _check_version(values, source)
    try:
        lock = Lock.model_validate(values)
    except ValidationError as error:
        raise _refused(source, [_problem(item) for item in error.errors()]) from error
    problems = [problem for index, entry in enumerate(lock.repository) for problem in _contradictions(index, entry)]
    problems += _repeated(lock)
    if problems:
        raise _refused(source, problems)
    return lock


def _toml(data: bytes, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        merging = b"\n<<<<<<< " in data or data.startswith(b"<<<<<<< ")
        advice = "it holds conflict markers: finish the merge first" if merging else None
        raise LockError(f"{source} is not TOML: {error}", advice=advice) from error


def _check_version(values: dict[str, Any], source: str) -> None:
    if "lock_version" not in values:
        raise _refused(source, ["lock_version: is missing"])
    version = values["lock_version"]
    if version != LOCK_VERSION:
        raise LockVersionError(
            f"{source}: lock_version: {version!r} is not a version this program knows ({LOCK_VERSION!r})"
        )


def _contradictions(index: int, entry: LockEntry) -> list[str]:
    """What no single field shows: a digest that is not of these files, a path listed twice."""
    place = f"repository[{index}]"
    paths = [pin.path for pin in entry.files]
    twice = (
        [number for number, path in enumerate(paths) if path in paths[:number]] if len(set(paths)) < len(paths) else []
    )
    problems = [f"{place}.files[{number}].path: stands there twice" for number in twice[:_SHOWN]]
    if not problems and tree_digest(entry.files) != entry.tree:
        problems.append(f"{place}.tree: is not the digest of the files below it")
    return problems


def _repeated(lock: Lock) -> list[str]:
    first: dict[tuple[str, str, str], int] = {}
    problems = []
    for index, entry in enumerate(lock.repository):
        known = first.setdefault(entry.key, index)
        if known != index:
            problems.append(f"repository[{index}]: is locked already by repository[{known}]")
    return problems


def _refused(source: str, problems: list[str]) -> LockError:
    shown = problems[:_SHOWN]
    if len(problems) > _SHOWN:
        shown.append(f"and {len(problems) - _SHOWN} more")
    return LockError("\n".join([f"{source} cannot be used:", *(f"  {problem}" for problem in shown)]))


def _problem(item: ErrorDetails) -> str:
    place = ""
    for part in item["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    said = _PLAIN.get(item["type"], item["msg"].removeprefix("Value error, "))
    return f"{place.lstrip('.') or 'the top level'}: {said}"
