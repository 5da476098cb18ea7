"""The short way to a server says the same as httpx's own."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustaudit.hub.sending import _PLAIN, _decoded, place_of

_PIECES = st.sampled_from(
    [
        *("a", "Z", "%2F", "%2f", "%", "%zz", "/", "//", "/./", "/../", "/.git", "..", "?", "&x=", "+", ":", "@", "["),
        *("]", "#", " ", "\\", '"', "<", "|", "{", "é", "\n", "'", "~", ";", "="),
    ]
)
_HOSTS = st.sampled_from(
    [
        "huggingface.co",
        "127.0.0.1",
        "a-b.example",
        "[::1]",
        "HF.co",
        "u@h",
        "bücher.example",
        "a..b",
        "",
        "xn--bcher-kva.example",
    ]
)
_PORTS = st.sampled_from(["", ":80", ":443", ":8080", ":0443", ":", ":99999"])


@settings(max_examples=100)
@given(scheme=st.sampled_from(["http", "https", "ftp"]), host=_HOSTS, port=_PORTS, rest=st.lists(_PIECES, max_size=6))
def test_what_is_sent_the_short_way_is_what_httpx_would_send(
    scheme: str, host: str, port: str, rest: list[str]
) -> None:
    url = f"{scheme}://{host}{port}/{''.join(rest)}"
    place = place_of(url)
    if place is None:
        return
    built = httpx.Request("GET", url)
    default = {"http": 80, "https": 443}[scheme]
    assert place.target.encode() == built.url.raw_path
    assert place.origin == (built.url.scheme, built.url.raw_host.decode(), built.url.port or default)
    assert place.host == built.headers["Host"]


@given(url=st.from_regex(_PLAIN, fullmatch=True))
def test_nothing_of_a_plain_address_is_changed(url: str) -> None:
    place = place_of(url)
    assert place is None or url.endswith(place.target)


@pytest.mark.parametrize(
    "url",
    [
        "https://huggingface.co/api/models/bert-base-uncased/tree/main?recursive=true&expand=True",
        "https://huggingface.co/org/model/resolve/0123abcd/.gitattributes",
        "http://127.0.0.1:8080/datasets/a/b%20c/resolve/main/x.bin?download=1",
        "https://cas-bridge.xethub.hf.co/xet/x?X-Amz-Date=20260101T000000Z&filename%3D%22a.bin%22%3B",
    ],
)
def test_ordinary_addresses_go_the_short_way(url: str) -> None:
    assert place_of(url) is not None


@given(st.lists(st.tuples(st.sampled_from([b"Link", b"link", b"X-A"]), st.binary(max_size=8)), max_size=4))
def test_headers_read_as_httpx_reads_them(raw: list[tuple[bytes, bytes]]) -> None:
    assert _decoded(raw) == {name.lower(): value for name, value in httpx.Headers(raw).items()}
