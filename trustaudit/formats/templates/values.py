"""What is known of an expression without running it: the constants it may be, and where it comes from.

Only texts, numbers and plain collections of them occur. Every operation is bounded before it
is done: a template may ask for a text of any length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from itertools import islice, product
from string import Formatter

from msgspec import Struct

MAX_VARIANTS = 16
"""Constants remembered per expression."""

MAX_TEXT = 1 << 16
"""Characters of one folded text."""

MAX_ITEMS = 512
_MAX_WIDTH = 1000
_MAX_BITS = 64
_MAX_NUMBER = 1 << _MAX_BITS
_PERCENT = re.compile(r"%(?:\([^)]{0,200}\))?[-+ #0]{0,5}(\*|\d{0,12})(?:\.(\*|\d{0,12}))?")
_WIDTH = re.compile(r"\d{1,20}")


class Taint(Enum):
    """Where a value comes from, as far as it matters."""

    MESSAGE = auto()
    """A message, or several, as an object."""
    CONTENT = auto()
    """What somebody wrote in the conversation."""
    DATE = auto()
    """The clock."""
    TRIGGER = auto()
    """A comparison of content with wording."""
    CLOCK = auto()
    """A comparison of the clock with something."""


class Value(Struct, frozen=True):
    """``constants`` are some of the things an expression can be; empty when nothing is known."""

    constants: tuple[object, ...] = ()
    taints: frozenset[Taint] = frozenset()

    @property
    def size(self) -> int:
        """Characters and items, to account for the work of looking at them."""
        return sum(len(item) if isinstance(item, str | tuple | list | dict) else 1 for item in self.constants)

    def texts(self) -> Iterator[str]:
        """The constants that are texts."""
        return (item for item in self.constants if isinstance(item, str))

    def numbers(self) -> Iterator[int]:
        """The constants that are whole numbers."""
        return (item for item in self.constants if isinstance(item, int) and not isinstance(item, bool))

    def all_texts(self) -> Iterator[str]:
        """The texts, also those inside collections."""
        for item in self.constants:
            yield from _texts_in(item)


UNKNOWN = Value()


def united(values: Iterable[Value]) -> Value:
    """One of several."""
    known = list(values)
    constants = [item for value in known for item in value.constants]
    return Value(_distinct(constants), frozenset().union(*(value.taints for value in known)))


def combined(function: Callable[..., object], *values: Value) -> Value:
    """``function`` of each combination of constants; what cannot be computed is unknown."""
    found = []
    for arguments in islice(product(*(value.constants for value in values)), MAX_VARIANTS):
        try:
            result = function(*arguments)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError, RecursionError):
            continue
        if _is_small(result):
            found.append(result)
    return Value(_distinct(found), frozenset().union(*(value.taints for value in values)))


def added(left: object, right: object) -> object:
    """``left + right``."""
    return left + right  # type: ignore[operator] # any operands: a mismatch is a TypeError that `combined` expects


def subtracted(left: object, right: object) -> object:
    """``left - right``."""
    return left - right  # type: ignore[operator] # as above


def power(base: object, exponent: object) -> object:
    """``base ** exponent`` of whole numbers, unless it would be large. Raises OverflowError then."""
    if not isinstance(base, int) or not isinstance(exponent, int) or abs(base).bit_length() * abs(exponent) > _MAX_BITS:
        raise OverflowError
    return base**exponent


def item(base: object, key: object) -> object:
    """``base[key]`` of a text, a list or a dictionary, by index, slice or key."""
    if isinstance(base, dict) and not isinstance(key, str):
        raise KeyError
    return base[key]  # type: ignore[index] # as above


def multiplied(left: object, right: object) -> object:
    """``left * right``, unless it would be large. Raises OverflowError then."""
    for many, times in ((left, right), (right, left)):
        if isinstance(many, str | tuple | list) and isinstance(times, int) and len(many) * max(times, 0) > MAX_TEXT:
            raise OverflowError
    return left * right  # type: ignore[operator] # as above


def joined(items: object, separator: object = "") -> str:
    """Jinja's ``join``; of a dictionary, its keys."""
    parts = [str(_plain(item)) for item in _items(items)]
    glue = str(_plain(separator))
    if sum(map(len, parts)) + len(glue) * len(parts) > MAX_TEXT:
        raise OverflowError
    return glue.join(parts)


def replaced(text: object, old: object, new: object) -> str:
    """``text.replace(old, new)``."""
    whole, this, that = _text(text), _text(old), _text(new)
    if len(whole) + whole.count(this) * len(that) > MAX_TEXT:
        raise OverflowError
    return whole.replace(this, that)


def reversed_(value: object) -> object:
    """Jinja's ``reverse``: a text stays one."""
    return value[::-1] if isinstance(value, str) else _items(value)[::-1]


def listed(value: object) -> tuple[object, ...]:
    """Jinja's ``list``: the characters of a text."""
    return _items(value)


def text_form(value: object) -> str:
    """A text or number as text."""
    return str(_plain(value))


def percent(pattern: object, argument: object) -> str:
    """``pattern % argument`` with plain widths."""
    text = _text(pattern)
    if len(text) > MAX_TEXT or any(
        not _is_narrow(width) for match in _PERCENT.finditer(text) for width in match.groups()
    ):
        raise OverflowError
    values = argument if isinstance(argument, tuple) else (argument,)
    return text % tuple(_plain(value) for value in values)


def formatted(pattern: str, arguments: tuple[object, ...], keywords: dict[str, object]) -> str:
    """``pattern.format(…)`` where no field goes into an attribute, an item or a wide column."""
    for _, field, spec, _ in Formatter().parse(pattern):
        if "." in (field or "") or "[" in (field or "") or "{" in (spec or "") or widest(spec or "") > _MAX_WIDTH:
            raise ValueError
    return pattern.format(*map(_plain, arguments), **{name: _plain(value) for name, value in keywords.items()})


def format_fields(pattern: str) -> Iterator[str]:
    """Names of attributes and items that ``str.format`` would look up."""
    try:
        fields = [field or "" for _, field, _, _ in Formatter().parse(pattern)]
    except ValueError:
        return
    for field in fields:
        yield from (part.strip("]") for part in re.split(r"[.\[]", field)[1:])


def widest(text: str) -> int:
    """The largest number that stands in a text."""
    return max((int(match[0]) for match in _WIDTH.finditer(text)), default=0)


def _is_narrow(width: str | None) -> bool:
    return not width or (width != "*" and int(width) <= _MAX_WIDTH)


def _items(value: object) -> tuple[object, ...]:
    if isinstance(value, str | tuple | list | dict):
        return tuple(value)
    raise TypeError


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError


def _is_small(value: object) -> bool:
    if isinstance(value, str | tuple | list | dict):
        return len(value) <= (MAX_TEXT if isinstance(value, str) else MAX_ITEMS)
    return not isinstance(value, int) or abs(value) <= _MAX_NUMBER


def _distinct(items: list[object]) -> tuple[object, ...]:
    found: dict[object, object] = {}
    for item in items:
        found.setdefault((type(item), item) if _is_plain(item) else id(item), item)
        if len(found) >= MAX_VARIANTS:
            break
    return tuple(found.values())


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _plain(value: object) -> object:
    """A text or number. Collections may hold each other many times over, so they are never printed."""
    if _is_plain(value):
        return value
    raise TypeError


def _texts_in(value: object) -> Iterator[str]:
    """Without recursion and bounded: a template decides how collections nest and repeat."""
    pending = [value]
    for _ in range(MAX_ITEMS):
        if not pending:
            return
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, tuple | list):
            pending += item
        elif isinstance(item, dict):
            pending += [*item, *item.values()]
