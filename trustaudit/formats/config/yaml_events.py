"""YAML read as a stream of events: plain texts and collections, with their tags and lines.

No constructor ever runs: PyYAML's own ``load`` with the wrong loader is how YAML files execute
code. The parser's states are a list, not a call stack; depth, events and time are bounded here.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from msgspec import Struct, field

from trustaudit.formats.config.document import Document

MAX_EVENTS = 400_000
MAX_DEPTH = 100
MAX_DOCUMENTS = 100
MAX_TAGS = 2000
_MERGE = "<<"
_MAX_ARGUMENT = 200


class YamlDefectError(Exception):
    """A text that is no YAML, or more than is read. ``kind`` becomes the kind of the observation."""

    def __init__(self, kind: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.line = line


class Tag(Struct):
    """A tag, the key it stands at, and the first texts inside the value it is put on."""

    name: str
    line: int
    key: str
    argument: str = ""


class YamlText(Struct):
    """Documents read until the end or the first defect, and every tag in them."""

    documents: list[Document] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    defect: YamlDefectError | None = None


class _Open(Struct):
    """A collection that is being read; ``key`` waits for its value in a mapping."""

    value: dict[str, object] | list[object]
    tag: Tag | None = None
    key: str | None = None
    key_line: int = 0


def parse_yaml(text: str) -> YamlText:
    """All of it that can be read. Never raises."""
    found = YamlText()
    reader = _Reader(found)
    try:
        for count, event in enumerate(_events(text)):
            if count >= MAX_EVENTS:
                raise YamlDefectError("yaml-too-long", f"more than {MAX_EVENTS:,} events")  # noqa: TRY301 - ends the loop
            reader.take(event)
    except YamlDefectError as defect:
        found.defect = defect
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        found.defect = YamlDefectError("yaml-unparsable", error.problem or "not YAML", line)
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        found.defect = YamlDefectError("yaml-unparsable", f"{type(error).__name__}: {error}"[:200])
    reader.end()
    return found


def _events(text: str) -> Iterator[yaml.Event]:
    """With libyaml where the installation has it: twenty times faster, the same events."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(text, Loader=loader))


class _Reader:
    """Builds documents from events, without recursion."""

    def __init__(self, found: YamlText) -> None:
        self._found = found
        self._open: list[_Open] = []
        self._root: object = None
        self._document = Document(None)
        self._anchors: dict[str, object] = {}

    def take(self, event: yaml.Event) -> None:
        """One event."""
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.ScalarEvent):
            self._tag(event.tag, line)
            self._argument(event.value)
            self._value(event.value, event.anchor, line)
        elif isinstance(event, yaml.AliasEvent):
            self._value(self._anchors.get(event.anchor or ""), None, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            tag = self._tag(event.tag, line)
            self._start({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor, line)
            self._open[-1].tag = tag
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.DocumentEndEvent):
            self._finish()

    def end(self) -> None:
        """The text ended, perhaps in the middle of a document."""
        if self._root is not None and len(self._found.documents) < MAX_DOCUMENTS:
            self._finish()

    def _tag(self, name: str | None, line: int) -> Tag | None:
        if not name or name == "!" or len(self._found.tags) >= MAX_TAGS:
            return None
        tag = Tag(name, line, (self._open[-1].key if self._open else None) or "")
        self._found.tags.append(tag)
        return tag

    def _argument(self, text: str) -> None:
        """A text directly inside a tagged list or mapping."""
        tag = self._open[-1].tag if self._open else None
        if tag is not None and len(tag.argument) < _MAX_ARGUMENT:
            tag.argument = f"{tag.argument} {text}".strip()[:_MAX_ARGUMENT]

    def _start(self, value: dict[str, object] | list[object], anchor: str | None, line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise YamlDefectError("yaml-too-deep", f"nested more than {MAX_DEPTH} deep", line)
        self._value(value, anchor, line)
        self._open.append(_Open(value))

    def _value(self, value: object, anchor: str | None, line: int) -> None:
        if anchor and not isinstance(value, dict | list):
            self._anchors[anchor] = value
        if not self._open:
            self._root = value
            return
        around = self._open[-1]
        if isinstance(around.value, list):
            around.value.append(value)
        elif around.key is None:
            around.key, around.key_line = (value if isinstance(value, str) else "?"), line
        else:
            self._entry(around, around.value, value)

    def _entry(self, around: _Open, mapping: dict[str, object], value: object) -> None:
        key = around.key or ""
        if key in mapping and key != _MERGE:
            self._found.duplicates.append(key)
            self._document.shadowed.append((key, mapping[key]))
        mapping[key] = value
        self._document.lines[id(mapping), key] = around.key_line
        around.key = None

    def _finish(self) -> None:
        if len(self._found.documents) >= MAX_DOCUMENTS:
            raise YamlDefectError("yaml-too-long", f"more than {MAX_DOCUMENTS} documents")
        self._document.value = self._root
        self._found.documents.append(self._document)
        self._document = Document(None)
        self._open, self._anchors, self._root = [], {}, None
