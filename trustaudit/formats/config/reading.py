"""What is done with any configuration once it is parsed, whatever its syntax."""

from __future__ import annotations

from trustaudit.formats.config.code_fields import code_fields
from trustaudit.formats.config.document import MAX_FIELDS, Document, Field
from trustaudit.formats.config.facts import Facts
from trustaudit.formats.config.loader_files import loader_files
from trustaudit.formats.config.target_fields import expression_fields, target_fields
from trustaudit.formats.record import Record, clip

_MAX_TEMPLATES = 40


def record_document(record: Record, document: Document) -> None:
    """Note everything a loader would import, fetch, evaluate or open because of a document."""
    facts = Facts(record)
    templates: list[Field] = []
    count = 0
    for field in document.fields():
        count += 1
        code_fields(facts, field)
        target_fields(facts, field)
        if "template" in field.key.casefold():
            templates.append(field)
    if count >= MAX_FIELDS:
        record.limit("config-fields")
    loader_files(facts, document)
    expression_fields(facts, document, record.source.path)
    _record_templates(record, templates)


def _record_templates(record: Record, fields: list[Field]) -> None:
    found = [(name, text) for field in fields for name, text in _named_templates(field)]
    if not found:
        return
    # The grammar is 40 ms of imports, and most configurations hold no template.
    from trustaudit.formats.templates.inspector import record_template  # noqa: PLC0415 - as said

    if len(found) > _MAX_TEMPLATES:
        record.limit("templates")
    for name, text in found[:_MAX_TEMPLATES]:
        record_template(record, text, clip(name, 100))


def _named_templates(field: Field) -> list[tuple[str, str]]:
    """A template, or several by name: [{"name": …, "template": …}] or {name: …}."""
    if field.text:
        is_template = field.key == "chat_template" or "{%" in field.text or "{{" in field.text
        return [(field.path, field.text)] if is_template and not _is_one_of_list(field) else []
    if field.key != "chat_template" or not isinstance(field.value, list | dict):
        return []
    pairs = field.value.items() if isinstance(field.value, dict) else map(_entry, field.value)
    return [(f"{field.key}.{name}", text) for name, text in pairs if isinstance(text, str)]


def _is_one_of_list(field: Field) -> bool:
    """An entry of a ``chat_template`` list, which is read as a whole."""
    return field.key == "template" and field.trail is not None and "chat_template" in field.path


def _entry(item: object) -> tuple[str, object]:
    if not isinstance(item, dict):
        return "", item
    return str(item.get("name", "")), item.get("template")
