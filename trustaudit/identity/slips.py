"""What fingers and eyes do to a word: the one edit that makes another of it by mistake."""

from __future__ import annotations

from rapidfuzz.distance import OSA

_KEYS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHIFTED = (0.0, 0.0, 0.25, 0.75)
_PLACES = {key: (row, column + _SHIFTED[row]) for row, keys in enumerate(_KEYS) for column, key in enumerate(keys)}
_DRAWN_ALIKE = frozenset(frozenset(pair) for pair in ("0o", "1i", "1l", "il", "3e", "4a", "5s", "7t", "8b", "9g"))


def is_typing_slip(typed: str, meant: str) -> bool:
    """Whether one text is the other with a letter left out, put in, swapped with its neighbour, or mistaken.

    A letter is mistaken for one beside it on the keyboard or drawn like it. Exchanging any other
    makes a different word more often than a wrong one (``olabs``, ``xlabs``): of 6,898 genuine
    namespaces none is a slip away from one of the 1,000 most downloaded models' that is not known
    to be genuine too, and nine are one edit away.
    """
    ours, theirs = typed.casefold(), meant.casefold()
    if OSA.distance(ours, theirs, score_cutoff=1) != 1:
        return False
    if len(ours) != len(theirs):
        return not _letter_more(*sorted((ours, theirs), key=len)).isdigit()
    odd = [(one, other) for one, other in zip(ours, theirs, strict=True) if one != other]
    return len(odd) > 1 or is_drawn_alike(*odd[0]) or _are_beside(*odd[0])


def is_drawn_alike(one: str, other: str) -> bool:
    """Whether two different characters are drawn alike."""
    return frozenset((one, other)) in _DRAWN_ALIKE


def _letter_more(shorter: str, longer: str) -> str:
    return next((more for one, more in zip(shorter, longer, strict=False) if one != more), longer[-1])


def _are_beside(one: str, other: str) -> bool:
    """Whether two characters lie beside each other on a QWERTY keyboard."""
    if one not in _PLACES or other not in _PLACES:
        return False
    (row, column), (other_row, other_column) = _PLACES[one], _PLACES[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) <= 1
