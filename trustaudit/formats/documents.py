"""Documents that can run something when opened: PDF, RTF, OLE, and web pages.

Found by the words the formats use for it. What a PDF keeps in compressed object streams is
not unpacked; that there are such streams is told.
"""

from __future__ import annotations

import re

from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.record import Reading, Record, concluded

MAX_BYTES = 64 * 1024 * 1024

_CHUNK = 1 << 20
_OVERLAP = 64

_PDF = {
    "pdf-javascript": re.compile(rb"/(?:JavaScript|JS)\b"),
    "pdf-launch": re.compile(rb"/Launch\b"),
    "pdf-open-action": re.compile(rb"/(?:OpenAction|AA)\b"),
    "pdf-embedded-file": re.compile(rb"/EmbeddedFile\b"),
    "pdf-object-streams": re.compile(rb"/ObjStm\b"),
}
_RTF = {
    "rtf-object": re.compile(rb"\\obj(?:data|update|autlink|html|ocx)\b"),
    "rtf-template": re.compile(rb"\\\*\\template\b"),
}
_OLE = {
    "ole-macros": re.compile(rb"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0|M\0a\0c\0r\0o\0s\0\0\0|V\0B\0A\0\0\0"),
    "ole-package": re.compile(rb"\x01\0O\0l\0e\x001\x000\0N\0a\0t\0i\0v\0e\0"),
}
_WEB = {
    "web-script": re.compile(rb"<script\b|\bjavascript:|\bon(?:load|error|click|mouseover)\s{0,4}=", re.IGNORECASE),
    "web-frame": re.compile(rb"<(?:iframe|object|embed|foreignObject)\b", re.IGNORECASE),
}


def inspect_pdf(source: Source) -> Inspecting:
    """Actions and embedded files of a PDF."""
    return _inspect(source, "pdf", _PDF)


def inspect_rtf(source: Source) -> Inspecting:
    """Embedded objects and remote templates of a rich text file."""
    return _inspect(source, "rtf", _RTF)


def inspect_ole(source: Source) -> Inspecting:
    """Macros and packages of an old Office file."""
    return _inspect(source, "ole", _OLE)


def inspect_html(source: Source) -> Inspecting:
    """Scripts of a web page."""
    return _inspect(source, "html", _WEB)


def inspect_svg(source: Source) -> Inspecting:
    """Scripts of a vector image."""
    return _inspect(source, "svg", _WEB)


def _inspect(source: Source, name: str, words: dict[str, re.Pattern[bytes]]) -> Inspecting:
    record = Record(source, name)
    return concluded(record, _walk(record, words))


def _walk(record: Record, words: dict[str, re.Pattern[bytes]]) -> Reading[None]:
    """Each word once, with the place where it stands first."""
    at, kept, missing = 0, b"", dict(words)
    while missing:
        data = yield Read(at, _CHUNK)
        block = kept + data
        for kind, pattern in list(missing.items()):
            match = pattern.search(block)
            if match:
                where = at - len(kept) + match.start()
                word = match.group()[:40].decode("latin-1")
                record.fact(kind, f"holds {word!r}", where, word=word)
                del missing[kind]
        at, kept = at + len(data), block[-_OVERLAP:]
        if len(data) < _CHUNK:
            return
        if at >= MAX_BYTES:
            record.limit("document-bytes")
            return
