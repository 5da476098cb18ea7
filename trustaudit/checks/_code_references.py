"""Which classes a model's configuration asks the loader to import from Python files on the Hub.

Told twice: by the configuration files themselves, and by the Hub, which knows ``config.json``
only. A reference that a file was seen to hold is placed there; the Hub's word fills the gaps.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from msgspec import Struct

from trustaudit.asked_again import once_per_snapshot
from trustaudit.finding import Location
from trustaudit.snapshot import RepoInfo, Snapshot

# One value may name several classes (slow and fast tokenizer), as text of a list.
_TOKEN = re.compile(r"[^\s,\[\]()\"']+")
_NO_CLASS = frozenset({"None", "null"})
_PLAIN = re.compile(r"\w+\.\w+")
_REPO = re.compile(r"[\w-][\w.-]{0,95}(?:/[\w-][\w.-]{0,95})?", re.ASCII)
_MAX_TOKENS = 8
_CODE_SUFFIX = ".py"
TRIGGER = "trust_remote_code"


class CodeReference(Struct, frozen=True):
    """``repo`` is empty for the repository itself; ``target`` is ``module.Class`` as written.

    ``path`` is the file that was seen to hold it, empty for what only the Hub says.
    """

    key: str
    repo: str
    target: str
    text: str
    path: str = ""
    revision: str = ""

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(path=self.path, field=self.key) if self.path else Location(field="config.auto_map")

    @property
    def module_file(self) -> str:
        """The file that would be imported: ``modeling_x.py``."""
        return self.target if self.target.endswith(_CODE_SUFFIX) else f"{self.target.partition('.')[0]}{_CODE_SUFFIX}"

    def lies_in(self, paths: Collection[str]) -> str:
        """The path of that file in the repository, beside the configuration or in the root; empty when absent."""
        beside = f"{self.path.rpartition('/')[0]}/{self.module_file}".lstrip("/")
        return next((path for path in (self.module_file, beside) if path in paths), "")

    @property
    def is_well_formed(self) -> bool:
        """Whether loaders would accept it: one module, one class, a plain repository id."""
        named = _PLAIN.fullmatch(self.target) or self.target.endswith(_CODE_SUFFIX)
        return bool(named) and (not self.repo or bool(_REPO.fullmatch(self.repo)))

    @property
    def leaves_the_folder(self) -> bool:
        """Whether it holds parts of a path: an attempt rather than a mistake."""
        return ".." in self.text or "\\" in self.text or ("/" in self.target and not self.target.endswith(_CODE_SUFFIX))


@once_per_snapshot
def code_references(snapshot: Snapshot) -> tuple[CodeReference, ...]:
    """Every reference: those in files first, then those that only the Hub knows of."""
    seen = list(_in_files(snapshot))
    known = {(reference.repo.casefold(), reference.target) for reference in seen}
    info = snapshot.repo_info
    told = _told_by_hub(info) if info else ()
    return (*dict.fromkeys(seen), *(r for r in told if (r.repo.casefold(), r.target) not in known))


def _in_files(snapshot: Snapshot) -> Iterator[CodeReference]:
    """What inspectors saw; the same class under the same key of several files counts once per file."""
    for file in snapshot.file_facts:
        for load in file.loads:
            if load.trigger == TRIGGER:
                text = f"{load.source}--{load.what}" if load.source else load.what
                key = load.declared_in.removeprefix("auto_map.")
                yield CodeReference(key, load.source, load.what, text, file.path, load.revision)


def _told_by_hub(info: RepoInfo) -> tuple[CodeReference, ...]:
    """Every reference of ``auto_map``, in its order, and the custom class the Hub itself detected."""
    declared = [(key, token) for key, value in info.auto_map for token in _tokens(value)]
    if info.custom_class:
        declared.append(("custom_class", info.custom_class))
    return tuple(dict.fromkeys(_reference(key, token) for key, token in declared))


def _tokens(value: str) -> Iterator[str]:
    for number, matched in enumerate(_TOKEN.finditer(value)):
        if number >= _MAX_TOKENS:
            return
        if matched[0] not in _NO_CLASS:
            yield matched[0]


def _reference(key: str, text: str) -> CodeReference:
    repo, separator, target = text.partition("--")
    return (
        CodeReference(key=key, repo=repo, target=target, text=text) if separator else CodeReference(key, "", text, text)
    )
