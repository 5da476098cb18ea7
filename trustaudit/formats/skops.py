"""skops: a zip whose ``schema.json`` is a tree of nodes, each naming a type and how to rebuild it.

What a node brings in is told as it stands; skops itself refuses types that are not on its
own list unless the caller trusts them, so naming one is no harm yet. The operator and
method nodes are told apart because versions below 0.12 and 0.13 built what they should not
have (CVE-2025-54412, CVE-2025-54413).
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.interface import Source
from trustaudit.formats.record import MalformedError, Reading, clip
from trustaudit.formats.strict_json import parse_json, record_oddities
from trustaudit.formats.zip_members import read_member
from trustaudit.formats.zip_records import Member

_SCHEMA = "schema.json"
_SCHEMA_BYTES = 64 * 1024 * 1024
_NODES = 2_000_000
_TEXT = 200
_Node = dict[str, object]


def note_schema(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """Every distinct type of the schema, and its operator and method nodes."""
    schema = next((member for member in members if member.name == _SCHEMA), None)
    data = (yield from read_member(source, schema, _SCHEMA_BYTES)) if schema else None
    if data is None:
        record.unseen(f"{_SCHEMA}: cannot be read")
        return
    try:
        text = parse_json(data, "skops-schema-json")
    except MalformedError as defect:
        record.about(_SCHEMA, defect.kind, defect.message, defect.offset)
        record.unseen(f"{_SCHEMA}: {defect.message}")
        return
    record_oddities(record, text, "skops-schema")
    seen: set[tuple[str, str, str]] = set()
    for count, node in enumerate(_nodes(text.value)):
        if count >= _NODES:
            record.limit("skops-nodes")
            return
        _note(record, node, seen)


def _nodes(tree: object) -> Iterator[_Node]:
    """All nodes, without recursion: the tree's depth is the writer's choice."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__loader__" in value or "__class__" in value:
                yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _note(record: ArchiveRecord, node: _Node, seen: set[tuple[str, str, str]]) -> None:
    module, name, loader = (_text(node.get(key)) for key in ("__module__", "__class__", "__loader__"))
    about = {"module": module, "name": name, "loader": loader}
    if (module, name, loader) not in seen:
        seen.add((module, name, loader))
        record.holds(_SCHEMA, "skops-type", f"{module}.{name} by {loader}", None, **about)
    if loader == "OperatorFuncNode":
        record.holds(_SCHEMA, "skops-operator", f"calls {module}.{name}", None, **about)
    elif loader == "MethodNode":
        _note_method(record, node, about)


def _note_method(record: ArchiveRecord, node: _Node, about: dict[str, str]) -> None:
    """``matches`` tells whether the node's own type is that of the object whose method it takes."""
    content = node.get("content")
    parts: _Node = content if isinstance(content, dict) else {}
    target = parts.get("obj")
    owner: _Node = target if isinstance(target, dict) else {}
    function = _text(parts.get("func"))
    types = {"object": f"{_text(owner.get('__module__'))}.{_text(owner.get('__class__'))}", "function": function}
    same = types["object"] == f"{about['module']}.{about['name']}"
    message = f"takes the method {function} of {types['object']}"
    record.holds(_SCHEMA, "skops-method", message, None, **about, **types, matches="yes" if same else "no")


def _text(value: object) -> str:
    return clip(value, _TEXT) if isinstance(value, str) else "?"
