"""Whole repositories against all checks of the metadata: what the default thresholds make of them.

Two failures cost most, a hostile repository that passes and an honest one that is blocked.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import (
    days_ago,
    make_commit,
    make_facts,
    make_file,
    make_files,
    make_history,
    make_info,
    make_publisher,
    make_scans,
    make_snapshot,
    unavailable,
)
from tests.checks.lined import ancestor
from trustaudit.checks import all_checks
from trustaudit.checks.interface import Context
from trustaudit.facts import NotApplicable, Reason
from trustaudit.filefacts import Coverage
from trustaudit.knowledge import Knowledge
from trustaudit.policy.loading import load_policy
from trustaudit.snapshot import Snapshot


def verdict(snapshot: Snapshot) -> str:
    """What the findings alone lead to; facts that are missing are the policy's own matter."""
    context = Context(knowledge=Knowledge())
    findings = [finding for check in all_checks() for finding in check(snapshot, context).findings]
    thresholds = load_policy("default").thresholds
    if any(thresholds.blocks(finding) for finding in findings):
        return "block"
    return "review" if any(thresholds.reviews(finding) for finding in findings) else "pass"


def newcomer(age: float = 3, **changes: Any) -> Any:  # noqa: ANN401 - a publisher
    """A user who joined some days ago."""
    base = {"name": "newbie", "kind": "user", "created_at": days_ago(age), "created_from": "api", "verified": None}
    return make_publisher(**{**base, "followers": 0, "models": 1, **changes})


def first_model(*files: str, **info: Any) -> Snapshot:  # noqa: ANN401 - fields of the info
    """The first repository of somebody who joined three days ago: no likes, no card."""
    base = {"id": "newbie/first", "author": "newbie", "likes": 0, "downloads": 3, "card": None}
    history = make_history(
        make_commit(2, "newbie", days=1, title="Upload folder"),
        make_commit(1, "newbie", days=1, title="initial commit"),
    )
    return make_snapshot(
        "newbie/first",
        files=files,
        info=make_info(**{**base, "created_at": days_ago(1), **info}),
        publisher=newcomer(),
        history=history,
    )


DIFFUSERS = (
    "README.md",
    "model_index.json",
    "feature_extractor/preprocessor_config.json",
    "scheduler/scheduler_config.json",
    "text_encoder/model.safetensors",
    "text_encoder/pytorch_model.bin",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.safetensors",
    "v1-5-pruned.ckpt",
    "vae/diffusion_pytorch_model.bin",
)
ESPNET = (
    "README.md",
    "exp/tts_train/train.total_count.ave_10best.pth",
    "exp/tts_train/config.yaml",
    "meta.yaml",
    "run.sh",
)
SPACY = (
    "README.md",
    "en_core_web_sm-any-py3-none-any.whl",
    "config.cfg",
    "vocab/strings.json",
    "ner/model",
    "meta.json",
)
OLD_HUBERT = (
    "README.md",
    "config.json",
    "flax_model.msgpack",
    "model.safetensors",
    "pytorch_model.bin",
    "tf_model.h5",
    "rust_model.ot",
    "vocab.txt",
    "model.onnx",
    "coreml/fill-mask/float32_model.mlpackage/Manifest.json",
)

HONEST = {
    "an old and popular encoder": make_snapshot(files=OLD_HUBERT),
    "pickle only": make_snapshot(files=ESPNET),
    "a diffusion pipeline": make_snapshot(files=DIFFUSERS),
    "a spaCy pipeline": make_snapshot(files=SPACY, info=make_info(library_name="spacy")),
    "quantizations in GGUF": make_snapshot(files=["README.md", *(f"llama.Q{n}_K_M.gguf" for n in range(2, 9))]),
    "trainer leftovers": make_snapshot(files=["README.md", "model.safetensors", "training_args.bin", "optimizer.pt"]),
    "gated without access": make_snapshot(
        info=make_info(gated="manual"),
        history=unavailable(Reason.GATED),
        files=["LICENSE", "README.md", "a.safetensors"],
    ),
    "a first LoRA": first_model("adapter_config.json", "adapter_model.safetensors", "README.md"),
    "a first LoRA without card": first_model("adapter_config.json", "adapter_model.safetensors"),
    "a data set of tables": make_snapshot("datasets/org/model", files=["README.md", "data/train-00000.parquet"]),
    "a data set of recordings": make_snapshot(
        "datasets/org/model", files=["README.md", "con/A.wav", "con/a.wav", "2024-01-01T10:00.json"]
    ),
    "a Space": make_snapshot(
        "spaces/org/model", files=["README.md", "app.py", "requirements.txt", "run.sh", "style.css"]
    ),
    "a kernel": make_snapshot(files=["README.md", "build/torch28/_x.abi3.so"], info=make_info(tags=("kernel",))),
    "a model of the browser": make_snapshot(files=["README.md", "onnx/model.onnx", "ort.wasm", "index.js"]),
    "an old root-level id": make_snapshot(
        "bert-base-uncased",
        info=make_info(id="google-bert/bert-base-uncased"),
        publisher=make_publisher(name="google-bert"),
    ),
    "an id without owner": make_snapshot(
        "gpt2", info=make_info(id="openai-community/gpt2"), publisher=NotApplicable(why="a root-level id has no owner")
    ),
    "scanners that have not come yet": make_snapshot(
        files=["README.md", make_file("model.pt", scans=make_scans("queued"))]
    ),
    "a conversion by the Hub's bot": make_snapshot(
        files=[
            make_file("model.safetensors", commit=make_commit(4, "SFconvertbot", days=3)),
            make_file("pytorch_model.bin", commit=make_commit(3, days=900)),
            "README.md",
        ],
        history=make_history(
            make_commit(4, "SFconvertbot", days=3, title="Adding `safetensors` variant of this model"),
            make_commit(3, days=900),
            make_commit(2, days=901),
            make_commit(1, days=902),
        ),
    ),
    "a colleague adds an export": make_snapshot(
        files=[
            make_file("onnx/model.onnx", commit=make_commit(4, "bob", days=3)),
            make_file("model.safetensors", commit=make_commit(3, days=900)),
            "README.md",
        ],
        history=make_history(
            make_commit(4, "bob", days=3, title="Add ONNX"),
            make_commit(3, days=900),
            make_commit(2, days=901),
            make_commit(1, days=902),
        ),
    ),
}

# Honest, and worth a question each: code is run, or programs lie beside the weights.
STRANGE_CODE = (("AutoModel", "stranger/code--modeling.Model"),)
QUESTIONABLE = {
    "code of a stranger": make_snapshot(info=make_info(auto_map=STRANGE_CODE)),
    "custom code of a known publisher": make_snapshot(
        files=["README.md", "modeling_x.py"], info=make_info(auto_map=(("AutoModel", "modeling_x.X"),))
    ),
    "code of the original model": make_snapshot(
        info=make_info(auto_map=(("AutoModel", "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel"),))
    ),
    "a voice changer with its tools": make_snapshot(files=["README.md", "ffmpeg.exe", "hubert_base.pt", "go-web.bat"]),
    "a newcomer's pickle": first_model("adapter_model.bin", "README.md"),
    "an alarm of one scanner": make_snapshot(
        files=["README.md", make_file("best.pt", scans=make_scans(jFrogScan="unsafe"))]
    ),
    "a file list that was cut off": make_snapshot(files=make_files("README.md", complete=False)),
    "another owner answers": make_snapshot(
        "runwayml/stable-diffusion-v1-5", info=make_info(id="stable-diffusion-v1-5/stable-diffusion-v1-5")
    ),
}

HOSTILE = {
    "Open-OSS/privacy-filter": make_snapshot(
        "Open-OSS/privacy-filter",
        files=["README.md", "loader.py", "model.safetensors", "start.bat"],
        info=make_info(id="Open-OSS/privacy-filter", likes=667, downloads=244_000, created_at=days_ago(0.7)),
        publisher=newcomer(0.8, name="Open-OSS", followers=4),
    ),
    "a program from a new account": first_model("model.safetensors", "setup.exe"),
    "a program under the name of weights": make_snapshot(
        files=["README.md", "pytorch_model.bin"], file_facts=(make_facts("pytorch_model.bin", "pe", Coverage.NONE),)
    ),
    "a program with two extensions": make_snapshot(files=["README.md", "model.safetensors.exe"]),
    "a path out of the folder": make_snapshot(files=["README.md", "../../.bashrc"]),
    "code of a stranger, named by a new account": make_snapshot(
        info=make_info(auto_map=STRANGE_CODE), publisher=make_publisher(kind="user", created_at=days_ago(2))
    ),
    "code of a stranger that does not exist": make_snapshot(
        info=make_info(auto_map=STRANGE_CODE),
        lineage=(ancestor("stranger/code", found=unavailable(Reason.MISSING_OR_PRIVATE), relation="code"),),
    ),
    "a path in auto_map": make_snapshot(info=make_info(auto_map=(("AutoModel", "../../../evil.Model"),))),
    "a list of imports that runs a command": make_snapshot(
        files=["README.md", make_file("m.bin", scans=make_scans("safe", [("posix", "system", "dangerous")]))]
    ),
    "two scanners agree": make_snapshot(
        files=["README.md", make_file("m.bin", scans=make_scans(avScan="unsafe", jFrogScan="unsafe"))]
    ),
    "disabled": make_snapshot(info=make_info(disabled=True)),
    "a pull request": make_snapshot("org/model@refs/pr/3"),
    "a look-alike of the conversion bot": make_snapshot(
        history=make_history(make_commit(2, "SFconvertb0t"), make_commit(1, days=400))
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_repositories_pass(name: str) -> None:
    assert verdict(HONEST[name]) == "pass"


@pytest.mark.parametrize("name", QUESTIONABLE)
def test_questionable_repositories_ask_for_a_person(name: str) -> None:
    assert verdict(QUESTIONABLE[name]) == "review"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_repositories_are_blocked(name: str) -> None:
    assert verdict(HOSTILE[name]) == "block"


def test_a_takeover_asks_for_a_person_at_least() -> None:
    commit = make_commit(4, "mallory", days=3, title="Update")
    history = make_history(commit, make_commit(3, days=900), make_commit(2, days=901), make_commit(1, days=902))
    files = [make_file("pytorch_model.bin", commit=commit), make_file("README.md", commit=history.commits[1])]
    assert verdict(make_snapshot(files=files, history=history)) == "review"
