from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.errors import AnswerTooLargeError, BadAnswerError, HubError
from trustaudit.hub.intake import Intake, TruncatedError

MIB = 1024 * 1024


def take(
    data: bytes, encoding: str = "", limit: int = MIB, *, may_cut: bool = False, expected: str = "", chunk: int = 999
) -> tuple[bytes, Intake]:
    intake = Intake(encoding, limit, may_cut=may_cut)
    for start in range(0, len(data), chunk):
        if intake.feed(data[start : start + chunk]):
            break
    return intake.body(expected), intake


def test_bodies_come_out_as_they_were() -> None:
    data = bytes(range(256)) * 100
    assert take(data)[0] == data
    assert take(gzip.compress(data), "gzip")[0] == data
    assert take(zlib.compress(data), "deflate")[0] == data
    assert take(b"", "gzip")[0] == b""


def test_the_bound_counts_after_decompression() -> None:
    bomb = gzip.compress(bytes(50 * MIB))
    assert len(bomb) < 64 * 1024
    with pytest.raises(AnswerTooLargeError, match="1,048,576"):
        take(bomb, "gzip")
    with pytest.raises(AnswerTooLargeError, match="inflates"):
        take(bomb, "gzip", limit=100 * MIB)
    with pytest.raises(AnswerTooLargeError):
        take(bytes(MIB + 1))


def test_cutting_stops_at_the_limit() -> None:
    body, intake = take(b"x" * 5000, limit=1500, may_cut=True)
    assert body == b"x" * 1500
    assert intake.cut
    assert intake.received == 1998


def test_a_length_too_large_is_refused_before_the_first_byte() -> None:
    assert Intake("", 10, may_cut=True).refuses("11")
    assert not Intake("", 10, may_cut=True).refuses("10")
    assert not Intake("gzip", 10, may_cut=False).refuses("11")
    with pytest.raises(AnswerTooLargeError):
        Intake("", 10, may_cut=False).refuses("11")


@pytest.mark.parametrize("expected", ["5", "999999999999999999"])
def test_a_wrong_length_is_a_truncated_answer(expected: str) -> None:
    with pytest.raises(TruncatedError):
        take(b"1234", expected=expected)


@pytest.mark.parametrize("expected", ["", "four", "9" * 40, "-4"])
def test_an_absurd_length_says_nothing(expected: str) -> None:
    assert take(b"1234", expected=expected)[0] == b"1234"


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"hello")[:-4],
        b"not gzip at all",
        gzip.compress(b"hello") + b"trailing",
        gzip.compress(b"hello") + gzip.compress(b"again"),
    ],
)
def test_damaged_compression_is_worth_another_try(data: bytes) -> None:
    with pytest.raises(TruncatedError):
        take(data, "gzip")
    with pytest.raises(TruncatedError):
        take(data, "gzip", chunk=1)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x"])
def test_only_encodings_that_were_asked_for_are_read(encoding: str) -> None:
    with pytest.raises(BadAnswerError):
        Intake(encoding, 10, may_cut=False)


@given(st.binary(max_size=3000), st.sampled_from(["", "gzip", "deflate"]), st.integers(1, 100), st.integers(0, 2000))
def test_any_bytes_give_a_body_within_the_bound_or_a_hub_error(
    data: bytes, encoding: str, chunk: int, limit: int
) -> None:
    for may_cut in (True, False):
        try:
            body, _ = take(data, encoding, limit, may_cut=may_cut, chunk=chunk)
        except HubError:
            continue
        assert len(body) <= limit
