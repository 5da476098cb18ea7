"""Zip files whose records disagree, each against an honest look-alike."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.formats.inspecting import inspect, inspect_with_budget, kinds, notes, only
from tests.formats.writers_containers import Part, Zip, call, state_dict, torch_parts, torch_zip
from trustaudit.filefacts import Coverage, FileFacts, Inspection
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.interface import Limits

QUIET = {"pickle-opcodes", "archive-code-member", "zip-method-unsupported"}


def look(data: bytes, path: str = "model.pt", limits: Limits | None = None) -> FileFacts:
    return inspect(inspect_file, data, path, limits)


def alarms(facts: Inspection) -> set[str]:
    return kinds(facts) - QUIET


def called(facts: Inspection) -> set[str]:
    return {entry.qualified for entry in facts.globals}


def with_evil(**lie: object) -> list[Part]:
    parts = torch_parts(call())
    for name, value in lie.items():
        setattr(parts[0], name, value)
    return parts


def test_an_honest_checkpoint_has_no_alarm_and_no_tensor_is_read() -> None:
    facts = look(torch_zip())
    assert (facts.format, facts.coverage, alarms(facts)) == ("torch-zip", Coverage.STRUCTURE, set())
    assert called(facts) == {"torch._utils._rebuild_tensor_v2", "torch.FloatStorage", "collections.OrderedDict"}
    assert {entry.member for entry in facts.globals} == {"archive/data.pkl"}


def test_a_call_in_data_pkl_is_seen_with_its_member() -> None:
    facts = look(torch_zip(call()))
    assert [(entry.qualified, entry.arguments, entry.member) for entry in facts.globals] == [
        ("posix.system", facts.globals[0].arguments, "archive/data.pkl")
    ]


@pytest.mark.parametrize(
    "name", ["archive/notes.txt", "archive/config.json", "archive/x", "archive/.data/weights.bin", "readme.md"]
)
def test_a_pickle_is_found_under_any_member_name(name: str) -> None:
    """CVE-2025-1889: names decide nothing."""
    facts = look(Zip([*torch_parts(), Part(name, call())]).build())
    assert "posix.system" in called(facts)


def test_a_raw_tensor_that_is_a_pickle_is_no_raw_tensor_elsewhere() -> None:
    facts = look(Zip([*torch_parts(), Part("other/data.bin", call())]).build())
    assert "posix.system" in called(facts)


def test_another_name_in_the_local_header() -> None:
    """CVE-2025-1944: scanners crash or skip, torch loads."""
    facts = look(Zip(with_evil(local_name="archive/other.pkl")).build())
    assert only(facts, "zip-name-mismatch").get("other") == "archive/other.pkl"
    assert "posix.system" in called(facts)


@pytest.mark.parametrize("bit", [0x1, 0x20, 0x40])
def test_flag_bits_that_scanners_stop_at(bit: int) -> None:
    """CVE-2025-1945: the bit is set, the content is plain."""
    facts = look(Zip(with_evil(flags=0x808 | bit)).build())
    assert "zip-encrypted" in kinds(facts)
    assert "posix.system" in called(facts)


@pytest.mark.parametrize("side", [{"local_flags": 0x809}, {"flags": 0x809, "local_flags": 0x808}])
def test_flags_that_differ_between_the_headers(side: dict[str, object]) -> None:
    facts = look(Zip(with_evil(**side)).build())
    assert "zip-flag-mismatch" in kinds(facts)
    assert "posix.system" in called(facts)


def test_harmless_flag_differences_are_none() -> None:
    facts = look(Zip(with_evil(flags=0x800, local_flags=0x802)).build())
    assert "zip-flag-mismatch" not in kinds(facts)


def test_a_wrong_checksum_does_not_stop_the_look() -> None:
    """CVE-2025-10156."""
    facts = look(Zip(with_evil(crc=0x1234)).build())
    assert "zip-crc-mismatch" in kinds(facts)
    assert "posix.system" in called(facts)


def test_no_checksum_at_all_is_what_torch_can_write() -> None:
    assert alarms(look(Zip([Part(p.name, p.data, flags=0x808, crc=0) for p in torch_parts()]).build())) == set()


def test_two_checksums() -> None:
    facts = look(Zip(with_evil(flags=0x800, local_crc=7)).build())
    assert "zip-crc-mismatch" in kinds(facts)


@pytest.mark.parametrize("second", ["archive/data.pkl", "archive/DATA.PKL", "archive\\data.pkl", "archive/./data.pkl"])
def test_two_members_that_some_reader_takes_for_one(second: str) -> None:
    facts = look(Zip([*torch_parts(), Part(second, call())]).build())
    assert "zip-duplicate-member" in kinds(facts)
    assert "posix.system" in called(facts)


def test_a_nul_in_a_name() -> None:
    facts = look(Zip([*torch_parts(), Part("archive/data.pkl\0.txt", call())]).build())
    assert {"zip-name-nul", "zip-duplicate-member"} <= kinds(facts)


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "C:/x", "~/x"])
def test_names_that_lead_outside(name: str) -> None:
    assert "zip-path-traversal" in kinds(look(Zip([*torch_parts(), Part(name, b"x")]).build()))


def test_a_symbolic_link() -> None:
    facts = look(Zip([*torch_parts(), Part("archive/link", b"/etc/passwd", mode=0o120777)]).build())
    assert only(facts, "zip-symlink").member == "archive/link"


def test_bytes_in_front() -> None:
    """torch reads the front as a pickle, zipfile the zip behind it."""
    facts = look(Zip(torch_parts(), prefix=call(), shifted=True).build())
    assert {"polyglot", "zip-prefix-data"} <= kinds(facts)
    assert "posix.system" in called(facts)
    assert only(facts, "polyglot").data == (("first", "pickle"), ("second", "torch-zip"))


def test_bytes_in_front_with_true_offsets() -> None:
    facts = look(Zip(torch_parts(call()), prefix=b"\x80\x02}.").build())
    assert {"polyglot", "zip-prefix-data"} <= kinds(facts)
    assert "posix.system" in called(facts)


def test_a_gap_that_hides_a_pickle() -> None:
    parts = torch_parts()
    parts[2].gap = call() + bytes(100)
    facts = look(Zip(parts).build())
    assert "zip-gap" in kinds(facts)
    assert "posix.system" in called(facts)


def test_a_gap_of_zeros_is_padding() -> None:
    parts = torch_parts()
    parts[2].gap = bytes(4096)
    assert alarms(look(Zip(parts).build())) == set()


def test_a_member_that_no_directory_lists() -> None:
    facts = look(
        Zip([*torch_parts(), Part("archive/hidden.pkl", call(), listed=False), Part("archive/z", b"z")]).build()
    )
    assert only(facts, "zip-hidden-member").member == "archive/hidden.pkl"
    assert "posix.system" in called(facts)


def test_a_second_directory_that_the_offset_points_to() -> None:
    """zipfile takes the directory before the end record, the reader of torch the one at the offset given."""
    hidden = Zip(torch_parts(call(), root="x")).build()
    honest = Zip(torch_parts()).build()
    end = hidden.rfind(b"PK\5\6")
    start = int.from_bytes(hidden[end + 16 : end + 20], "little")
    both = bytearray(hidden[:end] + honest)
    shift = end
    last = both.rfind(b"PK\5\6")
    struct.pack_into("<I", both, last + 16, start)
    facts = look(bytes(both))
    assert shift
    assert "zip-second-directory" in kinds(facts)
    assert "posix.system" in called(facts)


def test_two_whole_zips_after_one_another() -> None:
    facts = look(torch_zip(call()) + torch_zip())
    assert "posix.system" in called(facts)
    assert {"zip-second-directory", "zip-prefix-data"} & kinds(facts)


def test_bytes_behind_the_end_and_in_the_comment() -> None:
    assert "zip-trailing-data" in kinds(look(Zip(torch_parts(), trailing=b"more").build()))
    assert "zip-comment-data" in kinds(look(Zip(torch_parts(), comment=call()).build()))
    assert alarms(look(Zip(torch_parts(), comment=b"made by a packer").build())) == set()


def test_bytes_between_directory_and_end() -> None:
    assert "zip-gap" in kinds(look(Zip(torch_parts(), before_end=b"x" * 40).build()))


def test_a_wrong_number_of_members() -> None:
    facts = look(Zip([*torch_parts(), Part("archive/e.pkl", call())], entries=2).build())
    assert "zip-entry-count" in kinds(facts)
    assert "posix.system" in called(facts)


def test_overlapping_members() -> None:
    parts = [Part("a", bytes(100)), Part("b", bytes(100), offset=0)]
    assert "zip-overlap" in kinds(look(Zip(parts).build(), "x.zip"))


def test_no_directory() -> None:
    whole = torch_zip(call())
    facts = look(whole[: whole.rfind(b"PK\1\2") - 400])
    assert facts.coverage is Coverage.PARTIAL
    assert "zip-directory-missing" in kinds(facts)
    assert "posix.system" in called(facts)


def test_a_missing_local_header() -> None:
    facts = look(Zip([Part("a.pkl", call(), offset=9)]).build())
    assert "zip-local-header-missing" in kinds(facts)


def test_a_member_cut_off() -> None:
    facts = look(Zip([Part("a.pkl", call(), packed=1 << 20, size=1 << 20)]).build())
    assert "zip-truncated" in kinds(facts)
    assert facts.coverage is Coverage.PARTIAL


def test_a_name_in_the_unicode_field() -> None:
    name = b"other.pkl"
    extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, 0) + name
    facts = look(Zip([Part("a.pkl", call(), extra=extra)]).build())
    assert only(facts, "zip-name-mismatch").get("other") == "other.pkl"


def test_a_compressed_member_is_read() -> None:
    facts = look(Zip([Part("a.bin", call(), method=8)]).build(), "x.zip")
    assert "posix.system" in called(facts)
    assert alarms(facts) == set()


def test_torch_does_not_compress() -> None:
    facts = look(Zip(with_evil(method=8, flags=0)).build())
    assert "torch-packed-member" in kinds(facts)
    assert "posix.system" in called(facts)


def test_methods_of_the_two_headers_differ() -> None:
    facts = look(Zip([Part("a.pkl", call(), local_method=8)]).build())
    assert "zip-method-mismatch" in kinds(facts)


@pytest.mark.parametrize("method", [1, 9, 93, 95, 99])
def test_an_unknown_method_is_not_clean(method: int) -> None:
    facts = look(Zip([Part("a.pkl", call(), method=method, payload=b"????")]).build())
    assert facts.coverage is Coverage.PARTIAL
    assert "cannot be unpacked" in facts.reason


def test_a_bomb_by_its_directory() -> None:
    bomb = Part("zeros", method=8, payload=zlib.compress(bytes(1 << 16))[2:-4], size=1 << 30)
    assert "archive-bomb" in kinds(look(Zip([bomb]).build(), "x.zip"))


def test_a_bomb_by_its_content_is_not_swallowed() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload = packer.compress(bytes(1 << 25)) + packer.flush()
    bomb = Part("zeros", method=8, payload=payload, size=10, crc=0)
    facts = look(Zip([bomb]).build(), "x.zip", Limits(inflated_bytes=1 << 22))
    assert facts.coverage is Coverage.PARTIAL
    assert "inflated_bytes" in facts.limits


def test_small_zeros_are_no_bomb() -> None:
    assert alarms(look(Zip([Part("zeros.dat", bytes(1 << 20), method=8)]).build(), "x.zip")) == set()


def nested(levels: int) -> bytes:
    data = call()
    for level in range(levels):
        data = Zip([Part(f"{level}.dat", data)]).build()
    return data


def test_nested_archives_are_opened_to_a_depth() -> None:
    assert "posix.system" in called(look(nested(3), "x.zip"))
    deep = look(nested(8), "x.zip")
    assert deep.coverage is Coverage.PARTIAL
    assert "archive_depth" in deep.limits
    assert "archive-nesting" in kinds(deep)


def test_members_of_members_are_named() -> None:
    facts = look(nested(2), "x.zip")
    assert facts.globals[0].member == "1.dat!0.dat"


def test_a_nested_zip_at_the_end_is_no_second_directory() -> None:
    inside = Zip([Part("readme.txt", b"hello")]).build()
    assert (
        alarms(look(Zip([Part("a", b"a"), Part("inner.zip", inside, local_extra=bytes(60))]).build(), "x.zip")) == set()
    )


def test_programs_in_a_checkpoint() -> None:
    parts = [*torch_parts(), Part("archive/run.py", b"print(1)\n"), Part("archive/x.so", b"\x7fELF" + bytes(100))]
    facts = look(Zip(parts).build())
    assert only(facts, "archive-code-member").member == "archive/run.py"
    assert only(facts, "archive-native-member").member == "archive/x.so"
    assert only(facts, "executable-content").member == "archive/x.so"


def test_too_many_members_is_partial() -> None:
    many = Zip([Part(f"{index}", b"") for index in range(50)]).build()
    facts = look(many, "x.zip", Limits(members=20))
    assert facts.coverage is Coverage.PARTIAL
    assert "members" in facts.limits


def test_zip64_records_are_understood() -> None:
    plain = torch_zip(call())
    end = plain.rfind(b"PK\5\6")
    count, size, start = struct.unpack_from("<H2I", plain, end + 10)
    wide = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    final = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    facts = look(plain[:end] + wide + locator + final)
    assert alarms(facts) == set()
    assert "posix.system" in called(facts)


def test_zip64_sizes_in_the_extra_field() -> None:
    data = call()
    extra = struct.pack("<2H2Q", 1, 16, len(data), len(data))
    part = Part("a.pkl", data, size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=extra)
    facts = look(Zip([part]).build(), "x.zip")
    assert "posix.system" in called(facts)


def test_an_empty_zip() -> None:
    facts = look(Zip([]).build(), "x.zip")
    assert (facts.format, facts.members, alarms(facts)) == ("zip", 0, set())


def test_a_refused_member_is_named_and_the_others_stay() -> None:
    filler = Part("big.dat", bytes(200_000))
    data = Zip([Part("a.pkl", call()), filler, Part("z.pkl", state_dict())]).build()
    facts, _ = inspect_with_budget(inspect_file, data, 150_000)
    assert facts.coverage is Coverage.PARTIAL
    assert notes(facts, "zip-gap") == []


def test_the_embedded_zip_of_a_pickle_is_no_polyglot() -> None:
    blob = torch_zip()
    data = b"\x80\x03B" + struct.pack("<I", len(blob)) + blob + b"."
    facts = look(data, "agent.pkl")
    assert alarms(facts) == {"embedded-zip"}
    hostile = torch_zip(call())
    facts = look(b"\x80\x03B" + struct.pack("<I", len(hostile)) + hostile + b".", "agent.pkl")
    assert "posix.system" in called(facts)


def test_the_name_of_a_variable_is_no_drive() -> None:
    assert alarms(look(Zip([Part("b:0.dat", b"x"), Part("layer/w:0.dat", b"y")]).build(), "x.zip")) == set()


def test_a_name_longer_than_the_directory() -> None:
    """zipfile takes what is there of it; to leave the entry out would be to miss the member."""
    data = bytearray(Zip([Part("a.pkl", call(), method=8)]).build())
    data[data.rfind(b"PK\1\2") + 28] += 40
    assert called(look(bytes(data), "x.zip")) == {"posix.system"}


def shard(*pickles: bytes) -> bytes:
    """What a distributed checkpoint writes: one torch.save behind the other."""
    return b"".join(torch_zip(pickle) for pickle in pickles)


def test_a_shard_of_a_distributed_checkpoint_is_zips_in_a_row() -> None:
    facts = look(shard(*[state_dict()] * 3), "weights/__0_0.distcp")
    assert (facts.format, facts.coverage, alarms(facts)) == ("torch-distributed", Coverage.STRUCTURE, set())
    assert len({entry.member for entry in facts.globals}) == 3


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_call_in_any_slice_of_a_shard_is_seen(place: int) -> None:
    pickles = [state_dict()] * 3
    pickles[place] = call()
    assert "posix.system" in called(look(shard(*pickles), "__0_0.distcp"))


@pytest.mark.parametrize("front", [call(), b"PK\3\4" + bytes(200), bytes(40)])
def test_other_bytes_in_front_of_a_shard_stay_an_anomaly(front: bytes) -> None:
    facts = look(front + shard(state_dict(), state_dict()), "__0_0.distcp")
    assert "zip-prefix-data" in kinds(facts)


def test_zips_in_a_row_under_a_name_that_torch_opens_whole_stay_an_anomaly() -> None:
    assert "zip-prefix-data" in kinds(look(shard(call(), state_dict()), "model.pt"))


def test_a_shard_of_very_many_tensors_is_not_seen_whole() -> None:
    facts = look(shard(*[state_dict()] * 130), "__0_0.distcp")
    assert (facts.coverage, facts.limits) == (Coverage.PARTIAL, ("members",))
