"""What the first bytes of a file say it is.

One table of fixed signatures and one function for each format that needs a closer look.
Names are hints only where a format has no signature of its own (protobuf, msgpack).
"""

from __future__ import annotations

import lzma
import re
import zlib
from collections.abc import Callable

from trustaudit.formats.ubjson import is_ubjson

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PK\x07\x08PK\x03\x04", "zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"\x1f\x9d", "compress"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"MSCF\0\0\0\0", "cab"),
    (0, b"GGUF", "gguf"),
    (0, b"\x00\x05\x16\x07\x00\x02\x00\x00", "apple-double"),
    (0, b"FUGG", "gguf"),
    (0, b"lmgg", "ggml"),
    (0, b"tjgg", "ggml"),
    (0, b"fmgg", "ggml"),
    (0, b"algg", "ggml"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"ZF0x", "joblib-zf"),
    (4, b"TFL3", "tflite"),
    (4, b"ET12", "executorch"),
    (4, b"ORTM", "ort"),
    (0, b"\xba\x16\x4f\x2f", "fasttext"),
    (0, b"CBM1", "catboost"),
    (0, b"binf", "xgboost"),
    (0, b"bs64\t", "xgboost"),
    (0, b"RDX2\n", "r-data"),
    (0, b"RDX3\n", "r-data"),
    (0, b"RDA2\n", "r-data"),
    (0, b"RDA3\n", "r-data"),
    (0, b"X\n\0\0\0\2\0", "r-data"),
    (0, b"X\n\0\0\0\3\0", "r-data"),
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"),
    (0, b"FEA1", "feather"),
    (0, b"Obj\x01", "avro"),
    (0, b"SQLite format 3\0", "sqlite"),
    (0, b"MATLAB 5.0 MAT-file", "matlab"),
    (0, b"RKNN", "rknn"),
    (0, b"ptrt", "tensorrt"),
    (0, b"\x7fELF", "elf"),
    (0, b"\xfe\xed\xfa\xce", "mach-o"),
    (0, b"\xfe\xed\xfa\xcf", "mach-o"),
    (0, b"\xce\xfa\xed\xfe", "mach-o"),
    (0, b"\xcf\xfa\xed\xfe", "mach-o"),
    (0, b"\0asm\x01\0\0\0", "wasm"),
    (0, b"MZqFpD", "ape"),
    (0, b"jartsr=", "ape"),
    (0, b"!<arch>\n", "ar"),
    (0, b"\xed\xab\xee\xdb", "rpm"),
    (0, b"xar!", "xar"),
    (0, b"L\0\0\0\x01\x14\x02\0", "windows-shortcut"),
    (0, b"dex\n03", "dex"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"{\\rtf", "rtf"),
    (0, b"%PDF-", "pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBP", "webp"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"8BPS", "psd"),
    (8, b"WAVE", "wav"),
    (8, b"AVI ", "avi"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (4, b"ftyp", "mp4"),
    (0, b"wOFF", "font"),
    (0, b"wOF2", "font"),
    (0, b"OTTO\0", "font"),
    (0, b"\0\x01\0\0\0", "font"),
)

EXECUTABLES = frozenset(
    {"elf", "pe", "mach-o", "java-class", "wasm", "ape", "dex", "python-bytecode", "windows-shortcut", "script"}
    | {"ar", "rpm", "xar", "cab"}
)
"""What a computer runs or installs when told to open it."""

OPAQUE = frozenset({"7z", "rar", "zstd", "compress", "cab", "rpm", "xar", "ar", "ole"})
"""Containers that cannot be looked into."""

TEXTS = frozenset({"text", "json", "xml", "html", "svg", "script", "empty", "lfs-pointer"})
IMAGES = frozenset({"png", "jpeg", "gif", "webp", "tiff", "psd", "bmp", "icon", "svg", "mp4"})
MEDIA = IMAGES | {"wav", "avi", "flac", "ogg", "mp3", "matroska"}
INERT = (
    MEDIA
    | {"parquet", "arrow", "feather", "avro", "sqlite", "matlab", "font", "fasttext", "catboost", "xgboost"}
    | {"sentencepiece", "ggml", "pdf", "rtf", "raw-data", "apple-double"}
)
"""Data that loaders read without running any of it; looked at for disguises only."""

_PYTHON_MAGIC = re.compile(rb"[\x00-\xff][\x00-\x0f]\r\n[\x00-\x03]\0\0\0", re.DOTALL)
_PIECE = re.compile(rb"\n[\x07-\x3f]\n[\x01-\x38]")
_GRAPH_NODE = re.compile(rb"\n[\x00-\xff]{1,5}?\n([\x01-\x7f])([\w./>-]{1,127})\x12([\x01-\x7f])([A-Z][\w>]{1,126})")
_META_GRAPH = re.compile(rb"\x08\x01\x12[\x80-\xff]{0,4}[\x00-\x7f]\n[\x80-\xff]{0,4}[\x00-\x7f][\n\x12\x1a\x22*2]")
_OPERATOR_LIST = re.compile(
    rb"\n[\x80-\xff]{0,4}[\x00-\x7f]\x12[\x80-\xff]{0,4}[\x00-\x7f]"
    rb"\n[\x80-\xff]{0,2}[\x00-\x7f]\n([\x01-\x7f])([A-Z][\w>]{1,126})"
)
_ICON = re.compile(rb"\x00\x00\x01\x00[\x01-\x3f]\x00[\x00-\xff]{3}\x00", re.DOTALL)
_SAFETENSORS_HEADER = 100_000_000
_TAR_BLOCK = 512


def by_signature(head: bytes) -> str:
    """The format whose fixed bytes ``head`` carries, empty when none."""
    for offset, magic, name in _SIGNATURES:
        if head.startswith(magic, offset):
            return name
    return next((name for name, test in _TESTS if test(head)), "")


def _is_pe(head: bytes) -> bool:
    """MZ alone is two bytes of chance in raw tensors: the header it points to must be there."""
    if head[:2] != b"MZ" or len(head) < 64:  # noqa: PLR2004 - the DOS header
        return False
    at = int.from_bytes(head[60:64], "little")
    return head[at : at + 4] == b"PE\0\0" or b"This program cannot be run in DOS mode" in head[:1024]


def _is_fat_macho(head: bytes) -> bool:
    magic = head.startswith((b"\xca\xfe\xba\xbe\0\0\0", b"\xca\xfe\xba\xbf\0\0\0"))
    return magic and len(head) > 7 and 0 < head[7] < 30  # noqa: PLR2004 - Java's start at 45


def _is_java(head: bytes) -> bool:
    return head.startswith(b"\xca\xfe\xba\xbe") and len(head) > 7 and head[7] >= 45  # noqa: PLR2004 - Java 1.0


def _is_python_bytecode(head: bytes) -> bool:
    return _PYTHON_MAGIC.match(head) is not None and b"\xe3" in head[8:20]


def _is_bzip2(head: bytes) -> bool:
    return head[:3] == b"BZh" and head[3:4] in b"123456789" and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")


def _is_zlib(head: bytes) -> bool:
    """Two header bytes are no proof (one in 500 by chance): the rest has to inflate."""
    if len(head) < 8 or head[0] != 0x78 or (head[0] << 8 | head[1]) % 31 or head[1] & 0x20:  # noqa: PLR2004 - RFC 1950
        return False
    try:
        return bool(zlib.decompressobj(-zlib.MAX_WBITS).decompress(head[2:], 64))
    except zlib.error:
        return False


def _is_lzma(head: bytes) -> bool:
    if len(head) < 18 or head[:2] != b"]\0":  # noqa: PLR2004 - header and range coder
        return False
    try:
        return bool(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=1 << 28).decompress(head, 64))
    except (lzma.LZMAError, MemoryError):
        return False


def _is_tar(head: bytes) -> bool:
    """The header's checksum, which old tars without "ustar" have too."""
    block = head[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK or not block.strip(b"\0"):
        return False
    return _octal(block[148:156]) == sum(block[:148]) + sum(block[156:]) + 8 * 0x20


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else -1


def _is_safetensors(head: bytes) -> bool:
    size = int.from_bytes(head[:8], "little")
    return 2 <= size <= _SAFETENSORS_HEADER and re.match(rb"\{\s*[\"}]", head[8:64]) is not None  # noqa: PLR2004 - "{}"


def _is_hdf5(head: bytes) -> bool:
    """At 0, or behind a user block of 512 bytes or a power of two above."""
    places = (0, *(1 << shift for shift in range(9, 17)))
    return any(head.startswith(b"\x89HDF\r\n\x1a\n", at) for at in places)


def _is_onnx(head: bytes) -> bool:
    """``ir_version``, then a short printable producer name or another small field of ModelProto."""
    if len(head) < 8 or head[0] != 0x08 or not 1 <= head[1] <= 0x20:  # noqa: PLR2004 - versions so far are below 20
        return False
    if head[2] != 0x12:  # noqa: PLR2004 - field 2, producer_name
        return head[2] in b"\x3a\x42" and head[1] >= 3  # noqa: PLR2004 - graph or opset first
    name = head[4 : 4 + head[3]]
    return 0 < head[3] < 0x40 and len(name) == head[3] and re.fullmatch(rb"[ -~]+", name) is not None  # noqa: PLR2004 - short


def _is_tensorflow(head: bytes) -> bool:
    """A SavedModel of version 1 and its first MetaGraphDef; a MetaGraphDef, which starts with the operators it uses;
    a GraphDef: its first node by name and operator.
    """
    operators = _OPERATOR_LIST.match(head)
    if _META_GRAPH.match(head) or (operators and ord(operators[1]) <= len(operators[2])):
        return True
    node = _GRAPH_NODE.match(head)
    if node is None:
        return False
    return ord(node[1]) == len(node[2]) and ord(node[3]) <= len(node[4])


def _is_sentencepiece(head: bytes) -> bool:
    """A list of pieces, each a nested message of a short text and a score."""
    return _PIECE.match(head) is not None and b"\x15" in head[4:48]


def _is_bmp(head: bytes) -> bool:
    return (
        head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and head[14:18] in (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    )


def _is_icon(head: bytes) -> bool:
    return _ICON.match(head) is not None


_TESTS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("pe", _is_pe),
    ("mach-o", _is_fat_macho),
    ("java-class", _is_java),
    ("bzip2", _is_bzip2),
    ("zlib", _is_zlib),
    ("lzma", _is_lzma),
    ("tar", _is_tar),
    ("safetensors", _is_safetensors),
    ("hdf5", _is_hdf5),
    ("python-bytecode", _is_python_bytecode),
    ("bmp", _is_bmp),
    ("icon", _is_icon),
    ("tensorflow", _is_tensorflow),
    ("onnx", _is_onnx),
    ("sentencepiece", _is_sentencepiece),
    ("xgboost-ubj", is_ubjson),
)
