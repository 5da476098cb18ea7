"""Writes safetensors files for tests, honest or lying."""

from __future__ import annotations

import json
from collections.abc import Mapping


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def with_header(header: bytes, data: bytes = b"", *, length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def safetensors(tensors: Mapping[str, object], data: bytes, *, metadata: object = None, pad: bool = True) -> bytes:
    document = ({} if metadata is None else {"__metadata__": metadata}) | dict(tensors)
    header = json.dumps(document).encode()
    if pad:
        header += b" " * (-len(header) % 8)
    return with_header(header, data)


def honest() -> bytes:
    """Two weights, an empty tensor and a scalar; the order of names is not the order of offsets."""
    tensors = {
        "b.weight": entry("F32", [2, 2], 8, 24),
        "a.weight": entry("BF16", [4], 0, 8),
        "empty": entry("I64", [0, 7], 24, 24),
        "scale": entry("F16", [], 24, 26),
    }
    return safetensors(tensors, bytes(26), metadata={"format": "pt"})
