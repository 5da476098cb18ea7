"""From a handler's answer to the bytes on the wire: ranges, ETag, gzip and the headers every answer carries."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from email.utils import formatdate

from .content import Bytes, Content
from .message import Answer, Request

ORIGIN = "https://huggingface.co"
EXPOSED = (
    "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,"
    "X-Linked-Size,X-Linked-ETag,X-Xet-Hash"
)
# The Hub's web framework leaves smaller bodies uncompressed.
_GZIP_FROM = 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PARTIAL, _UNSATISFIABLE = 206, 416


class Window:
    """A part of a content, as the body of a 206."""

    def __init__(self, whole: Content, offset: int, size: int) -> None:
        self._whole = whole
        self._offset = offset
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        return self._whole.read(self._offset + offset, min(length, self.size - offset))


def weak_etag(body: bytes) -> str:
    """``W/"<length in hex>-<27 characters of the base64 SHA-1>"``, over the uncompressed body."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()[:27]
    return f'W/"{len(body):x}-{digest}"'


def apply_range(request: Request, answer: Answer) -> None:
    """Turn a 200 into a 206 or 416 where the request asks for a part. Several ranges at once get the whole file."""
    if not answer.ranges or answer.status != 200:
        return
    answer.headers.setdefault("Accept-Ranges", "bytes")
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None or answer.delivery.ignore_range or wanted.groups() == ("", ""):
        return
    size = answer.body.size
    bounds = _bounds(wanted.group(1), wanted.group(2), size)
    if bounds is None:
        answer.status, answer.body = _UNSATISFIABLE, Bytes(b"")
        answer.headers["Content-Range"] = f"bytes */{size}"
        return
    first, last = bounds
    answer.status, answer.body = _PARTIAL, Window(answer.body, first, last - first + 1)
    answer.headers["Content-Range"] = f"bytes {first}-{last}/{size}"


def _bounds(first: str, last: str, size: int) -> tuple[int, int] | None:
    """First and last byte, or None where nothing of the file is in reach."""
    if not first:
        start, end = max(size - int(last), 0), size - 1
        return (start, end) if int(last) and size else None
    start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end) if start < size and start <= end else None


def complete(request: Request, answer: Answer) -> Answer:
    """Weak ETag, compression, length and date; then whatever a fault insists on."""
    kind = answer.headers.get("Content-Type", "")
    if isinstance(answer.body, Bytes) and kind.startswith(("application/json", "text/")):
        if "ETag" not in answer.headers and "Location" not in answer.headers:
            answer.headers["ETag"] = weak_etag(answer.body.data)
        _compress(request, answer)
    if answer.chunked:
        answer.headers["Transfer-Encoding"] = "chunked"
    else:
        answer.headers["Content-Length"] = str(answer.body.size)
    answer.headers.setdefault("Date", formatdate(usegmt=True))
    answer.headers.setdefault("Connection", "keep-alive")
    for name, value in answer.delivery.final_headers.items():
        answer.headers.pop(name, None)
        if value is not None:
            answer.headers[name] = value
    return answer


def _compress(request: Request, answer: Answer) -> None:
    encoded = "Content-Encoding" in answer.headers
    if encoded or answer.body.size < _GZIP_FROM or not request.accepts_gzip() or answer.status == _PARTIAL:
        return
    squeezer = zlib.compressobj(wbits=31)
    data = answer.body.read(0, answer.body.size)
    answer.body = Bytes(squeezer.compress(data) + squeezer.flush())
    answer.chunked = True
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = (
        f"{answer.headers['Vary']}, Accept-Encoding" if "Vary" in answer.headers else "Accept-Encoding"
    )


def hub_headers(request: Request, number: int) -> dict[str, str]:
    """Headers of every answer of the Hub itself; the caller's trace id is echoed after the semicolon."""
    trace = request.headers.get("x-amzn-trace-id", "")
    root = f"Root=1-{0x6A000000 + number:08x}-{hashlib.sha256(str(number).encode()).hexdigest()[:24]}"
    return {
        "X-Powered-By": "huggingface-moon",
        "X-Request-Id": f"{root};{trace}" if trace else root,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Access-Control-Max-Age": "86400",
        "Access-Control-Allow-Origin": ORIGIN,
        "Vary": "Origin",
        "Access-Control-Expose-Headers": EXPOSED,
        "Strict-Transport-Security": "max-age=31536000",
        "X-Cache": "Miss from cloudfront",
        "X-Amz-Cf-Id": hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest(),
    }
