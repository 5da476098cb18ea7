"""Git history as the Hub shows it: true object ids for blobs, trees and commits, and who last touched what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import PurePosixPath

from .content import Blob

# The patterns of the .gitattributes that the Hub puts into every new repository.
_LFS_SUFFIXES = frozenset(
    [
        ".7z",
        ".arrow",
        ".bin",
        ".bz2",
        ".ckpt",
        ".ftz",
        ".gz",
        ".h5",
        ".joblib",
        ".mlmodel",
        ".model",
        ".msgpack",
        ".npy",
        ".npz",
        ".onnx",
        ".ot",
        ".parquet",
        ".pb",
        ".pickle",
        ".pkl",
        ".pt",
        ".pth",
        ".rar",
        ".safetensors",
        ".tar",
        ".tflite",
        ".tgz",
        ".wasm",
        ".xz",
        ".zip",
        ".zst",
        ".gguf",
        ".keras",
    ],
)
_LFS_FROM_SIZE = 10 * 2**20


@dataclass(frozen=True)
class StoredFile:
    """A file as one commit holds it: in git, or as a pointer to large-file storage."""

    path: str
    blob: Blob

    @property
    def size(self) -> int:
        """Real size of the content, also for LFS files."""
        return self.blob.size

    @cached_property
    def is_lfs(self) -> bool:
        if self.blob.lfs is not None:
            return self.blob.lfs
        return PurePosixPath(self.path).suffix.lower() in _LFS_SUFFIXES or self.size > _LFS_FROM_SIZE

    @cached_property
    def pointer(self) -> bytes:
        """Text of the LFS pointer file."""
        oid = self.blob.sha256
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {self.size}\n".encode()

    @cached_property
    def oid(self) -> str:
        """Git blob id: of the pointer for LFS files."""
        return Blob(self.pointer).git_oid if self.is_lfs else self.blob.git_oid

    @property
    def xet_hash(self) -> str | None:
        return self.blob.xet_hash if self.is_lfs and self.blob.xet else None


@dataclass(frozen=True)
class Author:
    """A commit's author as the Hub lists it. An avatar hints at a matched account."""

    user: str
    avatar: str | None = None

    def payload(self) -> dict[str, str]:
        return {"user": self.user} | ({"avatar": self.avatar} if self.avatar else {})


@dataclass(frozen=True)
class Commit:
    """One commit with its whole tree. ``touched`` names the last commit of each file and folder."""

    tree: Mapping[str, StoredFile]
    title: str
    message: str
    authors: tuple[Author, ...]
    date: datetime
    parent: Commit | None = None
    changed: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def sha(self) -> str:
        author = self.authors[0].user if self.authors else "unknown"
        when = f"{int(self.date.timestamp())} +0000"
        parent = f"parent {self.parent.sha}\n" if self.parent else ""
        who = f"{author} <{author}@users.noreply.huggingface.co> {when}"
        text = f"tree {self.tree_oid()}\n{parent}author {who}\ncommitter {who}\n\n{self.title}\n{self.message}"
        return _object_id("commit", text.encode())

    @cached_property
    def touched(self) -> dict[str, Commit]:
        mine = {path for changed in self.changed for path in (changed, *_folders_of(changed))}
        before = self.parent.touched if self.parent else {}
        return {**before, **dict.fromkeys(mine, self)}

    @cached_property
    def _tree_oids(self) -> dict[str, str]:
        return _tree_oids(self.tree)

    def tree_oid(self, folder: str = "") -> str:
        """Git id of a folder's tree object; of the root by default."""
        return self._tree_oids[folder]

    def folders(self) -> list[str]:
        """Every folder, the root left out."""
        return sorted(path for path in self._tree_oids if path)

    def ancestry(self) -> Iterator[Commit]:
        """This commit and what came before, newest first."""
        commit: Commit | None = self
        while commit is not None:
            yield commit
            commit = commit.parent

    def under(self, folder: str) -> list[StoredFile]:
        """Files below a folder, in path order; all of them for ''."""
        prefix = f"{folder}/" if folder else ""
        return [self.tree[path] for path in sorted(self.tree) if path.startswith(prefix)]


def _folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _object_id(kind: str, body: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(body)}\x00".encode() + body, usedforsecurity=False).hexdigest()


def _tree_oids(tree: Mapping[str, StoredFile]) -> dict[str, str]:
    """Folder -> git tree id, deepest folders first because a parent hashes its children."""
    folders: dict[str, dict[str, tuple[str, str]]] = {"": {}}
    for path in tree:
        for folder in _folders_of(path):
            folders.setdefault(folder, {})
        parent, _, name = path.rpartition("/")
        folders[parent][name] = ("100644", tree[path].oid)
    oids: dict[str, str] = {}
    for folder in sorted(folders, key=lambda name: (-name.count("/") if name else 1, name)):
        oids[folder] = _object_id("tree", _tree_body(folders[folder]))
        parent, _, name = folder.rpartition("/")
        if folder:
            folders[parent][name] = ("40000", oids[folder])
    return oids


def _tree_body(entries: Mapping[str, tuple[str, str]]) -> bytes:
    # git sorts a folder as if its name ended in a slash
    ordered = sorted(entries.items(), key=lambda item: item[0] + ("/" if item[1][0] == "40000" else ""))
    return b"".join(f"{mode} {name}".encode() + b"\x00" + bytes.fromhex(oid) for name, (mode, oid) in ordered)


def as_time(value: datetime | str) -> datetime:
    """An aware time of a datetime or of ISO text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """The Hub's spelling of a time: ``2024-03-01T09:00:00.000Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
