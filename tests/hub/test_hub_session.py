from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from tests.hub.conftest import SHA, Handler, MakeBench, info_body
from trustaudit import errors
from trustaudit.facts import Known, Reason, Unavailable
from trustaudit.refs import RepoRef, RepoType

REF = RepoRef.parse("org/name")


def ok(value: object, **headers: str) -> httpx.Response:
    return httpx.Response(200, json=value, headers={name.replace("_", "-"): text for name, text in headers.items()})


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("org/name", "/api/models/org/name?blobs=true&securityStatus=true"),
        ("gpt2", "/api/models/gpt2?blobs=true&securityStatus=true"),
        ("org/name@refs/pr/1", "/api/models/org/name/revision/refs%2Fpr%2F1?blobs=true&securityStatus=true"),
        ("datasets/org/name", "/api/datasets/org/name?blobs=true"),
        ("spaces/org/name@v1", "/api/spaces/org/name/revision/v1?blobs=true"),
    ],
)
async def test_info_is_asked_for_with_sizes_and_scan_state(bench: MakeBench, text: str, target: str) -> None:
    test = bench(ok(info_body()))
    await test.hub().session().info(RepoRef.parse(text))
    assert test.targets == [target]


async def test_a_mirror_that_refuses_parameters_is_asked_with_fewer(bench: MakeBench) -> None:
    test = bench(lambda request: httpx.Response(400) if "security" in str(request.url) else ok(info_body()))
    answer = await test.hub().session().info(REF)
    assert answer.info.id == "org/name"
    assert test.targets[1:] == ["/api/models/org/name?blobs=true"]
    test = bench(lambda request: httpx.Response(400, json={"error": "no"}) if request.url.query else ok(info_body()))
    assert (await test.hub().session().info(REF)).info.sha == SHA
    assert len(test.requests) == 3


async def test_a_question_nobody_accepts_stays_a_bad_request(bench: MakeBench) -> None:
    with pytest.raises(errors.BadRequestError):
        await bench(httpx.Response(400)).hub().session().info(REF)


async def test_every_request_tells_who_asks(bench: MakeBench) -> None:
    test = bench(ok(info_body()), user_agent_origin="ci\r\nX-Evil: 1")
    await test.hub().session().info(REF)
    agent = test.requests[0].headers["user-agent"]
    assert agent.startswith("trustaudit/")
    assert "; python/3." in agent
    assert "; hf_hub/" in agent
    assert agent.endswith("; origin/ciX-Evil: 1")


async def test_the_tree_is_read_page_by_page(bench: MakeBench) -> None:
    pages = [
        ok(
            [{"path": "b", "type": "file"}],
            link='<https://huggingface.co/api/models/org/name/tree/x?cursor=2>; rel="next"',
        ),
        ok([{"path": "a", "type": "file"}, {"path": "dir", "type": "directory"}]),
    ]
    test = bench(pages)
    files = await test.hub().session().tree(REF, SHA)
    assert [entry.path for entry in files.entries] == ["a", "b"]
    assert (files.complete, files.source) == (True, "tree")
    assert test.targets == [
        f"/api/models/org/name/tree/{SHA}?recursive=true&expand=true",
        "/api/models/org/name/tree/x?cursor=2",
    ]


@pytest.mark.parametrize("link", ["https://evil.example/api/x?cursor=2", "https://huggingface.co/login?next=2"])
async def test_a_next_page_elsewhere_is_not_asked_for(bench: MakeBench, link: str) -> None:
    test = bench(ok([{"path": "a"}], link=f'<{link}>; rel="next"'))
    assert (await test.hub().session().tree(REF, SHA)).complete is False
    assert len(test.requests) == 1


async def test_paging_ends_at_the_bound(bench: MakeBench) -> None:
    counter = iter(range(1000))
    test = bench(
        lambda _: ok([{"path": "a"}], link=f'</api/models/org/name/tree/x?cursor={next(counter)}>; rel="next"'),
        tree_pages=3,
    )
    files = await test.hub().session().tree(REF, SHA)
    assert (files.complete, len(files.entries), len(test.requests)) == (False, 3, 3)
    test = bench(ok([{"path": "a"}], link='</api/models/org/name/tree/x?cursor=1>; rel="next"'))
    await test.hub().session().tree(REF, SHA)
    assert len(test.requests) == 2, "a page that names itself as the next one is not asked for again"


@pytest.mark.parametrize("refusal", [httpx.Response(400), httpx.Response(404, text="<html>"), httpx.Response(501)])
async def test_a_hub_without_expand_is_asked_without(bench: MakeBench, refusal: httpx.Response) -> None:
    test = bench(lambda request: refusal if "expand" in str(request.url) else ok([{"path": "a"}]))
    (entry,) = (await test.hub().session().tree(REF, SHA)).entries
    assert isinstance(entry.scans, Unavailable)
    assert len(test.requests) == 2


async def test_a_refusal_with_a_code_is_final(bench: MakeBench) -> None:
    gone = httpx.Response(404, headers={"x-error-code": "RevisionNotFound"}, json={"error": "Invalid rev id: x"})
    test = bench(gone)
    with pytest.raises(errors.RevisionNotFoundError):
        await test.hub().session().tree(REF, SHA)
    assert len(test.requests) == 1


async def test_one_entry_without_a_path_spoils_the_tree(bench: MakeBench) -> None:
    for broken in ([{"path": "a"}, {"type": "file"}], [{"path": 3}], ["a"], {"path": "a"}, "a", None, 3):
        with pytest.raises(errors.BadAnswerError):
            await bench(ok(broken)).hub().session().tree(REF, SHA)


async def test_duplicate_and_absurd_paths_are_kept(bench: MakeBench) -> None:
    paths = ["a", "a", "../../etc/passwd", "", "\0", "a" * 5000, "C:\\x", "\u202ecod.exe"]
    test = bench(ok([{"path": path, "type": "file"} for path in paths]))
    files = await test.hub().session().tree(REF, SHA)
    assert sorted(entry.path for entry in files.entries) == sorted(paths)


async def test_scanner_verdicts_of_some_paths(bench: MakeBench) -> None:
    test = bench(ok([{"path": "a", "securityFileStatus": {"status": "unsafe", "avScan": {"status": "unsafe"}}}]))
    (entry,) = await test.hub().session().paths_info(REF, SHA, ["a", "b\ud800"])
    assert isinstance(entry.scans, Known)
    (request,) = test.requests
    assert (request.method, request.url.path) == ("POST", f"/api/models/org/name/paths-info/{SHA}")
    assert json.loads(request.content) == {"paths": ["a", "b\ud800"], "expand": True}


async def test_the_history_knows_how_much_of_it_is_missing(bench: MakeBench) -> None:
    commits = [{"id": f"{n:040x}", "authors": [{"user": "a", "avatar": "x"}, {"user": "b"}, {}, 3]} for n in range(3)]
    history = await bench(ok(commits, x_total_count="7")).hub().session().history(REF, SHA)
    assert (len(history.commits), history.total, history.complete) == (3, 7, False)
    assert [(author.name, author.matched) for author in history.commits[0].authors] == [("a", True), ("b", False)]
    history = await bench(ok(commits)).hub().session().history(REF, SHA)
    assert (history.total, history.complete) == (None, True)
    history = await bench(ok(commits), history_limit=2).hub().session().history(REF, SHA)
    assert len(history.commits) == 2


async def test_the_history_goes_on_where_a_hub_gives_few_at_a_time(bench: MakeBench) -> None:
    page = '</api/models/org/name/commits/x?p={}>; rel="next"'
    test = bench(lambda r: ok([{"id": str(r.url)}], link=page.format(len(str(r.url)))), history_limit=120)
    history = await test.hub().session().history(REF, SHA)
    assert len(test.requests) <= 3
    assert history.complete is False


async def test_refs_and_scan(bench: MakeBench) -> None:
    refs = {
        "branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": SHA}],
        "pullRequests": [{"name": "1"}],
    }
    found = await bench(ok(refs)).hub().session().refs(REF)
    assert (found.branches[0].target, found.pull_requests[0].ref, found.tags) == (SHA, "", ())
    scan = {"scansDone": "yes", "filesWithIssues": [{"path": "a", "level": "unsafe"}]}
    found = await bench(ok(scan)).hub().session().scan(REF)
    assert (found.done, found.issues) == (False, (("a", "unsafe"),))
    for broken in ({}, {"scansDone": True}, {"scansDone": True, "filesWithIssues": None}, []):
        with pytest.raises(errors.BadAnswerError):
            await bench(ok(broken)).hub().session().scan(REF)


def owners(**known: dict[str, object]) -> Handler:
    """A handler that knows some owners: ``organization_acme={...}``."""

    def handler(request: httpx.Request) -> httpx.Response:
        _, _, kinds, name, _ = request.url.path.split("/")
        body = known.get(f"{kinds.removesuffix('s')}_{name.lower()}")
        return (
            ok(body)
            if body
            else httpx.Response(404, json={"error": "Sorry, we can't find the page you are looking for."})
        )

    return handler


async def test_organizations_are_asked_first_and_users_on_their_404(bench: MakeBench) -> None:
    org = {"_id": "659ebc82b61dd9658802f398", "name": "acme", "isVerified": True, "plan": "team", "numUsers": 2}
    test = bench(owners(organization_acme=org))
    found = await test.hub().session().publisher("acme")
    assert (found.kind, found.verified, found.plan, found.members) == ("organization", True, "team", 2)
    assert found.created_from == "object-id"
    assert found.created_at.year == 2024
    user = {
        "_id": "x",
        "user": "bob",
        "isPro": True,
        "createdAt": "2023-03-31T12:37:07.000Z",
        "orgs": [{"name": "acme"}],
    }
    test = bench(owners(user_bob=user))
    found = await test.hub().session().publisher("bob")
    assert (found.kind, found.verified, found.pro, found.organizations) == ("user", None, True, ("acme",))
    assert found.created_from == "api"
    assert [target.split("/")[2] for target in test.targets] == ["organizations", "users"]
    test = bench(owners(user_bob=user))
    await test.hub().session().publisher("bob", likely="user")
    assert [target.split("/")[2] for target in test.targets] == ["users"]


async def test_an_owner_that_is_neither_is_missing(bench: MakeBench) -> None:
    test = bench(owners())
    with pytest.raises(errors.OwnerNotFoundError):
        await test.hub().session().publisher("ghost")
    assert len(test.requests) == 2
    for name in ("..", "a/b", "", "x" * 97, "ünicode"):
        with pytest.raises(errors.OwnerNotFoundError):
            await test.hub().session().publisher(name)
    assert len(test.requests) == 2


async def test_a_hub_that_knows_no_owners_is_not_one_without_this_owner(bench: MakeBench) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"error": "x"}) if "users" in request.url.path else httpx.Response(404)

    with pytest.raises(errors.NotImplementedByHubError):
        await bench(handler).hub().session().publisher("acme")


async def test_an_owner_is_asked_for_once_however_many_ask(bench: MakeBench) -> None:
    test = bench(owners(organization_acme={"name": "acme"}))
    hub = test.hub()
    sessions = [hub.session() for _ in range(5)]
    found = await asyncio.gather(
        *(
            session.publisher(name)
            for session, name in zip(sessions, ("acme", "Acme", "ACME", "acme", "acme"), strict=True)
        )
    )
    assert len(set(found)) == 1
    await hub.session().publisher("acme")
    assert len(test.requests) == 1
    assert sum(session.meter.api_requests for session in sessions) == 1


async def test_a_failure_to_ask_for_an_owner_is_not_remembered(bench: MakeBench) -> None:
    test = bench([httpx.Response(501), httpx.Response(501), ok({"name": "acme"})])
    hub = test.hub()
    with pytest.raises(errors.NotImplementedByHubError):
        await hub.session().publisher("acme")
    assert (await hub.session().publisher("acme")).name == "acme"


async def test_an_owner_goes_on_being_asked_for_when_the_first_who_asked_gives_up(bench: MakeBench) -> None:
    release = asyncio.Event()
    test = bench(owners())

    async def slow(_request: httpx.Request) -> httpx.Response:
        await release.wait()
        return ok({"name": "acme"})

    test.handler = slow
    hub = test.hub()
    first = asyncio.create_task(hub.session().publisher("acme"))
    await asyncio.sleep(0)
    second = asyncio.create_task(hub.session().publisher("acme"))
    await asyncio.sleep(0)
    first.cancel()
    release.set()
    assert (await second).name == "acme"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_members_and_lists(bench: MakeBench) -> None:
    test = bench(ok([{"user": "a"}, {"user": "b"}]))
    assert await test.hub().session().organization_members("acme") == ("a", "b")
    pages = [
        ok([{"id": "a/1"}, {"id": "a/2"}], link='</api/models?cursor=x>; rel="next"'),
        ok([{"id": "a/3", "gated": "auto"}, {"id": "a/4"}]),
    ]
    test = bench(pages)
    listing = (
        test.hub().session().list_repos(RepoType.MODEL, author="a", sort="downloads", limit=3, expand=["gated", "sha"])
    )
    assert [item.id async for item in listing] == ["a/1", "a/2", "a/3"]
    assert test.targets[0] == "/api/models?author=a&sort=downloads&limit=3&expand%5B%5D=gated&expand%5B%5D=sha"


async def test_collections(bench: MakeBench) -> None:
    items = [
        {"type": "model", "id": "org/a"},
        {"type": "paper", "id": "2401.00001"},
        {"type": "dataset", "id": "org/d", "note": {}},
    ]
    test = bench(lambda _: ok({"slug": "org/best-0", "items": items}))
    assert await test.hub().session().collection("org/best-0") == (
        (RepoType.MODEL, "org/a"),
        (RepoType.DATASET, "org/d"),
    )
    assert test.targets == ["/api/collections/org/best-0"]
    for slug in ("../x", "org/a/b", "org", "org/..", "org/a b"):
        with pytest.raises(errors.BadAnswerError):
            await test.hub().session().collection(slug)


async def test_redirects_are_facts(bench: MakeBench) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if "/old/" in request.url.path:
            return httpx.Response(
                307, headers={"location": str(request.url.raw_path, "ascii").replace("/old/", "/new/")}
            )
        return ok(info_body(id="new/name"))

    test = bench(handler)
    session = test.hub().session()
    answer = await session.info(RepoRef.parse("old/name"))
    await session.info(RepoRef.parse("old/name"), fresh=True)
    assert answer.info.id == "new/name"
    (hop,) = session.redirects
    assert (hop.status, hop.from_path, hop.to_path) == (307, "/api/models/old/name", "/api/models/new/name")
    assert session.meter.api_requests == 4
    assert test.requests[1].url.query == b"blobs=true&securityStatus=true"


@pytest.mark.parametrize(
    "location", ["https://evil.example/api/models/a/b", "http://huggingface.co/api", "//evil.example", ""]
)
async def test_metadata_is_not_taken_from_elsewhere(bench: MakeBench, location: str) -> None:
    test = bench(httpx.Response(307, headers={"location": location}), token="hf_secret")
    with pytest.raises((errors.RedirectRefusedError, errors.BadAnswerError)):
        await test.hub().session().info(REF)
    assert len(test.requests) == 1


async def test_a_chain_of_redirects_ends(bench: MakeBench) -> None:
    counter = iter(range(100))
    test = bench(lambda _: httpx.Response(307, headers={"location": f"/api/models/org/n{next(counter)}"}))
    with pytest.raises(errors.RedirectRefusedError, match="3 redirects"):
        await test.hub().session().info(REF)
    assert len(test.requests) == 4


async def test_a_question_with_a_body_keeps_it_or_is_not_redirected(bench: MakeBench) -> None:
    test = bench([httpx.Response(307, headers={"location": "/api/models/new/name/paths-info/x"}), ok([])])
    await test.hub().session().paths_info(REF, SHA, ["a"])
    assert [(request.method, bool(request.content)) for request in test.requests] == [("POST", True)] * 2
    test = bench(httpx.Response(302, headers={"location": "/api/x"}))
    with pytest.raises(errors.BadAnswerError):
        await test.hub().session().paths_info(REF, SHA, ["a"])


async def test_an_id_from_an_answer_cannot_lead_elsewhere(bench: MakeBench) -> None:
    test = bench(ok([]))
    ref = REF.model_copy(update={"namespace": "../../api/whoami-v2?", "name": "x"})
    with pytest.raises(errors.BadAnswerError):
        await test.hub().session().tree(ref, SHA)
    assert test.requests == []


async def test_small_files_are_read_whole_and_within_their_bound(bench: MakeBench) -> None:
    test = bench(httpx.Response(200, content=b"{}", headers={"x-repo-commit": SHA}))
    session = test.hub().session()
    assert await session.read_file(REF, SHA, "sub dir/config#1.json", max_bytes=2) == b"{}"
    assert test.targets == [f"/org/name/resolve/{SHA}/sub%20dir/config%231.json"]
    assert test.requests[0].headers["accept-encoding"] == "identity"
    assert session.meter.file_requests == 1
    with pytest.raises(errors.AnswerTooLargeError):
        await bench(httpx.Response(200, content=b"{}{}")).hub().session().read_file(REF, SHA, "x", max_bytes=3)
    other = httpx.Response(200, content=b"{}", headers={"x-repo-commit": "b" * 40})
    with pytest.raises(errors.BadAnswerError, match="commit"):
        await bench(other).hub().session().read_file(REF, SHA, "x", max_bytes=3)


@pytest.mark.parametrize("path", ["../x", "a/../../b", "a//b", "./a", "", "/etc/passwd"])
async def test_paths_that_lead_elsewhere_are_not_asked_for(bench: MakeBench, path: str) -> None:
    test = bench(httpx.Response(200, content=b"x"))
    with pytest.raises(errors.EntryNotFoundError):
        await test.hub().session().read_file(REF, SHA, path, max_bytes=10)
    assert test.requests == []


async def test_costs_are_counted(bench: MakeBench) -> None:
    test = bench(ok(info_body()))
    session = test.hub().session()
    await session.info(REF)
    cost = session.meter.cost(repo_bytes=5, seconds=1.5)
    assert (cost.api_requests, cost.file_requests, cost.repo_bytes, cost.seconds) == (1, 0, 5, 1.5)
    assert cost.bytes == len(json.dumps(info_body(), separators=(",", ":")))
    assert session.endpoint == "https://huggingface.co"
    assert session.authenticated is False
    assert session.now() == test.clock()


async def test_errors_carry_the_id_of_the_request(bench: MakeBench) -> None:
    for answer in (
        ok({}, x_request_id="Root=1-x"),
        ok([], x_amz_cf_id="Root=1-x"),
        ok({"error": "e"}, x_request_id="Root=1-x"),
    ):
        with pytest.raises(errors.BadAnswerError) as caught:
            await bench(answer).hub().session().info(REF)
        assert caught.value.request_id == "Root=1-x"


async def test_bad_fields_are_absent_and_reasons_stay_apart(bench: MakeBench) -> None:
    body = info_body(
        gated=True,
        downloads=-1,
        likes=True,
        createdAt="yesterday",
        lastModified=5,
        tags=["a", 3, None],
        sha="main",
        disabled="no",
    )
    info = (await bench(ok(body)).hub().session().info(REF)).info
    assert (info.gated, info.downloads, info.likes, info.sha, info.disabled) == ("manual", None, None, None, None)
    assert (info.created_at, info.last_modified, info.tags) == (None, None, ("a",))
    with pytest.raises(errors.RateLimitedError) as caught:
        await bench(ok({"error": "rate limit"})).hub().session().info(REF)
    assert caught.value.as_unavailable().reason is Reason.RATE_LIMITED
