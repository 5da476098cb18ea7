"""What a file's answers must agree on: commit, size and hash, from the tree to the last byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from trustaudit.errors import BadAnswerError
from trustaudit.hub.answers import shown
from trustaudit.hub.exchange import Answer, Span

if TYPE_CHECKING:
    from trustaudit.snapshot import FileEntry

_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_SIZE = re.compile(r"\d{1,18}")


def is_askable(path: str) -> bool:
    """Whether a path can be asked for. ``..`` would be resolved to another address on the way."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return all(part not in ("", ".", "..") for part in path.split("/"))


def shown_path(path: str) -> str:
    """A path inside a message: escaped and short."""
    return ascii(shown(path))


class Pin(Struct, frozen=True):
    """What is known of a file before it is asked for. None: not known."""

    commit: str
    entry: FileEntry | None = None

    def check(self, answer: Answer) -> None:
        """Refuse an answer of the Hub that is about other bytes. Raises BadAnswerError.

        Only like is compared with like: 64 digits are the SHA-256 of a large file, 40 digits
        the git id of a small one.
        """
        self._same("commit", _SHA1, self.commit, answer.header("x-repo-commit"))
        if self.entry is None:
            return
        size = self.entry.size
        self._same("size", _SIZE, "" if size is None else str(size), answer.header("x-linked-size"))
        etag = bare_etag(answer.header("x-linked-etag"))
        if self.entry.lfs is not None:
            self._same("SHA-256", _SHA256, self.entry.lfs.sha256 or "", etag)
        else:
            self._same("git id", _SHA1, self.entry.oid or "", etag)

    def _same(self, what: str, form: re.Pattern[str], known: str, told: str) -> None:
        if form.fullmatch(known) and form.fullmatch(told) and known != told:
            path = f" of {shown_path(self.entry.path)}" if self.entry else ""
            raise BadAnswerError(
                f"the {what}{path} changed between two answers: {known} was listed, {told} is served",
                cause="the repository changed during the audit, or a proxy serves other bytes",
                advice="run again",
            )


def bare_etag(header: str) -> str:
    """An ETag without quotes and weakness."""
    return header.strip().removeprefix("W/").strip('"').lower()


class ContentRange(Struct, frozen=True):
    """A ``Content-Range`` header, both ends inclusive; ``total`` is None when told as ``*``."""

    first: int
    last: int
    total: int | None

    @classmethod
    def parse(cls, header: str) -> ContentRange | None:
        """The header's numbers, or None when it has another form."""
        match = _CONTENT_RANGE.fullmatch(header.strip())
        if match is None:
            return None
        total = None if match.group(3) == "*" else int(match.group(3))
        return cls(int(match.group(1)), int(match.group(2)), total)


def part_of(answer: Answer, span: Span, size: int | None, name: str) -> ContentRange:
    """The range a partial answer holds, when it is the asked one of a file of ``size`` bytes.

    Raises BadAnswerError for any other: other ends, another total, other length, compressed.
    """
    told = ContentRange.parse(answer.header("content-range"))
    if told is None or answer.header("content-encoding").strip().lower() not in ("", "identity"):
        raise BadAnswerError(f"a part of {name} came without its range, or compressed")
    total = told.total if size is None else size
    if told.total is not None and told.total != total:
        raise BadAnswerError(f"{name} is served with {told.total:,} bytes where {total:,} were listed")
    last = span.last if total is None else min(span.last, total - 1)
    if (told.first, told.last) != (span.first, last) or answer.cut or len(answer.body) != last - span.first + 1:
        raise BadAnswerError(
            f"bytes {span.first}-{last} of {name} were asked for, {told.first}-{told.last} came",
            cause="the server does not serve byte ranges correctly",
        )
    return told
