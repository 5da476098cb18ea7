"""The walk through an HDF5 file: from the root group to every object that a link leads to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct, field

from trustaudit.formats.hdf5.datasets import record_dataset
from trustaudit.formats.hdf5.groups import EXTERNAL, HARD, SOFT, Link, dense_attributes, read_links
from trustaudit.formats.hdf5.layout import H5File, Superblock
from trustaudit.formats.hdf5.objects import ATTRIBUTE, DATATYPE, LAYOUT, Message, read_messages
from trustaudit.formats.hdf5.values import STRING, Attribute, attribute_text, read_attribute
from trustaudit.formats.interface import Source
from trustaudit.formats.paths import escape_of
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip

MAX_OBJECTS = 100_000
MAX_ATTRIBUTES = 100_000

_MATLAB = b"MATLAB 7.3 MAT-file"
_PATH_CHARS = 500
_SHOWN = 200
_SHOWN_ATTRIBUTES = 100
_CLIMBING = {"parent", "absolute", "nul", "control"}

T = TypeVar("T")

TextSink = Callable[[Attribute, bytes, str], Reading[None]]
"""Gets (attribute, its bytes, path of its object) of every text attribute that ``wanted`` named."""


class H5Walk(Struct):
    """State of one walk. ``wanted`` names attributes whose whole text goes to ``sink``."""

    source: Source
    record: Record
    wanted: frozenset[str]
    sink: TextSink
    root_texts: dict[str, str] = field(default_factory=dict)
    objects: int = 0
    datasets: int = 0
    attributes: int = 0

    def run(self) -> Reading[None]:
        """Walk the whole file; defects of one object do not end the walk."""
        file = H5File(self.source)
        superblock = yield from file.superblock()
        if superblock.start:
            yield from self._user_block(file, superblock)
        try:
            yield from self._objects(file, superblock.root)
        finally:
            data = {"objects": str(self.objects), "datasets": str(self.datasets), "superblock": str(superblock.version)}
            self.record.fact("h5-file", f"{self.objects} objects, {self.datasets} datasets", **data)
            self.record.fact("h5-root-attributes", f"{len(self.root_texts)} attributes of the root", **self.root_texts)

    def _user_block(self, file: H5File, superblock: Superblock) -> Reading[None]:
        """Bytes of anybody's choice in front of the signature; MATLAB 7.3 puts its own header there."""
        head = yield from file.pages.take(0, 64)
        if head.startswith(_MATLAB):
            return
        told = f"{superblock.start} bytes stand before the HDF5 signature"
        self.record.anomaly("h5-user-block", told, 0, bytes=str(superblock.start), head=head[:16].hex())

    def _objects(self, file: H5File, root: int) -> Reading[None]:
        pending: deque[tuple[int, str]] = deque([(root, "/")])
        seen = {root}
        while pending:
            address, path = pending.popleft()
            self.objects += 1
            if self.objects > MAX_OBJECTS:
                raise LimitReachedError("objects")
            links = yield from self._object(file, address, path)
            for link in links:
                self._note_link(link, path)
                if link.kind == HARD and link.target not in seen:
                    seen.add(link.target)
                    pending.append((link.target, f"{path.rstrip('/')}/{link.name}"))

    def _object(self, file: H5File, address: int, path: str) -> Reading[list[Link]]:
        """Attributes, dataset header and links of one object; a defect in one does not hide the others."""
        messages = (yield from self._tried(read_messages(file, address), path)) or []
        attributes = [message for message in messages if message.type == ATTRIBUTE]
        attributes += (yield from self._tried(dense_attributes(file, messages), path)) or []
        for message in attributes:
            yield from self._tried(self._attribute(file, message, path), path)
        kinds = {message.type for message in messages}
        if LAYOUT in kinds and DATATYPE in kinds:
            self.datasets += 1
            yield from self._tried(record_dataset(file, self.record, messages, path), path)
        return (yield from self._tried(read_links(file, messages), path)) or []

    def _tried(self, reading: Reading[T], path: str) -> Reading[T | None]:
        try:
            return (yield from reading)
        except MalformedError as defect:
            self.record.anomaly(defect.kind, f"{clip(path, _SHOWN)}: {defect.message}", defect.offset)
            self.record.unseen("part of the structure could not be read")
            return None

    def _attribute(self, file: H5File, message: Message, path: str) -> Reading[None]:
        self.attributes += 1
        if self.attributes > MAX_ATTRIBUTES:
            raise LimitReachedError("attributes")
        if message.shared:
            raise MalformedError("h5-unsupported", "an attribute that is stored elsewhere", message.offset)
        attribute = read_attribute(file, message)
        if not attribute.type.is_text:
            return
        if attribute.name in self.wanted or attribute.type.cls == STRING:
            yield from self.sink(attribute, (yield from attribute_text(file, attribute)), path)
        if path == "/" and len(self.root_texts) < _SHOWN_ATTRIBUTES:
            shown = yield from attribute_text(file, attribute, _SHOWN)
            self.root_texts[clip(attribute.name, _SHOWN)] = shown.rstrip(b"\0").decode("utf-8", "backslashreplace")

    def _note_link(self, link: Link, path: str) -> None:
        at = clip(f"{path.rstrip('/')}/{link.name}", _PATH_CHARS)
        if link.kind == EXTERNAL:
            told = f"{clip(at, _SHOWN)!r} is a link into the file {clip(link.file, _SHOWN)!r}"
            data = {"file": clip(link.file, _PATH_CHARS), "object": clip(link.path, _PATH_CHARS), "at": at}
            self.record.fact("h5-external-link", told, link.offset, **data)
        elif link.kind not in (HARD, SOFT):
            self.record.anomaly("h5-user-link", f"{clip(at, _SHOWN)!r} is a link of type {link.kind}", link.offset)
        escape = "backslash" if "\\" in link.name else escape_of(link.name)
        if escape in _CLIMBING or "\\" in link.name:
            told = f"the name {clip(link.name, _SHOWN)!r} climbs out of a folder"
            self.record.anomaly("h5-name-path", told, link.offset, name=clip(link.name, _PATH_CHARS), escape=escape)
