"""The part of TensorFlow's protobufs that can execute or misdirect, by field number (tensorflow/core, 2.x)."""

from __future__ import annotations

from trustaudit.formats.protobuf import Keep, Schema

SCHEMA: Schema = {
    "SavedModel": {1: Keep.NUMBER, 2: "MetaGraph"},
    "MetaGraph": {1: "MetaInfo", 2: "Graph", 6: "Asset", 7: "ObjectGraph"},
    "MetaInfo": {4: Keep.FEW, 5: Keep.TEXT},
    "Asset": {2: Keep.TEXT},
    "ObjectGraph": {1: "Object"},
    "Object": {4: "UserObject"},
    "UserObject": {1: Keep.TEXT, 3: Keep.TEXT},
    "Graph": {1: "Node", 2: "Library"},
    "Library": {1: "Function"},
    "Function": {1: "Signature", 3: "Node"},
    "Signature": {1: Keep.TEXT},
    "Node": {1: Keep.TEXT, 2: Keep.TEXT, 3: Keep.TEXT, 5: "Attribute"},
    "Attribute": {1: Keep.TEXT, 2: "Value"},
    "Value": {1: "List", 2: Keep.TEXT, 8: "Tensor"},
    "List": {2: Keep.FEW},
    "Tensor": {8: Keep.FEW},
    "KerasMetadata": {1: "KerasObject"},
    "KerasObject": {3: Keep.TEXT, 4: Keep.TEXT, 5: Keep.TEXT},
}


def worth_reading(message: str, data: bytes) -> bool:
    """Whether a small message can hold a text that matters: of attributes, constants and whatever names a place.

    Attributes are most of a graph. Private ones (``_class``, ``_output_shapes``) configure
    the runtime and name nodes, not files.
    """
    if message != "Attribute" or not data.startswith(b"\n"):
        return True
    if data[2:3] == b"_":
        return False
    return data.startswith(b"\n\x05value") or any(mark in data for mark in (b"/", b"\\", b"~", b":"))
