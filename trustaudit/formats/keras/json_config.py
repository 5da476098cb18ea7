"""Keras configurations that are files: ``config.json`` of a .keras archive or a KerasHub preset, ``task.json``, …"""

from __future__ import annotations

from trustaudit.filefacts import Coverage
from trustaudit.formats.hdf5.values import MAX_TEXT
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.keras.blobs import inspect_blobs
from trustaudit.formats.keras.config import record_config
from trustaudit.formats.record import LimitReachedError, Reading, Record, concluded
from trustaudit.formats.strict_json import as_utf8, parse_json, record_oddities


def inspect_keras_config(source: Source) -> Inspecting:
    """Everything a Keras loader would import or decode because of this JSON."""
    record = Record(source, "keras-config")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _walk(source: Source, record: Record) -> Reading[None]:
    if source.size > MAX_TEXT:
        raise LimitReachedError("config-bytes")
    odd = parse_json(as_utf8((yield Read(0, source.size))), "keras-config-json")
    record_oddities(record, odd, "keras-config")
    yield from note_document(record, source, odd.value)


def note_document(record: Record, source: Source, document: object) -> Reading[None]:
    """Note a parsed configuration, with the pickles it carries."""
    facts = record_config(record, document, source.path.rpartition("!")[2].rpartition("/")[2])
    yield from inspect_blobs(record, source, facts.torch_blobs, "torch module")
