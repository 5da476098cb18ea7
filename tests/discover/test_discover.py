"""Finding the repositories that a code base uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.harness import Cli
from trustaudit.discover.python_calls import python_uses
from trustaudit.discover.search import discover, unique_refs
from trustaudit.discover.texts import notebook_uses, text_uses
from trustaudit.errors import FileInputError

SHA = "0123456789abcdef0123456789abcdef01234567"


def found(source: str) -> list[tuple[str, int]]:
    return [(str(use.ref), use.line) for use in python_uses(source, "a.py")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('AutoModel.from_pretrained("org/model")', [("org/model", 1)]),
        (f'AutoModel.from_pretrained("org/model", revision="{SHA}")', [(f"org/model@{SHA}", 1)]),
        ('pipeline("text-generation", model="org/model")', [("org/model", 1)]),
        ('pipeline("text-generation", "org/model")', [("org/model", 1)]),
        ('load_dataset("org/data", split="train")', [("datasets/org/data", 1)]),
        ('hf_hub_download(repo_id="org/model", filename="x.bin")', [("org/model", 1)]),
        ('snapshot_download("org/data", repo_type="dataset")', [("datasets/org/data", 1)]),
        ('SentenceTransformer("org/model")', [("org/model", 1)]),
        ('NAME = "org/model"\n\nmodel = AutoModel.from_pretrained(NAME)', [("org/model", 3)]),
        (
            'class A:\n    name = "org/model"\n\n    def go(self):\n        X.from_pretrained(self.name)',
            [("org/model", 5)],
        ),
        ('def f(name="org/model"):\n    return X.from_pretrained(name)', [("org/model", 2)]),
        ('import os\nX.from_pretrained(os.environ.get("M") or "org/model")', [("org/model", 2)]),
        ('X.from_pretrained("./local/model")', []),
        ('X.from_pretrained("/data/model")', []),
        ('X.from_pretrained("out/model.bin")', []),
        ('print("org/model")', []),
        ("X.from_pretrained(name)", []),
        ("def broken(:", []),
    ],
)
def test_python(source: str, expected: list[tuple[str, int]]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("model_name_or_path: org/model", ["org/model"]),
        ('  "model": "org/model",', ["org/model"]),
        ('base_model = "org/model"', ["org/model"]),
        ("ENV HF_MODEL_ID=org/model", ["org/model"]),
        (f"RUN hf download org/model --revision {SHA}", [f"org/model@{SHA}"]),
        ("huggingface-cli download --repo-type dataset org/data", []),
        ("vllm serve org/model --port 8000", ["org/model"]),
        ("command: --model org/model --tokenizer org/tok", ["org/model", "org/tok"]),
        ("dataset: org/data", ["datasets/org/data"]),
        ("curl -L https://huggingface.co/org/model/resolve/main/x.bin", ["org/model@main"]),
        ("see https://huggingface.co/docs/hub/security", []),
        ("path: hf://datasets/org/data@main/x.parquet", ["datasets/org/data@main"]),
        ("content-type: application/json", []),
        ("image: python/3.11", []),
    ],
)
def test_configuration_and_scripts(line: str, expected: list[str]) -> None:
    assert sorted({str(use.ref) for use in text_uses(line, "a.yaml")}) == sorted(expected)


def test_notebooks() -> None:
    cells = [
        {"cell_type": "code", "source": ["%pip install x\n", 'AutoModel.from_pretrained("org/model")\n']},
        {"cell_type": "code", "source": "!hf download org/other"},
        {"cell_type": "markdown", "source": "model: org/none"},
    ]
    assert {str(use.ref) for use in notebook_uses(json.dumps({"cells": cells}), "n.ipynb")} == {
        "org/model",
        "org/other",
    }


def test_a_code_base_with_places_and_local_folders(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(
        'x = 1\nX.from_pretrained("org/model")\nX.from_pretrained("mine/model")\n'
    )
    (tmp_path / "mine" / "model").mkdir(parents=True)
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\nRUN hf download org/model\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.json").write_text('{"model": "bad/one"}')
    uses = discover(tmp_path)
    assert [(str(use.ref), use.path, use.line) for use in uses] == [
        ("org/model", "Dockerfile", 2),
        ("org/model", "src/train.py", 2),
    ]
    assert unique_refs(uses) == ("org/model",)
    with pytest.raises(FileInputError):
        discover(tmp_path / "none")


def test_the_command(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        f'X.from_pretrained("org/model")\nX.from_pretrained("org/pinned", revision="{SHA}")\n'
    )
    assert cli("discover", str(tmp_path), "--format", "lines").out == f"org/model\norg/pinned@{SHA}\n"
    rows = json.loads(cli("discover", str(tmp_path), "--format", "json", "--unpinned").out)
    assert [(row["repo"], row["line"], row["pinned"]) for row in rows] == [("org/model", 1, False)]
    assert "a.py:1" in cli("discover", str(tmp_path)).out


@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    list(python_uses(text, "a"))
    list(text_uses(text, "a"))
    list(notebook_uses(text, "a"))


def test_a_revision_that_looks_like_a_number_is_shown_as_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('AutoModel.from_pretrained("org/model", revision="1.0")\n')
    assert " 1.0 " in cli("discover", str(tmp_path)).out


def test_what_could_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "large.json").write_text(f'"{"x" * 2_000_001}"')
    (tmp_path / "marked.py").write_text('\ufefffrom_pretrained("org/model")\n', encoding="utf-8")
    unread: list[str] = []
    assert unique_refs(discover(tmp_path, unread=unread)) == ("org/model",)
    assert unread == [f"{tmp_path / 'large.json'} (more than 2 MB)"]
