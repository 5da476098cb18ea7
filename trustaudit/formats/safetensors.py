"""safetensors: a JSON header in front of raw tensors. Nothing in it executes; a header can lie.

The rules are those of the reference reader (huggingface/safetensors, ``tensor.rs``) and a few
it leaves out: readers written from the description of the format accept different files,
and a file that two readers read differently is a disguise.
"""

from __future__ import annotations

import math

from msgspec import Struct

from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded
from trustaudit.formats.strict_json import parse_json, record_oddities
from trustaudit.formats.templates.inspector import record_template

MAX_HEADER = 100_000_000
"""The reference reader refuses a longer header."""

MAX_PARSED = 16 * 1024 * 1024
"""Longest header that is parsed: JSON of 68 MB took 700 MB of memory, and real headers stay below 2 MB."""

FIRST_READ = 100_000
"""97 % of the headers on the Hub fit (measurement told in huggingface_hub)."""

DTYPE_BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(
        ("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"),
        8,
    ),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}

_LENGTH_BYTES = 8
_MAX_ELEMENTS = 1 << 63
_VALUE_CHARS = 300
_METADATA_KEYS = 256
_MAX_DIMENSIONS = 64
_TEMPLATE_CHARS = 1 << 20
_TENSOR_KEYS = {"dtype", "shape", "data_offsets"}


class _Tensor(Struct, frozen=True):
    name: str
    dtype: str
    elements: int
    begin: int
    end: int


def inspect_safetensors(source: Source) -> Inspecting:
    """Header, metadata and the layout of the tensors; reads the header only."""
    record = Record(source, "safetensors")
    return concluded(record, _walk(source, record))


def _walk(source: Source, record: Record) -> Reading[None]:
    header = yield from _header_bytes(source)
    data_start = _LENGTH_BYTES + len(header)
    if not header.startswith(b"{"):
        record.anomaly("safetensors-header-start", f"the header starts with {header[:1]!r}, not with '{{'", 8)
    if header.rstrip(b" ")[-1:] != b"}":
        record.anomaly("safetensors-padding", "the header is padded with something else than spaces")
    odd = parse_json(header, "safetensors-header-json")
    record_oddities(record, odd, "safetensors")
    if not isinstance(odd.value, dict):
        raise MalformedError("safetensors-header-json", "the header is not a JSON object", _LENGTH_BYTES)
    _metadata(record, odd.value.get("__metadata__"))
    tensors = [t for name, v in odd.value.items() if name != "__metadata__" and (t := _tensor(record, name, v))]
    yield from _layout(record, tensors, source.size - data_start, data_start)
    _summary(record, tensors, len(header))


def _header_bytes(source: Source) -> Reading[bytes]:
    first = yield Read(0, min(source.size, FIRST_READ))
    if len(first) < _LENGTH_BYTES:
        raise MalformedError("safetensors-truncated", "shorter than the header length", 0)
    length = int.from_bytes(first[:_LENGTH_BYTES], "little")
    if length > MAX_HEADER:
        raise MalformedError("safetensors-header-length", f"header length {length} is above {MAX_HEADER}", 0)
    if _LENGTH_BYTES + length > source.size:
        raise MalformedError("safetensors-truncated", f"header length {length} reaches beyond the file", 0)
    if length > MAX_PARSED:
        told = f"a header of {length} bytes, more than any model needs, was not parsed"
        raise MalformedError("safetensors-oversized-header", told, 0)
    header = first[_LENGTH_BYTES : _LENGTH_BYTES + length]
    if len(header) < length:
        header += yield Read(len(first), length - len(header))
    if len(header) < length:
        raise MalformedError("safetensors-truncated", "the file ends inside its header", len(header))
    return header


def _metadata(record: Record, metadata: object) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        record.anomaly("safetensors-metadata-type", "__metadata__ is not an object", 8)
        return
    for key, value in metadata.items():
        if not isinstance(value, str):
            record.anomaly("safetensors-metadata-type", f"__metadata__[{clip(key, 100)!r}] is not a string", 8, key=key)
            continue
        record_marks(record, f"__metadata__.{key}", value)
        if "chat_template" in key:
            _template(record, key, value)
    shown = {k: clip(v, _VALUE_CHARS) for k, v in list(metadata.items())[:_METADATA_KEYS] if isinstance(v, str)}
    record.fact("safetensors-metadata", f"{len(metadata)} metadata entries, up to {_METADATA_KEYS} shown", 8, **shown)


def _template(record: Record, key: str, text: str) -> None:
    if len(text) > _TEMPLATE_CHARS:
        record.limit("template-chars")
    data = {"key": key, "template": text[:_TEMPLATE_CHARS]}
    record.fact("safetensors-template", f"a chat template under {clip(key, 100)!r}", **data)
    record_template(record, text[:_TEMPLATE_CHARS], f"__metadata__.{clip(key, 100)}")


def _tensor(record: Record, name: str, entry: object) -> _Tensor | None:
    """The entry as a tensor, or None after saying what is wrong with it."""
    problem = _problem(entry) if isinstance(entry, dict) else "not an object"
    if problem or not isinstance(entry, dict):
        record.anomaly("safetensors-tensor-entry", f"tensor {clip(name, 100)!r}: {problem}", 8, tensor=clip(name, 200))
        return None
    extra = sorted(set(entry) - _TENSOR_KEYS)
    if extra or len(entry["data_offsets"]) > 2:  # noqa: PLR2004 - begin and end
        told = f"tensor {clip(name, 100)!r} has more than a reader expects: {clip(', '.join(extra), 100)}"
        record.anomaly("safetensors-tensor-keys", told, 8)
    begin, end = entry["data_offsets"][:2]
    tensor = _Tensor(name, entry["dtype"], math.prod(entry["shape"]), begin, end)
    _check_bytes(record, tensor)
    return tensor


def _problem(entry: dict[str, object]) -> str:
    missing = sorted(_TENSOR_KEYS - set(entry))
    if missing:
        return f"no {', '.join(missing)}"
    if not isinstance(entry["dtype"], str):
        return "dtype is not a string"
    shape = _sizes(entry["shape"])
    if shape is None or len(shape) > _MAX_DIMENSIONS:
        return f"shape is not a list of up to {_MAX_DIMENSIONS} sizes"
    begin, end = [*(_sizes(entry["data_offsets"]) or ()), -1, -1][:2]
    return "" if 0 <= begin <= end else "data_offsets is not a pair of ascending offsets"


def _sizes(value: object) -> list[int] | None:
    if isinstance(value, list) and all(type(item) is int and 0 <= item < _MAX_ELEMENTS for item in value):
        return value
    return None


def _check_bytes(record: Record, tensor: _Tensor) -> None:
    shown = clip(tensor.name, 100)
    bits = DTYPE_BITS.get(tensor.dtype)
    if bits is None:
        record.anomaly("safetensors-dtype", f"tensor {shown!r} has the unknown dtype {clip(tensor.dtype, 40)!r}", 8)
    elif tensor.elements >= _MAX_ELEMENTS:
        record.anomaly("safetensors-tensor-overflow", f"tensor {shown!r}: its size overflows 63 bits", 8)
    elif tensor.elements * bits != (tensor.end - tensor.begin) * 8:
        told = f"{tensor.elements} elements of {tensor.dtype} in {tensor.end - tensor.begin} bytes"
        record.anomaly("safetensors-tensor-size", f"tensor {shown!r}: {told}", 8, tensor=clip(tensor.name, 200))


def _layout(record: Record, tensors: list[_Tensor], data_bytes: int, data_start: int) -> Reading[None]:
    """The reference reader demands: no hole, no overlap, the last tensor ends the file (a stream has no known end)."""
    at = 0
    for tensor in sorted(tensors, key=lambda t: (t.begin, t.end)):
        if tensor.begin != at:
            _misplaced(record, tensor, at, data_start)
        at = max(at, tensor.end)
    if record.source.forward:
        return
    if at > data_bytes:
        raise MalformedError("safetensors-truncated", f"tensors need {at} bytes, the file has {data_bytes}", data_start)
    if at < data_bytes:
        yield from _trailing(record, data_start + at, data_bytes - at)


def _misplaced(record: Record, tensor: _Tensor, expected: int, data_start: int) -> None:
    kind = "hole" if tensor.begin > expected else "overlap"
    told = f"tensor {clip(tensor.name, 100)!r} starts at {tensor.begin}, expected {expected}"
    at = data_start + min(expected, tensor.begin)
    record.anomaly(f"safetensors-{kind}", told, at, bytes=str(abs(tensor.begin - expected)))


def _trailing(record: Record, offset: int, count: int) -> Reading[None]:
    """Bytes that belong to no tensor: their first few tell what they are."""
    head = yield Read(offset, min(count, 16))
    told = f"{count} bytes behind the last tensor"
    record.anomaly("safetensors-trailing-data", told, offset, bytes=str(count), head=head.hex())


def _summary(record: Record, tensors: list[_Tensor], header_bytes: int) -> None:
    record.fact(
        "safetensors-tensors",
        f"{len(tensors)} tensors",
        8,
        tensors=str(len(tensors)),
        parameters=str(sum(t.elements for t in tensors)),
        dtypes=",".join(sorted({clip(t.dtype, 20) for t in tensors})[:20]),
        header_bytes=str(header_bytes),
    )
