"""Files by which a repository tells git what to run, filter or fetch.

``.gitmodules`` (CVE-2018-11235, CVE-2025-48384), ``.gitconfig``, ``.lfsconfig``, ``.gitattributes``.
Formats: git's own documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.filefacts import Coverage
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.plain_text import read_text
from trustaudit.formats.record import Reading, Record, clip, concluded

_SECTION = re.compile(r"[ \t]*\[([\w.-]{1,60})(?:[ \t]{1,8}\"([^\"]{0,300})\")?[ \t]*\]")
_SETTING = re.compile(r"[ \t]*([A-Za-z][\w.-]{0,60})[ \t]*=[ \t]*(.{0,2000})")
_ATTRIBUTE = re.compile(r"(?<![\w-])(filter|diff|merge)=([\w.-]{1,60})")
_ORDINARY_DRIVERS = frozenset({"lfs", "xet", "binary", "union", "text"})
_MAX_SETTINGS = 500


def inspect_git_settings(source: Source) -> Inspecting:
    """Every setting of a file in git's configuration syntax."""
    record = Record(source, "git-settings")
    return concluded(record, _settings(source, record), Coverage.COMPLETE)


def inspect_git_attributes(source: Source) -> Inspecting:
    """Filters, diff and merge drivers other than those of large files."""
    record = Record(source, "git-attributes")
    return concluded(record, _attributes(source, record), Coverage.COMPLETE)


def _settings(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record)
    for number, (line, name, value) in enumerate(settings_of(text)):
        if number >= _MAX_SETTINGS:
            record.limit("git-settings")
            break
        record.line = line
        record.fact(
            "git-setting", f"{clip(name, 200)} is {clip(value, 200)!r}", None, name=name, value=clip(value, 500)
        )
    record.line = None


def settings_of(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, ``section.subsection.key`` with the first and last part in lower case, value as git decodes it)."""
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        matched = _SECTION.match(line)
        rest = line
        if matched is not None:
            section = ".".join(part for part in (matched[1].lower(), matched[2]) if part)
            rest = line[matched.end() :]
        setting = _SETTING.match(rest)
        if setting is not None and section:
            yield number, f"{section}.{setting[1].lower()}", _unquoted(setting[2])


def _unquoted(value: str) -> str:
    """Quotes and escapes resolved: a quoted value keeps a carriage return that an unquoted one loses."""
    plain = value.strip(" \t")
    quoted = re.sub(r"\\(.)", lambda escape: {"n": "\n", "t": "\t", "b": "\b"}.get(escape[1], escape[1]), plain)
    return quoted.replace('"', "")


def _attributes(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record)
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        for kind, driver in () if line.lstrip().startswith("#") else _ATTRIBUTE.findall(line):
            if driver not in _ORDINARY_DRIVERS and (kind, driver) not in seen and len(seen) < _MAX_SETTINGS:
                seen.add((kind, driver))
                record.line = number
                record.fact(
                    "git-driver", f"{kind}={driver} for {clip(line.split()[0], 100)!r}", None, kind=kind, name=driver
                )
    record.line = None
