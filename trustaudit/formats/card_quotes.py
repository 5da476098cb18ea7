"""Commands that a card only speaks of: inputs of a classifier, samples of attacks, values in its front matter.

A reader runs what stands as a command line in a block, or what a sentence says to run. Cards of models against
attacks show the same commands as data. The line between the two is drawn narrowly: whatever is not seen to be a
mention counts as told.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from msgspec import Struct

_I = re.IGNORECASE
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(?:.*\n)*?---[ \t]*(?:\n|\Z)")
_FENCE = re.compile(r"(?m)^[ \t>]{0,12}(?:```+|~~~+)[ \t]*\{?\.?([\w+-]{0,20})[^\n]*$")
_CODE = frozenset({"python", "py", "python3", "json", "jsonl", "yaml", "yml", "javascript", "js", "ts", "typescript"})
_PLAIN = frozenset({"", "text", "txt", "plaintext", "output", "console"})
_STARTS = re.compile(
    r"\b(?:os|sys|subprocess|popen|pty|system|exec\w{0,8}|eval|spawn\w{0,8}|child_process|importlib|import_module"
    r"|__\w{1,20}__|ctypes|getoutput|check_\w{1,10}|create_subprocess\w{0,10}|paramiko|fabric|plumbum|getattr)\b"
    r"|^\s{0,12}[!%]",
    _I | re.MULTILINE,
)
"""What a block of code needs to start a program. Found anywhere in it, no string of the block is only data."""

_LABEL = re.compile(
    r"\A[ \t>*-]{0,12}[\"']?(?:input|text|prompt|query|sample|payload|attack|user|human|message|label)\w{0,2}"
    r"[\"']?\s{0,3}:",
    _I,
)
_DENOUNCED = re.compile(
    r"\b(?:malicious|attack\w{0,4}|inject\w{0,4}|exploit\w{0,5}|payloads?|harmful|unsafe|dangerous|suspicious"
    r"|adversarial|jailbreak\w{0,4}|reverse[ -]shells?|malware|vulnerab\w{1,7}|threats?|flags|detects?"
    r"|classif\w{1,7})\b|恶意|攻击|注入|惡意|攻擊",
    _I,
)
_IMPERATIVE = re.compile(
    r"(?<!not )(?<!never )(?<!n't )(?<!n\u2019t )(?<!attempts to )(?<!attempt to )(?<!tries to )(?<!trying to )"
    r"\b(?:run|execute|paste|enter|install|set ?up|launch|start|use|copy|download|type|put|try|invoke"
    r"|issue|open|your|terminal|console|command (?:prompt|line)|powershell)\b"
    r"|运行|執行|执行|安装|安裝|输入|輸入|复制|複製|粘贴|终端",
    _I,
)
_ITEM = re.compile(r"[ \t]{0,12}(?:[-*+|>]|\d{1,3}[.)])")
_ADDRESS = re.compile(r"\bhttps?://\S{0,400}", _I)
_MOST = 4_000


class _Block(Struct, frozen=True):
    """A fenced block: its language in lower case, and where its content starts and ends."""

    language: str
    start: int
    end: int


class Mentions:
    """Tells a command that is spoken of from one that readers are told to run."""

    def __init__(self, text: str) -> None:
        self._text = text
        front = _FRONT.match(text)
        self._front = front.end() if front else 0
        self._blocks = _blocks(text, self._front)

    def has(self, start: int, end: int) -> bool:
        """Whether the command from ``start`` to ``end`` is a mention."""
        if end <= self._front:
            return True
        block = self._block(start)
        line = self._line(start, end)
        return self._is_data(block, line, start) if block else self._is_spoken_of(line, start, end)

    @cached_property
    def _is_about_attacks(self) -> bool:
        return bool(_DENOUNCED.search(_ADDRESS.sub(" ", self._text[: 4 * _MOST])))

    def _block(self, position: int) -> _Block | None:
        at = bisect_right(self._blocks, position, key=lambda block: block.start) - 1
        return self._blocks[at] if at >= 0 and position < self._blocks[at].end else None

    def _line(self, start: int, end: int) -> tuple[int, int]:
        last = self._text.find("\n", end)
        return self._text.rfind("\n", 0, start) + 1, last if last >= 0 else len(self._text)

    def _is_data(self, block: _Block, line: tuple[int, int], start: int) -> bool:
        before = self._text[line[0] : start]
        content = self._text[block.start : block.end]
        if (
            len(content) > _MOST
            or len(before) > _MOST
            or _STARTS.search(content.replace(self._text[start : line[1]], ""))
        ):
            return False
        if block.language in _CODE:
            return _is_quoted(before) and self._is_about_attacks
        return block.language in _PLAIN and bool(_LABEL.match(before)) and bool(_DENOUNCED.search(content))

    def _is_spoken_of(self, line: tuple[int, int], start: int, end: int) -> bool:
        before, behind = self._text[line[0] : start], self._text[end : line[1]]
        if len(before) + len(behind) > _MOST or not (_is_quoted(before) or before.count("`") % 2):
            return False
        words = _ADDRESS.sub(" ", f"{self._lead_in(line[0])} {before} … {behind}")
        return bool(_DENOUNCED.search(words)) and not _IMPERATIVE.search(words)

    def _lead_in(self, start: int) -> str:
        """What introduces the list or table of a line: its section's heading, or "It flags commands like these:"."""
        above = self._text[max(0, start - _MOST) : start].split("\n")
        for line in reversed(above):
            if line.strip() and not _ITEM.match(line):
                return line if line.rstrip().endswith((":", "\uff1a")) or line.startswith("##") else ""
        return ""


def _blocks(text: str, start: int) -> tuple[_Block, ...]:
    fences = [(match[1].lower(), match.start(), match.end()) for match in _FENCE.finditer(text, start)]
    opening, closing = fences[::2], [*fences[1::2], ("", len(text), len(text))]
    return tuple(_Block(first[0], first[2], last[1]) for first, last in zip(opening, closing, strict=False))


def _is_quoted(before: str) -> bool:
    """Whether the line is inside a string at its end."""
    return before.count('"') % 2 == 1 or before.count("'") % 2 == 1
