"""Writes GGUF files for tests: any version and byte order, honest or lying."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

U8, U32, I32, F32, BOOL, STRING, ARRAY, U64 = 0, 4, 5, 6, 7, 8, 9, 10
_CODES = {U8: "B", U32: "I", I32: "i", F32: "f", BOOL: "B", U64: "Q"}


@dataclass
class Gguf:
    version: int = 3
    order: str = "<"
    pairs: list[tuple[bytes, int, bytes]] = field(default_factory=list)
    tensors: list[bytes] = field(default_factory=list)
    data: bytes = b""
    tensor_count: int | None = None
    pair_count: int | None = None
    alignment: int = 32

    def pack(self, code: str, value: float) -> bytes:
        return struct.pack(self.order + code, value)

    def length(self, value: int) -> bytes:
        return self.pack("Q" if self.version > 1 else "I", value)

    def text(self, value: bytes) -> bytes:
        return self.length(len(value)) + value

    def add(self, key: str, kind: int, value: bytes) -> Gguf:
        self.pairs.append((key.encode(), kind, value))
        return self

    def number(self, key: str, kind: int, value: float) -> Gguf:
        return self.add(key, kind, self.pack(_CODES[kind], value))

    def string(self, key: str, value: str | bytes) -> Gguf:
        return self.add(key, STRING, self.text(value.encode() if isinstance(value, str) else value))

    def strings(self, key: str, values: Sequence[str]) -> Gguf:
        items = b"".join(self.text(value.encode()) for value in values)
        return self.add(key, ARRAY, self.pack("I", STRING) + self.length(len(values)) + items)

    def numbers(self, key: str, kind: int, values: Sequence[float]) -> Gguf:
        items = b"".join(self.pack(_CODES[kind], value) for value in values)
        return self.add(key, ARRAY, self.pack("I", kind) + self.length(len(values)) + items)

    def tensor(self, name: str, shape: Sequence[int], offset: int, kind: int = 0) -> Gguf:
        sizes = b"".join(self.length(size) for size in shape)
        row = self.text(name.encode()) + self.pack("I", len(shape)) + sizes
        self.tensors.append(row + self.pack("I", kind) + self.pack("Q", offset))
        return self

    def build(self) -> bytes:
        counts = (
            len(self.tensors) if self.tensor_count is None else self.tensor_count,
            len(self.pairs) if self.pair_count is None else self.pair_count,
        )
        head = b"GGUF" + self.pack("I", self.version) + b"".join(self.length(count) for count in counts)
        pairs = b"".join(self.text(key) + self.pack("I", kind) + value for key, kind, value in self.pairs)
        body = head + pairs + b"".join(self.tensors)
        return body + bytes(-len(body) % self.alignment) + self.data


TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}{% endfor %}"


def honest(version: int = 3, order: str = "<", tokens: int = 500) -> bytes:
    """A model with a vocabulary, two templates and two tensors."""
    gguf = Gguf(version, order)
    gguf.string("general.architecture", "llama").string("general.name", "Tiny").number("llama.block_count", U32, 1)
    gguf.number("tokenizer.ggml.add_bos_token", BOOL, 1).number("general.alignment", U32, 32)
    gguf.strings("tokenizer.ggml.tokens", [f"tok{i}\0" for i in range(tokens)])
    gguf.numbers("tokenizer.ggml.token_type", I32, [1] * tokens)
    gguf.strings("tokenizer.chat_templates", ["tool_use"])
    gguf.string("tokenizer.chat_template.tool_use", TEMPLATE + "{# tools #}")
    gguf.string("tokenizer.chat_template", TEMPLATE)
    gguf.tensor("token_embd.weight", [32, 4], 0, kind=2).tensor("output_norm.weight", [3], 96)
    gguf.data = bytes(96 + 32)
    return gguf.build()
