"""Reading JSON from an answer, and the short texts of an error. Bounded and total.

Bodies are hostile: nested a million deep, numbers of a million digits, lone surrogates,
an error object with status 200, a login page in HTML.
"""

from __future__ import annotations

import json
import re
from typing import Any

from trustaudit.errors import BadAnswerError, HubError, RateLimitedError
from trustaudit.hub.exchange import Answer

MAX_DEPTH = 100
"""Nesting of JSON beyond which an answer is refused; Hub answers stay below 20."""

_MESSAGE_CHARS = 200
_REQUEST_IDS = ("x-request-id", "x-amzn-trace-id", "x-amz-cf-id")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")


def decode_json(answer: Answer) -> Any:  # noqa: ANN401 - JSON
    """The body as JSON values. Raises BadAnswerError; lone surrogates become U+FFFD."""
    value = _parsed(answer)
    if isinstance(value, dict) and isinstance(value.get("error"), str) and not {"_id", "id"} & value.keys():
        raise _error_object(value["error"], answer)
    _check_depth(value)
    return _scrubbed(value) if _SURROGATE_ESCAPE.search(answer.body) else value


def _parsed(answer: Answer) -> Any:  # noqa: ANN401 - JSON
    try:
        text = answer.body.decode("utf-8-sig")
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise bad("the Hub's answer is nested too deep", answer) from None
    except ValueError as error:  # UnicodeDecodeError, JSONDecodeError and numbers beyond int's digits
        raise bad(f"the Hub's answer is {_looks_like(answer)}", answer) from error


def bad(what: str, answer: Answer) -> BadAnswerError:
    """An answer that is not what was asked for."""
    return BadAnswerError(what, status=answer.status, request_id=request_id(answer))


def _looks_like(answer: Answer) -> str:
    head = answer.body[:200].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return "a web page, not JSON"
    return "no valid JSON" if head else "empty"


def _error_object(message: str, answer: Answer) -> HubError:
    """Status 200 around an error: seen for rate limits."""
    if "rate limit" in message.lower():
        return RateLimitedError("the Hub's quota is used up", status=answer.status, request_id=request_id(answer))
    return bad(f"the Hub answered with an error under status {answer.status}: {shown(message)}", answer)


def _check_depth(value: Any) -> None:  # noqa: ANN401 - JSON
    """Level by level, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for item in level for inner in _children(item) if isinstance(inner, dict | list)]
        if not level:
            return
    raise BadAnswerError("the Hub's answer is nested too deep", cause="an answer made to exhaust parsers")


def _children(item: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _scrubbed(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Without lone surrogates, which no UTF-8 output can hold. Depth is already bounded."""
    if isinstance(value, str):
        return _SURROGATE.sub("�", value)
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(inner) for key, inner in value.items()}
    return [_scrubbed(inner) for inner in value] if isinstance(value, list) else value


def shown(text: str) -> str:
    """Text of the Hub as part of a message of ours: printable and short."""
    printable = "".join(char if char.isprintable() else " " for char in text[: 4 * _MESSAGE_CHARS])
    return " ".join(printable.split())[:_MESSAGE_CHARS]


def message_of(answer: Answer) -> str:
    """What an error answer says, from its header or its JSON; empty when it says nothing."""
    header = answer.header("x-error-message")
    if header:
        return shown(header)
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    text = value.get("error") if isinstance(value, dict) else None
    return shown(_SURROGATE.sub("�", text)) if isinstance(text, str) else ""


def request_id(answer: Answer) -> str | None:
    """The id under which the Hub's operators can find this request."""
    return next((shown(answer.header(name)) for name in _REQUEST_IDS if answer.header(name)), None)
