from __future__ import annotations

import builtins
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_snapshot
from tests.report import formats, reporting
from trustaudit.errors import UsageError
from trustaudit.report.as_cyclonedx import as_cyclonedx
from trustaudit.report.model import TrustReport

pytest.importorskip("cyclonedx", reason="the extra bom")
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def bom_of(*reports: TrustReport) -> Any:  # noqa: ANN401 - JSON
    text = as_cyclonedx(reporting.document(*reports))
    assert text.isascii()
    assert VALIDATOR.validate_str(text) is None
    return json.loads(text)


@pytest.mark.parametrize("name", sorted(formats.SAMPLES))
def test_every_kind_of_report_holds_the_official_schema(name: str) -> None:
    bom = bom_of(formats.SAMPLES[name]())
    assert bom["specVersion"] == "1.6"
    assert bom["metadata"]["component"]["type"] == "machine-learning-model"


@pytest.mark.parametrize("name", ["hostile", "rich"])
def test_goldens(name: str) -> None:
    assert formats.matches_golden(f"{name}.cdx.json", as_cyclonedx(reporting.document(formats.SAMPLES[name]())))


def test_the_next_version_holds_its_schema_too() -> None:
    text = as_cyclonedx(reporting.document(formats.rich(), formats.hostile()), newest=True)
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) is None
    assert json.loads(text)["specVersion"] == "1.7"


def test_several_reports_are_components() -> None:
    bom = bom_of(*(make() for make in formats.SAMPLES.values()))
    assert "component" not in bom["metadata"]
    assert [component["modelCard"] is not None for component in bom["components"]] == [True] * len(formats.SAMPLES)


def test_it_tells_model_files_ancestors_and_licences() -> None:
    model = bom_of(formats.rich())["metadata"]["component"]
    assert model["purl"] == f"pkg:huggingface/lab/rich@{model['version']}"
    assert [entry["license"].get("id", entry["license"].get("name")) for entry in model["licenses"]] == [
        "Apache-2.0",
        "llama3.1",
    ]
    assert {ancestor["name"] for ancestor in model["pedigree"]["ancestors"]} == {"base", "base-instruct"}
    hashed = {file["name"]: file["hashes"][0] for file in model["components"] if "hashes" in file}
    assert hashed["optimizer.pt"] == {"alg": "SHA-256", "content": "ab" * 32}
    assert model["modelCard"]["modelParameters"]["datasets"] == [{"type": "dataset", "name": "lab/data"}]


def test_findings_are_rated_and_name_the_file() -> None:
    bom = bom_of(reporting.blocked())
    files = {file["bom-ref"]: file["name"] for file in bom["metadata"]["component"]["components"]}
    told = {
        item["id"]: (item["ratings"][0]["severity"], files.get(item["affects"][0]["ref"], "the model"))
        for item in bom["vulnerabilities"]
    }
    assert told["pickle-dangerous-call"] == ("critical", "model.pkl")
    assert told["name-clone"] == ("high", "the model")


def test_what_was_not_seen_is_a_limitation() -> None:
    card = bom_of(reporting.gated())["metadata"]["component"]["modelCard"]
    assert any("not seen: history" in text for text in card["considerations"]["technicalLimitations"])


@pytest.mark.parametrize(("ref", "kind"), [("datasets/org/data", "data"), ("spaces/org/app", "application")])
def test_other_repositories_have_their_kind_and_no_model_card(ref: str, kind: str) -> None:
    component = bom_of(reporting.report(make_snapshot(ref)))["metadata"]["component"]
    assert component["type"] == kind
    assert "modelCard" not in component
    assert "repo_type=" in component["purl"]


def test_local_files_have_no_package_url() -> None:
    component = bom_of(reporting.report(make_snapshot(origin="local", requested="./x y")))["metadata"]["component"]
    assert component["name"] == "./x y"
    assert "purl" not in component


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=40))
def test_any_text_makes_a_valid_bom(text: str) -> None:
    bom_of(formats.hostile(text))


def test_a_missing_library_is_a_usage_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - as __import__
        if name.startswith("cyclonedx"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError) as raised:
        as_cyclonedx(reporting.document())
    assert "trustaudit[bom]" in raised.value.advice
