"""A parsed configuration and a walk over its fields, without recursion."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

MAX_FIELDS = 1_000_000
"""A tokenizer configuration with 65,536 added tokens has 600,000."""

_SHOWN_PARTS = 12
_SHOWN_CHARS = 200

Trail = tuple["Trail | None", str]
"""Where a field stands, from the inside out: (what is around it, its own key)."""


class Document(Struct):
    """``value`` of plain dictionaries, lists and scalars; ``shadowed`` are values whose key stood twice.

    ``lines`` gives the line of a key by (identity of its object, key); empty for JSON.
    """

    value: object
    shadowed: list[tuple[str, object]] = field(default_factory=list)
    lines: dict[tuple[int, str], int] = field(default_factory=dict)

    def fields(self) -> Iterator[Field]:
        """Every entry of every object, in the order of the document; at most MAX_FIELDS."""
        roots = [_Entry(None, self.value)]
        roots += [_Entry((None, key), {key: value}) for key, value in reversed(self.shadowed)]
        pending = roots[::-1]
        for _ in range(MAX_FIELDS):
            if not pending:
                return
            entry = pending.pop()
            if isinstance(entry.value, dict):
                own = [self._field(entry, key, value) for key, value in entry.value.items()]
                yield from own
                pending += [_Entry((entry.trail, item.key), item.value) for item in reversed(own) if item.is_nested]
            elif isinstance(entry.value, list):
                pending += [
                    _Entry((entry.trail, f"[{index}]"), value)
                    for index, value in reversed(list(enumerate(entry.value)))
                    if isinstance(value, dict | list)
                ]

    def _field(self, entry: _Entry, key: object, value: object) -> Field:
        parent: dict[str, object] = entry.value if isinstance(entry.value, dict) else {}
        name = str(key)
        return Field(name, value, parent, entry.trail, self.lines.get((id(parent), name)))


class _Entry(Struct, frozen=True):
    trail: Trail | None
    value: object


class Field(Struct, frozen=True):
    """One ``key: value`` of an object (``parent``) somewhere in a document."""

    key: str
    value: object
    parent: dict[str, object]
    trail: Trail | None
    line: int | None = None

    @property
    def is_nested(self) -> bool:
        """Whether the value holds further fields."""
        return isinstance(self.value, dict | list)

    @property
    def is_top(self) -> bool:
        """Whether it belongs to the document's outermost object."""
        return self.trail is None

    @property
    def text(self) -> str:
        """The value when it is text, else empty."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def path(self) -> str:
        """``auto_map.AutoModel``, bounded; the middle is left out of a very deep one."""
        parts = [self.key]
        trail = self.trail
        while trail is not None and len(parts) < _SHOWN_PARTS:
            parts.append(trail[1])
            trail = trail[0]
        joined = ".".join(reversed(parts)).replace(".[", "[")
        return (f"….{joined}" if trail is not None else joined)[:_SHOWN_CHARS]

    def beside(self, key: str) -> object:
        """The value of another key of the same object."""
        return self.parent.get(key)


def is_true(value: object) -> bool:
    """True as JSON or YAML writes it."""
    return value is True or (isinstance(value, str) and value.casefold() in ("true", "yes", "on"))


def texts(value: object, most: int = 64) -> Iterator[str]:
    """The texts of a value, also those inside lists and objects; at most ``most`` items are looked at."""
    pending = [value]
    for _ in range(most):
        if not pending:
            return
        item = pending.pop(0)
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
