"""Every opcode of protocols 0 to 5: what it leaves behind, and that CPython agrees."""

from __future__ import annotations

import pickle
import pickletools

import pytest

from tests.formats.pickle import assemble as asm
from trustaudit.filefacts import Use
from trustaudit.formats.interface import Limits
from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.machine import Ending, PickleMachine
from trustaudit.formats.pickle.opcodes import OPCODES
from trustaudit.formats.pickle.values import Items, Opaque, concrete, render


def run(data: bytes) -> PickleMachine:
    machine = PickleMachine(PickleFacts(Limits()))
    machine.feed(data)
    machine.close()
    return machine


def names(machine: PickleMachine) -> list[tuple[str, str, str]]:
    return [(entry.qualified, str(entry.use), entry.arguments) for entry in machine.facts.globals]


def kinds(machine: PickleMachine) -> set[str]:
    return {seen.kind for seen in machine.facts.observations} - {"pickle-opcodes"}


def test_table_is_that_of_cpython() -> None:
    ours = {byte: name for byte, (name, _) in OPCODES.items()}
    assert ours == {ord(op.code): op.name for op in pickletools.opcodes}


PLAIN = {
    "NONE": (b"N.", None),
    "NEWTRUE": (b"\x88.", True),
    "NEWFALSE": (b"\x89.", False),
    "INT": (b"I42\n.", 42),
    "INT-true": (b"I01\n.", True),
    "INT-false": (b"I00\n.", False),
    "INT-hex": (b"I0x1F\n.", 31),
    "INT-octal": (b"I017\n.", 15),
    "INT-spaces": (b"I  7\n.", 7),
    "INT-negative": (b"I-7\n.", -7),
    "INT-nul": (b"I7\0rest\n.", 7),
    "INT-underscore": (b"I1_000\n.", 1000),
    "INT-binary": (b"I0b11\n.", 3),
    "BININT": (b"J\xfe\xff\xff\xff.", -2),
    "BININT1": (b"K\xff.", 255),
    "BININT2": (b"M\x01\x02.", 513),
    "LONG": (b"L123456789012345678901L\n.", 123456789012345678901),
    "LONG-bare": (b"L12\n.", 12),
    "LONG-negative": (b"L-0x1FL\n.", -31),
    "LONG1": (b"\x8a\x02\x00\x80.", -32768),
    "LONG1-empty": (b"\x8a\x00.", 0),
    "LONG4": (b"\x8b\x02\x00\x00\x00\xff\x00.", 255),
    "FLOAT": (b"F1.5\n.", 1.5),
    "FLOAT-nul": (b"F1.5\0x\n.", 1.5),
    "BINFLOAT": (b"G\x3f\xf8\0\0\0\0\0\0.", 1.5),
    "STRING": (b"S'a\\x41\\'\\n'\n.", "aA'\n"),
    "STRING-double": (b'S"a\'b"\n.', "a'b"),
    "STRING-octal": (b"S'\\101\\7'\n.", "A\x07"),
    "BINSTRING": (b"T\x02\0\0\0ab.", "ab"),
    "SHORT_BINSTRING": (b"U\x02ab.", "ab"),
    "UNICODE": (b"Va\\u0041\\n\n.", "aA\\n"),
    "BINUNICODE": (asm.text("aé") + b".", "aé"),
    "SHORT_BINUNICODE": (asm.short_text("a\ud800") + b".", "a\ud800"),
    "BINUNICODE8": (asm.long_text("a") + b".", "a"),
    "BINBYTES": (asm.binbytes(b"a") + b".", b"a"),
    "SHORT_BINBYTES": (asm.short_binbytes(b"a") + b".", b"a"),
    "BINBYTES8": (asm.binbytes8(b"a") + b".", b"a"),
    "BYTEARRAY8": (asm.bytearray8(b"a") + b".", b"a"),
    "EMPTY_TUPLE": (b").", ()),
    "EMPTY_LIST": (b"].", []),
    "EMPTY_DICT": (b"}.", {}),
    "TUPLE": (b"(K\x01K\x02t.", (1, 2)),
    "TUPLE1": (b"K\x01\x85.", (1,)),
    "TUPLE2": (b"K\x01K\x02\x86.", (1, 2)),
    "TUPLE3": (b"K\x01K\x02K\x03\x87.", (1, 2, 3)),
    "LIST": (b"(K\x01K\x02l.", [1, 2]),
    "DICT": (b"(U\x01aK\x01d.", {"a": 1}),
    "APPEND": (b"]K\x01a.", [1]),
    "APPENDS": (b"](K\x01K\x02e.", [1, 2]),
    "SETITEM": (b"}U\x01aK\x01s.", {"a": 1}),
    "SETITEMS": (b"}(U\x01aK\x01U\x01bK\x02u.", {"a": 1, "b": 2}),
    "POP": (b"K\x01K\x020.", 1),
    "POP-mark": (b"K\x01(0.", 1),
    "POP_MARK": (b"K\x01(K\x02K\x031.", 1),
    "DUP": (b"K\x012\x86.", (1, 1)),
    "PUT-GET": (b"K\x07p5\n0g5\n.", 7),
    "PUT-spaces": (b"K\x07p 5\n0g0_5\n.", 7),
    "BINPUT-BINGET": (b"K\x07q\x050h\x05.", 7),
    "LONG_BINPUT-LONG_BINGET": (b"K\x07r\x05\0\1\x000j\x05\0\1\0.", 7),
    "MEMOIZE": (b"K\x07\x94K\x08\x940h\x00\x86.", None),
    "PROTO": (b"\x80\x04N.", None),
    "FRAME": (b"\x80\x04\x95\x02\0\0\0\0\0\0\0N.", None),
}


@pytest.mark.parametrize(("data", "expected"), PLAIN.values(), ids=PLAIN.keys())
def test_constant(data: bytes, expected: object) -> None:
    if expected is None and data != b"N." and not data.startswith(b"\x80"):
        data, expected = b"K\x07\x940K\x08\x94h\x00\x86.", (8, 7)
    machine = run(data)
    assert machine.ending is Ending.STOP, machine.detail
    assert _shown(machine.result) == _shown(expected)
    assert not kinds(machine)
    assert _plain(pickle.loads(data)) == expected  # noqa: S301 - our own constants, no global in them


def _shown(value: object) -> object:
    return concrete(value) if isinstance(value, Items) else value


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, bytearray) else value


@pytest.mark.parametrize(
    ("data", "shown"),
    [(b"\x8f.", "<set>"), (b"\x8f(K\x01\x90.", "<set>"), (b"(K\x01\x91.", "<frozenset>")],
    ids=["EMPTY_SET", "ADDITEMS", "FROZENSET"],
)
def test_sets_are_only_known_as_such(data: bytes, shown: str) -> None:
    result = run(data).result
    assert isinstance(result, Opaque)
    assert result.shown == shown


SYSTEM = ("posix.system", "called", "'true'")
CALLS = {
    "GLOBAL-REDUCE": asm.pickle(asm.reduce(asm.glob("posix", "system"), asm.text("true"))),
    "STACK_GLOBAL-REDUCE": asm.pickle(asm.reduce(asm.stack_glob("posix", "system"), asm.text("true")), protocol=4),
    "INST": asm.pickle(asm.inst("posix", "system", asm.string("true")), protocol=None),
    "OBJ": asm.pickle(asm.obj(asm.glob("posix", "system"), asm.string("true")), protocol=None),
    "NEWOBJ": asm.pickle(asm.newobj(asm.glob("posix", "system"), asm.text("true"))),
    "popped": asm.pickle(asm.reduce(asm.glob("posix", "system"), asm.text("true")), asm.POP, b"N"),
    "pop-mark": asm.pickle(asm.MARK, asm.reduce(asm.glob("posix", "system"), asm.text("true")), b"1N"),
    "no-stop": asm.reduce(asm.glob("posix", "system"), asm.text("true")),
    "broken": asm.reduce(asm.glob("posix", "system"), asm.text("true")) + b"\xff",
    "bad-proto": asm.reduce(asm.glob("posix", "system"), asm.text("true")) + b"\x80\x09.",
}


@pytest.mark.parametrize("data", CALLS.values(), ids=CALLS.keys())
def test_calls(data: bytes) -> None:
    assert SYSTEM in names(run(data))


def test_newobj_ex_shows_keywords() -> None:
    data = asm.pickle(asm.glob("a", "B"), asm.tuple_of(b"K\x01"), asm.dict_of(key=b"\x88"), b"\x92", protocol=4)
    assert names(run(data)) == [("a.B", "called", "1, {'key': True}")]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\x82\x05.", 5), (b"\x83\x05\x01.", 261), (b"\x84\x01\0\0\0.", 1)],
    ids=["EXT1", "EXT2", "EXT4"],
)
def test_extension_codes_are_unresolved(data: bytes, code: int) -> None:
    [entry] = run(data).facts.globals
    assert (entry.module, entry.name, entry.spelled) == (None, None, f"extension code {code}")


def test_reference_alone() -> None:
    assert names(run(asm.pickle(asm.glob("posix", "system")))) == [("posix.system", "referenced", "")]


def test_reference_gives_way_to_call() -> None:
    data = asm.pickle(asm.glob("a", "b"), asm.put(0), b"0", asm.get(0), asm.tuple_of(), b"R")
    [entry] = run(data).facts.globals
    assert (entry.use, entry.opcode, entry.offset, entry.protocol) == (Use.CALLED, "GLOBAL", 2, 2)


def test_build_on_result() -> None:
    data = asm.pickle(asm.build(asm.reduce(asm.glob("a", "B")), asm.dict_of(x=b"N")))
    assert names(run(data)) == [("a.B", "called", ""), ("a.B", "built", "")]


@pytest.mark.parametrize(
    "tail",
    [asm.dict_of(system=b"N") + b"b", b"U\x06systemNs", b"(U\x06systemNu"],
    ids=["BUILD", "SETITEM", "SETITEMS"],
)
def test_overwriting_an_import(tail: bytes) -> None:
    [note] = [n for n in run(asm.pickle(asm.glob("sys", "modules"), tail)).facts.observations if "overwrite" in n.kind]
    assert note.get("target") == "sys.modules"
    assert "system" in note.get("keys")


@pytest.mark.parametrize("tail", [b"Na", b"(Ne", b"NNs", b"(NNu", b"(N\x90"])
def test_filling_a_foreign_object(tail: bytes) -> None:
    machine = run(asm.pickle(asm.reduce(asm.glob("a", "B")), tail))
    assert kinds(machine) == {"pickle-foreign-mutation"}


def test_reconstructor_makes_its_argument() -> None:
    data = asm.pickle(
        asm.build(
            asm.reduce(
                asm.glob("copy_reg", "_reconstructor"), asm.glob("a", "B"), asm.glob("__builtin__", "object"), b"N"
            ),
            asm.dict_of(),
        )
    )
    found = names(run(data))
    assert ("a.B", "called", "builtins.object, None") in found
    assert ("a.B", "built", "") in found


def test_persistent_ids() -> None:
    storage = asm.tuple_of(asm.text("storage"), asm.glob("torch", "FloatStorage"), asm.text("0")) + b"Q"
    assert not kinds(run(asm.pickle(storage)))
    assert kinds(run(asm.pickle(asm.text("0") + b"Q"))) == {"pickle-persistent-id"}
    assert kinds(run(b"Pkey\n.")) == {"pickle-persistent-id"}


@pytest.mark.parametrize("data", [b"\x80\x05\x97.", b"\x80\x05C\x00\x98."], ids=["NEXT_BUFFER", "READONLY_BUFFER"])
def test_out_of_band(data: bytes) -> None:
    assert kinds(run(data)) == {"pickle-out-of-band"}


def test_calling_a_result() -> None:
    data = asm.pickle(asm.reduce(asm.reduce(asm.glob("builtins", "getattr"), asm.glob("os", "path"), asm.text("x"))))
    [note] = [n for n in run(data).facts.observations if n.kind == "pickle-indirect-call"]
    assert note.get("callee") == "builtins.getattr"


MALFORMED = {
    "unknown opcode": b"N\xff.",
    "no mark": b"Nt.",
    "underflow": b"0.",
    "stop on nothing": b".",
    "memo": b"h\x05.",
    "protocol 6": b"\x80\x06N.",
    "negative LONG4": b"\x8b\xff\xff\xff\xff.",
    "64-bit size": b"\x8e" + b"\xff" * 8,
    "utf-8": b"X\x01\0\0\0\xff.",
    "raw unicode escape": b"V\\u00\n.",
    "PUT": b"Np-1\n.",
    "GET": b"gx\n.",
    "mark above stack": b"N(0000t.",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_where_cpython_fails_for_certain(data: bytes) -> None:
    machine = run(data)
    assert machine.ending is Ending.MALFORMED
    assert kinds(machine) == {"pickle-malformed"}
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it raises
        pickle.loads(data)  # noqa: S301 - no global in any of them


def test_end_of_data_is_no_stop() -> None:
    machine = run(b"\x80\x02cposix\nsystem\n")
    assert machine.ending is Ending.TRUNCATED
    assert kinds(machine) == {"pickle-malformed-after-global"}


@pytest.mark.parametrize("data", [b"Ix\n.", b"L\n.", b"Fx\n.", b"S'x\n."], ids=["INT", "LONG", "FLOAT", "STRING"])
def test_unreadable_arguments_do_not_stop_reading(data: bytes) -> None:
    machine = run(data)
    assert machine.ending is Ending.STOP
    assert kinds(machine) == {"pickle-bad-argument"}


@pytest.mark.parametrize(
    ("data", "spelled"),
    [
        (asm.pickle(asm.glob("__builtin__", "eval")), "builtins.eval"),
        (asm.pickle(asm.glob("commands", "getoutput"), protocol=None), "subprocess.getoutput"),
        (asm.pickle(asm.stack_glob("__builtin__", "eval"), protocol=2), "builtins.eval"),
        (asm.pickle(asm.glob("__builtin__", "eval"), protocol=3), "__builtin__.eval"),
        (asm.pickle(asm.proto(2), asm.glob("__builtin__", "reduce"), protocol=4), "functools.reduce"),
    ],
)
def test_python_2_names(data: bytes, spelled: str) -> None:
    [entry] = run(data).facts.globals
    assert entry.qualified == spelled
    assert bool(entry.spelled) == (spelled != "__builtin__.eval")


UNRESOLVED = {
    "call result": asm.reduce(asm.glob("a", "b")) + asm.text("system") + b"\x93",
    "bytes": asm.short_binbytes(b"os") + asm.text("system") + b"\x93",
    "too long": asm.text("o" * 5000) + asm.text("system") + b"\x93",
    "persistent": asm.text("0") + b"Q" + asm.text("system") + b"\x93",
}


@pytest.mark.parametrize("data", UNRESOLVED.values(), ids=UNRESOLVED.keys())
def test_operands_that_are_no_constant_strings(data: bytes) -> None:
    assert (None, "system") in [(g.module, g.name) for g in run(asm.pickle(data, protocol=4)).facts.globals]


def test_odd_names_are_noticed() -> None:
    [entry] = run(b"cos\r\nsystem \n.").facts.globals
    assert (entry.module, entry.name) == ("os\r", "system ")
    assert "pickle-name-characters" in kinds(run(b"cos\r\nsystem \n."))


def test_lone_surrogates_can_be_written_as_json() -> None:
    facts = run(asm.pickle(asm.stack_glob("o\ud800", "s"), protocol=4)).facts
    assert facts.globals[0].model_dump_json()


FRAMES = {
    "argument crosses the end": (asm.frame(asm.text("abc"), 4), True),
    "nested": (asm.frame(asm.frame(b"N")), True),
    "longer than the pickle": (asm.frame(b"N", 100), True),
    "stop outside": (asm.frame(b"N"), False),
    "large bytes between frames": (asm.frame(b"]") + asm.binbytes(b"x" * 70_000) + asm.frame(b"a"), False),
}


@pytest.mark.parametrize(("content", "odd"), FRAMES.values(), ids=FRAMES.keys())
def test_frames(content: bytes, odd: bool) -> None:
    assert ("pickle-frame-mismatch" in kinds(run(asm.pickle(content, protocol=4)))) == odd


def test_rendering_is_bounded_and_escaped() -> None:
    data = asm.pickle(asm.reduce(asm.glob("a", "b"), asm.text("\x1b[31m\u202e" + "x" * 5000), asm.text("y")))
    [(_, _, arguments)] = names(run(data))
    assert len(arguments) <= Limits().argument_chars
    assert arguments.isprintable()
    assert render(10**1000, 50) == "<large int>"


FORWARDED = {
    "torch._tensor._rebuild_from_type_v2": asm.reduce(
        asm.glob("torch._tensor", "_rebuild_from_type_v2"),
        asm.glob("posix", "system"),
        b"N",
        asm.tuple_of(asm.text("true")),
    ),
    "numpy.random._pickle.__generator_ctor": asm.reduce(
        asm.glob("numpy.random._pickle", "__generator_ctor"), asm.text("true"), asm.glob("posix", "system")
    ),
    "copyreg.__newobj__": asm.reduce(asm.glob("copyreg", "__newobj__"), asm.glob("posix", "system"), asm.text("true")),
    "jax._src.array._reconstruct_array": asm.reduce(
        asm.glob("jax._src.array", "_reconstruct_array"), asm.glob("posix", "system"), asm.tuple_of(asm.text("true"))
    ),
}


@pytest.mark.parametrize("data", FORWARDED.values(), ids=FORWARDED.keys())
def test_functions_that_call_their_argument(data: bytes) -> None:
    assert SYSTEM in names(run(asm.pickle(data)))


def test_result_of_getattr_tells_of_what() -> None:
    attribute = asm.reduce(asm.glob("builtins", "getattr"), asm.glob("a", "B"), asm.text("make"))
    machine = run(asm.pickle(asm.reduce(attribute, b"N"), protocol=3))
    [note] = [n for n in machine.facts.observations if n.kind == "pickle-indirect-call"]
    assert (note.get("callee"), note.get("made_with")) == ("builtins.getattr", "a.B, 'make'")
