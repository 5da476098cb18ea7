from __future__ import annotations

import json

import pytest

from tests.builders import make_facts, make_info, make_snapshot
from trustaudit.filefacts import CodeLoad, FileFacts, Observation
from trustaudit.lineage.declared import as_id, declared_parents
from trustaudit.snapshot import Card, Snapshot


def parents(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(parent.id, parent.relation) for parent in declared_parents(snapshot)]


def noted(path: str, kind: str, **data: str) -> FileFacts:
    return make_facts(
        path, "json", observations=(Observation(kind=kind, message="", data=tuple(sorted(data.items()))),)
    )


def test_the_card_and_the_tags_are_one_parent() -> None:
    info = make_info(card=Card(base_models=("a/b",)), base_models=("A/B",), base_model_relation="quantized")
    assert parents(make_snapshot(info=info)) == [("a/b", "quantized")]


@pytest.mark.parametrize(
    ("files", "relation"),
    [(("model.safetensors",), "finetune"), (("x.gguf",), "quantized"), (("adapter_config.json",), "adapter")],
)
def test_the_relation_nobody_stated(files: tuple[str, ...], relation: str) -> None:
    info = make_info(card=Card(base_models=("a/b",)))
    assert parents(make_snapshot(info=info, files=files)) == [("a/b", relation)]


def test_every_place() -> None:
    info = make_info(
        card=Card(base_models=("a/b",), datasets=("d/rows",)),
        config_json=json.dumps({"peft": {"base_model_name_or_path": "c/d"}}),
        auto_map=(("AutoModel", "e/f--modeling.X"),),
    )
    load = make_facts("config.json", "json", loads=(CodeLoad(what="x", source="g/h"),))
    found = parents(make_snapshot(info=info, file_facts=(load,)))
    assert found == [("a/b", "finetune"), ("c/d", "adapter"), ("e/f", "code"), ("d/rows", "dataset"), ("g/h", "code")]


def test_weak_places_count_only_alone() -> None:
    gguf = make_facts(
        "m.gguf",
        "gguf",
        observations=(
            Observation(
                kind="gguf-metadata",
                message="",
                data=(("general.base_model.0.repo_url", "https://huggingface.co/x/y"),),
            ),
        ),
    )
    origin = noted("config.json", "declared-origin", origin="v/w")
    assert parents(make_snapshot(file_facts=(gguf, origin))) == [("x/y", "quantized"), ("v/w", "finetune")]
    info = make_info(card=Card(base_models=("a/b",)))
    assert parents(make_snapshot(info=info, file_facts=(gguf, origin))) == [("a/b", "finetune")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("org/name", "org/name"),
        (" org/name ", "org/name"),
        ("https://huggingface.co/org/name", "org/name"),
        ("https://huggingface.co/org/name/tree/main", "org/name"),
        ("bert-base-uncased", "bert-base-uncased"),
        ("/data/models/llama", ""),
        ("./out", ""),
        ("../x/y", ""),
        ("~/models", ""),
        ("C:\\models\\x", ""),
        ("models/llama", ""),
        ("a/b/c", ""),
        ("https://example.org/x/y", ""),
        ("datasets/x/y", ""),
        ("x" * 400, ""),
        ("", ""),
        ("a b", ""),
    ],
)
def test_what_is_an_id(text: str, found: str) -> None:
    assert as_id(text) == found


def test_a_single_word_is_a_folder_unless_it_is_an_old_id() -> None:
    folder = noted("adapter_config.json", "declared-base", base="llama")
    old = noted("adapter_config.json", "declared-base", base="gpt2")
    assert parents(make_snapshot(file_facts=(folder,))) == []
    assert parents(make_snapshot(file_facts=(old,))) == [("gpt2", "adapter")]


def test_hundreds_are_bounded() -> None:
    info = make_info(card=Card(base_models=tuple(f"a/m{n}" for n in range(500))))
    assert len(parents(make_snapshot(info=info))) == 40
