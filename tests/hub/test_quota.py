from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.hub.exchange import Bucket
from trustaudit.hub.limits import MAX_TOLD, Told, parse_limits, parse_policy, told_wait
from trustaudit.hub.quota import Quota

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ('"api";r=474;t=142', {"api": Told(474, 142)}),
        ("api; r=0; t=10", {"api": Told(0, 10)}),
        ('"api";r=1;t=2, "resolvers";r=2999;t=3', {"api": Told(1, 2), "resolvers": Told(2999, 3)}),
        ('"api";t=5', {"api": Told(None, 5)}),
        ('"api";r=-1;t=99999999999999', {"api": Told(None, None)}),
        ('"api";r=0;t=999999999', {"api": Told(0, MAX_TOLD)}),
        ("", {}),
        (";;;,,,=", {}),
    ],
)
def test_what_is_left_is_read_from_any_spelling(header: str, told: dict[str, Told]) -> None:
    assert parse_limits(header) == told


def test_the_quota_is_read_from_the_policy() -> None:
    assert parse_policy('"fixed window";"api";q=500;w=300') == {"api": 500}
    assert parse_policy("nonsense") == {}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit": '"api";r=0;t=10'}, 11.0),
        ({"ratelimit": '"api";r=0;t=10', "retry-after": "3"}, 11.0),
        ({"ratelimit": '"resolvers";r=0;t=10', "retry-after": "3"}, 3.0),
        ({"ratelimit": '"api";r=400;t=200', "retry-after": "3"}, 3.0),
        ({"ratelimit": '"api";r=400;t=200'}, None),
        ({"ratelimit": '"api";r=400;t=200', "ratelimit-reset": "4"}, 5.0),
        ({"ratelimit": '"api";t=200'}, 201.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2020 12:00:30 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "Sun, 99 Foo"}, None),
        ({"retry-after": "9" * 9}, float(MAX_TOLD)),
        ({"ratelimit-reset": "4"}, 5.0),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_told_in_several_ways(headers: dict[str, str], seconds: float | None) -> None:
    assert told_wait(headers, Bucket.API, NOW) == seconds


@given(st.text(max_size=200))
def test_no_header_breaks_the_parsers(text: str) -> None:
    parse_limits(text)
    parse_policy(text)
    told_wait({"ratelimit": text, "retry-after": text, "ratelimit-reset": text}, Bucket.API, NOW)


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_exhausted_window_is_waited_out() -> None:
    clock = Ticks()
    quota = Quota(clock)
    assert quota.pause(Bucket.API) == 0
    with quota.spent(Bucket.API):
        pass
    quota.learn(Bucket.API, {"ratelimit": '"api";r=1;t=10', "ratelimit-policy": '"fixed window";"api";q=500;w=300'})
    with quota.spent(Bucket.API):
        pass
    assert quota.pause(Bucket.API) == 11
    assert quota.pause(Bucket.RESOLVERS) == 0
    clock.now += 11
    assert quota.pause(Bucket.API) == 0
    assert quota.ends(Bucket.API) == (None, None)


def test_a_hold_ends_as_told_and_leaves_what_is_left_of_the_window() -> None:
    clock = Ticks()
    quota = Quota(clock)
    with quota.spent(Bucket.API):
        quota.learn(Bucket.API, {"ratelimit": '"api";r=2;t=200'})
    quota.hold(Bucket.API, 3)
    quota.hold(Bucket.API, 1)
    assert quota.pause(Bucket.API) == 3
    clock.now += 3
    assert quota.pause(Bucket.API) == 0
    for _ in range(2):
        quota.take(Bucket.API)
    assert quota.pause(Bucket.API) > 190


def test_a_hold_may_outlast_the_window() -> None:
    clock = Ticks()
    quota = Quota(clock)
    with quota.spent(Bucket.API):
        quota.learn(Bucket.API, {"ratelimit": '"api";r=0;t=10'})
    quota.hold(Bucket.API, 30)
    clock.now += 20
    assert quota.pause(Bucket.API) == 10


def test_requests_under_way_count_against_what_is_left() -> None:
    quota = Quota(Ticks())
    with quota.spent(Bucket.API), quota.spent(Bucket.API):
        quota.learn(Bucket.API, {"ratelimit": '"api";r=2;t=10'})
        assert quota.pause(Bucket.API) > 0


def test_a_request_that_is_given_up_is_not_under_way_any_more() -> None:
    quota = Quota(Ticks())
    with contextlib.suppress(ValueError), quota.spent(Bucket.API):
        raise ValueError
    quota.learn(Bucket.API, {"ratelimit": '"api";r=1;t=10'})
    assert quota.pause(Bucket.API) == 0
