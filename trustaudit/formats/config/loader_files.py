"""Configurations whose shape tells the loader: sentence-transformers, diffusers, PEFT, MLflow, LeRobot, pyannote.

Each of these imports a dotted name that the file gives. Facts from the libraries' own loading code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from trustaudit.formats.config.document import Document, Field, is_true
from trustaudit.formats.config.facts import Facts
from trustaudit.formats.paths import escape_of

_DOTTED = re.compile(r"[\w-]{1,100}(?:\.[\w-]{1,100}){1,20}")
_PAIR = 2
MAX_COMPONENTS = 200


def loader_files(facts: Facts, document: Document) -> None:
    """Note what the document as a whole makes a loader import."""
    top = document.value
    if isinstance(top, list):
        _sentence_modules(facts, top)
    elif isinstance(top, dict):
        for look in _LOOKS:
            look(facts, top, document)


def _field(top: dict[str, object], key: str, document: Document) -> Field:
    return Field(key, top.get(key), top, None, document.lines.get((id(top), key)))


def _sentence_modules(facts: Facts, modules: list[object]) -> None:
    """``modules.json``: a list of modules, each with the class to import and the folder of its settings."""
    for index, module in enumerate(modules[:MAX_COMPONENTS]):
        if not isinstance(module, dict) or "type" not in module or not {"idx", "name", "path"} & module.keys():
            continue
        around = (None, f"[{index}]")
        kind, path = module.get("type"), module.get("path")
        if isinstance(kind, str):
            facts.imported(Field("type", kind, module, around), kind, "sentence-transformers")
        if isinstance(path, str) and escape_of(path):
            facts.path(Field("path", path, module, around), path, escape_of(path), "sentence-transformers")


def _dense(facts: Facts, top: dict[str, object], document: Document) -> None:
    """``2_Dense/config.json``: the activation is imported and called."""
    field = _field(top, "activation_function", document)
    if "in_features" in top and "out_features" in top and field.text:
        facts.imported(field, field.text, "sentence-transformers")


def _router(facts: Facts, top: dict[str, object], _document: Document) -> None:
    """``router_config.json``, ``config.json`` of Asym: each route's module is imported, and its ``load`` called."""
    types = top.get("types")
    if isinstance(types, dict) and isinstance(top.get("structure"), dict):
        for name, kind in list(types.items())[:MAX_COMPONENTS]:
            if isinstance(kind, str):
                facts.imported(Field(name, kind, types, (None, "types")), kind, "sentence-transformers")


def _word_embeddings(facts: Facts, top: dict[str, object], document: Document) -> None:
    """``wordembedding_config.json``: the tokenizer's class is imported, and its ``load`` called."""
    field = _field(top, "tokenizer_class", document)
    if "update_embeddings" in top and field.text:
        facts.imported(field, field.text, "sentence-transformers")


def _cross_encoder(facts: Facts, top: dict[str, object], document: Document) -> None:
    inner = top.get("sentence_transformers")
    if isinstance(inner, dict) and isinstance(inner.get("activation_fn"), str):
        field = Field("activation_fn", inner["activation_fn"], inner, (None, "sentence_transformers"))
        facts.imported(field, field.text, "sentence-transformers CrossEncoder")
    old = _field(top, "sbert_ce_default_activation_function", document)
    if old.text:
        facts.imported(old, old.text, "sentence-transformers CrossEncoder")


def _diffusers(facts: Facts, top: dict[str, object], document: Document) -> None:
    """``model_index.json``: each component is [library or file, class]."""
    if "_class_name" not in top:
        return
    _pipeline_class(facts, _field(top, "_class_name", document))
    if "_diffusers_version" not in top and not any(isinstance(value, list) for value in top.values()):
        return
    for key, value in list(top.items())[:MAX_COMPONENTS]:
        if isinstance(value, list) and not key.startswith("_"):
            for pair in _pairs(value):
                _component(facts, _field(top, key, document), pair)


def _pairs(value: list[object]) -> Iterator[list[object]]:
    """[library, class]; ``modular_model_index.json`` adds how to load it, with a ``type_hint`` of the same shape."""
    if len(value) == _PAIR and _names_class(value):
        yield value
    spec = value[_PAIR] if len(value) == _PAIR + 1 else None
    if isinstance(spec, dict):
        hint = spec.get("type_hint")
        for pair in (value[:_PAIR], hint):
            if isinstance(pair, list) and len(pair) == _PAIR and isinstance(pair[0], str) and _names_class(pair):
                yield pair


def _names_class(value: list[object]) -> bool:
    """[library, class]; pairs of numbers are settings, [null, null] is a component left out."""
    return isinstance(value[1], str) or (isinstance(value[0], str) and value[1] is None)


def _pipeline_class(facts: Facts, field: Field) -> None:
    """A list names a file of the repository: [file, class]."""
    if isinstance(field.value, list):
        names = [str(part) for part in field.value[:_PAIR] if part is not None]
        facts.load(field, ".".join(names), trigger="trust_remote_code")


def _component(facts: Facts, field: Field, value: list[object]) -> None:
    library = value[0] if isinstance(value[0], str) else repr(value[0])[:100]
    facts.imported(field, f"{library}.{value[1]}", "diffusers")
    if escape_of(field.key):
        facts.path(field, field.key, escape_of(field.key), "diffusers")


def _adapter(facts: Facts, top: dict[str, object], document: Document) -> None:
    """``adapter_config.json`` of PEFT."""
    mapping = top.get("auto_mapping")
    if isinstance(mapping, dict) and isinstance(mapping.get("parent_library"), str):
        field = Field("parent_library", mapping["parent_library"], mapping, (None, "auto_mapping"))
        facts.imported(field, f"{field.text}.{mapping.get('base_model_class')}", "PEFT")
    told = top.get("tokenizer_kwargs")  # handed to from_pretrained when a prompt is tuned from a text
    if isinstance(told, dict) and is_true(told.get("trust_remote_code")) and top.get("tokenizer_name_or_path"):
        facts.override(_field(top, "tokenizer_kwargs", document), "trust_remote_code", "trust-nested-near-code")
    core = _field(top, "megatron_core", document)
    if top.get("megatron_config") and core.text:  # every adapter names megatron.core; only with this it is imported
        facts.imported(core, f"{core.text}.tensor_parallel", "PEFT")


def _mlflow(facts: Facts, top: dict[str, object], document: Document) -> None:
    """``MLmodel``: each flavour may name the module that loads it."""
    flavors = top.get("flavors")
    for name, flavor in list(flavors.items())[:MAX_COMPONENTS] if isinstance(flavors, dict) else ():
        if isinstance(flavor, dict) and isinstance(flavor.get("loader_module"), str):
            line = document.lines.get((id(flavor), "loader_module"))
            field = Field("loader_module", flavor["loader_module"], flavor, ((None, "flavors"), str(name)), line)
            facts.imported(field, field.text, "MLflow")
        if isinstance(flavor, dict) and isinstance(flavor.get("code"), str):
            field = Field("code", flavor["code"], flavor, ((None, "flavors"), str(name)))
            facts.load(field, flavor["code"], trigger="always")


def _lerobot(facts: Facts, top: dict[str, object], _document: Document) -> None:
    """``policy_preprocessor.json``: a step without a registered name gives a class to import."""
    steps = top.get("steps")
    for index, step in enumerate(steps[:MAX_COMPONENTS] if isinstance(steps, list) else ()):
        named = step.get("class") if isinstance(step, dict) else None
        if isinstance(step, dict) and isinstance(named, str) and _DOTTED.fullmatch(named):
            facts.imported(Field("class", named, step, ((None, "steps"), f"[{index}]")), named, "LeRobot")


def _pyannote(facts: Facts, top: dict[str, object], _document: Document) -> None:
    """``config.yaml``: ``pipeline.name`` is imported."""
    pipeline = top.get("pipeline")
    named = pipeline.get("name") if isinstance(pipeline, dict) else None
    if isinstance(pipeline, dict) and isinstance(named, str) and _DOTTED.fullmatch(named):
        facts.imported(Field("name", named, pipeline, (None, "pipeline")), named, "pyannote.audio")


def _weights(facts: Facts, top: dict[str, object], document: Document) -> None:
    """``config.json``: transformers joins the name of the weights to the folder of the model."""
    field = _field(top, "transformers_weights", document)
    if field.text and escape_of(field.text):
        facts.path(field, field.text, escape_of(field.text), "transformers")


def _genai(facts: Facts, top: dict[str, object], document: Document) -> None:
    """``genai_config.json`` of ONNX Runtime: graphs, and a native library of operators, by file name."""
    if not isinstance(top.get("model"), dict) or "search" not in top:
        return
    for field in document.fields():
        if field.key in _GENAI_FILES and field.text and escape_of(field.text):
            facts.path(field, field.text, escape_of(field.text), "onnxruntime-genai")


_GENAI_FILES = frozenset({"filename", "config_filename", "adapter_filename", "custom_ops_library"})
_LOOKS: tuple[Callable[[Facts, dict[str, object], Document], None], ...] = (
    _dense,
    _router,
    _word_embeddings,
    _cross_encoder,
    _diffusers,
    _adapter,
    _mlflow,
    _lerobot,
    _pyannote,
    _weights,
    _genai,
)
