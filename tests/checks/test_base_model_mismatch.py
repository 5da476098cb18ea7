from __future__ import annotations

import json

import pytest

from tests.builders import findings_of, make_facts, make_info, make_snapshot, run_check
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.snapshot import Ancestor, Card, Snapshot


def based_on(*bases: str, peft: str = "", facts: tuple[FileFacts, ...] = ()) -> Snapshot:
    config = json.dumps({"peft": {"base_model_name_or_path": peft}}) if peft else None
    info = make_info(card=Card(licenses=("mit",), base_models=bases), config_json=config)
    return make_snapshot(info=info, file_facts=facts)


def gguf(base: str, **metadata: str) -> FileFacts:
    data = {"general.base_model.0.repo_url": f"https://huggingface.co/{base}", **metadata}
    note = Observation(kind="gguf-metadata", message="", data=tuple(sorted(data.items())))
    return make_facts("m-Q4_K_M.gguf", "gguf", observations=(note,))


def severities(snapshot: Snapshot) -> list[str]:
    return [finding.severity for finding in findings_of("base-model-mismatch", snapshot).values()]


@pytest.mark.parametrize(
    ("card", "adapter", "expected"),
    [
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B", []),
        ("google-bert/bert-base-uncased", "bert-base-uncased", []),
        ("meta-llama/Llama-3.1-8B", "META-LLAMA/llama-3.1-8b", []),
        ("meta-llama/Llama-3.1-8B", "unsloth/Llama-3.1-8B-bnb-4bit", []),
        ("meta-llama/Llama-3.1-8B", "unsloth/llama-3-8b-Instruct", ["low"]),
        ("meta-llama/Llama-3.1-8B", "mallory/Llama-3.1-8B", ["medium"]),
        ("meta-llama/Llama-3.1-8B", "someone/other-thing", ["medium"]),
        ("meta-llama/Llama-3.1-8B", "/home/me/models/llama", []),
        ("meta-llama/Llama-3.1-8B", "./out", []),
        ("meta-llama/Llama-3.1-8B", "checkpoint", []),
    ],
)
def test_card_and_adapter(card: str, adapter: str, expected: list[str]) -> None:
    assert severities(based_on(card, peft=adapter)) == expected
    note = Observation(kind="declared-base", message="", data=(("base", adapter),))
    facts = make_facts("adapter_config.json", "json", observations=(note,))
    assert severities(based_on(card, facts=(facts,))) == expected


def test_an_adapter_without_a_card() -> None:
    assert run_check("base-model-mismatch", based_on(peft="mallory/base")).outcome == "pass"


@pytest.mark.parametrize(
    ("card", "file", "expected"),
    [
        ("acme/tuned", gguf("acme/tuned"), []),
        ("acme/tuned-7b", gguf("mistralai/Mistral-7B", **{"general.name": "Tuned 7b"}), ["info"]),
        ("acme/hermes-llama", gguf("meta-llama/Llama-3.1-8B"), ["info"]),
        ("acme/tuned", gguf("mallory/unrelated"), ["medium"]),
    ],
)
def test_card_and_gguf(card: str, file: FileFacts, expected: list[str]) -> None:
    assert severities(based_on(card, facts=(file,))) == expected


def test_known_ancestors_confirm_a_gguf() -> None:
    snapshot = based_on("acme/tuned", facts=(gguf("deeplab/base"),))
    known = Ancestor(id="deeplab/base", relation="finetune", declared_in="card", depth=2, parent="acme/tuned")
    assert severities(snapshot.model_copy(update={"lineage": (known,)})) == ["info"]


def test_many_alike_files_are_one_finding() -> None:
    files = tuple(gguf("mallory/unrelated").model_copy(update={"path": f"{n}.gguf"}) for n in range(40))
    assert severities(based_on("acme/tuned", facts=files)) == ["medium"]
