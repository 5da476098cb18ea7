from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_info, make_snapshot
from tests.report import formats, reporting
from trustaudit.report.as_spdx import as_spdx
from trustaudit.report.model import TrustReport
from trustaudit.snapshot import Card

SCHEMA = formats.schema("spdx-3.0.1.schema")
for defined in SCHEMA[
    "$defs"
].values():  # the order of alternatives means nothing; ids are shorter to try than 40 classes
    defined.get("anyOf", []).reverse()


@cache
def validator(kind: str) -> Any:  # noqa: ANN401 - a validator
    """The part of the schema that is about one class: trying all of them on every element takes seconds."""
    only = {"$ref": f"#/$defs/{kind}", "unevaluatedProperties": False, "$defs": SCHEMA["$defs"]}
    return jsonschema.Draft202012Validator(only)


def graph_of(*reports: TrustReport) -> list[Any]:
    text = as_spdx(reporting.document(*reports))
    assert text.isascii()
    read = json.loads(text)
    graph: list[Any] = read["@graph"]
    for element in graph:
        validator(element["type"]).validate(element)
    known = {element.get("spdxId", element.get("@id")) for element in graph} | {"expandedlicensing_NoAssertionLicense"}
    for element in graph:
        used = [element.get("from"), element.get("subject"), *element.get("to", ()), *element.get("element", ())]
        assert {name for name in used if name} <= known
    return graph


def of_kind(graph: list[Any], kind: str) -> list[Any]:
    return [element for element in graph if element["type"] == kind]


@pytest.mark.parametrize("name", sorted(formats.SAMPLES))
def test_every_element_holds_the_official_schema(name: str) -> None:
    graph_of(formats.SAMPLES[name]())


def test_the_whole_document_holds_it() -> None:
    text = as_spdx(reporting.document(reporting.blocked()))
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))


@pytest.mark.parametrize("name", sorted(formats.SAMPLES))
def test_the_model_of_spdx_reads_it(name: str) -> None:
    model = pytest.importorskip("spdx_python_model").v3_0_1
    objects = model.SHACLObjectSet()
    text = as_spdx(reporting.document(formats.SAMPLES[name]()))
    model.JSONLDDeserializer().read(io.BytesIO(text.encode()), objects)
    assert not objects.missing_ids


@pytest.mark.parametrize("name", ["hostile", "rich"])
def test_goldens(name: str) -> None:
    assert formats.matches_golden(f"{name}.spdx.json", as_spdx(reporting.document(formats.SAMPLES[name]())))


def test_it_tells_model_files_ancestors_and_datasets() -> None:
    graph = graph_of(formats.rich())
    names = {element.get("spdxId"): element.get("name") for element in graph}
    related = {
        (names[item["from"]], item["relationshipType"], names.get(to, to))
        for item in of_kind(graph, "Relationship")
        for to in item["to"]
    }
    assert ("lab/rich", "descendantOf", "acme/base-instruct") in related
    assert ("acme/base-instruct", "descendantOf", "acme/base") in related
    assert ("lab/rich", "trainedOn", "lab/data") in related
    assert ("lab/rich", "contains", "optimizer.pt") in related
    assert ("lab/rich", "hasConcludedLicense", "expandedlicensing_NoAssertionLicense") in related


def test_licences_keep_the_words_of_the_uploader() -> None:
    card = Card(licenses=("openrail++", "openrail", "MIT"))
    graph = graph_of(reporting.report(make_snapshot(info=make_info(card=card))))
    (license_,) = of_kind(graph, "simplelicensing_LicenseExpression")
    first, second, third = license_["simplelicensing_licenseExpression"].split(" AND ")
    assert (second, third) == ("LicenseRef-openrail", "MIT")
    assert first.startswith("LicenseRef-openrail-")
    texts = {text["simplelicensing_licenseText"] for text in of_kind(graph, "simplelicensing_SimpleLicensingText")}
    assert "Declared as openrail++; the text itself was not read." in texts


def test_the_ai_profile_is_claimed_only_where_it_holds() -> None:
    (document,) = of_kind(graph_of(reporting.passed()), "SpdxDocument")
    assert "ai" in document["profileConformance"]
    (document,) = of_kind(graph_of(reporting.missing()), "SpdxDocument")
    assert "ai" not in document["profileConformance"]


@pytest.mark.parametrize(
    ("ref", "kind"), [("datasets/org/data", "dataset_DatasetPackage"), ("spaces/org/app", "software_Package")]
)
def test_other_repositories_have_their_kind(ref: str, kind: str) -> None:
    assert of_kind(graph_of(reporting.report(make_snapshot(ref))), kind)


def test_findings_are_annotations_of_their_file() -> None:
    graph = graph_of(reporting.blocked())
    names = {element.get("spdxId"): element.get("name") for element in graph}
    told = [(names[item["subject"]], item["statement"]) for item in of_kind(graph, "Annotation")]
    statement = dict(told)["model.pkl"]
    assert statement.startswith(
        "critical (high confidence) pickle-dangerous-call at model.pkl @ 0x70: calls posix.system"
    )
    assert told[0][1].startswith("block, score 0 of 100: ")


@settings(max_examples=4, deadline=None)
@given(st.text(max_size=40))
def test_any_text_makes_valid_elements(text: str) -> None:
    graph_of(formats.hostile(text))
