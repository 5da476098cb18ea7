"""Which classes a model's configuration asks the loader to import from Python files on the Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trustaudit.snapshot import RepoInfo

# One value may name several classes (slow and fast tokenizer), as text of a list.
_TOKEN = re.compile(r"[^\s,\[\]()\"']+")
_NO_CLASS = frozenset({"None", "null"})
_PLAIN = re.compile(r"\w+\.\w+")
_REPO = re.compile(r"[\w-][\w.-]{0,95}(?:/[\w-][\w.-]{0,95})?", re.ASCII)
_MAX_TOKENS = 8


@dataclass(frozen=True, slots=True)
class CodeReference:
    """``repo`` is empty for the repository itself; ``target`` is ``module.Class`` as written."""

    key: str
    repo: str
    target: str
    text: str

    @property
    def module_file(self) -> str:
        """The file that would be imported: ``modeling_x.py``."""
        return f"{self.target.partition('.')[0]}.py"

    @property
    def is_well_formed(self) -> bool:
        """Whether loaders would accept it: one module, one class, a plain repository id."""
        return bool(_PLAIN.fullmatch(self.target)) and (not self.repo or bool(_REPO.fullmatch(self.repo)))

    @property
    def leaves_the_folder(self) -> bool:
        """Whether it holds parts of a path: an attempt rather than a mistake."""
        return ".." in self.text or "\\" in self.text or "/" in self.target


def code_references(info: RepoInfo) -> tuple[CodeReference, ...]:
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
