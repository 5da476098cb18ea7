"""NumPy arrays and archives of them; joblib files with arrays between their opcodes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from tests.formats.inspecting import inspect, inspect_with_budget, kinds, only
from tests.formats.writers_containers import Part, Zip, call, call_opcodes, joblib_array, joblib_file, npy
from trustaudit.filefacts import Coverage, FileFacts, Inspection, Use
from trustaudit.formats.dispatch import inspect_file

QUIET = {"pickle-opcodes", "compressed"}


def look(data: bytes, path: str = "x.npy") -> FileFacts:
    return inspect(inspect_file, data, path)


def names(facts: Inspection) -> set[str]:
    return {entry.qualified for entry in facts.globals}


STRUCTURED = [("a", "<f4"), ("b", "<i8", (3,)), ("c", [("d", "|S5"), ("e", "<U2")])]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("descr", "item"), [("<f8", 8), ("|b1", 1), ("<U3", 12), ("<M8[ns]", 8), ("|V7", 7), (STRUCTURED, 41)]
)
def test_an_honest_array(version: int, descr: object, item: int) -> None:
    facts = look(npy(descr, (2,), bytes(2 * item), version=version))
    assert (facts.format, facts.coverage, kinds(facts)) == ("npy", Coverage.STRUCTURE, set())


@pytest.mark.parametrize("descr", ["|O", "O8", [("a", "<f4"), ("b", "|O")], [("a", [("b", "|O", (2,))])]])
def test_objects_make_the_body_a_pickle(descr: object) -> None:
    """CVE-2019-6446, also in fields of fields."""
    facts = look(npy(descr, (1,), call()))
    assert "npy-object-array" in kinds(facts)
    assert names(facts) == {"posix.system"}


def test_an_array_under_another_name() -> None:
    facts = look(npy("|O", (1,), call()), "notes.txt")
    assert names(facts) == {"posix.system"}
    assert only(facts, "format-mismatch").get("actual") == "npy"


@pytest.mark.parametrize(
    "header",
    ["__import__('os').system('true')", "{'descr': '<f8'}", "(" * 3000, "[1", "", "{'a': 1}" * 3, "-" * 9000 + "1"],
)
def test_a_header_that_is_no_description(header: str) -> None:
    facts = look(npy(header=header))
    assert "npy-header-invalid" in kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


def test_a_header_longer_than_numpy_reads() -> None:
    facts = look(npy(header=" " * 12_000))
    assert "npy-header-invalid" in kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


@pytest.mark.parametrize("version", [1, 2])
def test_a_header_that_numpy_only_reads_with_allow_pickle(version: int) -> None:
    header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"
    padded = npy(header=header + " " * 40_000, body=call(), version=version)
    assert names(look(padded)) == {"posix.system"}
    long = npy(header=header[:-1] + f", 'x': '{'x' * 12_000}'}}", body=call(), version=version)
    assert names(look(long)) == {"posix.system"}
    assert "npy-header-invalid" in kinds(look(long))


@pytest.mark.parametrize("version", [2, 3])
def test_a_header_that_claims_more_than_there_is(version: int) -> None:
    data = b"\x93NUMPY" + bytes([version, 0]) + (1 << 31).to_bytes(4, "little") + bytes(100)
    assert look(data).coverage is Coverage.PARTIAL


def test_more_bytes_than_the_header_says() -> None:
    facts = look(npy() + npy("|O", (1,), call()))
    assert "npy-size-mismatch" in kinds(facts)
    assert names(facts) == {"posix.system"}


def test_an_array_cut_off() -> None:
    assert look(npy(body=bytes(3))).coverage is Coverage.PARTIAL
    assert look(npy()[:20]).coverage is Coverage.PARTIAL


@pytest.mark.parametrize("method", [0, 8])
def test_archives_of_arrays(method: int) -> None:
    """Scanners that skip .npz miss this."""
    honest = [Part("a.npy", npy(), method=method), Part("b.npy", npy(), method=method)]
    facts = look(Zip(honest).build(), "x.npz")
    assert (facts.format, facts.coverage, kinds(facts)) == ("npz", Coverage.STRUCTURE, set())
    facts = look(Zip([*honest, Part("c.npy", npy("|O", (1,), call()), method=method)]).build(), "x.npz")
    assert names(facts) == {"posix.system"}
    facts = look(Zip([*honest, Part("c.npy", call(), method=method)]).build(), "x.npz")
    assert names(facts) == {"posix.system"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_of_arrays_as_only_zipfile_packs_them(method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a.npy", npy("|O", (1,), call()))
    assert names(look(buffer.getvalue(), "x.npz")) == {"posix.system"}


@pytest.mark.parametrize("properties", [b"", b"\x05\0\xff\xff\xff\xff\xff", b"\x05\0\x5d\xff\xff\xff\xff", bytes(40)])
def test_an_lzma_member_with_impossible_properties(properties: bytes) -> None:
    part = Part("a.npy", npy("|O", (1,), call()), method=14, payload=b"\x09\x14" + properties)
    assert look(Zip([part]).build(), "x.npz").coverage is Coverage.PARTIAL


@pytest.mark.parametrize("aligned", [True, False])
def test_opcodes_go_on_behind_an_array(aligned: bool) -> None:
    honest = look(joblib_file(aligned=aligned), "x.joblib")
    assert (honest.format, honest.coverage, kinds(honest) - QUIET) == ("joblib", Coverage.STRUCTURE, set())
    facts = look(joblib_file(call_opcodes(), aligned=aligned), "x.joblib")
    assert names(facts) - names(honest) == {"posix.system"}


def test_array_bytes_are_no_opcodes_for_joblib_but_for_pickle() -> None:
    """pickle.load does not jump over the array: what it would run counts too."""
    hidden = (b"\0" + call_opcodes() + b".").ljust(64, b"\0")
    visible = (call_opcodes() + b".").ljust(64, b"\0")
    assert "posix.system" not in names(look(joblib_file(aligned=False, count=8, body=hidden), "x.pkl"))
    facts = look(joblib_file(aligned=False, count=8, body=visible), "x.pkl")
    assert "posix.system" in names(facts)
    assert "pickle-second-reading" in kinds(facts)


def test_an_array_of_objects_is_a_pickle_inside() -> None:
    facts = look(joblib_file(call_opcodes("builtins", "len"), dtype="O8", body=call(), count=1), "x.joblib")
    assert {"posix.system", "builtins.len"} <= names(facts)


def test_an_array_of_unknown_size_is_partial() -> None:
    facts = look(joblib_file(call_opcodes(), dtype="zz"), "x.joblib")
    assert facts.coverage is Coverage.PARTIAL


def test_a_long_array_is_not_read() -> None:
    array = joblib_array(at=3, count=200, body=bytes(1600))
    data = b"\x80\x04]" + array + b"a" + call_opcodes() + b"."
    facts, _ = inspect_with_budget(inspect_file, data, 200_000)
    assert "posix.system" in names(facts)


def test_a_joblib_file_cut_off() -> None:
    facts = look(joblib_file(call_opcodes())[:-60], "x.joblib")
    assert facts.coverage is Coverage.PARTIAL


PACKERS: list[Callable[[bytes], bytes]] = [
    zlib.compress,
    gzip.compress,
    bz2.compress,
    lzma.compress,
    lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    lambda data: b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data),
]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("path", ["x.joblib", "x.ts", "x.dat", "x"])
def test_compressed_files_of_any_name(pack: Callable[[bytes], bytes], path: str) -> None:
    facts = look(pack(joblib_file(call_opcodes())), path)
    assert (facts.format, facts.coverage) == ("joblib", Coverage.STRUCTURE)
    assert "posix.system" in names(facts)


@pytest.mark.parametrize("pack", PACKERS)
def test_a_compressed_file_cut_off_keeps_what_came_out(pack: Callable[[bytes], bytes]) -> None:
    data = pack(joblib_file(call_opcodes()) + bytes(200_000))
    facts = look(data[:-5], "x.joblib")
    assert facts.coverage is Coverage.PARTIAL
    if pack is not PACKERS[2] and pack is not PACKERS[3]:
        assert "posix.system" in names(facts)


@pytest.mark.parametrize("pack", PACKERS[:2])
def test_a_wrong_checksum_hides_nothing(pack: Callable[[bytes], bytes]) -> None:
    """Loaders run the pickle before they come to the checksum."""
    data = bytearray(pack(call()))
    data[-1] ^= 0xFF
    data[-6] ^= 0xFF if pack is gzip.compress else 0
    assert names(look(bytes(data), "x.pkl")) == {"posix.system"}


def test_bytes_behind_a_compressed_stream() -> None:
    assert "compressed-trailing-data" in kinds(look(zlib.compress(call()) + b"more", "x.pkl"))
    joined = look(gzip.compress(b"\x80\x02") + gzip.compress(call()[2:]), "x.pkl")
    assert names(joined) == {"posix.system"}


def test_a_stream_that_unpacks_to_much_more() -> None:
    facts = look(gzip.compress(b"\x80\x02B" + struct.pack("<I", 40_000_000) + bytes(40_000_000) + b"."), "x.pkl")
    assert "archive-bomb" in kinds(facts)
    assert facts.bytes_read < 1_000_000


def test_a_stream_that_nobody_reads_to_its_end_and_swells() -> None:
    assert "archive-bomb" in kinds(look(gzip.compress(bytes(40_000_000)), "x.gz"))
    assert "archive-bomb" not in kinds(look(gzip.compress(bytes(4_000_000)), "x.gz"))


def test_what_no_library_here_opens() -> None:
    facts = look(b"\x28\xb5\x2f\xfd" + bytes(40), "x.joblib")
    assert facts.coverage is Coverage.NONE


@pytest.mark.parametrize("magic", [b"\x04\x22\x4d\x18", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\0"])
def test_a_stream_that_is_broken_at_once(magic: bytes) -> None:
    facts = look(magic + bytes(40), "x.joblib")
    assert facts.coverage is Coverage.PARTIAL


def test_members_that_only_torch_would_skip() -> None:
    """numpy takes any member; a name that is a raw tensor to torch is none to it."""
    parts = [Part("a/data.pkl", b"\x80\x02}."), Part("a/data/0", npy("|O", (1,), call()))]
    assert "posix.system" in names(look(Zip(parts).build(), "x.npz"))
    assert "posix.system" not in names(look(Zip(parts).build(), "x.pt"))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_zeros_behind_a_stream_are_padding(pack: Callable[[bytes], bytes]) -> None:
    assert "compressed-trailing-data" not in kinds(look(pack(call()) + bytes(512), "x.pkl"))


def test_what_is_only_named_for_one_loader_and_called_for_the_other() -> None:
    named_only = b"cposix\nsystem\n0"
    body = (b"cposix\nsystem\n" + call_opcodes()[14:] + b".").ljust(64, b"\0")
    data = b"\x80\x04]" + named_only + joblib_array(at=3, aligned=False, count=8, body=body) + b"a."
    facts = look(data, "x.pkl")
    assert {entry.use for entry in facts.globals if entry.module == "posix"} == {Use.REFERENCED, Use.CALLED}


@pytest.mark.parametrize(
    "spelling",
    [
        b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n",
        b"cjoblib\nnumpy_pickle.NumpyArrayWrapper\n",
        b"cother\nNumpyArrayWrapper\n",
    ],
)
def test_a_constant_for_pickle_that_is_opcodes_for_joblib(spelling: bytes) -> None:
    """Array bytes that open a long constant: pickle.load takes the call for data, joblib.load runs it."""
    call_after = b"a" + call_opcodes() + b"0"
    swallow = b"B" + struct.pack("<I", 59 + len(call_after))
    body = swallow.ljust(64, b"\0")
    array = joblib_array(at=3, aligned=False, count=8, body=body)
    array = array.replace(b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n", spelling)
    facts = look(b"\x80\x04]" + array + call_after + b"0.", "x.joblib")
    assert "posix.system" in names(facts)


def test_the_size_that_a_dtype_claims_for_itself() -> None:
    """numpy ignores it for numbers: to believe it would be to jump over what joblib runs."""
    data = joblib_file(call_opcodes()).replace(b"NNNJ\xff\xff\xff\xff", b"NNNJ\xff\x00\x00\x00", 1)
    assert "posix.system" in names(look(data, "x.joblib"))
