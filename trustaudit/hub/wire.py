"""The Hub's JSON as it arrives. Lenient in, and it never leaves ``hub/``.

The API is documented in part only: any key may be missing, new or of another type. A field
of the wrong type is read as absent; only what identifies a thing (``id``, ``path``) must be
there, because a file that is dropped silently is a file that passes.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from trustaudit.errors import BadAnswerError

MAX_INT = 2**63 - 1
MAX_MOMENT = 40
MAX_ITEMS = 100_000
"""Elements kept of a list inside a list: tags, members, languages."""

_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_SHOWN_PLACE = 4

T = TypeVar("T")


def text(value: object) -> str | None:
    """A text, else None."""
    return value if isinstance(value, str) else None


def count(value: object) -> int | None:
    """A non-negative number that fits 64 bits, else None. Booleans are no numbers."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and isinstance(value, int) and 0 <= value <= MAX_INT else None


def flag(value: object) -> bool | None:
    """A boolean, else None."""
    return value if isinstance(value, bool) else None


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list; a single text is a list of one."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value[:MAX_ITEMS] if isinstance(item, str)) if isinstance(value, list) else ()


def mapping(value: object) -> dict[str, Any] | None:
    """A JSON object, else None."""
    return value if isinstance(value, dict) else None


def sha1(value: object) -> str | None:
    """40 hex digits, else None: it becomes part of addresses."""
    return value if isinstance(value, str) and _SHA1.fullmatch(value) else None


def sha256(value: object) -> str | None:
    """64 hex digits, with or without ``sha256:`` in front, else None."""
    bare = value.removeprefix("sha256:").lower() if isinstance(value, str) else ""
    return bare if _SHA256.fullmatch(bare) else None


def moment(value: object) -> datetime | None:
    """An ISO 8601 time with its zone, in UTC, else None."""
    if not isinstance(value, str) or len(value) > MAX_MOMENT:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


Text = Annotated[str | None, BeforeValidator(text)]
Count = Annotated[int | None, BeforeValidator(count)]
Flag = Annotated[bool | None, BeforeValidator(flag)]
Texts = Annotated[tuple[str, ...], BeforeValidator(texts)]
Mapping = Annotated[dict[str, Any] | None, BeforeValidator(mapping)]
Sha1 = Annotated[str | None, BeforeValidator(sha1)]
Sha256 = Annotated[str | None, BeforeValidator(sha256)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]


class Wire(BaseModel):
    """Base of all: unknown keys are left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


W = TypeVar("W", bound=Wire)


def _or_none(kind: type[W]) -> BeforeValidator:
    def convert(value: object) -> W | None:
        try:
            return kind.model_validate(value)
        except ValidationError:
            return None

    return BeforeValidator(convert)


def _those_that_hold(kind: type[W]) -> BeforeValidator:
    """The items of a list that have the right shape. For lists nothing depends on."""
    one = TypeAdapter(kind)

    def convert(value: object) -> tuple[W, ...]:
        kept = []
        for item in value[:MAX_ITEMS] if isinstance(value, list) else ():
            try:
                kept.append(one.validate_python(item))
            except ValidationError:
                continue
        return tuple(kept)

    return BeforeValidator(convert)


class WireLfs(Wire):
    """``lfs``: the hash is ``sha256`` among siblings and ``oid`` in trees."""

    sha256: Sha256 = Field(None, validation_alias=AliasChoices("sha256", "oid"))
    size: Count = None
    pointer_size: Count = Field(None, alias="pointerSize")


class WireLastCommit(Wire):
    """``lastCommit`` of a tree entry."""

    id: Text = None
    title: Text = None
    date: Moment = None


class WireSibling(Wire):
    """An element of ``siblings``; the rest is there with ``blobs=true`` only."""

    path: str = Field(alias="rfilename")
    size: Count = None
    oid: Sha1 = Field(None, alias="blobId")
    lfs: Annotated[WireLfs | None, _or_none(WireLfs)] = None


class WireEntry(Wire):
    """An element of ``tree`` and ``paths-info``."""

    path: str
    type: Text = None
    size: Count = None
    oid: Sha1 = None
    lfs: Annotated[WireLfs | None, _or_none(WireLfs)] = None
    xet_hash: Text = Field(None, alias="xetHash")
    last_commit: Annotated[WireLastCommit | None, _or_none(WireLastCommit)] = Field(None, alias="lastCommit")
    scans: Any = Field(None, alias="securityFileStatus")
    legacy_scans: Any = Field(None, alias="security")


class WireImport(Wire):
    """An element of ``pickleImports``."""

    module: Text = None
    name: Text = None
    safety: Text = None


class WireScanner(Wire):
    """One scanner's object of ``securityFileStatus``."""

    status: Text = None
    message: Text = None
    report_link: Text = Field(None, alias="reportLink")
    version: Text = None
    imports: Annotated[tuple[WireImport, ...], _those_that_hold(WireImport)] = Field((), alias="pickleImports")


class WireIssue(Wire):
    """An element of ``filesWithIssues``."""

    path: Text = None
    level: Text = None


class WireRollup(Wire):
    """``/scan`` and ``securityRepoStatus``."""

    done: Flag = Field(None, alias="scansDone")
    issues: tuple[WireIssue, ...] = Field(alias="filesWithIssues")


class WireSafetensors(Wire):
    """``safetensors``: the Hub read the headers itself."""

    parameters: Mapping = None


class WireGguf(Wire):
    """``gguf``: the Hub read the header itself."""

    architecture: Text = None
    context_length: Count = None
    total: Count = None
    chat_template: Text = None


class WireTransformers(Wire):
    """``transformersInfo``."""

    custom_class: Text = None


class WireInfo(Wire):
    """A repository: the info answer, and an element of a list."""

    id: str = Field(validation_alias=AliasChoices("id", "modelId"))
    object_id: Text = Field(None, alias="_id")
    author: Text = None
    sha: Sha1 = None
    private: Flag = None
    disabled: Flag = None
    gated: Any = None
    created_at: Moment = Field(None, alias="createdAt")
    last_modified: Moment = Field(None, alias="lastModified")
    downloads: Count = None
    downloads_all_time: Count = Field(None, alias="downloadsAllTime")
    likes: Count = None
    tags: Texts = ()
    pipeline_tag: Text = None
    library_name: Text = None
    card: Mapping = Field(None, alias="cardData")
    config: Mapping = None
    transformers: Annotated[WireTransformers | None, _or_none(WireTransformers)] = Field(None, alias="transformersInfo")
    base_models: Any = Field(None, alias="baseModels")
    safetensors: Annotated[WireSafetensors | None, _or_none(WireSafetensors)] = None
    gguf: Annotated[WireGguf | None, _or_none(WireGguf)] = None
    used_storage: Count = Field(None, alias="usedStorage")
    scan: Annotated[WireRollup | None, _or_none(WireRollup)] = Field(None, alias="securityRepoStatus")
    sdk: Text = None
    models: Texts = ()
    datasets: Texts = ()
    siblings: tuple[WireSibling, ...] | None = None


class WireAuthor(Wire):
    """An element of ``authors`` of a commit."""

    user: Text = None
    avatar: Text = None


class WireCommit(Wire):
    """An element of ``commits``."""

    id: str
    title: Text = None
    message: Text = None
    authors: Annotated[tuple[WireAuthor, ...], _those_that_hold(WireAuthor)] = ()
    date: Moment = None


class WireRef(Wire):
    """An element of ``branches``, ``tags``, ``converts`` and ``pullRequests``."""

    name: str
    ref: Text = None
    target: Text = Field(None, alias="targetCommit")


class WireRefs(Wire):
    """The refs answer."""

    branches: tuple[WireRef, ...]
    tags: tuple[WireRef, ...] = ()
    converts: tuple[WireRef, ...] = ()
    pull_requests: tuple[WireRef, ...] = Field((), alias="pullRequests")


class WireMember(Wire):
    """An element of ``members``, and of ``orgs`` under ``name``."""

    name: str = Field(validation_alias=AliasChoices("user", "name"))


class WireOwner(Wire):
    """The overview of a user (``user``, ``createdAt``) or an organization (``name``, ``isVerified``)."""

    name: str = Field(validation_alias=AliasChoices("user", "name"))
    object_id: Text = Field(None, alias="_id")
    type: Text = None
    fullname: Text = None
    created_at: Moment = Field(None, alias="createdAt")
    verified: Flag = Field(None, alias="isVerified")
    plan: Text = None
    pro: Flag = Field(None, alias="isPro")
    users: Count = Field(None, alias="numUsers")
    followers: Count = Field(None, alias="numFollowers")
    models: Count = Field(None, alias="numModels")
    datasets: Count = Field(None, alias="numDatasets")
    spaces: Count = Field(None, alias="numSpaces")
    orgs: Annotated[tuple[WireMember, ...], _those_that_hold(WireMember)] = ()


class WireItem(Wire):
    """An element of ``items`` of a collection: a repository, or a paper, a bucket, another collection."""

    id: str
    type: str


class WireCollection(Wire):
    """The collection answer."""

    items: tuple[WireItem, ...]


INFO = TypeAdapter(WireInfo)
INFOS = TypeAdapter(tuple[WireInfo, ...])
ENTRIES = TypeAdapter(tuple[WireEntry, ...])
COMMITS = TypeAdapter(tuple[WireCommit, ...])
REFS = TypeAdapter(WireRefs)
ROLLUP = TypeAdapter(WireRollup)
OWNER = TypeAdapter(WireOwner)
MEMBERS = TypeAdapter(tuple[WireMember, ...])
COLLECTION = TypeAdapter(WireCollection)


def parse(kind: TypeAdapter[T], value: object) -> T:
    """JSON values as a wire model. Raises BadAnswerError naming the place of the first fault."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"][:_SHOWN_PLACE]) or "the top level"
        raise BadAnswerError(f"the Hub's answer has another shape than documented: {place}: {first['msg']}") from error
