from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.errors import BadAnswerError, HubError, RateLimitedError
from trustaudit.hub.answers import decode_json, message_of, shown
from trustaudit.hub.exchange import Answer


def decode(body: bytes) -> Any:  # noqa: ANN401 - JSON
    return decode_json(Answer(200, {}, body))


def test_json_comes_out() -> None:
    assert decode(b'\xef\xbb\xbf{"id":1,"error":"kept beside an id"}') == {"id": 1, "error": "kept beside an id"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "web page"),
        (b"  <html>", "web page"),
        (b"{", "no valid JSON"),
        (b'{"a":1}x', "no valid JSON"),
        (b"\xff\xfe{\x00}\x00", "no valid JSON"),
        (b'"\xff"', "no valid JSON"),
        (b"1" * 5000, "no valid JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "nested too deep"),
        (b'{"error":"Internal Error"}', "error under status 200"),
    ],
)
def test_whatever_is_no_answer_is_said_so(body: bytes, words: str) -> None:
    with pytest.raises(BadAnswerError, match=words):
        decode(body)


def test_a_rate_limit_under_status_200_is_one() -> None:
    with pytest.raises(RateLimitedError):
        decode(b'{"error":"We had to rate limit you"}')


def test_lone_surrogates_and_nul_characters_can_be_printed_and_stored() -> None:
    value = decode(rb'{"id":"a\ud800b","k\udfff":["\u0000",{"x":"\ud83d\ude00"}]}')
    assert value == {"id": "a�b", "k�": ["\0", {"x": "\U0001f600"}]}
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    with pytest.raises(BadAnswerError):
        decode(b'"\xed\xa0\x80"')


def test_not_a_number_is_nothing() -> None:
    assert decode(b'{"a":NaN,"b":-Infinity}') == {"a": None, "b": None}


def test_messages_come_from_header_or_body() -> None:
    assert message_of(Answer(404, {"x-error-message": "one\r\n two"}, b"")) == "one two"
    assert message_of(Answer(404, {}, b'{"error":"three"}')) == "three"
    for body in (b"", b"[]", b'{"error":3}', b"[" * 100_000, b"\xff"):
        assert message_of(Answer(404, {}, body)) == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_json_or_a_hub_error(body: bytes) -> None:
    with contextlib.suppress(HubError):
        json.dumps(decode(body), ensure_ascii=False).encode("utf-8")
    message_of(Answer(500, {}, body))


@given(st.text())
def test_shown_text_is_one_short_printable_line(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 200
