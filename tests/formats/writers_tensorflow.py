"""Writes TensorFlow graphs and SavedModels for tests, field by field."""

from __future__ import annotations

import json

from tests.formats.writers_protobuf import blob, number

DT_STRING = 7


def string_tensor(*values: str) -> bytes:
    return number(1, DT_STRING) + b"".join(blob(8, value) for value in values)


def attribute(key: str, value: bytes) -> bytes:
    return blob(5, blob(1, key) + blob(2, value))


def const(name: str, *values: str) -> bytes:
    tensor = attribute("value", blob(8, string_tensor(*values)))
    return blob(1, name) + blob(2, "Const") + attribute("dtype", number(6, DT_STRING)) + tensor


def weights(name: str, data: bytes) -> bytes:
    tensor = number(1, 1) + blob(4, data)
    return blob(1, name) + blob(2, "Const") + attribute("value", blob(8, tensor))


def node(name: str, op: str, *inputs: str, **texts: str) -> bytes:
    out = blob(1, name) + blob(2, op) + b"".join(blob(3, source) for source in inputs)
    out += attribute("T", number(6, 1)) + attribute("_class", blob(1, blob(2, "loc:@a/b")))
    return out + b"".join(attribute(key, blob(2, text)) for key, text in texts.items())


def function(name: str, *nodes: bytes) -> bytes:
    return blob(1, blob(1, name)) + b"".join(blob(3, item) for item in nodes)


def graph(*nodes: bytes, functions: tuple[bytes, ...] = ()) -> bytes:
    out = b"".join(blob(1, item) for item in nodes)
    return out + (blob(2, b"".join(blob(1, item) for item in functions)) if functions else b"")


def keras_object(config: object) -> bytes:
    return number(2, 1) + blob(3, "root.layer-0") + blob(4, "_tf_keras_layer") + blob(5, json.dumps(config))


def meta_graph(main: bytes, *, assets: tuple[str, ...] = (), metadata: str = "") -> bytes:
    out = blob(1, blob(4, "serve") + blob(5, "2.15.0")) + blob(2, main)
    out += b"".join(blob(6, blob(1, blob(1, "asset:0")) + blob(2, name)) for name in assets)
    return out + (blob(7, blob(1, blob(4, blob(1, "_tf_keras_layer") + blob(3, metadata)))) if metadata else b"")


def saved_model(*meta_graphs: bytes) -> bytes:
    return number(1, 1) + b"".join(blob(2, item) for item in meta_graphs)


def saver() -> bytes:
    """What every SavedModel has: save and restore of its variables."""
    return function(
        "__inference__traced_save_9",
        const("ShardedFilename/shard", "0"),
        const("Const_1", "/part"),
        const("names", *(f"layer_with_weights-{i}/kernel/.ATTRIBUTES/VARIABLE_VALUE" for i in range(300))),
        node("StringJoin", "StringJoin", "file_prefix", "Const_1:output:0"),
        node("SaveV2", "SaveV2", "ShardedFilename:filename:0", "names:output:0"),
        node("RestoreV2", "RestoreV2", "file_prefix", "names:output:0"),
        node("MergeV2Checkpoints", "MergeV2Checkpoints", "x", "file_prefix"),
    )


def honest() -> bytes:
    main = graph(
        node("serving_default_x", "Placeholder"),
        weights("w", bytes(4000)),
        node("call", "StatefulPartitionedCall", "serving_default_x", config_proto="\n\7CPU/\x12"),
        functions=(
            saver(),
            function("f", node("Relu", "Relu", "x"), node("print", "PrintV2", "x", output_stream="stderr")),
        ),
    )
    return saved_model(meta_graph(main, assets=("vocab.txt",)))
