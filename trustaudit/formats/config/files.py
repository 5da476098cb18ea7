"""Configuration files as inspectors: JSON and YAML, whatever loader they are for."""

from __future__ import annotations

import re

from trustaudit.filefacts import Coverage
from trustaudit.formats.config.document import Document, Field
from trustaudit.formats.config.facts import Facts
from trustaudit.formats.config.reading import record_document
from trustaudit.formats.config.target_fields import tag_target
from trustaudit.formats.config.yaml_events import YamlText, parse_yaml
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.plain_text import decoded
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded
from trustaudit.formats.strict_json import as_utf8, parse_json

MAX_CONFIG = 4 * 1024 * 1024
"""Bytes of one configuration. ImageNet-21k's labels make the largest honest ones, of 2 MB."""

MAX_TOKENIZER_CONFIG = 15 * 1024 * 1024
"""Speech models list 65,536 added tokens there, and the chat template stands behind them."""

MAX_OTHER = 256 * 1024
"""Bytes of a file that no loader follows; a longer one is data."""

_FOLLOWED = (
    "config",
    "modules",
    "model_index",
    "template",
    "adapter",
    "processor",
    "params",
    "args",
    "pipeline",
    "task",
)
_DATA = frozenset(
    {"tokenizer.json", "vocab.json", "added_tokens.json", "trainer_state.json", "special_tokens_map.json"}
)
_STEERING = frozenset(
    {"auto_map", "trust_remote_code", "_attn_implementation", "_attn_implementation_internal", "type", "_class_name"}
    | {"_target_", "chat_template", "custom_pipelines", "loader_module", "base_model_name_or_path"}
)
_MENTIONS = re.compile(
    r"auto_map|trust_remote_code|_(?:attn|experts)_implementation\w{0,20}|_target_|chat_template|loader_module"
)
_PYTHON_TAG = re.compile(r"tag:yaml\.org,2002:python/|!!?python/")
_DUPLICATES = 20


def inspect_json_config(source: Source) -> Inspecting:
    """What a loader would do because of this JSON. Vocabularies and other data are not read on."""
    record = Record(source, "json")
    whole, most = _extent(source)
    return concluded(record, _json(source, record, most), Coverage.COMPLETE if whole else Coverage.STRUCTURE)


def inspect_yaml_config(source: Source) -> Inspecting:
    """What a loader would do because of this YAML, up to MAX_CONFIG of it."""
    record = Record(source, "yaml")
    return concluded(record, _yaml(source, record), Coverage.COMPLETE)


def _extent(source: Source) -> tuple[bool, int]:
    """(whether a file of this name and size is data that may be left unread, how much of it is read)."""
    name = source.path.rpartition("!")[2].rpartition("/")[2].lower()
    if name == "tokenizer_config.json":
        return True, MAX_TOKENIZER_CONFIG
    if name in _DATA:
        return source.size <= MAX_OTHER, MAX_OTHER
    if source.near or any(word in name for word in _FOLLOWED):
        return True, MAX_CONFIG
    return source.size <= MAX_OTHER, MAX_OTHER


def _json(source: Source, record: Record, most: int) -> Reading[None]:
    if source.size > most and not source.forward:
        if most > MAX_OTHER:
            record.limit("config-bytes")
        return
    data = yield Read(0, min(source.size, most))
    try:
        odd = parse_json(as_utf8(data), "config-unparsable")
    except MalformedError as defect:
        _unparsable(record, decoded(data), defect.message, defect.kind)
        return
    for key in odd.duplicates[:_DUPLICATES]:
        _duplicate(record, key)
    record_document(record, Document(odd.value, odd.shadowed))


def _yaml(source: Source, record: Record) -> Reading[None]:
    if source.size > MAX_CONFIG and not source.forward:
        record.limit("config-bytes")
    text = decoded((yield Read(0, min(source.size, MAX_CONFIG))))
    found = parse_yaml(text)
    facts = Facts(record)
    _tags(facts, found)
    for key in found.duplicates[:_DUPLICATES]:
        _duplicate(record, key)
    for document in found.documents:
        record_document(record, document)
    if found.defect is not None:
        if found.defect.kind != "yaml-unparsable":
            record.limit("yaml-events")
        record.line = found.defect.line
        _unparsable(record, text, found.defect.message, found.defect.kind)
        record.line = None


def _tags(facts: Facts, found: YamlText) -> None:
    for tag in found.tags:
        if "python/" in tag.name:
            facts.python_tag(tag.name, tag.argument, tag.line)
        else:
            tag_target(facts, Field(tag.key or "value", tag.name, {}, None, tag.line), tag.name)


def _duplicate(record: Record, key: str) -> None:
    told = f"the key {clip(key, 100)!r} stands twice in one object"
    steers = "yes" if key in _STEERING else "no"
    record.anomaly("config-duplicate-key", told, None, key=clip(key, 200), steers=steers)


def _unparsable(record: Record, text: str, message: str, kind: str) -> None:
    """No loader of ours gets further than we do; one that is more lenient might, so what it mentions is told."""
    mentions = sorted({match[0] for match in _MENTIONS.finditer(text)})
    if _PYTHON_TAG.search(text):
        mentions.append("!!python")
    if not mentions and not record.source.path.lower().endswith((".json", ".yaml", ".yml")):
        return  # lines of JSON, and other text that only starts like it
    record.anomaly(kind, message, None, mentions=", ".join(mentions))
