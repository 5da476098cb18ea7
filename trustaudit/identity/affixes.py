"""What is left of a name without the words put around it."""

from __future__ import annotations

from trustaudit.knowledge.name_words import name_words

Words = tuple[str, ...]


def without_affixes(words: Words) -> Words:
    """The words of a namespace that are no brand affixes."""
    affixes = name_words().brand_affixes
    return tuple(word for word in words if word not in affixes)


def without_claims(words: Words) -> Words:
    """The words of a repository's name between leading and trailing claims."""
    claims = name_words().claims
    start, end = 0, len(words)
    while start < end and words[start] in claims:
        start += 1
    while end > start and words[end - 1] in claims:
        end -= 1
    return words[start:end]


def without_format(words: Words) -> Words:
    """The words of a repository's name before the trailing ones that name formats; at least the first stays."""
    end = len(words)
    while end > 1 and name_words().is_format(words[end - 1]):
        end -= 1
    return words[:end]
