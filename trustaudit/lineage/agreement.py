"""Whether two ids mean one repository, or at least one model under two names."""

from __future__ import annotations

from trustaudit.identity.skeleton import camel_words, name_skeleton
from trustaudit.knowledge.name_words import name_words
from trustaudit.knowledge.names import Names

_SHORTEST_WORD = 3


def same_repo(one: str, other: str, names: Names) -> bool:
    """Whether two ids lead to one repository: equal but for case, or an old id and its new one."""
    return _current(one, names) == _current(other, names)


def same_model(one: str, other: str) -> bool:
    """Whether two names are one name but for separators, case and a format at the end (``-GGUF``, ``-4bit``)."""
    return _bare(_basename(one)) == _bare(_basename(other))


def related(one: str, other: str) -> bool:
    """Whether two names share a word that tells a model family (``llama``): enough to be of one line."""
    return not _telling(_basename(one)).isdisjoint(_telling(_basename(other)))


def _current(repo_id: str, names: Names) -> str:
    folded = repo_id.casefold()
    moved = names.moved.get(folded)
    if moved is not None:
        return moved.new.casefold()
    owner, slash, name = folded.partition("/")
    renamed = names.renamed.get(owner) if slash else None
    return f"{renamed.new.casefold()}/{name}" if renamed else folded


def _basename(repo_id: str) -> str:
    return repo_id.rpartition("/")[2]


def _bare(name: str) -> str:
    words = list(_words(name))
    while words and name_words().is_format(words[-1]):
        words.pop()
    return name_skeleton("".join(words))


def _words(name: str) -> tuple[str, ...]:
    return tuple(name.casefold().replace(" ", "-").replace("_", "-").replace(".", "-").split("-"))


def _telling(name: str) -> frozenset[str]:
    words = (word for word in camel_words(name.replace(" ", "-")) if word.isalpha() and len(word) >= _SHORTEST_WORD)
    known = name_words()
    return frozenset(word for word in words if word not in known.shaping_words and not known.is_format(word))
