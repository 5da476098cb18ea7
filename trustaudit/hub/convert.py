"""From wire models to facts. Pure; raises only BadAnswerError."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from trustaudit.errors import BadAnswerError
from trustaudit.facts import Fact, Reason, Unavailable
from trustaudit.hub import wire
from trustaudit.hub.scans import file_scans
from trustaudit.hub.wire import WireCommit, WireEntry, WireInfo, WireLfs, WireOwner, WireRef, WireRefs, WireRollup
from trustaudit.snapshot import (
    Author,
    Card,
    Commit,
    FileEntry,
    FileList,
    FileScans,
    GgufInfo,
    GitRef,
    LastCommit,
    Lfs,
    Publisher,
    Refs,
    RepoInfo,
    ScanRollup,
)

_NOT_ASKED: Fact[FileScans] = Unavailable(
    reason=Reason.NOT_REQUESTED, detail="this list of files comes without scanner verdicts"
)
_OBJECT_ID_DIGITS = 24
_RELATIONS = ("adapter", "finetune", "merge", "quantized")
_AUTO_MAP_DEPTH = 6


def repo_info(found: WireInfo) -> RepoInfo:
    """The facts of an info answer or a list element."""
    relation, bases = _base_models(found)
    return RepoInfo(
        id=found.id,
        object_id=found.object_id,
        author=found.author,
        sha=found.sha,
        private=found.private,
        disabled=found.disabled,
        gated=_gated(found.gated),
        created_at=found.created_at,
        last_modified=found.last_modified,
        downloads=found.downloads,
        downloads_all_time=found.downloads_all_time,
        likes=found.likes,
        tags=found.tags,
        pipeline_tag=found.pipeline_tag,
        library_name=found.library_name,
        card=_card(found.card) if found.card is not None else None,
        config_json=_canonical(found.config) if found.config is not None else None,
        auto_map=_auto_map(found.config),
        custom_class=found.transformers.custom_class if found.transformers else None,
        base_models=bases,
        base_model_relation=relation,
        parameters=_parameters(found),
        gguf=_gguf(found),
        used_storage=found.used_storage,
        scan=scan_rollup(found.scan) if found.scan else None,
        sdk=found.sdk,
        linked_models=found.models,
        linked_datasets=found.datasets,
    )


def siblings(found: WireInfo) -> FileList:
    """The file list of an info answer; incomplete when the answer had none."""
    entries = (
        FileEntry(path=item.path, size=_size(item.size, item.lfs), oid=item.oid, lfs=_lfs(item.lfs), scans=_NOT_ASKED)
        for item in found.siblings or ()
    )
    return FileList(entries=by_path(entries), complete=found.siblings is not None, source="siblings")


def files(entries: Iterable[WireEntry]) -> Iterator[FileEntry]:
    """The files of a tree; folders are left out, anything else (submodules) is kept."""
    for entry in entries:
        if entry.type != "directory":
            yield _file(entry)


def by_path(entries: Iterable[FileEntry]) -> tuple[FileEntry, ...]:
    """Sorted by path; duplicates stay, they are evidence."""
    return tuple(sorted(entries, key=lambda entry: entry.path))


def _file(entry: WireEntry) -> FileEntry:
    last = entry.last_commit
    return FileEntry(
        path=entry.path,
        size=_size(entry.size, entry.lfs),
        oid=entry.oid,
        lfs=_lfs(entry.lfs),
        xet_hash=entry.xet_hash,
        last_commit=LastCommit(id=last.id, title=last.title or "", date=last.date) if last and last.id else None,
        scans=file_scans(entry.scans, entry.legacy_scans),
    )


def _size(size: int | None, lfs: WireLfs | None) -> int | None:
    return lfs.size if size is None and lfs is not None else size


def _lfs(lfs: WireLfs | None) -> Lfs | None:
    return Lfs(sha256=lfs.sha256, size=lfs.size, pointer_size=lfs.pointer_size) if lfs else None


def scan_rollup(found: WireRollup) -> ScanRollup:
    """The repository's scan state; ``done`` only when the Hub says so."""
    return ScanRollup(
        done=found.done is True, issues=tuple((issue.path or "", issue.level or "") for issue in found.issues)
    )


def _gated(value: Any) -> str | None:  # noqa: ANN401 - JSON
    """False means no; True was never seen and is read as the stricter of the two kinds."""
    if isinstance(value, bool):
        return "manual" if value else "no"
    return value if isinstance(value, str) and value else None


def _canonical(config: dict[str, Any]) -> str:
    try:
        return json.dumps(config, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:  # numbers of more digits than may be written
        raise BadAnswerError("the configuration in the Hub's answer cannot be kept") from error


def _card(card: dict[str, Any]) -> Card:
    return Card(
        licenses=wire.texts(card.get("license")),
        license_name=wire.text(card.get("license_name")) or "",
        license_link=wire.text(card.get("license_link")) or "",
        base_models=wire.texts(card.get("base_model")),
        base_model_relation=wire.text(card.get("base_model_relation")) or "",
        datasets=wire.texts(card.get("datasets")),
        languages=_languages(card.get("language", card.get("languages"))),
        tags=wire.texts(card.get("tags")),
    )


def _languages(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    """YAML 1.1 reads the code of Norwegian as false."""
    items = value if isinstance(value, list) else [value]
    return wire.texts(["no" if item is False else item for item in items])


def _auto_map(config: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Pairs of class and code reference, from every ``auto_map`` of the configuration and its parts."""
    found: dict[tuple[str, str], None] = {}
    level: list[Any] = [config]
    for _ in range(_AUTO_MAP_DEPTH):
        objects = [item for item in level if isinstance(item, dict)]
        for item in objects:
            found.update(dict.fromkeys(_auto_map_pairs(item.get("auto_map"))))
        level = [inner for item in objects for inner in item.values()]
    return tuple(sorted(found))


def _auto_map_pairs(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    if isinstance(value, str | list):  # older tokenizer configurations name the classes without a key
        value = {"AutoTokenizer": value}
    for key, target in value.items() if isinstance(value, dict) else ():
        for name in wire.texts(target):
            yield key, name


def _base_models(found: WireInfo) -> tuple[str, tuple[str, ...]]:
    """Relation and ids: from ``baseModels`` when asked for, else from the tags the Hub computes."""
    listed = found.base_models
    if isinstance(listed, dict):
        models = listed.get("models")
        ids = (
            [item.get("id") if isinstance(item, dict) else item for item in models] if isinstance(models, list) else []
        )
        return wire.text(listed.get("relation")) or "", wire.texts(ids)
    if isinstance(listed, list):
        return "", wire.texts(listed)
    return _tagged_base_models(found.tags)


def _tagged_base_models(tags: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    relation, ids = "", dict[str, None]()
    for tag in tags:
        if not tag.startswith("base_model:"):
            continue
        first, colon, rest = tag.removeprefix("base_model:").partition(":")
        if colon and first in _RELATIONS:
            relation = relation or first
        ids[rest if colon else first] = None
    return relation, tuple(ids)


def _parameters(found: WireInfo) -> tuple[tuple[str, int], ...]:
    counts = found.safetensors.parameters if found.safetensors else None
    pairs = ((dtype, wire.count(number)) for dtype, number in (counts or {}).items())
    return tuple(sorted((dtype, number) for dtype, number in pairs if number is not None))


def _gguf(found: WireInfo) -> GgufInfo | None:
    if found.gguf is None:
        return None
    return GgufInfo(
        architecture=found.gguf.architecture or "",
        context_length=found.gguf.context_length,
        total=found.gguf.total,
        chat_template=found.gguf.chat_template or "",
    )


def commit(found: WireCommit) -> Commit:
    """One commit of the history."""
    return Commit(
        id=found.id,
        title=found.title or "",
        message=found.message or "",
        authors=tuple(Author(name=who.user, matched=bool(who.avatar)) for who in found.authors if who.user),
        date=found.date,
    )


def refs(found: WireRefs) -> Refs:
    """All refs."""
    return Refs(
        branches=_git_refs(found.branches),
        tags=_git_refs(found.tags),
        converts=_git_refs(found.converts),
        pull_requests=_git_refs(found.pull_requests),
    )


def _git_refs(found: tuple[WireRef, ...]) -> tuple[GitRef, ...]:
    return tuple(GitRef(name=ref.name, ref=ref.ref or "", target=ref.target or "") for ref in found)


def publisher(found: WireOwner, kind: Literal["user", "organization"]) -> Publisher:
    """A user or organization. Organizations tell no creation date: it is read from their object id."""
    from_id = object_id_time(found.object_id)
    return Publisher(
        name=found.name,
        kind=kind,
        object_id=found.object_id,
        created_at=found.created_at or from_id,
        created_from="api" if found.created_at else "object-id" if from_id else "none",
        fullname=found.fullname or "",
        verified=found.verified,
        plan=found.plan,
        pro=found.pro,
        members=found.users,
        followers=found.followers,
        models=found.models,
        datasets=found.datasets,
        spaces=found.spaces,
        organizations=tuple(org.name for org in found.orgs),
    )


def object_id_time(object_id: str | None) -> datetime | None:
    """The creation time in a Mongo object id: its first four bytes are seconds since 1970."""
    if object_id is None or len(object_id) != _OBJECT_ID_DIGITS:
        return None
    try:
        seconds = int.from_bytes(bytes.fromhex(object_id)[:4])
    except ValueError:
        return None
    return datetime.fromtimestamp(seconds, UTC)
