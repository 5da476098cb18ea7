"""The parents a repository names, in every place where one can be named.

============================  ====================================================================
place                         weight
============================  ====================================================================
card (``base_model``)         what the uploader says; the Hub turns it into tags
adapter_config.json           what the loader of an adapter fetches, whatever the card says
GGUF metadata                 written by converters from the card of what was converted: often
                              the *grandparent*
config (``auto_map``)         repositories whose code is run
config.json (_name_or_path)   weak: where the training script happened to read from
============================  ====================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from trustaudit.errors import RefError
from trustaudit.filefacts import FileFacts
from trustaudit.knowledge.names import load_names
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import RepoInfo, Snapshot

CARD = "card"
TAGS = "tags"
ADAPTER = "adapter_config.json"
AUTO_MAP = "config.auto_map"
WEAK = "config.json"

RELATIONS = ("adapter", "finetune", "merge", "quantized")
CODE = "code"
DATASET = "dataset"
USES = "uses"

_OTHER_REPO = re.compile(r"([\w-][\w.-]{0,95}/[\w-][\w.-]{0,95})--")
_GGUF_BASE = re.compile(r"general\.base_model\.\d{1,4}\.repo_url")
_MAX_TEXT = 300
_PATH_LIKE = (".", "/", "~", "$", "models/", "datasets/", "spaces/")
_MAX_PARENTS = 40
"""Merges of a dozen models exist; a card that names hundreds is not one."""


class Parent(Struct, frozen=True):
    """A repository that this one names. ``place`` is where; ``weak`` places prove little."""

    id: str
    relation: str
    place: str
    type: RepoType = RepoType.MODEL
    weak: bool = False

    @property
    def key(self) -> str:
        """What the Hub compares: ids are case-insensitive."""
        return RepoRef(type=self.type, **_parts(self.id)).full_id.casefold()


def declared_parents(snapshot: Snapshot) -> tuple[Parent, ...]:
    """Every parent once, by its strongest place; what is no id of the Hub is left out.

    Weak places count only where no other names a base model.
    """
    info = snapshot.repo_info
    named = [*(_from_info(info, snapshot) if info else ()), *_from_files(snapshot.file_facts)]
    found: dict[str, Parent] = {}
    for parent in named:
        found.setdefault(parent.key, parent)
    sure = any(parent.relation in RELATIONS and not parent.weak for parent in found.values())
    return tuple(parent for parent in found.values() if not (parent.weak and sure))[:_MAX_PARENTS]


def bases_in(snapshot: Snapshot, place: str) -> tuple[str, ...]:
    """The base models that one place names (``CARD``, ``ADAPTER``, or the path of a GGUF file)."""
    info = snapshot.repo_info
    if place == CARD:
        return tuple(_ids(_card_bases(info))) if info else ()
    if place == ADAPTER:
        return tuple(dict.fromkeys(parent.id for parent in _adapter_bases(info, snapshot.file_facts)))
    return tuple(dict.fromkeys(parent.id for parent in _gguf_bases(snapshot.file_facts) if parent.place == place))


def gguf_metadata(facts: FileFacts) -> dict[str, str]:
    """The metadata of a GGUF file as text, empty for any other file."""
    return next((dict(note.data) for note in facts.observations if note.kind == "gguf-metadata"), {})


def as_id(text: str) -> str:
    """The repository id that text names, as an id or as an address of the Hub; empty when it names none.

    Training scripts write local folders into the same fields: what starts like a path is none.
    """
    plain = text.strip()
    if not plain or len(plain) > _MAX_TEXT or plain.startswith(_PATH_LIKE) or "\\" in plain:
        return ""
    if "://" not in plain and plain.count("/") > 1:
        return ""
    try:
        ref = RepoRef.parse(plain)
    except RefError:
        return ""
    return ref.id if ref.type is RepoType.MODEL else ""


def _from_info(info: RepoInfo, snapshot: Snapshot) -> Iterator[Parent]:
    relation = _relation(info, snapshot)
    yield from (Parent(name, relation, CARD) for name in _ids(_card_bases(info)))
    yield from (Parent(name, relation, TAGS) for name in _ids(info.base_models) if _is_no_folder(name))
    yield from _adapter_bases(info, ())
    yield from (Parent(name, CODE, AUTO_MAP) for name in _code_repos(info))
    yield from (Parent(name, USES, CARD) for name in _ids(info.linked_models))
    datasets = (*(info.card.datasets if info.card else ()), *info.linked_datasets)
    yield from (Parent(name, DATASET, CARD, RepoType.DATASET) for name in _ids(datasets))


def _from_files(files: Iterable[FileFacts]) -> Iterator[Parent]:
    listed = tuple(files)
    yield from _adapter_bases(None, listed)
    yield from _gguf_bases(listed)
    for facts in listed:
        yield from (Parent(name, CODE, facts.path) for name in _ids(load.source for load in facts.loads))
    for facts in listed:
        notes = (note.get("origin") for note in facts.observations if note.kind == "declared-origin")
        yield from (Parent(name, "finetune", WEAK, weak=True) for name in _ids(notes) if _is_no_folder(name))


def _relation(info: RepoInfo, snapshot: Snapshot) -> str:
    """As the card says, else as the Hub says, else by what lies in the repository."""
    said = (info.card.base_model_relation if info.card else "") or info.base_model_relation
    if said in RELATIONS:
        return said
    names = [entry.path.rpartition("/")[2].casefold() for entry in snapshot.entries]
    if ADAPTER in names:
        return "adapter"
    return "quantized" if any(name.endswith(".gguf") for name in names) else "finetune"


def _card_bases(info: RepoInfo) -> tuple[str, ...]:
    return info.card.base_models if info.card else ()


def _adapter_bases(info: RepoInfo | None, files: Iterable[FileFacts]) -> Iterator[Parent]:
    """From the Hub's reading of the adapter's configuration, and from the file itself."""
    names = [*([_peft_base(info.config_json)] if info and info.config_json else ())]
    for facts in files:
        names += [note.get("base") for note in facts.observations if note.kind == "declared-base"]
    yield from (Parent(name, "adapter", ADAPTER) for name in _ids(names) if _is_no_folder(name))


def _is_no_folder(name: str) -> bool:
    """A single word is a folder beside the training script, unless it is one of the Hub's old root-level ids."""
    return "/" in name or name.casefold() in load_names().moved


def _peft_base(config_json: str) -> str:
    try:
        peft = json.loads(config_json).get("peft")
    except (ValueError, AttributeError, RecursionError):
        return ""
    base = peft.get("base_model_name_or_path") if isinstance(peft, dict) else None
    return base if isinstance(base, str) else ""


def _gguf_bases(files: Iterable[FileFacts]) -> Iterator[Parent]:
    for facts in files:
        metadata = gguf_metadata(facts)
        urls = [value for key, value in sorted(metadata.items()) if _GGUF_BASE.fullmatch(key)]
        yield from (Parent(name, "quantized", facts.path, weak=True) for name in _ids(urls))


def _code_repos(info: RepoInfo) -> Iterator[str]:
    for _, value in info.auto_map:
        yield from (name for name in _OTHER_REPO.findall(value[: _MAX_TEXT * 4]) if as_id(name))


def _ids(names: Iterable[str]) -> Iterator[str]:
    return (found for name in names if (found := as_id(name)))


def _parts(repo_id: str) -> dict[str, str | None]:
    namespace, _, name = repo_id.rpartition("/")
    return {"namespace": namespace or None, "name": name}
