"""in-toto statements: which files, by which hashes, in the words of OpenSSF Model Signing and others."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MODEL_SIGNATURE: Final = "https://model_signing/signature/v1.0"
_BEFORE_1_0: Final = re.compile(
    r"https://model_signing/(Digest|Digests|DigestOfDigests|(?:DigestOf)?ShardDigests)/v0\.1"
)
"""The predicates of the signing library before 1.0: a subject per file or part of one, or one subject over them all."""

MAX_ITEMS: Final = 50_000
_STATEMENT: Final = re.compile(r"https://in-toto\.io/Statement/v(?:0\.1|1)")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_PART: Final = re.compile(r":\d{1,20}:\d{1,20}$")
_NOT_WHOLE_FILES: Final = "it signs parts, not whole files"


class NotAStatementError(ValueError):
    """Signed, but no statement about files."""


class Item(Struct, frozen=True):
    """A signed file: path below the signed folder, algorithm, hex digest."""

    path: str
    algorithm: str
    digest: str

    @property
    def is_sha256(self) -> bool:
        """Whether the Hub's hashes can be compared with it."""
        return self.algorithm == "sha256" and bool(_HEX.fullmatch(self.digest))


class Manifest(Struct, frozen=True):
    """What a statement says. ``whole``: it claims to name every file of the folder but ``ignored``.

    ``problems`` are contradictions inside the statement: each makes the manifest worthless.
    ``incomparable`` says why its digests are not those of whole files, if they are not.
    """

    predicate_type: str
    items: tuple[Item, ...]
    whole: bool = False
    ignored: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    incomparable: str = ""

    @property
    def is_model_signature(self) -> bool:
        """Whether this is a statement of OpenSSF Model Signing."""
        return self.predicate_type == MODEL_SIGNATURE or self.is_old

    @property
    def is_old(self) -> bool:
        """Whether it was made by the signing library before 1.0."""
        return _BEFORE_1_0.fullmatch(self.predicate_type) is not None


def parse_statement(payload: bytes) -> Manifest:
    """The manifest in a payload. Raises NotAStatementError."""
    document = _document(payload)
    kind = document.get("_type")
    predicate_type = document.get("predicateType")
    if not isinstance(kind, str) or not _STATEMENT.fullmatch(kind) or not isinstance(predicate_type, str):
        raise NotAStatementError("it is no in-toto statement")
    subjects = _list_of_objects(document.get("subject"))
    if predicate_type == MODEL_SIGNATURE:
        return _model_signature(subjects, document.get("predicate"))
    if old := _BEFORE_1_0.fullmatch(predicate_type):
        return _old_signature(old[1], predicate_type, subjects, document.get("predicate"))
    return Manifest(predicate_type, tuple(item for subject in subjects if (item := _subject(subject))))


def _document(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise NotAStatementError("its payload is no JSON") from error
    if not isinstance(value, dict):
        raise NotAStatementError("its payload is no JSON object")
    return value


def _model_signature(subjects: list[dict[str, Any]], predicate: object) -> Manifest:
    body = predicate if isinstance(predicate, dict) else {}
    items, problems = _resources(subjects, body.get("resources"))
    how = body.get("serialization")
    serialization = how if isinstance(how, dict) else {}
    ignored = serialization.get("ignore_paths")
    incomparable = _incomparable(serialization, items)
    return Manifest(
        MODEL_SIGNATURE,
        _whole_files(items) if incomparable == _NOT_WHOLE_FILES else items,
        whole=True,
        ignored=tuple(path for path in ignored if isinstance(path, str)) if isinstance(ignored, list) else (),
        problems=problems,
        incomparable=incomparable,
    )


def _resources(subjects: list[dict[str, Any]], listed: object) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """The entries of a predicate that one subject's digest is over, and what contradicts it."""
    rows = _list_of_objects(listed)
    items = tuple(item for row in rows if (item := _resource(row)))
    problems = [*_contradictions(items)]
    if len(items) < len(rows) or not rows:
        problems.append(f"{len(rows) - len(items)} of {len(rows)} entries name no file and digest")
    if not _root_agrees(subjects, items):
        problems.append("the digest over all entries is not the one that is signed as the model's")
    return items, tuple(problems)


def _old_signature(kind: str, predicate_type: str, subjects: list[dict[str, Any]], predicate: object) -> Manifest:
    """What the signing library wrote before 1.0, which had no list of ignored paths."""
    body = predicate if isinstance(predicate, dict) else {}
    if kind == "Digest":
        return Manifest(predicate_type, (), incomparable="it signs one digest over the whole folder")
    if kind.startswith("DigestOf"):
        items, problems = _resources(subjects, body.get("shards" if "Shard" in kind else "files"))
    else:
        items = tuple(item for subject in subjects if (item := _subject(subject)))
        problems = tuple(_contradictions(items))
    if "Shard" in kind:
        return Manifest(predicate_type, _whole_files(items), True, (), problems, _NOT_WHOLE_FILES)  # noqa: FBT003 - whole
    return Manifest(predicate_type, items, whole=True, problems=problems, incomparable=_incomparable({}, items))


def _whole_files(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """One item for each file of which parts are signed: ``model.bin:0:1000000`` is of ``model.bin``."""
    return tuple({path: replace(item, path=path) for item in items if (path := _PART.sub("", item.path))}.values())


def _incomparable(serialization: dict[str, Any], items: tuple[Item, ...]) -> str:
    method = serialization.get("method", "files")
    if method != "files":
        return _NOT_WHOLE_FILES if method == "shards" else "it signs something other than whole files"
    others = sorted({item.algorithm for item in items if not item.is_sha256})
    return f"it signs {', '.join(others)[:60]} digests, and the Hub lists SHA-256" if others else ""


def _root_agrees(subjects: list[dict[str, Any]], items: tuple[Item, ...]) -> bool:
    """The one subject's SHA-256 is over the digests in the order they are listed in."""
    root = hashlib.sha256()
    for item in items:
        try:
            root.update(bytes.fromhex(item.digest))
        except ValueError:
            return False
    signed = _digests(subjects[0]) if len(subjects) == 1 else {}
    return signed.get("sha256") == root.hexdigest()


def _contradictions(items: tuple[Item, ...]) -> list[str]:
    """A path signed with two digests, or one that leaves the folder."""
    digests: dict[str, str] = {}
    found: dict[str, None] = {}
    for item in items:
        if digests.setdefault(item.path, item.digest) != item.digest:
            found["one path is signed with two digests"] = None
        if item.path.startswith("/") or ".." in item.path.split("/"):
            found["a signed path leads out of the repository"] = None
    return list(found)


def _resource(row: dict[str, Any]) -> Item | None:
    name, algorithm, digest = row.get("name"), row.get("algorithm"), row.get("digest")
    if not (isinstance(name, str) and isinstance(algorithm, str) and isinstance(digest, str)):
        return None
    return Item(name.removeprefix("./"), algorithm.casefold().removeprefix("file-"), digest.casefold())


def _subject(row: dict[str, Any]) -> Item | None:
    name, digest = row.get("name"), _digests(row).get("sha256")
    return Item(name.removeprefix("./"), "sha256", digest) if isinstance(name, str) and digest else None


def _digests(row: dict[str, Any]) -> dict[str, str]:
    value = row.get("digest")
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(name).casefold(): text.casefold() for name, text in pairs if isinstance(text, str)}


def _list_of_objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value[:MAX_ITEMS] if isinstance(item, dict)] if isinstance(value, list) else []
