"""The memo of a pickle stream: exact where it can matter, compact where a stream memoizes millions of strings.

A pickler memoizes every string, list and tuple it writes. Kept as objects, two million
opcodes would take well over 100 MB; a string that has cooled down is moved into a block of
text instead (one byte per character) and anything else loses its content.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from trustaudit.formats.pickle.values import (
    DICT,
    FORGOTTEN,
    LIST,
    TUPLE,
    UNKNOWN,
    Folded,
    Items,
    LongBytes,
    LongText,
    Opaque,
)

WARM = 4096
"""Entries that are never cooled: the keys which a long list of records repeats are memoized first."""

BLOCK = 65_536
"""Entries that are cooled together."""

STEPS = 32
"""Steps (of 64 KiB of stream) after which strings are cooled even if they are few: they may be long."""

COLD_NAME = 255
"""Longest string kept when cold; module and class names are shorter."""

COLD_BYTES = 12 * 1024 * 1024
"""All cold text together."""

MAX_GAP = 8
"""Python 2's cPickle starts at index 1; larger gaps go into a dict."""

MAX_SPARSE = 100_000

COLD = Opaque("…")
MISSING = Opaque("<missing>")

EMPTIED: dict[type, object] = {list: LIST, Items: DICT, tuple: TUPLE}
"""What the memo keeps of a container: whoever fills it has it on the stack as well, and millions would cost memory."""

LOST: dict[type, object] = {
    **EMPTIED,
    str: FORGOTTEN,
    LongText: FORGOTTEN,
    int: UNKNOWN,
    float: UNKNOWN,
    bytes: UNKNOWN,
    LongBytes: UNKNOWN,
    Folded: UNKNOWN,
}
"""What is left of values that nobody is likely to ask for again."""

COOLED = {**LOST, str: COLD}


def replaced(values: list[object], table: dict[type, object]) -> list[object]:
    """``values`` with what ``table`` has in place of their types. Long runs of one type are usual."""
    kinds = set(map(type, values))
    if kinds.isdisjoint(table):
        return values
    if len(kinds) == 1:
        return [table[kinds.pop()]] * len(values)
    get = table.get
    return [get(type(value), value) for value in values]


class Memo:
    """Values by memo index. ``memoize`` stores under the next index.

    ``items`` is exposed for the hottest opcodes; ``dense`` says when they may add to it.

    Beyond ``limit`` entries nothing more is stored (``full``): what is asked for later is FORGOTTEN.
    """

    def __init__(self, limit: int) -> None:
        self.items: list[object] = []
        self.dense = True
        self.memoize: Callable[[object], None] = self.items.append
        self.limit = limit
        self.full = False
        self._holes = 0
        self._sparse: dict[int, object] = {}
        self._cooled = WARM
        self._steps = 0
        self._rewarmed = 0
        self._starts: list[int] = []
        self._blocks: list[_Block] = []
        self._cold_bytes = 0

    def __len__(self) -> int:
        """The number of entries, which is the index that MEMOIZE uses next."""
        return len(self.items) - self._holes + len(self._sparse)

    def _memoize(self, value: object) -> None:
        self.put(len(self), value)

    def put(self, index: int, value: object) -> None:
        """Store under an explicit index."""
        items = self.items
        if index < len(items):
            self._overwrite(index, value)
        elif index in self._sparse:
            self._sparse[index] = value
        elif self.full:
            return
        elif index - len(items) <= MAX_GAP and not self._sparse:
            self._holes += index - len(items)
            items.extend([MISSING] * (index - len(items)))
            items.append(value)
        else:
            self._sparse[index] = value
            self.full = len(self._sparse) >= MAX_SPARSE
        self._notice()

    def _notice(self) -> None:
        self.dense = not (self._holes or self._sparse or self.full)
        self.memoize = self.items.append if self.dense else self._memoize

    def _overwrite(self, index: int, value: object) -> None:
        if self.items[index] is MISSING:
            self._holes -= 1
        if WARM <= index < self._cooled:
            self._rewarmed += 1
            if self._rewarmed > BLOCK:
                value = LOST.get(type(value), value)
        self.items[index] = value

    def get(self, index: int) -> object:
        """The value; MISSING where there is none, FORGOTTEN where it was not worth its memory."""
        if index >= len(self.items):
            return self._sparse.get(index, FORGOTTEN if self.full else MISSING)
        value = self.items[index]
        return self._thaw(index) if value is COLD else value

    def settle(self) -> None:
        """Called now and then: cool what is old, notice the limit."""
        items = self.items
        if len(items) > self.limit:
            self.full = True
            self._notice()
        self._steps += 1
        if len(items) - self._cooled >= (BLOCK if self._steps < STEPS else 1):
            self._cool()

    def _cool(self) -> None:
        start, values = self._cooled, self.items[self._cooled :]
        if str in map(type, values):
            self._keep_text(start, values)
        self.items[start:] = replaced(values, COOLED)
        self._cooled = len(self.items)
        self._steps = 0

    def _keep_text(self, start: int, values: list[object]) -> None:
        block = _Block([value if type(value) is str else "" for value in values])
        if self._cold_bytes + len(block.text) > COLD_BYTES:
            block = _Block([""] * len(values))
        self._cold_bytes += len(block.text)
        self._starts.append(start)
        self._blocks.append(block)

    def _thaw(self, index: int) -> object:
        block = bisect_right(self._starts, index) - 1
        return self._blocks[block].get(index - self._starts[block]) or FORGOTTEN


class _Block:
    """Texts of one byte per character, end to end, with one more byte per entry for its length.

    Where each begins is worked out when the first of them is asked for: most never are.
    """

    def __init__(self, texts: list[str]) -> None:
        try:
            self._lengths = bytes(map(len, texts))
        except ValueError:
            texts = [text if len(text) <= COLD_NAME else "" for text in texts]
            self._lengths = bytes(map(len, texts))
        self.text = "".join(texts)
        if not self.text.isascii():
            texts = [text if text.isascii() else "" for text in texts]
            self._lengths, self.text = bytes(map(len, texts)), "".join(texts)
        self._begins: array[int] | None = None

    def get(self, at: int) -> str:
        """The text of one entry; empty where it was not kept."""
        if self._begins is None:
            self._begins = array("I", accumulate(self._lengths, initial=0))
        return self.text[self._begins[at] : self._begins[at + 1]]
