"""Python source bytes to syntax trees, without trusting either.

A file that this interpreter cannot parse as a whole is parsed statement by statement at its
top level: one line in another version's syntax must not hide the rest.
"""

from __future__ import annotations

import ast
import codecs
import re
import warnings
from collections.abc import Iterator

from msgspec import Struct

from trustaudit.formats.plain_text import decoded

MAX_TOKENS = 300_000
"""Words and signs of one file. A tree takes about 300 bytes for each; the longest modelling files have 60,000."""

_MAX_BLOCKS = 2_000
_COOKIE = re.compile(rb"^[ \t\f]{0,200}#.{0,200}?coding[:=][ \t]{0,20}([-\w.]{1,40})", re.ASCII)
_TOKEN = re.compile(r"\w+|([^\w\s])\1*")
_CONTINUES = re.compile(r"[ \t)\]}#]|(?:else|elif|except|finally)\b|$")


class Unparsed(Struct, frozen=True):
    """A stretch of source that is no Python to this interpreter."""

    line: int
    text: str
    problem: str


class Parsed(Struct, frozen=True):
    """Statements with true line numbers, what could not be parsed, and whether a limit was reached."""

    body: tuple[ast.stmt, ...] = ()
    unparsed: tuple[Unparsed, ...] = ()
    limit: str = ""


def source_text(data: bytes) -> str:
    """As Python reads it: byte order mark, coding cookie in the first two lines, else UTF-8."""
    cookie = next((match[1] for line in data.split(b"\n", 2)[:2] if (match := _COOKIE.match(line))), b"")
    name = cookie.decode("ascii").lower().replace("_", "-")
    if not name or name.startswith("utf-8") or not _is_text_codec(name):
        return decoded(data)
    text = data.decode(name, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def coding_cookie(data: bytes) -> str:
    """A declared encoding that is not the ordinary one; ``rot13`` and ``utf-7`` hide what is there to read."""
    cookie = next((match[1] for line in data.split(b"\n", 2)[:2] if (match := _COOKIE.match(line))), b"")
    name = cookie.decode("ascii").lower().replace("_", "-")
    return "" if not name or name in _ORDINARY or name.startswith(("utf-8", "iso-8859", "cp125")) else name


_ORDINARY = frozenset(
    {"utf8", "ascii", "us-ascii", "latin-1", "latin1", "gbk", "gb2312", "gb18030", "euc-kr", "euc-jp", "shift-jis"}
)


def _is_text_codec(name: str) -> bool:
    """Known to Python and from bytes to text; ``rot13`` is text to text and no source encoding."""
    try:
        return codecs.lookup(name)._is_text_encoding  # noqa: SLF001 - the only place where codecs tell
    except (LookupError, ValueError, AttributeError):
        return False


def parse_source(text: str) -> Parsed:
    """Never raises."""
    if _token_count(text) > MAX_TOKENS:
        return Parsed(unparsed=(Unparsed(1, text, "too many tokens"),), limit="python-tokens")
    body, problem = _parsed(text)
    if not problem:
        return Parsed(tuple(body))
    return _by_blocks(text, problem)


def parse_expression_code(text: str) -> tuple[ast.stmt, ...]:
    """Code inside a string literal; empty when it is none."""
    if _token_count(text) > MAX_TOKENS:
        return ()
    return tuple(_parsed(text)[0])


def _token_count(text: str) -> int:
    count = 0
    for count, _ in enumerate(_TOKEN.finditer(text), 1):
        if count > MAX_TOKENS:
            break
    return count


def _parsed(text: str) -> tuple[list[ast.stmt], str]:
    """The statements, or why there are none. Deep nesting ends in one of these exceptions, measured on 3.11-3.13."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text).body, ""
    except SyntaxError as error:
        return [], f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return [], f"{type(error).__name__}: {error}"


def _by_blocks(text: str, problem: str) -> Parsed:
    body: list[ast.stmt] = []
    unparsed: list[Unparsed] = []
    for number, (line, block) in enumerate(_blocks(text)):
        statements, wrong = _parsed(block) if number < _MAX_BLOCKS else ([], "too many statements")
        for statement in statements:
            ast.increment_lineno(statement, line - 1)
        body += statements
        if wrong:
            unparsed.append(Unparsed(line, block, wrong))
    return Parsed(tuple(body), tuple(unparsed) or (Unparsed(1, "", problem),))


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """(line, source) of each top-level statement as far as indentation tells."""
    start, lines = 1, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if lines and not _CONTINUES.match(line) and not lines[-1].startswith("@"):
            yield start, "\n".join(lines)
            lines = []
        if not lines:
            start = number
        lines.append(line)
    if any(line.strip() for line in lines):
        yield start, "\n".join(lines)
