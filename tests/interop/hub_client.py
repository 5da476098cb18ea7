"""Runs inside an environment with one version of huggingface_hub, and drives whatever Hub HF_ENDPOINT names.

Usage: ``python hub_client.py '<json of what the scene told>'``. Prints one JSON object: check name -> "ok" or what
went wrong. Each check is a function that raises when the client did not get what the scene holds.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub as hf
from huggingface_hub import HfApi, HfFileSystem, errors, get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.utils import get_session, hf_raise_for_status  # type: ignore[attr-defined]

TOKEN, OUTSIDER, EXHAUSTED = "hf_interopmember", "hf_interopoutsider", "hf_interopexhausted"
MODEL = "acme/encoder"

API = HfApi(token=False)
SCENE: dict[str, str] = {}
Check = Callable[[], None]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    CHECKS[function.__name__] = function
    return function


def refused(kind: type[Exception], call: Callable[[], object], status: int | None = None) -> Exception:
    """The error a call raised, which must be of exactly this kind."""
    raised: Exception | None = None
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is compared below
        raised = error
    assert raised is not None, f"{kind.__name__} expected, nothing raised"
    assert type(raised) is kind, f"{type(raised).__name__} instead of {kind.__name__}: {raised}"
    response: Any = getattr(raised, "response", None)
    assert status is None or response.status_code == status, response.status_code
    return raised


@check
def model_info() -> None:
    info = API.model_info(MODEL)
    assert (info.id, info.sha, info.author, info.gated) == (MODEL, SCENE["sha"], "acme", False)
    assert (info.downloads, info.likes, info.pipeline_tag) == (4321, 17, "fill-mask")
    assert info.card_data is not None
    assert info.card_data.license == "apache-2.0"
    assert info.safetensors is not None
    assert info.safetensors.total == 6
    assert info.created_at is not None


@check
def model_info_at_a_revision() -> None:
    assert API.model_info(MODEL, revision="v1").sha == SCENE["first"]
    assert API.model_info(MODEL, revision="refs/pr/2").sha not in (None, SCENE["sha"])


@check
def model_info_with_files_and_scans() -> None:
    info = API.model_info(MODEL, files_metadata=True, securityStatus=True)
    files = {sibling.rfilename: sibling for sibling in info.siblings or []}
    weights = files["pytorch_model.bin"]
    assert weights.size == 300_000
    assert weights.lfs is not None
    assert len(weights.lfs.sha256) == 64
    assert files["config.json"].lfs is None
    status: Any = info.security_repo_status
    assert status["filesWithIssues"] == [{"path": "pytorch_model.bin", "level": "unsafe"}]


@check
def model_info_expanded() -> None:
    info = API.model_info(MODEL, expand=["downloadsAllTime", "gated", "childrenModelCount"])
    assert info.downloads_all_time == 98765
    assert info.gated is False
    assert info.sha is None


@check
def a_renamed_model_is_followed() -> None:
    assert API.model_info("acme/old-encoder").id == MODEL
    assert API.model_info("ACME/Encoder").id == MODEL


@check
def dataset_info() -> None:
    info = API.dataset_info("acme/rows", files_metadata=True)
    assert {sibling.rfilename for sibling in info.siblings or []} == {"README.md", "data/rows.parquet"}


@check
def space_info() -> None:
    info = API.space_info("acme/demo")
    assert info.sdk == "gradio"
    assert info.runtime is not None
    assert info.runtime.stage == "RUNNING"


@check
def list_repo_tree() -> None:
    entries: dict[str, Any] = {entry.path: entry for entry in API.list_repo_tree(MODEL, recursive=True, expand=True)}
    assert entries["sub"].last_commit.oid == SCENE["first"]
    weights = entries["pytorch_model.bin"]
    assert weights.last_commit.title == "Add pickled weights"
    assert weights.security.safe is False
    assert weights.security.av_scan["status"] == "unsafe"
    assert weights.lfs.size == 300_000
    assert weights.xet_hash


@check
def list_repo_tree_over_many_pages() -> None:
    assert len(list(API.list_repo_tree("acme/many", expand=True))) == 230


@check
def get_paths_info() -> None:
    found = API.get_paths_info(MODEL, ["config.json", "sub", "nothing"], expand=True)
    assert [entry.path for entry in found] == ["config.json", "sub"]
    assert found[0].last_commit is not None


@check
def list_repo_commits() -> None:
    commits = API.list_repo_commits(MODEL, formatted=True)
    assert [commit.title for commit in commits] == ["Add pickled weights", "Add weights", "initial commit"]
    assert commits[0].authors == ["bob", "somebody"]
    assert commits[0].formatted_title == "Add pickled weights"


@check
def list_repo_refs() -> None:
    refs = API.list_repo_refs(MODEL, include_pull_requests=True)
    assert [(tag.name, tag.target_commit) for tag in refs.tags] == [("v1", SCENE["first"])]
    assert [branch.name for branch in refs.branches] == ["main"]
    assert [pull.ref for pull in refs.pull_requests or []] == ["refs/pr/2"]


@check
def list_models() -> None:
    found = list(API.list_models(author="acme", search="enc", sort="downloads", limit=5))
    assert [model.id for model in found] == [MODEL]
    expanded = list(API.list_models(author="acme", expand=["gated", "sha"]))
    assert {model.id for model in expanded if model.gated} == {"acme/gated"}


@check
def discussions() -> None:
    found = list(API.get_repo_discussions(MODEL))
    assert [(item.num, item.is_pull_request, item.author) for item in found] == [(2, True, "bob"), (1, False, "eve")]


@check
def people() -> None:
    user = API.get_user_overview("bob")
    assert (user.username, user.is_pro, user.num_followers) == ("bob", True, 12)
    organization = API.get_organization_overview("acme")
    assert (organization.name, organization.is_verified, organization.num_followers) == ("acme", True, 1200)
    assert [member.username for member in API.list_organization_members("acme")] == ["bob"]
    refused(errors.HfHubHTTPError, lambda: API.get_user_overview("acme"), 404)


@check
def whoami() -> None:
    assert API.whoami(token=TOKEN)["name"] == "bob"


@check
def existence() -> None:
    assert API.repo_exists(MODEL)
    assert not API.repo_exists("acme/nothing", token=TOKEN)
    assert API.revision_exists(MODEL, "v1")
    assert not API.revision_exists(MODEL, "v9")
    assert API.file_exists(MODEL, "config.json")
    assert not API.file_exists(MODEL, "nothing.json")


@check
def download_a_small_file() -> None:
    path = Path(hf_hub_download(MODEL, "config.json"))
    assert json.loads(path.read_text())["model_type"] == "bert"
    assert path.parts[-2] == SCENE["sha"]


@check
def download_a_large_file() -> None:
    data = Path(hf_hub_download(MODEL, "pytorch_model.bin", revision=SCENE["sha"])).read_bytes()
    assert (len(data), data[:4], data[-3:]) == (300_000, b"PK\x03\x04", b"end")


@check
def download_with_a_token() -> None:
    assert Path(hf_hub_download("acme/gated", "model.safetensors", token=TOKEN)).stat().st_size > 24
    assert Path(hf_hub_download("acme/private", "config.json", token=TOKEN)).read_text() == "{}"


@check
def download_a_snapshot() -> None:
    folder = Path(hf.snapshot_download(MODEL, allow_patterns=["*.json", "*.safetensors", "sub/*"]))
    assert {"config.json", "model.safetensors", "notes.txt"} <= {path.name for path in folder.rglob("*")}
    assert Path(hf.snapshot_download("acme/rows", repo_type="dataset"), "data", "rows.parquet").read_bytes() == b"PAR1"


@check
def file_metadata() -> None:
    large = get_hf_file_metadata(hf_hub_url(MODEL, "pytorch_model.bin"))
    assert (large.commit_hash, large.size) == (SCENE["sha"], 300_000)
    assert large.etag is not None
    assert len(large.etag) == 64
    small = get_hf_file_metadata(hf_hub_url(MODEL, "config.json"))
    assert small.etag is not None
    assert len(small.etag) == 40


@check
def ranged_reads() -> None:
    with HfFileSystem(token=False).open(f"{MODEL}/pytorch_model.bin", "rb") as file:
        file.seek(-3, 2)
        assert file.read() == b"end"
    headers = {"Range": "bytes=0-3", "Accept-Encoding": "identity"}
    for name, expected in (("pytorch_model.bin", b"PK\x03\x04"), ("config.json", b'{"mo')):
        answer = get_session().get(hf_hub_url(MODEL, name), headers=headers, follow_redirects=True)
        assert (answer.status_code, answer.content) == (206, expected)


@check
def a_range_beyond_the_end() -> None:
    headers = {"Range": "bytes=300000-"}
    answer = get_session().get(hf_hub_url(MODEL, "pytorch_model.bin"), headers=headers, follow_redirects=True)
    refused(errors.HfHubHTTPError, lambda: hf_raise_for_status(answer), 416)


@check
def safetensors_metadata() -> None:
    found = API.get_safetensors_metadata(MODEL)
    assert found.parameter_count == {"F32": 6}


@check
def missing_repository() -> None:
    for name in ("acme/nothing", "acme/private"):
        refused(errors.RepositoryNotFoundError, lambda: API.model_info(name, token=OUTSIDER), 404)  # noqa: B023 - called now
        # the client takes a bare 401 for a missing repository on https addresses only
        answer = get_session().get(f"{hf.constants.ENDPOINT}/api/models/{name}")
        answer.request.url = answer.request.url.copy_with(scheme="https", host="huggingface.co", port=None)
        refused(errors.RepositoryNotFoundError, lambda: hf_raise_for_status(answer), 401)  # noqa: B023 - called now


@check
def bad_token() -> None:
    refused(errors.HfHubHTTPError, lambda: API.model_info(MODEL, token="hf_unknown"), 401)


@check
def gated_repository() -> None:
    assert API.model_info("acme/gated", token=False).gated == "manual"
    refused(errors.GatedRepoError, lambda: API.list_repo_commits("acme/gated", token=False), 401)
    url = hf_hub_url("acme/gated", "config.json")
    refused(errors.GatedRepoError, lambda: get_hf_file_metadata(url, token=False), 401)
    refused(errors.GatedRepoError, lambda: hf_hub_download("acme/gated", "config.json", token=OUTSIDER), 403)


@check
def disabled_repository() -> None:
    assert API.model_info("acme/disabled").disabled is True
    refused(errors.DisabledRepoError, lambda: get_hf_file_metadata(hf_hub_url("acme/disabled", "config.json")), 403)


@check
def missing_revision() -> None:
    refused(errors.RevisionNotFoundError, lambda: API.model_info(MODEL, revision="nothing"), 404)
    refused(errors.RevisionNotFoundError, lambda: hf_hub_download(MODEL, "config.json", revision="nothing"), 404)


@check
def missing_entry() -> None:
    refused(errors.RemoteEntryNotFoundError, lambda: hf_hub_download(MODEL, "nothing.bin"), 404)
    refused(errors.RemoteEntryNotFoundError, lambda: list(API.list_repo_tree(MODEL, "nothing")), 404)
    assert issubclass(errors.RemoteEntryNotFoundError, errors.EntryNotFoundError)


@check
def bad_request() -> None:
    unknown: Any = ["nonsense"]
    error = refused(errors.BadRequestError, lambda: API.model_info(MODEL, expand=unknown), 400)
    assert "childrenModelCount" in str(error)


@check
def rate_limited() -> None:
    error = refused(errors.HfHubHTTPError, lambda: API.model_info(MODEL, token=EXHAUSTED), 429)
    assert "'api' rate limit" in str(error) or "429" in str(error)


@check
def invalid_id() -> None:
    refused(errors.HFValidationError, lambda: API.model_info("a/b/c"))


def main() -> int:
    SCENE.update(json.loads(sys.argv[1]))
    outcome = {}
    for name, function in CHECKS.items():
        try:
            function()
        except Exception:  # noqa: BLE001 - one failed check must not hide the others
            outcome[name] = traceback.format_exc(limit=-4)
        else:
            outcome[name] = "ok"
    print(json.dumps({"version": hf.__version__, "checks": outcome}))  # noqa: T201 - the runner reads it
    return 0


if __name__ == "__main__":
    sys.exit(main())
