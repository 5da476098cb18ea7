"""``trustaudit check`` against an independent Hub implementation that has only part of the API."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.interop import olah
from tests.interop.environments import ROOT, NotInstallableError, clean_variables
from tests.interop.scene import SAFETENSORS
from tests.loopback import Blob, LoopbackHub, run_hub

pytestmark = pytest.mark.interop

FILES = {"README.md": b"---\nlicense: mit\n---\n# Model\n", "config.json": b'{"model_type": "bert"}'}


@pytest.fixture(scope="module", autouse=True)
def _olah_is_installed() -> None:
    try:
        olah.olah_command()
    except NotInstallableError as reason:
        pytest.skip(f"{olah.REQUIREMENT} cannot be installed here: {reason}")


@pytest.fixture(scope="module")
def git_mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("olah-git")
    olah.make_git_mirror(folder / "mirrors", "team/model", FILES, {"model.safetensors": SAFETENSORS})
    with olah.serve_git(folder) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def proxied_hub() -> Iterator[LoopbackHub]:
    with run_hub() as hub:
        weights = Blob(SAFETENSORS[:-24], size=1_000_000)
        hub.model("team/model", files={**FILES, "model.safetensors": weights}, card={"license": "mit"})
        hub.dataset("Salesforce/wikitext", files={".gitattributes": ""})  # olah asks for it when it starts
        yield hub


@pytest.fixture(scope="module")
def proxy(proxied_hub: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with olah.serve_proxy(tmp_path_factory.mktemp("olah-proxy"), proxied_hub) as endpoint:
        yield endpoint


def audit(endpoint: str, home: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of ``trustaudit check``, which must not have crashed."""
    command = [sys.executable, "-m", "trustaudit", "check", *arguments, "--format", "json", "--no-cache"]
    variables = clean_variables(HF_ENDPOINT=endpoint, HF_HOME=str(home), XDG_CACHE_HOME=str(home))
    done = subprocess.run(  # noqa: S603 - our own program
        command, check=False, capture_output=True, text=True, env=variables, cwd=ROOT, timeout=180
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert "internal error" not in done.stderr, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document


def unavailable(report: dict[str, Any]) -> dict[str, str]:
    """Checks that could not look, with their reason."""
    return {item["id"]: item["reason"] for item in report["checks"] if item["outcome"] == "unavailable"}


@pytest.fixture(params=["git_mirror", "proxy"])
def mirror(request: pytest.FixtureRequest) -> str:
    endpoint: str = request.getfixturevalue(request.param)
    return endpoint


def test_an_honest_model_behind_a_mirror_is_never_blocked(mirror: str, tmp_path: Path) -> None:
    code, document = audit(mirror, tmp_path, "team/model")
    (report,) = document["reports"]
    assert code in (0, 3)
    assert report["verdict"] in ("pass", "review", "incomplete")
    assert report["repo"]["commit"]


def test_what_the_mirror_lacks_is_unavailable_with_a_reason(mirror: str, tmp_path: Path) -> None:
    _, document = audit(mirror, tmp_path, "team/model")
    found = unavailable(document["reports"][0])
    assert found, "a mirror without publishers and scans cannot have answered every check"
    assert all(found.values())


def test_a_repository_the_mirror_does_not_have(git_mirror: str, tmp_path: Path) -> None:
    code, document = audit(git_mirror, tmp_path, "team/nothing")
    assert code == 3
    assert document["reports"][0]["verdict"] == "incomplete"


def test_the_git_mirror_is_as_described(git_mirror: str) -> None:
    tree = httpx.get(f"{git_mirror}/api/models/team/model/tree/main/", params={"expand": "true"}).json()
    assert {entry["path"] for entry in tree} == {*FILES, "model.safetensors"}
    assert not any("securityFileStatus" in entry for entry in tree)
    assert httpx.get(f"{git_mirror}/api/models/team/model").status_code == 401
    file = httpx.get(f"{git_mirror}/team/model/resolve/main/model.safetensors", headers={"Range": "bytes=0-3"})
    assert (file.status_code, file.content) == (200, SAFETENSORS)
    assert httpx.get(f"{git_mirror}/api/organizations/team/overview").headers["x-error-code"] == "RepoNotFound"


def test_the_proxy_gets_along_with_the_loopback_hub(proxy: str, proxied_hub: LoopbackHub) -> None:
    file = httpx.get(f"{proxy}/team/model/resolve/main/model.safetensors", headers={"Range": "bytes=0-3"})
    assert (file.status_code, file.content) == (206, SAFETENSORS[:4])
    assert httpx.get(f"{proxy}/api/models/team/model").json()["id"] == "team/model"
    assert {request.route for request in proxied_hub.requests} >= {"info", "paths-info", "resolve"}
    assert proxied_hub.failures == []
