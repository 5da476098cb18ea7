"""Writers of small containers, honest and hostile, byte by byte; every pickle in them is inert."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
LEGACY_PROTOCOL = b"\x80\x02M\xe9\x03."
EMPTY_DICT = b"\x80\x02}."


def call(module: str = "posix", name: str = "system", argument: str = "true") -> bytes:
    """Protocol 2: one call of a named function with one harmless constant. Never loaded."""
    return b"\x80\x02" + call_opcodes(module, name, argument) + b"."


def call_opcodes(module: str = "posix", name: str = "system", argument: str = "true") -> bytes:
    text = argument.encode()
    return f"c{module}\n{name}\n".encode() + b"X" + struct.pack("<I", len(text)) + text + b"\x85R"


def call_protocol_0(module: str = "posix", name: str = "system", argument: str = "true") -> bytes:
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def state_dict(tensors: int = 1) -> bytes:
    """What torch.save writes for a dict of float tensors."""
    items = b"".join(_tensor(index) for index in range(tensors))
    return b"\x80\x02}(" + items + b"u."


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _tensor(index: int) -> bytes:
    storage = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(str(index)) + _text("cpu") + b"K\x04tQ"
    rebuilt = b"ctorch._utils\n_rebuild_tensor_v2\n((".replace(b"((", b"(") + storage
    empty = b"ccollections\nOrderedDict\n)R"
    return _text(f"layer{index}.weight") + rebuilt + b"K\x00K\x04\x85K\x01\x85\x89" + empty + b"tR"


@dataclass
class Part:
    """One zip member with every lie that a test wants to tell. None: the truth."""

    name: str | bytes
    data: bytes = b""
    method: int = 0
    flags: int = 0
    local_name: str | bytes | None = None
    local_flags: int | None = None
    local_method: int | None = None
    crc: int | None = None
    local_crc: int | None = None
    size: int | None = None
    packed: int | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    mode: int = 0
    gap: bytes = b""
    listed: bool = True
    offset: int | None = None
    payload: bytes | None = None


@dataclass
class Zip:
    """Writes ``parts`` one after the other; ``gap`` bytes of a part stand in front of it."""

    parts: Sequence[Part] = field(default_factory=list)
    prefix: bytes = b""
    comment: bytes = b""
    trailing: bytes = b""
    before_end: bytes = b""
    entries: int | None = None
    directory_offset: int | None = None
    shifted: bool = False

    def build(self) -> bytes:
        out = bytearray(self.prefix)
        listed = b""
        for part in self.parts:
            out += part.gap
            offset = len(out) if part.offset is None else part.offset
            out += _local(part)
            if part.listed:
                listed += _central(part, offset - (len(self.prefix) if self.shifted else 0))
        start = len(out)
        out += listed + self.before_end
        count = sum(part.listed for part in self.parts) if self.entries is None else self.entries
        place = start - (len(self.prefix) if self.shifted else 0)
        place = place if self.directory_offset is None else self.directory_offset
        size = len(listed) + len(self.before_end)
        out += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, place, len(self.comment))
        return bytes(out + self.comment + self.trailing)


def _raw(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name


def _packed(part: Part) -> bytes:
    if part.payload is not None:
        return part.payload
    if part.method == 8:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(part.data) + packer.flush()
    return part.data


def _local(part: Part) -> bytes:
    name = _raw(part.name if part.local_name is None else part.local_name)
    packed = _packed(part)
    crc = zlib.crc32(part.data) if part.crc is None else part.crc
    crc = crc if part.local_crc is None else part.local_crc
    flags = part.flags if part.local_flags is None else part.local_flags
    method = part.method if part.local_method is None else part.local_method
    deferred = bool(flags & 8)
    sizes = (0, 0, 0) if deferred else (crc, len(packed), len(part.data))
    head = struct.pack("<4s5H3I2H", b"PK\3\4", 0, flags, method, 0, 0, *sizes, len(name), len(part.local_extra))
    descriptor = struct.pack("<4s3I", b"PK\7\x08", crc, len(packed), len(part.data)) if deferred else b""
    return head + name + part.local_extra + packed + descriptor


def _central(part: Part, offset: int) -> bytes:
    name = _raw(part.name)
    packed = len(_packed(part)) if part.packed is None else part.packed
    size = len(part.data) if part.size is None else part.size
    crc = zlib.crc32(part.data) if part.crc is None else part.crc
    made_by = 3 << 8 if part.mode else 0
    return (
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            made_by,
            0,
            part.flags,
            part.method,
            0,
            0,
            crc,
            packed,
            size,
            len(name),
            len(part.extra),
            0,
            0,
            0,
            part.mode << 16,
            offset,
        )
        + name
        + part.extra
    )


def torch_parts(
    pickle: bytes | None = None, *, storages: int = 2, root: str = "archive", **options: object
) -> list[Part]:
    """The members of torch.save, in its order and with its flags and alignment padding."""
    pad = b"FB\x06\x00ZZZZZZ"
    names = {
        f"{root}/data.pkl": state_dict(storages) if pickle is None else pickle,
        f"{root}/byteorder": b"little",
        **{f"{root}/data/{index}": bytes(16) for index in range(storages)},
        f"{root}/version": b"3\n",
        f"{root}/.data/serialization_id": b"0" * 40,
    }
    return [Part(name, data, flags=0x808, local_extra=pad, **options) for name, data in names.items()]  # type: ignore[arg-type]


def torch_zip(pickle: bytes | None = None, *, storages: int = 2) -> bytes:
    return Zip(torch_parts(pickle, storages=storages)).build()


def torch_legacy(
    pickle: bytes | None = None, *, magic: bytes = LEGACY_MAGIC, keys: bytes = b"\x80\x02]X\x01\0\0\x000a."
) -> bytes:
    """Five pickles, then one raw storage of four floats."""
    system = b"\x80\x02}(X\x10\0\0\0protocol_versionM\xe9\x03X\x0d\0\0\0little_endian\x88u."
    return magic + LEGACY_PROTOCOL + system + (pickle or state_dict()) + keys + struct.pack("<Q4f", 4, 1, 2, 3, 4)


def tar(members: dict[str, bytes] | Sequence[tuple[str, bytes]], *, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_special(name: str, kind: bytes, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        archive.addfile(info)
    return out.getvalue()


def npy(
    descr: object = "<f8",
    shape: tuple[int, ...] = (2,),
    body: bytes = bytes(16),
    *,
    version: int = 1,
    header: str | None = None,
) -> bytes:
    text = header if header is not None else repr({"descr": descr, "fortran_order": False, "shape": shape})
    wide = version >= 2
    pad = -(len(text) + 1 + (12 if wide else 10)) % 64
    raw = text.encode("latin-1") + b" " * pad + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<I" if wide else "<H", len(raw)) + raw + body


def joblib_array(
    count: int = 4, *, aligned: bool = True, at: int = 0, dtype: str = "f8", body: bytes | None = None
) -> bytes:
    """The opcodes and bytes that joblib writes for an array, for a stream that has reached offset ``at``."""
    alignment = b"K\x10" if aligned else b"N"
    opcodes = (
        b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
        + _text("subclass")
        + b"cnumpy\nndarray\n"
        + _text("shape")
        + b"K"
        + bytes([count])
        + b"\x85"
        + _text("order")
        + _text("C")
        + _text("dtype")
        + b"cnumpy\ndtype\n("
        + _text(dtype)
        + b"\x89\x88tR(K\x03"
        + _text("<" if dtype != "O8" else "|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + _text("allow_mmap")
        + b"\x88"
        + _text("numpy_array_alignment_bytes")
        + alignment
        + b"ub"
    )
    raw = bytes(8 * count) if body is None else body
    pad = (16 - (at + len(opcodes) + 1) % 16) if aligned and dtype != "O8" else 0
    padding = bytes([pad]) + b"\xff" * pad if aligned and dtype != "O8" else b""
    return opcodes + padding + raw


def joblib_file(after: bytes = b"", **options: object) -> bytes:
    """A list of one array, then the opcodes ``after``."""
    return b"\x80\x04]" + joblib_array(at=3, **options) + b"a" + after + b"."  # type: ignore[arg-type]


def skops(schema: object) -> bytes:
    return Zip([Part("schema.json", json.dumps(schema).encode())]).build()


def pe() -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200)
