"""RepoRef: which repository, of which kind, at which revision. Pure; no network.

Accepted spellings, all of which mean the same repository::

    org/name                       org/name@v1.0               name          (legacy root id)
    datasets/org/name              spaces/org/name@refs/pr/3   models/org/name
    https://huggingface.co/org/name/tree/main/sub              hf://datasets/org/name@main/file
    pkg:huggingface/org/name@<sha>

Rules for ids are the Hub's own (huggingface_hub ``validate_repo_id``, whose newest release
made them ASCII-only; older clients let Unicode letters through, so it is checked here).
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit

from pydantic import model_validator

from trustaudit.errors import RefError
from trustaudit.facts import Frozen

HUB_HOSTS = ("huggingface.co", "hf.co", "www.huggingface.co")
DEFAULT_BRANCH = "main"

_PART = re.compile(r"\b[\w\-.]{1,96}\b", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}")
_WEB_TAILS = ("tree", "blob", "resolve", "raw", "commit", "commits")
# hf:// addresses carry the revision before the path; these revisions hold slashes themselves.
_LOCAL = re.compile(r"[/~\\]|\.{1,2}(?:[/\\]|$)|[A-Za-z]:[/\\](?!/)|[^@]*\\")
_SLASHED_REVISION = re.compile(r"(refs/(?:pr/\d+|convert/[\w.-]+))(?:/.*)?")
_MAX_REVISION = 255
_SHOWN = 8


class RepoType(StrEnum):
    """The kinds of repository an audit understands."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"

    @property
    def plural(self) -> str:
        """The path segment of the Hub's API: models, datasets, spaces."""
        return f"{self}s"


class RepoRef(Frozen):
    """A repository reference that the Hub could accept.

    ``namespace`` is None for legacy root-level ids such as ``gpt2``; ``revision`` is None
    when the caller named none.
    """

    type: RepoType = RepoType.MODEL
    namespace: str | None = None
    name: str
    revision: str | None = None

    @model_validator(mode="after")
    def _hold_the_hubs_rules(self) -> RepoRef:
        _check_id(self.id)
        if self.revision is not None:
            _check_revision(self.revision)
        return self

    @classmethod
    def parse(cls, text: str, *, hub_hosts: tuple[str, ...] = HUB_HOSTS) -> RepoRef:
        """Read any accepted spelling. Raises RefError with the reason and what to write."""
        stripped = text.strip()
        if not stripped:
            raise RefError("an empty repository id")
        if _LOCAL.match(stripped):
            raise RefError(
                f"{stripped!a} is a path on this machine, no repository id",
                advice="for files you have: trustaudit inspect PATH; on the Hub: org/name, without ./ or / around it",
            )
        _check_characters(stripped)
        if stripped.startswith("pkg:"):
            return _from_purl(stripped)
        if stripped.startswith("hf://"):
            return _from_hf_uri(stripped)
        if "://" in stripped:
            return _from_web(stripped, hub_hosts)
        path, _, revision = stripped.partition("@")
        if "@" in stripped and not revision:
            raise RefError(f"{stripped!r} ends in '@' without a revision")
        return _from_segments(path.split("/"), revision or None)

    @property
    def id(self) -> str:
        """``namespace/name``, or the bare name of a legacy id."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def full_id(self) -> str:
        """The id with its kind in front unless it is a model: unique over all repositories."""
        return self.id if self.type is RepoType.MODEL else f"{self.type.plural}/{self.id}"

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a full commit sha."""
        return bool(self.revision and _SHA.fullmatch(self.revision))

    def at(self, revision: str | None) -> RepoRef:
        """The same repository at another revision."""
        return self.model_copy(update={"revision": revision})

    def api_path(self) -> str:
        """Path below the endpoint: ``/api/models/org/name``."""
        return f"/api/{self.type.plural}/{self.id}"

    def resolve_path(self, revision: str, path: str) -> str:
        """Path of a file's bytes below the endpoint; revision quoted with nothing safe."""
        prefix = "" if self.type is RepoType.MODEL else f"/{self.type.plural}"
        return f"{prefix}/{self.id}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def web_url(self, endpoint: str) -> str:
        """Address of the repository's page for a person."""
        prefix = "" if self.type is RepoType.MODEL else f"/{self.type.plural}"
        return f"{endpoint}{prefix}/{self.id}"

    def purl(self) -> str:
        """Package URL; the kind of a dataset or space goes into a qualifier."""
        version = f"@{quote(self.revision, safe='')}" if self.revision else ""
        qualifier = "" if self.type is RepoType.MODEL else f"?repo_type={self.type}"
        return f"pkg:huggingface/{self.id}{version}{qualifier}"

    def __str__(self) -> str:
        return f"{self.full_id}@{self.revision}" if self.revision else self.full_id


def _check_characters(text: str) -> None:
    """Refuse non-ASCII and control characters, naming each: look-alikes arrive by paste."""
    odd = [char for char in text if not "!" <= char <= "~"]
    if not odd:
        return
    named = ", ".join(_describe(char) for char in dict.fromkeys(odd[:_SHOWN]))
    raise RefError(
        f"{text!a} holds characters no Hub id can hold: {named}",
        cause="ids on the Hub are ASCII only; a look-alike letter or an invisible one came in by paste",
        advice="type the id by hand",
    )


def _describe(char: str) -> str:
    name = unicodedata.name(char, "control character")
    return f"U+{ord(char):04X} {name}"


def _check_id(repo_id: str) -> None:
    """The Hub's rules: huggingface_hub.utils.validate_repo_id, checked against it in tests."""
    _check_characters(repo_id)
    if ".." in repo_id or "--" in repo_id:
        raise RefError(f"{repo_id!r}: '--' and '..' are not allowed in an id")
    if repo_id.endswith(".git"):
        raise RefError(f"{repo_id!r}: an id cannot end in '.git'", advice="leave '.git' out")
    for part in repo_id.split("/"):
        if not _PART.fullmatch(part):
            where = "" if part == repo_id else f"{repo_id!r}: "
            raise RefError(
                f"{where}{part!r} is not a name the Hub accepts",
                cause="1 to 96 of A-Z a-z 0-9 . _ -, not starting or ending with '-' or '.'",
            )


def _check_revision(revision: str) -> None:
    _check_characters(revision)
    parts = revision.split("/")
    if len(revision) > _MAX_REVISION or ".." in revision or "" in parts or "@" in revision:
        raise RefError(f"{revision!r} is not a branch, tag or commit name", advice="use a name from the Hub's menu")


def _from_segments(segments: list[str], revision: str | None) -> RepoRef:
    kind = RepoType.MODEL
    plurals = {t.plural: t for t in RepoType}
    if len(segments) > 1 and segments[0] in plurals:
        kind = plurals[segments[0]]
        segments = segments[1:]
    if len(segments) not in (1, 2) or "" in segments:
        raise RefError(f"{'/'.join(segments)!r} is not a repository id")
    namespace = segments[0] if len(segments) == 2 else None  # noqa: PLR2004 - namespace/name
    return _build(kind, namespace, segments[-1], revision)


def _build(kind: RepoType, namespace: str | None, name: str, revision: str | None) -> RepoRef:
    _check_id(f"{namespace}/{name}" if namespace is not None else name)
    if revision is not None:
        _check_revision(revision)
    return RepoRef(type=kind, namespace=namespace, name=name, revision=revision)


def _from_purl(text: str) -> RepoRef:
    """``pkg:huggingface/ns/name@version?repo_type=dataset``; other qualifiers are ignored."""
    body, _, qualifiers = text.removeprefix("pkg:").partition("#")[0].partition("?")
    kind, _, rest = body.strip("/").partition("/")
    if kind.lower() != "huggingface":
        raise RefError(f"{text!r} is a package URL of another kind", advice="pkg:huggingface/org/name@sha")
    path, _, version = rest.partition("@")
    pairs = dict(item.partition("=")[::2] for item in qualifiers.split("&") if item)
    segments = [unquote(part) for part in path.split("/")]
    if pairs.get("repo_type") in ("dataset", "space"):
        segments = [f"{pairs['repo_type']}s", *segments]
    return _from_segments(segments, unquote(version) or None)


def _from_hf_uri(text: str) -> RepoRef:
    """``hf://[datasets/]ns/name[@rev][/path]``; the path, if any, is left out."""
    segments, revision, tail = _split_hf_uri(text.removeprefix("hf://"))
    typed = segments[0] in {t.plural for t in RepoType}
    wanted = 3 if typed else 2
    if revision is None and tail == "" and len(segments) > wanted:
        segments = segments[:wanted]
    return _from_segments(segments, revision)


def _split_hf_uri(rest: str) -> tuple[list[str], str | None, str]:
    before, at, after = rest.partition("@")
    if not at:
        return before.rstrip("/").split("/"), None, ""
    slashed = _SLASHED_REVISION.fullmatch(after)
    if slashed:
        return before.split("/"), slashed.group(1), after
    revision, _, tail = after.partition("/")
    return before.split("/"), unquote(revision) or None, tail or "/"


def _from_web(text: str, hub_hosts: tuple[str, ...]) -> RepoRef:
    """A page, file or API address on the Hub."""
    parts = urlsplit(text)
    netloc = parts.netloc.rpartition("@")[2].lower()
    if parts.scheme not in ("http", "https") or netloc not in hub_hosts:
        raise RefError(
            f"{text!r} is not an address on the Hub",
            cause=f"known Hub hosts: {', '.join(hub_hosts)}",
            advice="set HF_ENDPOINT for another Hub, or write org/name",
        )
    segments = [unquote(part) for part in parts.path.split("/") if part]
    if segments[:1] == ["api"]:
        segments = segments[1:]
    return _from_web_segments(segments)


def _from_web_segments(segments: list[str]) -> RepoRef:
    typed = segments[:1] and segments[0] in {t.plural for t in RepoType}
    head, rest = (segments[:1], segments[1:]) if typed else ([], segments)
    for index, part in enumerate(rest[1:], start=1):
        if part in (*_WEB_TAILS, "revision", "discussions", "settings"):
            revision = _web_revision(rest[index:])
            return _from_segments([*head, *rest[:index]], revision)
    return _from_segments([*head, *rest], None)


def _web_revision(tail: list[str]) -> str | None:
    if tail[0] not in (*_WEB_TAILS, "revision") or len(tail) < 2:  # noqa: PLR2004 - needs a value
        return None
    joined = "/".join(tail[1:])
    slashed = _SLASHED_REVISION.fullmatch(joined)
    return slashed.group(1) if slashed else tail[1]
