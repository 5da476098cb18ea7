"""The loopback Hub's answers against the official OpenAPI description, where that covers them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.loopback import Blob, LoopbackHub, run_hub, scan

EXTRACT = Path(os.environ.get("TRUSTAUDIT_OPENAPI", Path(__file__).parents[3] / "shared" / "hub-openapi-extract.json"))

pytestmark = pytest.mark.skipif(not EXTRACT.is_file(), reason="the OpenAPI extract is not here")

QUESTIONS: dict[str, list[tuple[str, dict[str, object] | None]]] = {
    "/api/organizations/{name}/members": [("/api/organizations/acme/members", None)],
    "/api/users/{username}/overview": [("/api/users/bob/overview", None)],
    "/api/models/{namespace}/{repo}/treesize/{rev}/{path}": [
        ("/api/models/acme/encoder/treesize/main/sub", None),
        ("/api/models/acme/encoder/treesize/main/", None),
    ],
    "/api/models/{namespace}/{repo}/commits/{rev}": [
        ("/api/models/acme/encoder/commits/main", None),
        ("/api/models/acme/encoder/commits/main?expand[]=formatted", None),
    ],
    "/api/datasets/{namespace}/{repo}/commits/{rev}": [("/api/datasets/acme/rows/commits/main", None)],
    "/api/models/{namespace}/{repo}/refs": [("/api/models/acme/encoder/refs?include_prs=1", None)],
    "/api/datasets/{namespace}/{repo}/refs": [("/api/datasets/acme/rows/refs", None)],
    "/api/models/{namespace}/{repo}/compare/{compare}": [("/api/models/acme/encoder/compare/v1..main", None)],
    "/api/models/{namespace}/{repo}/paths-info/{rev}": [
        ("/api/models/acme/encoder/paths-info/main", {"paths": ["config.json", "sub", "w.bin"], "expand": True}),
    ],
    "/api/datasets/{namespace}/{repo}/paths-info/{rev}": [
        ("/api/datasets/acme/rows/paths-info/main", {"paths": ["rows.parquet"], "expand": True}),
    ],
    "/api/models/{namespace}/{repo}/tree/{rev}/{path}": [
        ("/api/models/acme/encoder/tree/main?recursive=true&expand=true", None),
        ("/api/models/acme/encoder/tree/main/sub", None),
    ],
    "/api/datasets/{namespace}/{repo}/tree/{rev}/{path}": [("/api/datasets/acme/rows/tree/main?expand=true", None)],
    "/api/models/{namespace}/{repo}/scan": [("/api/models/acme/encoder/scan", None)],
    "/api/datasets/{namespace}/{repo}/scan": [("/api/datasets/acme/rows/scan", None)],
    "/api/trending": [("/api/trending?type=all", None)],
    "/api/quicksearch": [("/api/quicksearch?q=e", None)],
    "/{namespace}/{repo}/resolve/{rev}/{path}": [("/acme/encoder/resolve/main/w.bin", None)],
    "/datasets/{namespace}/{repo}/resolve/{rev}/{path}": [("/datasets/acme/rows/resolve/main/rows.parquet", None)],
}
CASES = [(path, url, body) for path, asked in QUESTIONS.items() for url, body in asked]


@pytest.fixture(scope="module")
def hub() -> Iterator[LoopbackHub]:
    with run_hub() as made:
        made.organization("acme", members=["bob"], verified=True, plan="enterprise", followers=3)
        made.user("bob", orgs=["acme"], pro=True, details="somebody", followers=1)
        repo = made.model(
            "acme/encoder",
            files={"config.json": "{}", "w.bin": Blob(size=10**9), "sub/a.txt": "a"},
            card={"pipeline_tag": "text-generation"},
            scans={"w.bin": scan(pickle="unsafe", imports=[("posix", "system", "dangerous")], jfrog="queued")},
        )
        repo.tag("v1").convert("onnx")
        repo.commit({"sub/a.txt": "b"}, author="bob")
        repo.discuss("Add safetensors", author="bob", files={"w.safetensors": b""})
        made.dataset("acme/rows", files={"rows.parquet": b"PAR1"})
        made.space("acme/demo", files={"app.py": ""}, card={"sdk": "gradio"})
        yield made


def _schema(path: str) -> dict[str, Any]:
    operations = json.loads(EXTRACT.read_text())["paths"][path]
    operation = operations.get("get") or operations["post"]
    schema: dict[str, Any] = operation["responses"]["200"]["content"]["application/json"]["schema"]
    _mend_entries(schema)
    return schema


def _mend_entries(schema: dict[str, Any]) -> None:
    """The extract lacks ``path`` (tree) and ``lfs.oid`` (paths-info); every recorded file entry has both."""
    properties = schema.get("items", {}).get("properties", {})
    if "securityFileStatus" in properties:
        properties.setdefault("path", {"type": "string"})
        properties["lfs"].pop("additionalProperties", None)


@pytest.mark.parametrize(("path", "url", "body"), CASES, ids=[case[1] for case in CASES])
def test_answers_follow_the_official_schema(
    hub: LoopbackHub, path: str, url: str, body: dict[str, object] | None
) -> None:
    headers = {"Accept": "application/vnd.xet-fileinfo+json"} if "resolve" in path else {}
    method = "GET" if body is None else "POST"
    answer = httpx.request(method, hub.endpoint + url, json=body, headers=headers)
    assert answer.status_code == 200
    schema = _schema(path)
    errors = [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(answer.json())
    ]
    assert errors == []


def test_every_described_path_is_asked() -> None:
    assert set(QUESTIONS) == set(json.loads(EXTRACT.read_text())["paths"])
