"""Tar files: seeking over members, names and links that lead outside, extensions that disagree."""

from __future__ import annotations

import gzip
import tarfile

import pytest

from tests.formats.inspecting import inspect, inspect_with_budget, kinds, only
from tests.formats.writers_containers import Part, Zip, call, tar, tar_special, torch_zip
from trustaudit.filefacts import Coverage, FileFacts, Inspection
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.tar import inspect_tar

QUIET = {"pickle-opcodes", "compressed"}
FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def look(data: bytes, path: str = "model.tar") -> FileFacts:
    return inspect(inspect_file, data, path)


def names(facts: Inspection) -> set[str]:
    return {entry.qualified for entry in facts.globals}


def test_a_nemo_checkpoint_is_opened_without_its_tensors() -> None:
    archive = tar({"./model_config.yaml": b"a: 1\n", "./model_weights.ckpt": torch_zip(call())})
    facts = look(archive, "model.nemo")
    assert (facts.format, facts.coverage, kinds(facts) - QUIET) == ("nemo", Coverage.STRUCTURE, set())
    assert [(entry.qualified, entry.member) for entry in facts.globals] == [
        ("posix.system", "./model_weights.ckpt!archive/data.pkl")
    ]


def test_large_members_are_passed_over() -> None:
    raw = Zip([Part("m/data.pkl", call()), Part("m/data/0", bytes(8_000_000))]).build()
    facts, reads = inspect_with_budget(inspect_tar, tar({"w.ckpt": raw, "x.txt": b"x"}), 1_000_000)
    assert facts.coverage is Coverage.STRUCTURE
    assert "posix.system" in names(facts)
    assert sum(length for _, length in reads) < 500_000


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "~/x", "C:/x"])
def test_names_that_lead_outside(name: str, form: int) -> None:
    assert only(look(tar({name: b"x"}, form=form)), "tar-path-traversal").member == name


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_from_the_extension(form: int) -> None:
    name = "d/" * 80 + "weights.txt"
    facts = look(tar({name: call()}, form=form))
    assert facts.globals[0].member == name


def test_a_pax_name_replaces_the_one_in_the_header() -> None:
    long = "../" + "x" * 120
    assert only(look(tar({long: b"x"}, form=tarfile.PAX_FORMAT)), "tar-path-traversal").member == long


@pytest.mark.parametrize(
    ("name", "kind", "link", "expected"),
    [
        ("a/b", tarfile.SYMTYPE, "../c", "tar-link"),
        ("a", tarfile.SYMTYPE, "../c", "tar-link-outside"),
        ("a", tarfile.SYMTYPE, "/etc/passwd", "tar-link-outside"),
        ("a/b", tarfile.LNKTYPE, "c", "tar-link"),
        ("a/b", tarfile.LNKTYPE, "../c", "tar-link-outside"),
        ("a", tarfile.CHRTYPE, "", "tar-device"),
        ("a", tarfile.BLKTYPE, "", "tar-device"),
        ("a", tarfile.FIFOTYPE, "", "tar-device"),
    ],
)
def test_members_that_are_no_files(name: str, kind: bytes, link: str, expected: str) -> None:
    assert only(look(tar_special(name, kind, link)), expected).member == name


def test_a_global_pax_header_that_renames() -> None:
    with_global = bytearray(tar({"a": b"x"}, form=tarfile.PAX_FORMAT))
    header = tarfile.TarInfo("g")
    header.type = tarfile.XGLTYPE
    record = b"13 path=../x\n"
    header.size = len(record)
    block = header.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0")
    facts = look(block + bytes(with_global))
    assert {"tar-pax-override", "tar-path-traversal"} <= kinds(facts)


def test_a_broken_header_is_not_the_end() -> None:
    data = bytearray(tar({"a": b"x", "b": call()}))
    data[1024 + 10] ^= 0xFF
    facts = look(bytes(data))
    assert "tar-header-invalid" in kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


def test_a_member_cut_off() -> None:
    data = tar({"a.pkl": call() + bytes(5000)})
    facts = look(data[:2000])
    assert "tar-truncated" in kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


def test_an_archive_behind_the_end_mark() -> None:
    facts = look(tar({"a": b"x"}) + tar({"b": call()}))
    assert "tar-trailing-data" in kinds(facts)
    assert "posix.system" in names(facts)


def test_a_pickle_under_a_harmless_name() -> None:
    assert "posix.system" in names(look(tar({"notes.txt": call()})))


def test_a_compressed_archive() -> None:
    facts = look(
        gzip.compress(tar({"model_config.yaml": b"a: 1\n", "model_weights.ckpt": torch_zip(call())})), "m.nemo"
    )
    assert (facts.format, facts.coverage) == ("nemo", Coverage.STRUCTURE)
    assert only(facts, "compressed").get("codec") == "gzip"
    assert "posix.system" in names(facts)


def test_a_large_compressed_archive_is_read_front_to_back() -> None:
    """More than the decompressor keeps: members are still found behind it."""
    data = gzip.compress(tar([("a.bin", bytes(30_000_000)), ("b.txt", call())]), 1)
    facts = look(data, "x.tar.gz")
    assert "posix.system" in names(facts)


def test_no_octal_size() -> None:
    data = bytearray(tar({"a": b"x"}))
    data[124:136] = b"zzzzzzzzzzz\0"
    assert inspect(inspect_tar, bytes(data)).coverage is Coverage.PARTIAL
