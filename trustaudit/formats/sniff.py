"""What a file is: magic decides, the name is a hint, and their disagreement is itself a fact.

A file can be several things at once. A zip may hang behind a pickle, a picture's first
bytes can be the start of a pickle; whoever loads the file picks the reading, so all are named.
"""

from __future__ import annotations

import codecs
import re

from msgspec import Struct

from trustaudit.formats.expected import expected_formats, hinted_format, promises_pickle
from trustaudit.formats.magic import by_signature
from trustaudit.formats.pickle.sniff import looks_like_pickle, may_go_on
from trustaudit.formats.zip_directory import ends_at_end, has_end_record

HEAD = 64 * 1024
"""Bytes from the start that decide what a file is."""

_NEVER_PICKLES = frozenset({"pickle", "empty", "lfs-pointer", "zip", "gzip", "xz", "7z", "elf", "npy", "hdf5"})
"""The pickle itself, and formats whose first byte is no opcode or asks for what no plain loader has."""

_LFS = b"version https://git-lfs.github.com/spec/"
_LFS_SIZE = 1024
_HTML = re.compile(
    rb"\s{0,200}(?:<!--.{0,2000}?-->\s{0,200})?<(?:!doctype\s{1,20}html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_XML = re.compile(rb"\s{0,200}<(?:\?xml|!DOCTYPE|PMML|net)\b", re.IGNORECASE)
_SVG = re.compile(rb"<svg\b", re.IGNORECASE)
_JSON = re.compile(rb"\s{0,2000}(?:\{\s{0,2000}[\"}]|\[\s{0,2000}[\[{\"\]\-\d tfn])")
_CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27})
_FEW = 200
_CONTROL_CHARS = frozenset(_CONTROL.decode())


class Sniffed(Struct, frozen=True):
    """``format`` is the first reading, ``also`` further ones (``zip`` behind it, ``pickle`` in it).

    ``expected`` names what the file's name promises, empty when ``format`` keeps the promise
    or the name promises nothing.
    """

    format: str
    also: tuple[str, ...] = ()
    expected: str = ""


def sniff(head: bytes, tail: bytes | None, path: str, size: int) -> Sniffed:
    """Judge by the first bytes (``HEAD`` of them, or all) and the last ones (None: not looked at)."""
    found = _first_reading(head, path, size)
    also = _further_readings(found, head, tail, size, unpickled=promises_pickle(path))
    return Sniffed(found, tuple(also), expected_formats(path, found))


def _first_reading(head: bytes, path: str, size: int) -> str:
    if size == 0:
        return "empty"
    if head.startswith(_LFS) and size < _LFS_SIZE:
        return "lfs-pointer"
    complete = len(head) >= size
    binary_pickle = head[:1] == b"\x80" and looks_like_pickle(head, complete=complete)
    found = "pickle" if binary_pickle else by_signature(head)
    if found:
        return _settle(found, path)
    if looks_like_pickle(head, complete=complete):
        return "pickle"
    return _text(head) or hinted_format(path, head) or "unknown"


def _settle(found: str, path: str) -> str:
    """ONNX, Core ML and TensorFlow are all protobuf that may start alike: there the name decides."""
    if found in ("onnx", "sentencepiece"):
        return hinted_format(path, b"\x08") or found
    return found


def _further_readings(found: str, head: bytes, tail: bytes | None, size: int, *, unpickled: bool) -> list[str]:
    """A name that gets a file unpickled is reason enough to try, and so is a head without a fault: opcodes
    without effect can go on for longer than any look, and ``joined`` drops a reading in which nothing happens.
    """
    also = []
    if found not in _NEVER_PICKLES and (unpickled or _starts_pickle(head, size)):
        also.append("pickle")
    if found != "zip" and tail is not None and (ends_at_end(tail) if found == "tar" else has_end_record(tail)):
        also.append("zip")  # a tar may well end in a member that is a zip
    return also


def _starts_pickle(head: bytes, size: int) -> bool:
    return looks_like_pickle(head, complete=len(head) >= size) or may_go_on(head, size)


def _text(head: bytes) -> str:
    if not _is_text(head):
        return ""
    start = head[:4096].removeprefix(b"\xef\xbb\xbf")
    if start.startswith(b"#!"):
        return "script"
    if _HTML.match(start):
        return "html"
    if _XML.match(start) or _SVG.match(start.lstrip()):
        return "svg" if _SVG.search(start) else "xml"
    return "json" if _JSON.match(start) else "text"


def _is_text(head: bytes) -> bool:
    """UTF-8 or an 8-bit code without control characters; UTF-16 with its mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decodes(head, "utf-16")
    controls = len(head) - len(head.translate(None, _CONTROL))
    if controls * _FEW > len(head):
        return False
    if controls:
        return _decodes(head, "utf-8", strict=False)
    return _decodes(head, "utf-8") or _is_mostly_ascii(head[:4096])


def _is_mostly_ascii(head: bytes) -> bool:
    odd = sum(byte >= 0x80 for byte in head)  # noqa: PLR2004 - beyond ASCII
    return odd * 3 < len(head)


def _decodes(head: bytes, encoding: str, *, strict: bool = True) -> bool:
    """Whether ``head``, which may end inside a character, is text in that encoding.

    ``strict``: without control characters at its start. Vocabularies list a few of them.
    """
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return not strict or _CONTROL_CHARS.isdisjoint(text[:4096])
