"""Ways for an answer to be wrong. Each is made by a function and handed to ``hub.fault(where, ...)``.

A fault turns an answer into a worse one. Faults see it before ranges, compression and common headers are applied,
so ``body()`` is still ranged and gzipped by the rules, while ``header()`` has the last word.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

from .content import Bytes, Content
from .message import HTML, JSON, Answer, Request, compact

Fault = Callable[[Request, Answer], Answer]

PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>"
_ZEROS = 2**20
_OK = 200


def latency(seconds: float) -> Fault:
    """Answer late."""

    def fault(_request: Request, answer: Answer) -> Answer:
        answer.delivery.delay += seconds
        return answer

    return fault


def reset(after: int | None = None) -> Fault:
    """Reset the connection: before the status line, or after that many body bytes."""

    def fault(_request: Request, answer: Answer) -> Answer:
        answer.delivery.reset_after = -1 if after is None else after
        return answer

    return fault


def truncate(at: int) -> Fault:
    """Announce the whole body, send its first ``at`` bytes and close."""

    def fault(_request: Request, answer: Answer) -> Answer:
        answer.delivery.cut_after = at
        return answer

    return fault


def drip(chunk: int = 1, delay: float = 0.05) -> Fault:
    """Send ``chunk`` bytes at a time with a pause after each."""

    def fault(_request: Request, answer: Answer) -> Answer:
        answer.delivery.chunk, answer.delivery.chunk_delay = chunk, delay
        return answer

    return fault


def header(name: str, value: str | None) -> Fault:
    """Set or remove (None) a header at the very end: a wrong Content-Length, a lying Content-Range."""

    def fault(_request: Request, answer: Answer) -> Answer:
        answer.delivery.final_headers[name] = value
        return answer

    return fault


def wrong_length(length: int) -> Fault:
    """Announce another Content-Length than is sent."""
    return header("Content-Length", str(length))


def lying_range(content_range: str) -> Fault:
    """Claim that a 206 carries another part or another total: ``"bytes 0-9/999"``."""
    return header("Content-Range", content_range)


def ignore_range() -> Fault:
    """Answer a Range request with 200 and the whole body."""

    def fault(_request: Request, answer: Answer) -> Answer:
        answer.delivery.ignore_range = True
        return answer

    return fault


def status(code: int, payload: object = None, *, headers: dict[str, str] | None = None) -> Fault:
    """Another status with a JSON body, such as 503 while the Hub has trouble."""
    message = {500: "Internal Error - We're working hard to fix this as soon as possible!"}
    said = {"error": message.get(code, "The server is overloaded")} if payload is None else payload

    def fault(_request: Request, answer: Answer) -> Answer:
        return Answer(code, Bytes(compact(said)), {"Content-Type": JSON, **(headers or {})}, delivery=answer.delivery)

    return fault


def body(data: bytes | Content, *, code: int | None = None, content_type: str = JSON) -> Fault:
    """Another body: broken JSON, JSON of another shape, something huge. The status stays unless ``code`` is given."""
    content = Bytes(data) if isinstance(data, bytes) else data

    def fault(_request: Request, answer: Answer) -> Answer:
        answer.status = answer.status if code is None else code
        answer.body = content
        answer.headers["Content-Type"] = content_type
        answer.headers.pop("ETag", None)
        return answer

    return fault


def edited(change: Callable[[Any], Any]) -> Fault:
    """The JSON body after ``change``, which gets what the Hub would have said and gives what it says instead."""

    def fault(_request: Request, answer: Answer) -> Answer:
        if answer.status == _OK:
            answer.body = Bytes(compact(change(json.loads(answer.body.read(0, answer.body.size)))))
        return answer

    return fault


def html(code: int = 200) -> Fault:
    """A proxy's login page instead of JSON."""
    return body(PAGE, code=code, content_type=HTML)


def error_with_200(message: str = "rate limited") -> Fault:
    """200 whose body is an error, as reported of some rate limits."""
    return body(compact({"error": message}), code=200)


def not_there() -> Fault:
    """404 in HTML without the Hub's headers or codes: an endpoint this Hub never had."""

    def fault(_request: Request, answer: Answer) -> Answer:
        content = Bytes(b"<html><body><h1>404 Not Found</h1></body></html>")
        return Answer(404, content, {"Content-Type": HTML}, plain=True, delivery=answer.delivery)

    return fault


def redirect(location: str, code: int = 307) -> Fault:
    """Redirect anywhere: another origin, or the same address for a loop (``{target}`` is the request's own)."""

    def fault(request: Request, answer: Answer) -> Answer:
        headers = {"Location": location.replace("{target}", request.target), "Content-Type": "text/plain"}
        return Answer(code, Bytes(b"Redirecting"), headers, delivery=answer.delivery)

    return fault


def gzip_bomb(size: int) -> Fault:
    """200 with a few KB of gzip that unpack to ``size`` zeros."""
    content = Bytes(_bomb(size))

    def fault(_request: Request, answer: Answer) -> Answer:
        headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
        return Answer(200, content, headers, delivery=answer.delivery)

    return fault


def _bomb(size: int) -> bytes:
    """One gzip member. A fully flushed block does not refer back, so one block can stand there many times."""
    squeezer = zlib.compressobj(9, wbits=-15)
    zeros = bytes(_ZEROS)
    block = squeezer.compress(zeros) + squeezer.flush(zlib.Z_FULL_FLUSH)
    checksum, count = 0, max(size // _ZEROS, 1)
    for _ in range(count):
        checksum = zlib.crc32(zeros, checksum)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    tail = checksum.to_bytes(4, "little") + (count * _ZEROS % 2**32).to_bytes(4, "little")
    return head + block * count + squeezer.flush() + tail


def nested_json(depth: int) -> Fault:
    """200 whose body is JSON nested ``depth`` deep."""
    return body(b"[" * depth + b"]" * depth, code=200)


def expired() -> Fault:
    """The 403 of a signed address that is too old; for the ``cdn`` route."""
    xml = b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
    return body(xml, code=403, content_type="application/xml")
