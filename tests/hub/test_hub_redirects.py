from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.errors import BadAnswerError, HubError, RedirectRefusedError
from trustaudit.hub.exchange import Answer
from trustaudit.hub.redirects import Endpoint, is_local, origin_of

PUBLIC = Endpoint("https://huggingface.co")
MIRROR = Endpoint("https://host.example/artifactory/api/hf")
BASE = "https://huggingface.co/api/models/old/name"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/api/models/new/name", "https://huggingface.co/api/models/new/name"),
        ("/api/models/new/name?blobs=true", "https://huggingface.co/api/models/new/name?blobs=true"),
        ("name2", "https://huggingface.co/api/models/old/name2"),
        ("https://HUGGINGFACE.CO:443/x", "https://HUGGINGFACE.CO:443/x"),
        ("https://us.aws.cdn.hf.co/x?Signature=s", "https://us.aws.cdn.hf.co/x?Signature=s"),
        ("/a b/ü", "https://huggingface.co/a%20b/%C3%BC"),
        ("/a%2Fb%20c", "https://huggingface.co/a%2Fb%20c"),
    ],
)
def test_locations_are_read_as_a_browser_would(location: str, target: str) -> None:
    assert PUBLIC.follow(BASE, location) == target


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/api/models/new/name", "https://host.example/artifactory/api/hf/api/models/new/name"),
        ("/artifactory/api/hf/api/models/n", "https://host.example/artifactory/api/hf/api/models/n"),
        ("https://host.example/api/models/n", "https://host.example/artifactory/api/hf/api/models/n"),
        ("https://huggingface.co/api/models/n", "https://huggingface.co/api/models/n"),
    ],
)
def test_a_path_prefix_is_put_back_on_the_own_origin_only(location: str, target: str) -> None:
    assert MIRROR.follow("https://host.example/artifactory/api/hf/api/models/o/n", location) == target


@pytest.mark.parametrize(
    "location",
    [
        "ftp://huggingface.co/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://user:secret@huggingface.co/x",
        "https://huggingface.co\\@evil.example/",
        "http://us.aws.cdn.hf.co/x",
        "http://huggingface.co/api/models/a/b",
        "https://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://[::1]/x",
        "https://localhost./x",
        "https://metadata.google.internal/",
        "https://huggingface.co:99999/x",
        "https://[broken/x",
    ],
)
def test_addresses_no_hub_would_name_are_refused(location: str) -> None:
    with pytest.raises(RedirectRefusedError):
        PUBLIC.follow(BASE, location)


def test_an_empty_or_endless_location_is_a_bad_answer() -> None:
    for location in ("", "/" + "x" * 10_000):
        with pytest.raises(BadAnswerError):
            PUBLIC.follow(BASE, location)


@pytest.mark.parametrize(
    "location", ["//evil.example/x", "https://evil.example/", "https://huggingface.co.evil.example/"]
)
def test_metadata_does_not_leave_the_origin(location: str) -> None:
    with pytest.raises(RedirectRefusedError, match="evil"):
        PUBLIC.follow_own(BASE, location)


@pytest.mark.parametrize(
    ("endpoint", "host", "fine"),
    [
        ("https://hub.corp.example", "10.0.0.5", True),
        ("https://hub.corp.example", "minio.internal", True),
        ("https://hub.corp.example", "169.254.169.254", False),
        ("https://hub.corp.example", "metadata.google.internal", False),
        ("https://hub.corp.example", "127.0.0.1", False),
        ("https://hub.corp.example", "localhost", False),
        ("https://hub.corp.example", "[::ffff:127.0.0.1]", False),
        ("https://huggingface.co", "10.0.0.5", False),
        ("https://10.0.0.1", "127.0.0.1", True),
    ],
)
def test_a_hub_of_ones_own_may_store_in_a_private_network(endpoint: str, host: str, fine: bool) -> None:
    hub = Endpoint(endpoint)
    if fine:
        assert hub.follow(hub.base, f"https://{host}/x") == f"https://{host}/x"
    else:
        with pytest.raises(RedirectRefusedError):
            hub.follow(hub.base, f"https://{host}/x")


def test_a_hub_on_a_private_network_may_send_to_its_own_network() -> None:
    assert Endpoint("http://127.0.0.1:8000").follow("http://127.0.0.1:8000/x", "http://127.0.0.1:9000/y")


@pytest.mark.parametrize(
    ("header", "page"),
    [
        ('<https://huggingface.co/api/models?cursor=abc>; rel="next"', "https://huggingface.co/api/models?cursor=abc"),
        ('</api/x?p=1>; rel=next; title="y"', "https://huggingface.co/api/x?p=1"),
        ('</prev>; rel="prev", </api/x?p=2>; rel="next"', "https://huggingface.co/api/x?p=2"),
        ('</a>; rel="xet-auth"', None),
        ("", None),
        ("<" * 9000, None),
    ],
)
def test_the_next_page_is_read_from_the_link_header(header: str, page: str | None) -> None:
    assert PUBLIC.next_page(BASE, Answer(200, {"link": header}, b"")) == page


def test_paths_are_shown_below_the_prefix() -> None:
    assert MIRROR.path_of("https://host.example/artifactory/api/hf/api/x?y=1") == "/api/x"
    assert MIRROR.path_of("https://host.example/artifactory/api/hfx/api") == "/artifactory/api/hfx/api"
    assert PUBLIC.path_of("https://huggingface.co/api/x?y=1") == "/api/x"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("huggingface.co", False),
        ("10.1.2.3", True),
        ("8.8.8.8", False),
        ("017700000001", True),
        ("fe80::1%eth0", True),
        ("::ffff:127.0.0.1", True),
    ],
)
def test_private_hosts_are_known_in_any_spelling(host: str, local: bool) -> None:
    assert is_local(host) is local


@given(st.text(max_size=60))
def test_whatever_a_location_holds_only_hub_errors_come_out(location: str) -> None:
    for endpoint in (PUBLIC, MIRROR):
        try:
            target = endpoint.follow(endpoint.url("/api/x"), location)
        except HubError:
            continue
        assert origin_of(target) is not None
        assert target.isascii()
        assert "\\" not in target
