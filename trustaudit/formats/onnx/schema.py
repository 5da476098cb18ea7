"""The part of onnx.proto that can execute or misdirect, by field number (onnx/onnx, IR version 10 and older)."""

from __future__ import annotations

from trustaudit.formats.protobuf import Keep, Schema

SCHEMA: Schema = {
    "Model": {
        1: Keep.NUMBER,
        2: Keep.TEXT,
        3: Keep.TEXT,
        6: Keep.TEXT,
        7: "Graph",
        8: "OperatorSet",
        14: "Entry",
        20: "Training",
        25: "Function",
    },
    "OperatorSet": {1: Keep.TEXT, 2: Keep.NUMBER},
    "Entry": {1: Keep.TEXT, 2: Keep.TEXT},
    "Training": {1: "Graph", 2: "Graph"},
    "Graph": {1: "Node", 5: "Initializer", 10: Keep.TEXT, 15: "SparseTensor", 16: "Entry"},
    "Function": {1: Keep.TEXT, 7: "Node", 8: Keep.TEXT, 9: "OperatorSet", 10: Keep.TEXT, 11: "Attribute", 14: "Entry"},
    "Node": {4: Keep.TEXT, 5: "Attribute", 6: Keep.TEXT, 7: Keep.TEXT, 9: "Entry"},
    "Attribute": {
        1: Keep.TEXT,
        4: Keep.TEXT,
        5: "Tensor",
        6: "Graph",
        9: Keep.TEXT,
        10: "Tensor",
        11: "Graph",
        13: Keep.TEXT,
        22: "SparseTensor",
        23: "SparseTensor",
    },
    "Initializer": {
        1: Keep.NUMBER,
        2: Keep.NUMBER,
        8: Keep.TEXT,
        12: Keep.TEXT,
        13: "Entry",
        14: Keep.NUMBER,
        16: "Entry",
    },
    "Tensor": {8: Keep.TEXT, 12: Keep.TEXT, 13: "Entry", 14: Keep.NUMBER, 16: "Entry"},
    "SparseTensor": {1: "Tensor", 2: "Tensor"},
}

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"})
"""Domains whose operators the standard itself defines."""
