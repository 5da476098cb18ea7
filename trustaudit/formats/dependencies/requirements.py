"""Requirement lines, as pip reads them: from files, and from ``pip install`` commands in any text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from msgspec import Struct

from trustaudit.formats.plain_text import line_of
from trustaudit.formats.record import Record, clip
from trustaudit.formats.shell_lines import installs

_OPTIONS = {
    "-i": "index-url",
    "--index-url": "index-url",
    "--index": "index-url",
    "--default-index": "index-url",
    "--extra-index-url": "extra-index-url",
    "-f": "find-links",
    "--find-links": "find-links",
    "--trusted-host": "trusted-host",
    "-c": "constraint",
    "--constraint": "constraint",
    "-r": "requirement",
    "--requirement": "requirement",
}
_WITH_VALUE = frozenset(
    {
        "-t",
        "--target",
        "--prefix",
        "--root",
        "-b",
        "--python-version",
        "--platform",
        "--timeout",
        "--cache-dir",
        "--no-binary",
    }
    | {"--only-binary", "--config-settings", "--global-option", "--install-option", "-n", "--name", "-p", "--channel"}
)
_WHEEL = re.compile(r"[\w./\\~-]{1,300}\.(?:whl|tar\.gz|zip|egg)\Z", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,100}[A-Za-z0-9])?")
_DIRECT = re.compile(r"(?:(?:git|hg|svn|bzr)\+[a-z+]{2,10}|https?|file)://", re.IGNORECASE)
_PROSE = re.compile(r"[`)]|[,.;:](?:\s|$)|\s(?:and|to|the|then|or|in|from|with|for|if|you|via|using|into|on|as)\s")
_SOURCE_OPTION = re.compile(r"\s--(?:index-url|extra-index-url|find-links|trusted-host)\b")
_SHORT = 2
_MOST = 100
_LINE = 2_000


class Wanted(Struct, frozen=True):
    """One thing to install: a name with its versions, a direct address, or an option of the installer."""

    kind: str
    """``name``, ``direct``, ``local`` or the name of an option such as ``extra-index-url``."""
    name: str
    version: str = ""
    value: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether one version, or one commit, is named."""
        if self.kind == "direct":
            return bool(re.search(r"@[0-9a-f]{40}\b|#sha256=|\.whl\b", self.value))
        return self.version.startswith("==") and "*" not in self.version


def parse_line(line: str) -> Iterator[Wanted]:
    """What one line of a requirements file asks for. Nothing for what pip would not understand."""
    text = re.sub(r"(?:^|\s)#.*", "", line[:_LINE]).strip()
    if not text:
        return
    if text.startswith("-") or _SOURCE_OPTION.search(text):
        yield from _options(_words(text))
        return
    yield from _one(re.split(r"\s--(?:hash|global-option|config-settings)\b", text)[0].strip())


def parse_arguments(text: str) -> Iterator[Wanted]:
    """What the arguments of ``pip install`` ask for, up to where prose goes on."""
    end = _PROSE.search(text)
    yield from _options(_words(text[: end.start() if end else _LINE]))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _options(words: list[str]) -> Iterator[Wanted]:
    todo = [part for word in words for part in _parted(word)]
    while todo:
        word = todo.pop(0)
        if word in _OPTIONS and todo:
            yield _option(_OPTIONS[word], todo.pop(0))
        elif word in ("-e", "--editable") and todo:
            yield from _one(todo.pop(0))
        elif word in _WITH_VALUE and todo:
            todo.pop(0)
        elif not word.startswith("-"):
            yield from _one(word)


def _parted(word: str) -> list[str]:
    """``--option=value``, and ``-ivalue``, which pip's parser takes as well."""
    if word.startswith("--"):
        return word.split("=", 1)
    if word[:2] in _OPTIONS and len(word) > _SHORT:
        return [word[:_SHORT], word[_SHORT:].removeprefix("=")]
    return [word]


def _option(kind: str, value: str) -> Wanted:
    """A list of requirements may lie at an address, which then decides what is installed."""
    if kind == "requirement" and _DIRECT.match(value):
        return Wanted("direct", _named_in(value), value=value)
    return Wanted(kind, "", value=value)


def _one(text: str) -> Iterator[Wanted]:
    """A requirement, an address or a file."""
    name, at, address = text.partition("@")
    if at and _DIRECT.match(address.strip()):
        yield Wanted("direct", name.partition("[")[0].strip(), value=address.strip())
    elif _DIRECT.match(text):
        yield Wanted("direct", _named_in(text), value=text)
    elif _WHEEL.match(text) or text.startswith((".", "/", "~")):
        yield Wanted("local", "", value=text)
    else:
        yield from _named(text)


def _named(text: str) -> Iterator[Wanted]:
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - only files with requirements need it

    try:
        parsed = Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError):
        loose = _NAME.match(text)
        if loose is not None and re.match(r"\s*(?:[=<>!~\[;]|$)", text[loose.end() :]):
            yield Wanted("name", loose.group(), version=text[loose.end() :].strip())
        return
    yield Wanted("name", parsed.name, version=str(parsed.specifier))


def _named_in(url: str) -> str:
    """The package that an address is for: its ``egg`` fragment, a wheel's first part, a repository's name."""
    egg = re.search(r"#egg=([\w.-]{1,100})", url)
    if egg:
        return egg[1]
    last = url.partition("#")[0].rstrip("/").rpartition("/")[2]
    return last.partition("@")[0].removesuffix(".git").partition("-")[0][:100]


def tell_wanted(record: Record, wanted: Iterable[Wanted], line: int | None, source: str) -> None:
    """One fact for each thing that is asked for."""
    for item in wanted:
        record.line = line
        data = {"how": item.kind, "name": clip(item.name, 100), "version": clip(item.version, 100)}
        host = host_of(item.value) if item.kind != "trusted-host" else item.value.partition(":")[0].lower()
        shown = item.value or f"{item.name}{item.version}"
        record.fact(
            "dependency",
            f"asks for {clip(shown, 200)}",
            **data,
            host=clip(host, 200),
            pinned="yes" if item.is_pinned else "",
            source=source,
            value=clip(item.value, 300),
        )
    record.line = None


def host_of(address: str) -> str:
    """The host of an address, in lower case; empty when there is none."""
    try:
        return (urlsplit(re.sub(r"^(?:git|hg|svn|bzr)\+", "", address)).hostname or "").lower()
    except ValueError:
        return ""


def tell_installs(record: Record, text: str) -> None:
    """Note what the ``pip install`` commands of a text ask for."""
    seen: set[str] = set()
    for arguments, position in installs(text):
        if len(seen) >= _MOST:
            return
        if arguments not in seen and _is_pip(text[position : position + 40]):
            seen.add(arguments)
            tell_wanted(record, parse_arguments(arguments), line_of(text, position), "command")


def _is_pip(command: str) -> bool:
    return "pip" in command.lower().split("install")[0]
