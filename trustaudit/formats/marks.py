"""Free text inside model files: what does not belong into a description.

Every writer may put text into a header, and some tools evaluate it later. The patterns are
anchored or bounded, so their cost is linear in the text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from trustaudit.formats.record import Record, clip

_PICKLE_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])gA[I-V][A-Za-z0-9+/]{5}[A-Za-z0-9+/]{0,64}")
_PICKLE_TEXT = re.compile(r"c[A-Za-z_][\w.]{0,100}\n[A-Za-z_][\w.]{0,100}\n")
_BASE64_BLOB = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{4096}")
_TARGET = re.compile(r"""_target_\\?["']?\s{0,8}[:=]\s{0,8}\\?["']?([\w.]{1,200})""")
_PATTERNS = {
    "private-key": re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"),
    "script": re.compile(r"<script\b", re.IGNORECASE),
    "shell": re.compile(
        r"\b(?:curl|wget|iwr|invoke-webrequest)\b[^\n|]{0,300}\|\s{0,8}(?:sudo\s{1,8})?(?:(?:ba|z|da|k)?sh|iex|python3?)\b"
        r"|/dev/tcp/|\bnc\s{1,8}-e\b|\bpowershell\b[^\n]{0,80}\s-e(?:nc|ncodedcommand)?\s",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"\b__import__\s{0,4}\(|\bos\.(?:system|popen|exec[lv]\w{0,2})\s{0,4}\("
        r"|\bsubprocess\.(?:Popen|run|call|check_call|check_output|getoutput)\s{0,4}\(|\b(?:eval|exec)\s{0,4}\(\s{0,4}(?:compile|base64|bytes|__)"
    ),
}
_SHOWN = 120
_TARGETS = 200


def marks(text: str) -> Iterator[tuple[str, str, int]]:
    """(mark, excerpt, position) of everything noteworthy in ``text``; each mark at most once, targets all.

    ``pickle``: a base64 or protocol 0 pickle. ``private-key``, ``script`` (HTML), ``shell``
    (a download piped into an interpreter), ``code`` (Python that starts processes),
    ``target`` (what Hydra would import), ``base64`` (a blob above 3 kB).
    """
    yield from _pickles(text)
    for mark, pattern in _PATTERNS.items():
        match = pattern.search(text)
        if match:
            yield mark, clip(match.group(), _SHOWN), match.start()
    blob = _BASE64_BLOB.search(text)
    if blob:
        yield "base64", clip(blob.group(), 40), blob.start()
    seen: set[str] = set()
    for match in _TARGET.finditer(text):
        if match[1] not in seen and len(seen) < _TARGETS:
            seen.add(match[1])
            yield "target", match[1], match.start()


def record_marks(record: Record, where: str, text: str, offset: int | None = None) -> None:
    """One ``metadata-<mark>`` observation for each mark of ``text``, which stands at ``where``."""
    for mark, excerpt, position in marks(text):
        at = {"key": clip(where, 200), "excerpt": excerpt, "position": str(position)}
        note = record.fact if mark == "target" else record.anomaly
        note(f"metadata-{mark}", f"{clip(where, 200)}: {_TELLS[mark]}", offset, **at)


_TELLS = {
    "pickle": "holds a pickle as text",
    "private-key": "holds a private key",
    "script": "holds an HTML script",
    "shell": "holds a command that pipes a download into an interpreter",
    "code": "holds Python code that starts processes",
    "target": "names something for Hydra to import",
    "base64": "holds a large base64 blob",
}


def _pickles(text: str) -> Iterator[tuple[str, str, int]]:
    for match in _PICKLE_BASE64.finditer(text):
        if _starts_pickle(match.group()):
            yield "pickle", clip(match.group(), 40), match.start()
            return
    if text.startswith("\x80") and text[1:2] <= "\x05":
        yield "pickle", "\\x80", 0
    elif _PICKLE_TEXT.match(text):
        yield "pickle", clip(text, 40), 0


def _starts_pickle(encoded: str) -> bool:
    """PROTO 2-5 and then an opcode that a pickler writes right behind it."""
    try:
        head = base64.b64decode(encoded[: len(encoded) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(head) >= 4 and head[0] == 0x80 and 2 <= head[1] <= 5 and head[2] in b"\x95}])(cX\x8c\x8aKJM"  # noqa: PLR2004 - pickle protocols
