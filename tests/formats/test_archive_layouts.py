"""Layouts inside zip that have something of their own to look at: skops, stable-baselines3, documents."""

from __future__ import annotations

import base64
import json

import pytest

from tests.formats.inspecting import inspect, kinds, notes, only
from tests.formats.writers_containers import Part, Zip, call, npy, skops, state_dict, torch_zip
from trustaudit.filefacts import Coverage, FileFacts, Inspection
from trustaudit.formats.dispatch import inspect_file


def look(data: bytes, path: str = "model.zip") -> FileFacts:
    return inspect(inspect_file, data, path)


def names(facts: Inspection) -> set[str]:
    return {entry.qualified for entry in facts.globals}


def node(module: str, name: str, loader: str, **more: object) -> dict[str, object]:
    return {"__module__": module, "__class__": name, "__loader__": loader, **more}


def test_types_of_a_skops_file_are_told_once() -> None:
    leaf = node("builtins", "str", "JsonNode", content='"a"')
    schema = node("sklearn.svm._classes", "SVC", "ObjectNode", content={"a": leaf, "b": [leaf, leaf]}, protocol=2)
    facts = look(skops(schema), "m.skops")
    assert (facts.format, facts.coverage) == ("skops", Coverage.STRUCTURE)
    assert {(note.get("module"), note.get("name"), note.get("loader")) for note in notes(facts, "skops-type")} == {
        ("sklearn.svm._classes", "SVC", "ObjectNode"),
        ("builtins", "str", "JsonNode"),
    }


def test_operator_nodes_are_told() -> None:
    """CVE-2025-54412."""
    facts = look(skops(node("operator", "attrgetter", "OperatorFuncNode", attrs={})), "m.skops")
    assert only(facts, "skops-operator").get("name") == "attrgetter"


@pytest.mark.parametrize(("owner", "matches"), [("SVC", "yes"), ("Other", "no")])
def test_method_nodes_are_told(owner: str, matches: str) -> None:
    """CVE-2025-54413: the object need not be of the type that was vetted."""
    content = {"func": "__init__", "obj": node("sklearn.svm", owner, "ObjectNode")}
    facts = look(skops(node("sklearn.svm", "SVC", "MethodNode", content=content)), "m.skops")
    note = only(facts, "skops-method")
    assert (note.get("matches"), note.get("function")) == (matches, "__init__")


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000])
def test_a_schema_that_is_no_json(text: bytes) -> None:
    facts = look(Zip([Part("schema.json", text)]).build(), "m.skops")
    assert "skops-schema-json" in kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


def test_odd_nodes_are_told_as_they_are() -> None:
    facts = look(skops([{"__loader__": 7}, {"__loader__": "MethodNode", "content": []}, node("a", "b", "c")]))
    assert len(notes(facts, "skops-type")) == 3


def test_a_pickle_inside_a_skops_file() -> None:
    facts = look(Zip([Part("schema.json", b"{}"), Part("x.npy", npy("|O", (1,), call()))]).build(), "m.skops")
    assert names(facts) == {"posix.system"}


def test_a_skops_file_that_is_a_pickle() -> None:
    """CVE-2025-54886: loaders fell back to joblib."""
    facts = look(call(), "m.skops")
    assert only(facts, "format-mismatch").get("actual") == "pickle"


def agent(entries: dict[str, object]) -> bytes:
    parts = [
        Part("data", json.dumps(entries).encode()),
        Part("policy.pth", torch_zip()),
        Part("_stable_baselines3_version", b"2"),
    ]
    return Zip(parts).build()


def serialized(blob: bytes) -> dict[str, str]:
    return {":type:": "<class 'x'>", ":serialized:": base64.b64encode(blob).decode()}


def test_the_pickles_of_an_agent() -> None:
    honest = look(agent({"gamma": 0.9, "policy_class": serialized(state_dict())}))
    assert (honest.format, honest.coverage) == ("stable-baselines3", Coverage.STRUCTURE)
    facts = look(agent({"policy_class": serialized(call())}))
    assert [(entry.qualified, entry.member) for entry in facts.globals if entry.module == "posix"] == [
        ("posix.system", "data#policy_class")
    ]


def test_an_agent_that_cannot_be_decoded() -> None:
    assert look(agent({"a": {":serialized:": "a"}})).coverage is Coverage.PARTIAL
    assert look(agent({"a": {":serialized:": 7}})).coverage is Coverage.PARTIAL
    broken = Zip([Part("data", b"{"), Part("policy.pth", torch_zip())]).build()
    assert "stable-baselines-data-json" in kinds(look(broken))


def test_macros_of_a_document() -> None:
    parts = [Part("[Content_Types].xml", b"<?xml version='1.0'?>"), Part("word/vbaProject.bin", b"x")]
    facts = look(Zip(parts).build(), "x.docm")
    assert (facts.format, only(facts, "document-macros").member) == ("ooxml", "word/vbaProject.bin")
