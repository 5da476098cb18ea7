"""What a use is, and which texts can be a repository's id."""

from __future__ import annotations

import re

from msgspec import Struct

from trustaudit.errors import RefError
from trustaudit.refs import RepoRef, RepoType

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_FILE_ENDING = re.compile(
    r"\.(?:py|json|ya?ml|toml|txt|md|sh|cfg|ini|csv|tsv|jsonl|bin|pt|pth|safetensors|gguf|onnx|png|jpe?g|html?|js|ts|css|"
    r"zip|tar|gz|so|log|ipynb|parquet|lock|dockerfile)",
    re.IGNORECASE,
)
_MEDIA = frozenset(
    {
        "application",
        "text",
        "image",
        "audio",
        "video",
        "multipart",
        "font",
        "model",
        "refs",
        "usr",
        "opt",
        "tmp",
        "home",
    }
)
"""First parts of media types and of paths: never a namespace somebody means."""


class Use(Struct, frozen=True):
    """One place that names a repository. ``path`` is relative to what was searched, ``line`` counts from 1."""

    ref: RepoRef
    path: str
    line: int
    how: str

    @property
    def pinned(self) -> bool:
        """Whether a full commit id is given."""
        return self.ref.is_pinned


def as_ref(text: str, kind: RepoType = RepoType.MODEL, revision: str | None = None) -> RepoRef | None:
    """The reference that a text means, None when it is something else: a path, a media type, a file."""
    text = text.strip()
    if "://" not in text and not text.startswith("pkg:") and not _looks_like_id(text.partition("@")[0], kind):
        return None
    try:
        ref = RepoRef.parse(text)
    except RefError:
        return None
    if ref.type is RepoType.MODEL and kind is not RepoType.MODEL:
        ref = ref.model_copy(update={"type": kind})
    return _at(ref, revision)


def _at(ref: RepoRef, revision: str | None) -> RepoRef:
    if not revision or ref.revision:
        return ref
    try:
        return RepoRef.parse(f"{ref.full_id}@{revision}")
    except RefError:
        return ref


def _looks_like_id(text: str, kind: RepoType) -> bool:
    bare = text.removeprefix(f"{kind.plural}/")
    if not _ID.fullmatch(bare) or (_FILE_ENDING.search(bare[-12:]) and _FILE_ENDING.fullmatch(bare[bare.rfind(".") :])):
        return False
    return bare.partition("/")[0].casefold() not in _MEDIA
