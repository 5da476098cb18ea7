"""The 97 recorded answers of the real Hub, each served once and read by the question it belongs to."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from tests.hub.conftest import Bench, MakeBench
from trustaudit import errors
from trustaudit.facts import Known
from trustaudit.formats.interface import ReadRefusedError
from trustaudit.hub import HubSession, InfoAnswer, convert, wire
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import FileEntry

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("TRUSTAUDIT_RECORDED", ROOT.parent / "shared" / "recorded"))
FILES = sorted(FOLDER.glob("*.json"))

pytestmark = pytest.mark.skipif(not FILES, reason="the recordings are not here")

ERRORS = {
    "curl-401-gated-resolve": errors.GatedRepoError,
    "curl-404-entrynotfound-resolve": errors.EntryNotFoundError,
    "hfd-models.notfound": errors.RepoNotFoundError,
    "hfd-models.resolve.notfound": errors.EntryNotFoundError,
    "hfd-models.revision.notfound": errors.RevisionNotFoundError,
    "hfd-models.tree.notfound": errors.EntryNotFoundError,
    "hfd-whoami-v2": errors.UnauthorizedError,
    "partial-429-api": errors.RateLimitedError,
    "repoing-commits-bad-revision": errors.RevisionNotFoundError,
    "repoing-commits-gated": errors.GatedRepoError,
    "repoing-model-not-found": errors.RepoNotFoundError,
    "repoing-org-not-found": errors.OwnerNotFoundError,
    "repoing-user-not-found": errors.OwnerNotFoundError,
}
# Questions that an audit does not ask; their bodies must be JSON all the same.
NOT_ASKED = re.compile(r"/(treesize|xet-read-token|discussions|trending|whoami-v2)\b")


class Recorded:
    """One recording: what was asked, and the answer as a response object."""

    def __init__(self, path: Path) -> None:
        content = json.loads(path.read_bytes())
        self.name = path.stem
        self.method = content["request"]["method"]
        self.url = content["request"]["url"]
        self.path = urlsplit(self.url).path
        self.status = content["response"]["status"]
        self.headers = content["response"]["headers"] or {}
        self.body: Any = content["response"]["body"]
        self.final = content.get("final")
        self.requests = 0

    def respond(self, _request: httpx.Request) -> httpx.Response:
        """The recording for the first request; what a redirect leads to is not of interest."""
        self.requests += 1
        if self.requests > 1:
            return httpx.Response(418)
        dropped = ("content-length", "content-encoding", "transfer-encoding")
        headers = {key: value for key, value in self.headers.items() if key.lower() not in dropped}
        content = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return httpx.Response(self.status, headers=headers, content=b"" if self.body is None else content.encode())


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded(request.param)


def ref_of(path: str) -> tuple[RepoRef, str, str]:
    """The repository, what is asked of it, and at which revision."""
    found = re.fullmatch(
        r"/api/(models|datasets|spaces)/((?:[^/]+/)?[^/]+?)(?:/(revision|tree|commits|refs|scan|paths-info)(?:/(.*))?)?",
        path,
    )
    assert found, path
    ref = RepoRef.parse(f"{found.group(1)}/{found.group(2)}")
    return ref, found.group(3) or "info", unquote(found.group(4) or "")


async def ask(session: HubSession, recorded: Recorded) -> object:  # noqa: PLR0911 - one per kind of question
    path = recorded.path
    if "/resolve/" in path:
        repo, _, rest = path.strip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        return await session.read_file(RepoRef.parse(repo), revision, name, max_bytes=10**6)
    if path == "/api/models":
        return [item async for item in session.list_repos(RepoType.MODEL)]
    owner = re.fullmatch(r"/api/(user|organization)s/([^/]+)/overview", path)
    if owner:
        return await session.publisher(owner.group(2), likely=owner.group(1))
    ref, what, revision = ref_of(re.sub(r"{[^}]*}", "org/name", path))
    if what == "revision":
        return await session.info(ref.at(revision))
    if what in ("info", "refs", "scan"):
        return await getattr(session, what)(ref)
    if what == "paths-info":
        return await session.paths_info(ref, revision, ["x"])
    return await (session.tree if what == "tree" else session.history)(ref, revision.split("/")[0])


async def test_every_recording_becomes_facts_or_its_own_error(recorded: Recorded, bench: MakeBench) -> None:
    if NOT_ASKED.search(recorded.path) and recorded.status == 200:
        assert isinstance(recorded.body, dict | list)
        return
    if recorded.status == 200 and recorded.body is None:
        pytest.skip("headers only")

    def handler(request: httpx.Request) -> httpx.Response:
        if recorded.status == 404 and recorded.path.endswith("/overview"):
            recorded.requests = 0  # the other kind is asked too, and is not there either
        return recorded.respond(request)

    test = bench(handler, retries=0, history_limit=1)
    session = test.hub().session()
    expected = ERRORS.get(recorded.name)
    if recorded.path.endswith("/whoami-v2"):
        with pytest.raises(expected):
            [item async for item in session.list_repos(RepoType.MODEL)]
    elif expected is not None:
        with pytest.raises(expected):
            await ask(session, recorded)
    elif recorded.status in (302, 307):
        with pytest.raises(errors.HubError):
            await ask(session, recorded)
        check_redirect(session, recorded, test)
    else:
        check_facts(await ask(session, recorded), recorded)


def check_redirect(session: HubSession, recorded: Recorded, test: Bench) -> None:
    location = next(value for key, value in recorded.headers.items() if key.lower() == "location")
    assert str(test.requests[1].url).endswith(urlsplit(location).query)
    if "/resolve" not in location and "cdn" not in location:
        (hop,) = session.redirects
        assert (hop.status, hop.to_path) == (307, urlsplit(location).path)
    else:
        assert session.redirects == []


def check_facts(found: object, recorded: Recorded) -> None:
    """Nothing of the body is lost that a fact exists for."""
    body = recorded.body
    if recorded.path.endswith("/overview"):
        assert found.object_id == body["_id"]
        assert found.created_at is not None
        assert found.followers == body["numFollowers"]
    elif "/commits/" in recorded.path:
        assert [commit.id for commit in found.commits] == [item["id"] for item in body]
        assert all(commit.date and commit.authors for commit in found.commits)
        assert found.total is not None
    elif "/refs" in recorded.path:
        assert [ref.target for ref in found.branches] == [item["targetCommit"] for item in body["branches"]]
    elif "/scan" in recorded.path:
        assert found.done is body["scansDone"]
        assert found.issues == tuple((item["path"], item["level"]) for item in body["filesWithIssues"])
    elif "/tree/" in recorded.path or "/paths-info/" in recorded.path:
        check_entries(getattr(found, "entries", found), body)
    elif recorded.path == "/api/models":
        assert [item.id for item in found] == [item["id"] for item in body]
    else:
        check_info(found, body)


def check_entries(entries: tuple[FileEntry, ...], body: list[dict[str, Any]]) -> None:
    listed = {item["path"]: item for item in body if item["type"] != "directory"}
    assert [entry.path for entry in entries] == sorted(listed)
    for entry in entries:
        item = listed[entry.path]
        assert (entry.size, entry.oid, entry.xet_hash) == (item["size"], item["oid"], item.get("xetHash"))
        assert (entry.lfs.sha256 if entry.lfs else None) == item.get("lfs", {}).get("oid")
        if "lastCommit" in item:
            assert entry.last_commit.date is not None
        check_scans(entry, item.get("securityFileStatus"))


def check_scans(entry: FileEntry, status: dict[str, Any] | None) -> None:
    assert isinstance(entry.scans, Known) is (status is not None)
    if status is None:
        return
    scanners = {scanner.scanner: scanner for scanner in entry.scans.value.scanners}
    assert entry.scans.value.status == status["status"]
    assert set(scanners) == set(status) - {"status"}
    for name, scanner in scanners.items():
        assert scanner.status == status[name]["status"]
        assert len(scanner.imports) == len(status[name].get("pickleImports", ()))


def check_info(found: InfoAnswer, body: dict[str, Any]) -> None:
    info = found.info
    assert (info.id, info.object_id, info.sha) == (body["id"], body["_id"], body.get("sha"))
    assert info.gated == {False: "no"}.get(body.get("gated"), body.get("gated"))
    assert info.downloads == body.get("downloads")
    for key, value in (("createdAt", info.created_at), ("lastModified", info.last_modified)):
        assert (value is not None) is (key in body)
    assert [entry.path for entry in found.files.entries] == sorted(s["rfilename"] for s in body.get("siblings", ()))
    assert (info.card is not None) is isinstance(body.get("cardData"), dict)
    assert (info.config_json is not None) is isinstance(body.get("config"), dict)
    assert dict(info.parameters) == body.get("safetensors", {}).get("parameters", {})
    assert info.used_storage == body.get("usedStorage")


def test_all_recordings_are_there() -> None:
    assert len(FILES) == 97


def test_sizes_and_hashes_of_siblings_are_kept() -> None:
    body = json.loads((FOLDER / "hfhubrs-eicar-blobs.json").read_bytes())["response"]["body"]
    files = convert.siblings(wire.parse(wire.INFO, body))
    listed = {item["rfilename"]: item for item in body["siblings"]}
    for entry in files.entries:
        assert entry.size == listed[entry.path]["size"]
        assert entry.oid == listed[entry.path]["blobId"]
        assert (entry.lfs.sha256 if entry.lfs else None) == listed[entry.path].get("lfs", {}).get("sha256")


async def test_a_recorded_large_file_is_refused_when_the_listing_says_otherwise(bench: MakeBench) -> None:
    first = Recorded(FOLDER / "hfd-models.resolve.lfs.head.json")
    test = bench(first.respond)
    entry = FileEntry(path="64-8bits.tflite", size=125162496, lfs={"sha256": "0" * 64})
    file = test.hub().session().open_file(RepoRef.parse("wzshiming/gpt2"), first.headers["X-Repo-Commit"], entry)
    with pytest.raises(ReadRefusedError, match="SHA-256"):
        await file.read(0, 100)
