from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hub.conftest import SHA, Handler
from trustaudit.errors import HubError
from trustaudit.formats.interface import ReadRefusedError
from trustaudit.hub import Hub, HubSession, convert, wire
from trustaudit.hub.exchange import Answer, Request, Span
from trustaudit.hub.recording import Blotter, Key, describe, restored
from trustaudit.hub.redirects import Endpoint
from trustaudit.hub.scans import file_scans
from trustaudit.refs import RepoRef, RepoType
from trustaudit.settings import Settings
from trustaudit.snapshot import FileEntry, RepoInfo

REF = RepoRef.parse("org/name")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
KEYS = [
    *(
        "_id",
        "id",
        "sha",
        "private",
        "gated",
        "createdAt",
        "tags",
        "cardData",
        "config",
        "siblings",
        "safetensors",
        "gguf",
    ),
    *(
        "baseModels",
        "securityRepoStatus",
        "transformersInfo",
        "path",
        "type",
        "size",
        "oid",
        "lfs",
        "lastCommit",
        "xetHash",
    ),
    *("securityFileStatus", "security", "authors", "date", "title", "branches", "tags", "scansDone", "filesWithIssues"),
    *(
        "user",
        "name",
        "orgs",
        "isVerified",
        "numUsers",
        "avScan",
        "pickleImportScan",
        "status",
        "pickleImports",
        "auto_map",
    ),
    *("rfilename", "blobId", "license", "base_model", "parameters", "models", "relation", "virusNames", "imports"),
]
hub_objects = st.dictionaries(st.sampled_from(KEYS), json_values, max_size=12)
hub_answers = st.one_of(
    json_values,
    hub_objects,
    st.lists(hub_objects, max_size=4),
    hub_objects.map(lambda value: {"id": "a/b", **value}),
    st.lists(hub_objects.map(lambda value: {"path": "a", "id": "b", "user": "c", **value}), max_size=4),
)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


def questions(session: HubSession) -> tuple[Awaitable[object], ...]:
    async def listed() -> list[RepoInfo]:
        return [item async for item in session.list_repos(RepoType.MODEL)]

    entry = FileEntry(path="m.bin", size=200_000)
    return (
        session.info(REF),
        session.tree(REF, SHA),
        session.paths_info(REF, SHA, ["a"]),
        session.history(REF, SHA),
        session.refs(REF),
        session.scan(REF),
        session.publisher("org"),
        session.organization_members("org"),
        listed(),
        session.read_file(REF, SHA, "a", max_bytes=50),
        session.open_file(REF, SHA, entry).read(0, 60),
    )


async def never_sleeping(_seconds: float) -> None:
    return None


async def ask_everything(answer: Handler) -> None:
    """Only HubError and ReadRefusedError may come out; facts must be valid JSON."""
    options = Settings(retries=1, token="hf_secret")
    async with Hub(options, transport=httpx.MockTransport(answer), sleep=never_sleeping) as hub:
        for question in questions(hub.session()):
            leaked = False
            try:
                found = await question
            except (HubError, ReadRefusedError) as error:
                leaked = "hf_secret" in str(error)
                found = ()
            assert not leaked
            for fact in found if isinstance(found, tuple | list) else (found,):
                if hasattr(fact, "model_dump_json"):
                    fact.model_dump_json()


@settings(max_examples=60, deadline=None)
@given(hub_answers)
def test_any_json_becomes_facts_or_a_hub_error(value: object) -> None:
    body = json.dumps(value).encode()
    asyncio.run(ask_everything(lambda _: httpx.Response(200, content=body)))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(200, 599),
    st.binary(max_size=200),
    st.dictionaries(
        st.sampled_from(
            [
                "location",
                "link",
                "content-range",
                "x-error-code",
                "x-error-message",
                "ratelimit",
                "retry-after",
                "etag",
                "content-length",
                "content-encoding",
                "x-total-count",
                "x-linked-etag",
                "x-linked-size",
                "x-repo-commit",
            ]
        ),
        header_values,
    ),
)
def test_any_status_header_and_body_become_facts_or_a_hub_error(
    status: int, body: bytes, headers: dict[str, str]
) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    asyncio.run(ask_everything(answer))


@given(hub_answers)
def test_converters_are_total(value: object) -> None:
    for kind, convert_it in (
        (wire.INFO, lambda found: (convert.repo_info(found), convert.siblings(found))),
        (wire.ENTRIES, lambda found: tuple(convert.files(found))),
        (wire.COMMITS, lambda found: [convert.commit(item) for item in found]),
        (wire.REFS, convert.refs),
        (wire.ROLLUP, convert.scan_rollup),
        (wire.OWNER, lambda found: convert.publisher(found, "user")),
    ):
        try:
            convert_it(wire.parse(kind, value))
        except HubError:
            continue
    file_scans(value, value)


@given(
    st.sampled_from(["GET", "POST"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=30),
    st.binary(max_size=200),
    st.integers(100, 599),
    st.one_of(
        st.none(), st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)).map(lambda ends: Span(*sorted(ends)))
    ),
)
def test_recordings_give_back_what_went_in(method: str, path: str, body: bytes, status: int, span: Span | None) -> None:
    endpoint = Endpoint("https://huggingface.co")
    request = Request(endpoint.url(f"/{path}", (("a", "b c"),)), 10, method=method, body=b"{}", span=span)
    key = Key.of(request, endpoint)
    answer = Answer(status, {"etag": '"x"', "x-error-message": "m"}, body)
    content = json.loads(json.dumps(describe(key, answer, Blotter(endpoint, None), request.url)))
    assert restored(content, "x") == (key, answer)
    assert key.name().isascii()
    assert len(key.name()) < 200
