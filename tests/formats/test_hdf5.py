from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, inspect_with_budget, kinds, mutations, notes, only
from tests.formats.writers_hdf5 import H5, external, fixed_text, hard, link, soft, u
from trustaudit.filefacts import Coverage
from trustaudit.formats.keras.inspector import inspect_hdf5

FACTS = {"h5-file", "h5-root-attributes"}
CONFIG = json.dumps({"class_name": "Dense", "config": {"name": "dense"}}).encode()


def honest(version: int = 2) -> bytes:
    h5 = H5(version)
    weights = h5.header((6, hard("kernel:0", h5.dataset((4, 4)))), (6, hard("bias:0", h5.dataset())))
    root = h5.header(
        (12, fixed_text("backend", b"tensorflow")), (6, hard("dense_1", weights)), (6, soft("s", "/dense_1"))
    )
    return h5.build(root)


def honest_old(version: int = 0) -> bytes:
    h5 = H5(version)
    weights = h5.old_group({"kernel:0": h5.dataset((4, 4)), "bias:0": h5.dataset()}, {"alias": "/dense/kernel:0"})
    return h5.build(h5.old_group({"dense": weights}))


@pytest.mark.parametrize("data", [honest(2), honest(3), honest_old(0), honest_old(1)])
def test_both_generations_of_groups_are_walked(data: bytes) -> None:
    facts = inspect(inspect_hdf5, data)
    assert facts.coverage is Coverage.STRUCTURE
    assert kinds(facts) == FACTS
    assert (only(facts, "h5-file").get("objects"), only(facts, "h5-file").get("datasets")) == ("4", "2")


def test_text_of_root_attributes_is_shown() -> None:
    assert only(inspect(inspect_hdf5, honest()), "h5-root-attributes").get("backend") == "tensorflow"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_configuration_is_found_in_a_fixed_attribute(version: int) -> None:
    h5 = H5()
    facts = inspect(inspect_hdf5, h5.build(h5.header((12, fixed_text("model_config", CONFIG + b"\0\0", version)))))
    assert only(facts, "keras-layer").get("class") == "Dense"


def test_the_configuration_is_found_in_the_global_heap() -> None:
    h5 = H5()
    root = h5.header_v1((12, h5.variable_text("model_config", CONFIG)))
    assert only(inspect(inspect_hdf5, h5.build(root)), "keras-layer").get("class") == "Dense"


def test_the_configuration_is_found_behind_a_continuation() -> None:
    h5 = H5()
    root = h5.continued([(12, fixed_text("backend", b"jax"))], [(12, fixed_text("model_config", CONFIG))])
    assert only(inspect(inspect_hdf5, h5.build(root)), "keras-layer").get("class") == "Dense"


def test_attributes_and_links_in_dense_storage_are_found() -> None:
    h5 = H5()
    texts = [fixed_text(f"a{i}", b"x") for i in range(9)] + [fixed_text("model_config", CONFIG)]
    heap, tree = h5.dense(texts, 8)
    links_heap, links_tree = h5.dense([external(f"l{i}", "/etc/passwd") for i in range(12)], 5)
    attribute_info = b"\0\0" + u(8, heap) + u(8, tree)
    link_info = b"\0\0" + u(8, links_heap) + u(8, links_tree)
    facts = inspect(inspect_hdf5, h5.build(h5.header((21, attribute_info), (2, link_info))))
    assert facts.coverage is Coverage.STRUCTURE
    assert only(facts, "keras-layer").get("class") == "Dense"
    assert len(notes(facts, "h5-external-link")) == 12


def with_link(message: bytes) -> Callable[[], bytes]:
    def build() -> bytes:
        h5 = H5()
        return h5.build(h5.header((6, message)))

    return build


def with_object(make: Callable[[H5], int]) -> Callable[[], bytes]:
    def build() -> bytes:
        h5 = H5()
        return h5.build(h5.header((6, hard("weights", make(h5)))))

    return build


@pytest.mark.parametrize(
    ("kind", "build", "file"),
    [
        ("h5-external-link", with_link(external("w", "/etc/passwd")), "/etc/passwd"),
        ("h5-external-storage", with_object(lambda h5: h5.external_dataset("../secret.bin")), "../secret.bin"),
        ("h5-virtual-source", with_object(lambda h5: h5.virtual_dataset("/home/u/.netrc")), "/home/u/.netrc"),
    ],
)
def test_ghsa_3m4q_jmj6_r34q_bytes_of_other_files_are_named(kind: str, build: Callable[[], bytes], file: str) -> None:
    assert only(inspect(inspect_hdf5, build()), kind).get("file") == file


def test_every_source_of_a_virtual_dataset_is_named_and_dataset_names_are_not() -> None:
    facts = inspect(inspect_hdf5, with_object(lambda h5: h5.virtual_dataset(".", "a.h5", "b.h5"))())
    assert [n.get("file") for n in notes(facts, "h5-virtual-source")] == [".", "a.h5", "b.h5"]


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("h5-user-link", with_link(link("w", 70, u(2, 3) + b"abc"))),
        ("h5-name-path", with_link(hard("../../x", 48))),
        ("h5-name-path", with_link(hard("a\\..\\b", 48))),
        ("h5-oversized-dataset", with_object(lambda h5: h5.dataset((1 << 30, 1 << 30)))),
        ("h5-malformed", with_link(hard("w", 1 << 40))),
        ("h5-malformed", with_object(lambda h5: h5.put(b"NOPE" + bytes(20)))),
        ("h5-malformed", lambda: H5(2).build(1 << 50)),
        ("h5-signature", lambda: b""),
        ("h5-signature", lambda: b"\x80\x04N." + bytes(3000)),
        ("h5-signature", lambda: b"PK\x03\x04" + bytes(600)),
    ],
)
def test_what_no_writer_of_weights_produces_is_named(kind: str, build: Callable[[], bytes]) -> None:
    assert kind in kinds(inspect(inspect_hdf5, build()))


def test_scopes_in_names_are_no_anomaly() -> None:
    h5 = H5()
    root = h5.header((6, hard("conv1/bn:0", h5.dataset())), (6, hard("layers.0.weight..1", h5.dataset())))
    assert kinds(inspect(inspect_hdf5, h5.build(root))) == FACTS


def test_a_defect_in_one_object_does_not_hide_the_others() -> None:
    h5 = H5()
    bad = h5.header((12, b"\x09"), (6, external("w", "/etc/passwd")))
    facts = inspect(inspect_hdf5, h5.build(h5.header((6, hard("bad", bad)), (6, external("v", "other.h5")))))
    assert facts.coverage is Coverage.PARTIAL
    assert {n.get("file") for n in notes(facts, "h5-external-link")} == {"/etc/passwd", "other.h5"}


def test_a_group_that_contains_itself_ends() -> None:
    h5 = H5()
    address = h5.header((6, hard("self", 96)))
    assert address == 96
    facts = inspect(inspect_hdf5, h5.build(address))
    assert only(facts, "h5-file").get("objects") == "1"


def test_a_user_block_is_told() -> None:
    h5 = H5(user_block=b"#!/bin/sh\n".ljust(512, b"\0"))
    facts = inspect(inspect_hdf5, h5.build(h5.header((6, external("w", "x.h5")))))
    assert {"h5-user-block", "h5-external-link"} <= kinds(facts)


def test_the_header_of_matlab_is_no_anomaly() -> None:
    h5 = H5(user_block=b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))
    assert kinds(inspect(inspect_hdf5, h5.build(h5.header((6, hard("x", h5.dataset())))))) == FACTS


def test_a_configuration_that_is_not_json_is_partial() -> None:
    h5 = H5()
    facts = inspect(inspect_hdf5, h5.build(h5.header((12, fixed_text("model_config", b'{"class_name"')))))
    assert facts.coverage is Coverage.PARTIAL
    assert "keras-config-json" in kinds(facts)


def test_an_attribute_of_a_shared_type_is_not_taken_for_read() -> None:
    h5 = H5()
    shared = bytearray(fixed_text("model_config", CONFIG))
    shared[1] = 1
    facts = inspect(inspect_hdf5, h5.build(h5.header((12, bytes(shared)))))
    assert facts.coverage is Coverage.PARTIAL
    assert "h5-unsupported" in kinds(facts)


def test_dataset_bytes_are_not_read() -> None:
    h5 = H5()
    data = h5.put(bytes(3_000_000))
    dataset = h5.dataset((750_000,), (8, b"\3\1" + u(8, data) + u(8, 3_000_000)))
    facts = inspect(inspect_hdf5, h5.build(h5.header((6, hard("w", dataset)))))
    assert facts.bytes_read < 100_000


def test_spent_budget_is_partial() -> None:
    h5 = H5()
    h5.put(bytes(100_000))
    facts, _ = inspect_with_budget(inspect_hdf5, h5.build(h5.header((6, external("w", "x")))), 17_000)
    assert facts.coverage is Coverage.PARTIAL


SAMPLES = (honest(), honest_old(), with_object(lambda h5: h5.virtual_dataset("a", "b"))())
PATCHES = st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), max_size=6)


@given(sample=st.sampled_from(SAMPLES), cut=st.integers(0, 600), patches=PATCHES)
def test_any_mutation_is_inspected_without_raising(sample: bytes, cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_hdf5, mutations(sample, cut, patches))


def dense_sample() -> bytes:
    h5 = H5()
    heap, tree = h5.dense([external(f"l{i}", "f") for i in range(3)], 5, block=512)
    texts, index = h5.dense([fixed_text("model_config", CONFIG)], 8, block=512)
    return h5.build(h5.header((2, b"\0\0" + u(8, heap) + u(8, tree)), (21, b"\0\0" + u(8, texts) + u(8, index))))


@given(cut=st.integers(0, 300), patches=st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 255)), max_size=5))
def test_any_mutation_of_dense_storage_is_inspected_without_raising(cut: int, patches: list[tuple[int, int]]) -> None:
    assert_total(inspect_hdf5, mutations(dense_sample(), cut, patches))


@pytest.mark.interop
@pytest.mark.parametrize("libver", ["earliest", "v108", "v110", "latest"])
@pytest.mark.parametrize("order", [False, True])
def test_files_of_the_reference_library_read_alike(libver: str, order: bool, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "w.h5"
    with h5py.File(path, "w", libver=libver, track_order=order) as file:
        file.attrs["model_config"] = CONFIG.decode()
        file.attrs["fixed"] = numpy.bytes_(b"text")
        for index in range(30):
            file.attrs[f"a{index}"] = f"v{index}"
            group = file.create_group(f"layer_{index}", track_order=order)
            group.create_dataset("conv/kernel:0", data=numpy.ones((16, 16), "f4"), compression="gzip", chunks=True)
            group[f"out_{index}"] = h5py.ExternalLink(f"other{index}.h5", "/x")
        file.create_dataset("ext", (4,), dtype="f4", external=[("../raw.bin", 0, 16)])
        layout = h5py.VirtualLayout(shape=(2, 10), dtype="i4")
        layout[0] = h5py.VirtualSource("v.h5", "d", shape=(10,))
        layout[1] = h5py.VirtualSource("w.h5", "d", shape=(10,))[:]
        file.create_virtual_dataset("vds", layout)
    facts = inspect(inspect_hdf5, path.read_bytes())
    assert facts.coverage is Coverage.STRUCTURE
    assert only(facts, "keras-layer").get("class") == "Dense"
    assert only(facts, "h5-root-attributes").get("a17") == "v17"
    assert {n.get("file") for n in notes(facts, "h5-external-link")} == {f"other{i}.h5" for i in range(30)}
    assert only(facts, "h5-external-storage").get("file") == "../raw.bin"
    assert {n.get("file") for n in notes(facts, "h5-virtual-source")} == {"v.h5", "w.h5"}
    assert only(facts, "h5-file").get("datasets") == "32"


@pytest.mark.interop
def test_large_attributes_and_groups_of_the_reference_library_are_found(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "w.h5"
    config = json.dumps([{"class_name": "Lambda", "config": {"name": f"l{i}"}} for i in range(5000)])
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["model_config"] = numpy.bytes_(config.encode())
        for index in range(3000):
            file[f"link{index}"] = h5py.ExternalLink("x.h5", "/x")
    facts = inspect(inspect_hdf5, path.read_bytes())
    assert only(facts, "keras-layer").get("count") == "5000"
    assert "observations" in facts.limits
