"""Files that list dependencies: pip, conda, pyproject, uv, setup.cfg, Pipfile."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable, Iterator

from trustaudit.filefacts import Coverage
from trustaudit.formats.dependencies.requirements import Wanted, parse_arguments, parse_line, tell_wanted
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.plain_text import read_text
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded

_LINES = 5_000
_CONDA_ITEM = re.compile(r"(\s{0,40})-\s{1,8}[\"']?([^\"'#\n]{1,400})")
_CONDA_SECTION = re.compile(r"(\w{1,40}):\s{0,20}(?:#.*)?$")
_CONDA_NAME = re.compile(r"(?:[\w.-]{1,60}::)?([\w.-]{1,100})\s{0,4}([=<>!].{0,60})?$")
_ORDINARY_CHANNELS = frozenset(
    {
        "defaults",
        "conda-forge",
        "pytorch",
        "nvidia",
        "huggingface",
        "anaconda",
        "nodefaults",
        "xformers",
        "pyg",
        "fastai",
    }
    | {"bioconda", "pytorch-nightly", "intel"}
)

Numbered = tuple[int | None, Wanted]


def inspect_dependencies(source: Source) -> Inspecting:
    """A file that lists dependencies, by its name."""
    record = Record(source, "dependencies")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _walk(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record)
    name = source.path.rpartition("!")[2].rpartition("/")[2].lower()
    for line, wanted in _reader_of(name)(text):
        tell_wanted(record, [wanted], line, "file")


def _reader_of(name: str) -> Callable[[str], Iterator[Numbered]]:
    if name.endswith((".yml", ".yaml")):
        return _conda
    if name == "setup.cfg":
        return _setup_cfg
    return _toml if name in ("pyproject.toml", "pipfile", "uv.toml") else _requirements


def _requirements(text: str) -> Iterator[Numbered]:
    for number, line in _logical_lines(text):
        for wanted in parse_line(line):
            yield number, wanted


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their number; a backslash at the end joins the next one as it is, in the middle of a name too."""
    first, parts = 1, list[str]()
    for number, line in enumerate(text.split("\n")[:_LINES], 1):
        first = first if parts else number
        goes_on = line.rstrip("\r").endswith("\\")
        parts.append(line.rstrip("\r").removesuffix("\\"))
        if not goes_on:
            yield first, "".join(parts)
            parts = []
    if parts:
        yield first, "".join(parts)


def _conda(text: str) -> Iterator[Numbered]:
    """Line by line: the few shapes that conda knows, without a YAML parser's aliases and anchors."""
    section, pip_indent = "", -1
    for number, line in enumerate(text.split("\n")[:_LINES], 1):
        heading = _CONDA_SECTION.match(line)
        if heading:
            section, pip_indent = heading[1], -1
        item = _CONDA_ITEM.match(line)
        if item is None:
            continue
        indent, value = len(item[1]), item[2].strip()
        if value.startswith("pip:"):
            pip_indent = indent
        elif section == "channels":
            yield from ((number, wanted) for wanted in _channel(value))
        elif section == "dependencies" and pip_indent >= 0 and indent > pip_indent:
            yield from (
                (number, wanted) for wanted in (parse_arguments(value) if value.startswith("-") else parse_line(value))
            )
        elif section == "dependencies":
            named = _CONDA_NAME.match(value)
            if named:
                yield number, Wanted("conda", named[1], version=(named[2] or "").replace("=", "==", 1))


def _channel(value: str) -> Iterator[Wanted]:
    if value.lower() not in _ORDINARY_CHANNELS:
        yield Wanted("channel", value if "://" not in value else "", value=value)


def _setup_cfg(text: str) -> Iterator[Numbered]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise MalformedError("dependencies-malformed", clip(str(error), 200)) from None
    for section, option in (
        ("options", "install_requires"),
        ("options", "setup_requires"),
        ("options", "dependency_links"),
    ):
        for line in parser.get(section, option, fallback="").split("\n"):
            for wanted in parse_line(line):
                yield None, wanted


def _toml(text: str) -> Iterator[Numbered]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MalformedError("dependencies-malformed", f"not TOML: {clip(str(error), 200)}") from None
    for requirement in _listed(data):
        for wanted in parse_line(requirement):
            yield None, wanted
    for address in _indexes(data):
        yield None, Wanted("extra-index-url", "", value=address)
    for name, entry in _tables(data):
        yield None, _table_entry(name, entry)


def _at(data: object, *keys: str) -> object:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _listed(data: object) -> Iterator[str]:
    """Requirement strings of PEP 621 and PEP 518 tables."""
    lists = [_at(data, "project", "dependencies"), _at(data, "build-system", "requires")]
    for groups in (_at(data, "project", "optional-dependencies"), _at(data, "dependency-groups")):
        lists += groups.values() if isinstance(groups, dict) else []
    for listed in lists:
        yield from (item for item in listed[:_LINES] if isinstance(item, str)) if isinstance(listed, list) else ()


def _indexes(data: object) -> Iterator[str]:
    """Package indexes of Pipfile, Poetry, PDM and uv, which has settings of its own and of its pip."""
    for keys in ((), ("pip",), ("tool", "uv"), ("tool", "uv", "pip")):
        for key in ("index-url", "extra-index-url", "find-links"):
            given = _at(data, *keys, key)
            yield from (url for url in (given if isinstance(given, list) else [given]) if isinstance(url, str))
    for keys in (
        ("source",),
        ("index",),
        ("tool", "poetry", "source"),
        ("tool", "uv", "index"),
        ("tool", "pdm", "source"),
    ):
        listed = _at(data, *keys)
        for item in listed if isinstance(listed, list) else []:
            url = _at(item, "url")
            if isinstance(url, str):
                yield url


def _tables(data: object) -> Iterator[tuple[str, object]]:
    """Entries of tables that map names to versions: Pipfile and Poetry, and the sources of uv."""
    for keys in (("packages",), ("dev-packages",), ("tool", "poetry", "dependencies"), ("tool", "uv", "sources")):
        table = _at(data, *keys)
        yield from table.items() if isinstance(table, dict) else ()


def _table_entry(name: str, entry: object) -> Wanted:
    if isinstance(entry, str):
        return Wanted("name", name, version=entry if entry != "*" else "")
    for key in ("git", "url", "file", "path"):
        address = _at(entry, key)
        if isinstance(address, str):
            kind = "direct" if "://" in address or key in ("git", "url") else "local"
            return Wanted(kind, name, value=address)
    version = _at(entry, "version")
    return Wanted("name", name, version=version if isinstance(version, str) else "")
