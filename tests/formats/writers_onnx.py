"""Writes ONNX models for tests, field by field."""

from __future__ import annotations

from tests.formats.writers_protobuf import blob, number


def entry(key: str, value: str) -> bytes:
    return blob(1, key) + blob(2, value)


def opset(domain: str, version: int) -> bytes:
    return blob(1, domain) + number(2, version)


def attribute(name: str, *, text: str | None = None, tensor: bytes | None = None, graph: bytes | None = None) -> bytes:
    out = blob(1, name)
    out += blob(4, text) if text is not None else b""
    out += blob(5, tensor) if tensor is not None else b""
    return out + (blob(6, graph) if graph is not None else b"")


def node(op: str, *attributes: bytes, domain: str = "", doc: str = "") -> bytes:
    out = blob(1, "x") + blob(2, "y") + blob(3, f"/layer/{op}") + blob(4, op)
    out += b"".join(blob(5, a) for a in attributes)
    return out + (blob(6, doc) if doc else b"") + (blob(7, domain) if domain else b"")


def tensor(name: str, raw: bytes = b"", dims: tuple[int, ...] = (), external: dict[str, str] | None = None) -> bytes:
    out = b"".join(number(1, size) for size in dims) + number(2, 1) + blob(8, name)
    out += blob(9, raw) if raw else b""
    if external is not None:
        out += b"".join(blob(13, entry(key, value)) for key, value in external.items()) + number(14, 1)
    return out


def external(location: str, offset: int | str = 0, length: int | str = 16) -> bytes:
    return tensor("w", external={"location": location, "offset": str(offset), "length": str(length)})


def graph(nodes: list[bytes], initializers: list[bytes] = [], *, doc: str = "") -> bytes:  # noqa: B006 - never changed
    out = b"".join(blob(1, n) for n in nodes) + blob(2, "main")
    out += b"".join(blob(5, t) for t in initializers)
    return out + (blob(10, doc) if doc else b"")


def function(domain: str, name: str, nodes: list[bytes]) -> bytes:
    return blob(1, name) + b"".join(blob(7, n) for n in nodes) + blob(10, domain)


def model(main: bytes, *parts: bytes, opsets: tuple[tuple[str, int], ...] = (("", 17),)) -> bytes:
    out = number(1, 8) + blob(2, "pytorch") + blob(3, "2.3.1") + blob(7, main)
    return out + b"".join(blob(8, opset(*pair)) for pair in opsets) + b"".join(parts)


def metadata(key: str, value: str) -> bytes:
    return blob(14, entry(key, value))


def honest() -> bytes:
    """Two layers with weights inside and one Constant node."""
    constant = node("Constant", attribute("value", tensor=tensor("c", bytes(64), (16,))))
    weights = [tensor(f"w{i}", bytes(3000), (750,)) for i in range(2)]
    main = graph([constant, node("MatMul"), node("Relu")], weights)
    return model(main, metadata("names", "{0: 'cat', 1: 'dog'}"), opsets=(("", 17), ("ai.onnx.ml", 3)))
