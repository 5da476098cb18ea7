"""The opcodes of protocols 0 to 5: name and handler by byte.

Source: ``Lib/pickletools.py`` and ``Modules/_pickle.c`` of CPython; no opcode was added since protocol 5.
"""

from __future__ import annotations

from trustaudit.formats.pickle import calls, constants, stackops
from trustaudit.formats.pickle.state import Handler, Malformed, StreamState

OPCODES: dict[int, tuple[str, Handler]] = {
    0x28: ("MARK", stackops.mark),
    0x29: ("EMPTY_TUPLE", constants.empty_tuple),
    0x2E: ("STOP", calls.stop),
    0x30: ("POP", stackops.pop),
    0x31: ("POP_MARK", stackops.pop_to_mark),
    0x32: ("DUP", stackops.dup),
    0x42: ("BINBYTES", constants.binbytes),
    0x43: ("SHORT_BINBYTES", constants.short_binbytes),
    0x46: ("FLOAT", constants.text_float),
    0x47: ("BINFLOAT", constants.binfloat),
    0x49: ("INT", constants.text_int),
    0x4A: ("BININT", constants.binint),
    0x4B: ("BININT1", constants.binint1),
    0x4C: ("LONG", constants.text_long),
    0x4D: ("BININT2", constants.binint2),
    0x4E: ("NONE", constants.none),
    0x50: ("PERSID", calls.persid),
    0x51: ("BINPERSID", calls.binpersid),
    0x52: ("REDUCE", calls.reduce),
    0x53: ("STRING", constants.text_string),
    0x54: ("BINSTRING", constants.binstring),
    0x55: ("SHORT_BINSTRING", constants.short_binstring),
    0x56: ("UNICODE", constants.text_unicode),
    0x58: ("BINUNICODE", constants.binunicode),
    0x5D: ("EMPTY_LIST", constants.empty_list),
    0x61: ("APPEND", stackops.append),
    0x62: ("BUILD", calls.build),
    0x63: ("GLOBAL", calls.global_),
    0x64: ("DICT", stackops.dict_),
    0x65: ("APPENDS", stackops.appends),
    0x67: ("GET", stackops.text_get),
    0x68: ("BINGET", stackops.binget),
    0x69: ("INST", calls.inst),
    0x6A: ("LONG_BINGET", stackops.long_binget),
    0x6C: ("LIST", stackops.list_),
    0x6F: ("OBJ", calls.obj),
    0x70: ("PUT", stackops.text_put),
    0x71: ("BINPUT", stackops.binput),
    0x72: ("LONG_BINPUT", stackops.long_binput),
    0x73: ("SETITEM", stackops.setitem),
    0x74: ("TUPLE", stackops.tuple_),
    0x75: ("SETITEMS", stackops.setitems),
    0x7D: ("EMPTY_DICT", constants.empty_dict),
    0x80: ("PROTO", calls.proto),
    0x81: ("NEWOBJ", calls.newobj),
    0x82: ("EXT1", calls.ext1),
    0x83: ("EXT2", calls.ext2),
    0x84: ("EXT4", calls.ext4),
    0x85: ("TUPLE1", stackops.tuple1),
    0x86: ("TUPLE2", stackops.tuple2),
    0x87: ("TUPLE3", stackops.tuple3),
    0x88: ("NEWTRUE", constants.true),
    0x89: ("NEWFALSE", constants.false),
    0x8A: ("LONG1", constants.long1),
    0x8B: ("LONG4", constants.long4),
    0x8C: ("SHORT_BINUNICODE", constants.short_binunicode),
    0x8D: ("BINUNICODE8", constants.binunicode8),
    0x8E: ("BINBYTES8", constants.binbytes8),
    0x8F: ("EMPTY_SET", constants.empty_set),
    0x90: ("ADDITEMS", stackops.additems),
    0x91: ("FROZENSET", stackops.frozenset_),
    0x92: ("NEWOBJ_EX", calls.newobj_ex),
    0x93: ("STACK_GLOBAL", calls.stack_global),
    0x94: ("MEMOIZE", stackops.memoize),
    0x95: ("FRAME", calls.frame),
    0x96: ("BYTEARRAY8", constants.binbytes8),
    0x97: ("NEXT_BUFFER", calls.next_buffer),
    0x98: ("READONLY_BUFFER", calls.readonly_buffer),
}


def _unknown(_state: StreamState, data: bytes, position: int) -> int:
    raise Malformed(f"unknown opcode 0x{data[position - 1]:02x}")


def _first_use(state: StreamState, data: bytes, position: int) -> int:
    """Puts the real handler into the stream's own table, so that nothing need be noted per opcode after this."""
    byte = data[position - 1]
    handler = HANDLERS[byte]
    state.handlers[byte] = handler
    return handler(state, data, position)


def fresh_handlers() -> list[Handler]:
    """A stream's own table of handlers; ``used_opcodes`` tells which opcodes it met."""
    return [_first_use] * 256


def used_opcodes(handlers: list[Handler]) -> list[str]:
    """Names of the opcodes that were executed, sorted."""
    return sorted(name for byte, (name, _) in OPCODES.items() if handlers[byte] is not _first_use)


HANDLERS: list[Handler] = [OPCODES[byte][1] if byte in OPCODES else _unknown for byte in range(256)]
NAMES: list[str] = [OPCODES[byte][0] if byte in OPCODES else "" for byte in range(256)]
