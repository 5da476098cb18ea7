"""Writes down what configuration fields name. The kinds of observations are listed here.

``config-override`` (a key that decides what only the caller should), ``config-target`` (a dotted
name that is imported and called), ``config-import`` (a dotted name that a loader imports),
``config-path`` (a path that leaves the folder), ``config-expression`` (evaluated as Python),
``config-python-tag`` (a YAML tag that builds an object). Code to be loaded from the Hub is a CodeLoad.
"""

from __future__ import annotations

from trustaudit.filefacts import CodeLoad
from trustaudit.formats.config.document import Field
from trustaudit.formats.record import Record, clean, clip

MAX_LOADS = 200
_SHOWN = 300


class Facts:
    """One file's facts; equal ones are written once."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._seen: set[tuple[str, ...]] = set()

    def load(self, field: Field, what: str, source: str = "", *, trigger: str, revision: str = "") -> None:
        """Code that comes from the repository itself (``source`` empty) or another one."""
        if len(self.record.loads) >= MAX_LOADS:
            self.record.limit("code-references")
            return
        shown = (clean(clip(text, _SHOWN)) for text in (what, source, revision, trigger, field.path))
        load = CodeLoad(**dict(zip(("what", "source", "revision", "trigger", "declared_in"), shown, strict=True)))
        if load not in self.record.loads:
            self.record.loads.append(load)

    def override(self, field: Field, value: str, sign: str) -> None:
        """A key by which a configuration decides what only the caller should."""
        self._fact("config-override", f"{field.path} is {clip(value, 120)!r}", field, sign=sign, value=value)

    def target(self, field: Field, name: str, key: str) -> None:
        """A dotted name that whoever knows ``key`` (``_target_``, ``class_path``, …) imports and calls."""
        told = f"{field.path} names {clip(name, 150)}"
        self._fact("config-target", told, field, once=(name, key), key=key, target=name)

    def python_tag(self, tag: str, argument: str, line: int | None) -> None:
        """A YAML tag that builds a Python object."""
        self.record.line = line
        told = f"a YAML tag that makes a Python object: {clip(tag.replace('tag:yaml.org,2002:', '!!'), 100)}"
        self.record.anomaly("config-python-tag", told, None, tag=clip(tag, 200), argument=clip(argument, 200))
        self.record.line = None

    def imported(self, field: Field, name: str, loader: str) -> None:
        """A dotted name that ``loader`` imports."""
        told = f"{field.path} makes {loader} import {clip(name, 120)!r}"
        self._fact("config-import", told, field, once=(name, loader), name=name, loader=loader)

    def expression(self, field: Field, text: str) -> None:
        """Text that is evaluated as Python."""
        self._fact("config-expression", f"{field.path} holds Python: {clip(text, 120)!r}", field, text=text)

    def path(self, field: Field, path: str, escape: str, loader: str) -> None:
        """A path that leaves the folder."""
        told = f"{field.path} names the path {clip(path, 120)!r}"
        self._fact("config-path", told, field, path=path, escape=escape, loader=loader)

    def _fact(self, kind: str, message: str, field: Field, *, once: tuple[str, ...] | None = None, **data: str) -> None:
        known = (kind, *(once or (field.path, *data.values())))
        if known in self._seen:
            return
        self._seen.add(known)
        self.record.line = field.line
        shown = {name: clip(text, _SHOWN) for name, text in data.items()}
        self.record.fact(kind, message, None, field=field.path, **shown)
        self.record.line = None
