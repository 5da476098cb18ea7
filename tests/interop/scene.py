"""The Hub that the real clients are let loose on: one repository for each thing they can meet."""

from __future__ import annotations

import json
from typing import Final

from tests.loopback import Blob, LoopbackHub, Repo, scan

TOKEN: Final = "hf_interopmember"
OUTSIDER: Final = "hf_interopoutsider"
EXHAUSTED: Final = "hf_interopexhausted"
HEADER: Final = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
SAFETENSORS: Final = len(HEADER).to_bytes(8, "little") + HEADER + bytes(24)


def describe(hub: LoopbackHub) -> dict[str, str]:
    """Fill a Hub. Gives what the client script needs to know."""
    hub.organization("acme", verified=True, followers=1200, plan="team", members=["bob"], fullname="Acme Research")
    hub.user("bob", created="2022-05-06T07:08:09Z", followers=12, orgs=["acme"], pro=True)
    hub.token(TOKEN, "bob")
    hub.token(OUTSIDER, "eve")
    hub.token(EXHAUSTED, "max", plan="exhausted")
    repo = _encoder(hub)
    hub.dataset("acme/rows", files={"data/rows.parquet": b"PAR1", "README.md": "x"}, card={"license": "mit"})
    hub.space("acme/demo", files={"app.py": "import gradio"}, card={"sdk": "gradio", "title": "demo"})
    hub.model("acme/gated", files={"config.json": "{}", "model.safetensors": SAFETENSORS}, gated="manual")
    hub.model("acme/disabled", files={"config.json": "{}"}, disabled=True)
    hub.model("acme/private", files={"config.json": "{}"}, private=True)
    hub.model("acme/many", files={f"part-{index:03}.txt": "x" for index in range(230)})
    hub.redirect("acme/old-encoder", "acme/encoder")
    return {"sha": repo.sha, "first": next(reversed(list(repo.head.ancestry()))).sha, "cdn": hub.cdn.origin}


def _encoder(hub: LoopbackHub) -> Repo:
    repo = hub.model(
        "acme/encoder",
        files={"config.json": '{"model_type":"bert","architectures":["BertModel"]}', "sub/notes.txt": "notes"},
        card={"license": "apache-2.0", "pipeline_tag": "fill-mask", "library_name": "transformers"},
        author="bob",
        downloads=4321,
        downloads_all_time=98765,
        likes=17,
    )
    repo.tag("v1")
    repo.commit({"model.safetensors": SAFETENSORS}, title="Add weights", author="bob")
    repo.commit(
        {"pytorch_model.bin": Blob(b"PK\x03\x04", size=300_000, suffix=b"end")},
        title="Add pickled weights",
        message="\n\nfor old loaders",
        author=["bob", "somebody"],
    )
    imports = [("posix", "system", "dangerous"), ("collections", "OrderedDict", "innocuous")]
    repo.scans["pytorch_model.bin"] = scan(av="unsafe", pickle="unsafe", imports=imports)
    repo.discuss("Is this safe?", author="eve")
    repo.discuss("Convert to safetensors", author="bob", files={"extra.safetensors": SAFETENSORS})
    return repo
