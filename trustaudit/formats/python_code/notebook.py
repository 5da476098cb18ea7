"""Notebooks: the code of their cells. Outputs and rendered text are not looked at: nothing runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.filefacts import Coverage
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.python_code.inspector import tell_code
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, concluded
from trustaudit.formats.scripts import tell_shell
from trustaudit.formats.strict_json import parse_json

MAX_NOTEBOOK = 16 * 1024 * 1024
"""Bytes: pictures in outputs make notebooks long, and code stands anywhere between them."""

_CELLS = 2_000
_SHELL_LINE = re.compile(r"^\s{0,40}[\w, ]{0,40}=?\s{0,4}!{1,2}(.{1,2000})$")
_MAGIC_LINE = re.compile(r"^\s{0,40}%(pip|conda|mamba|uv|sx|system|run)\b(.{0,2000})$")
_SHELL_CELL = re.compile(r"^\s{0,20}%%(?:bash|sh|script|!|cmd|powershell)\b")


def inspect_notebook(source: Source) -> Inspecting:
    """A Jupyter notebook."""
    record = Record(source, "notebook")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _walk(source: Source, record: Record) -> Reading[None]:
    if source.size > MAX_NOTEBOOK:
        raise LimitReachedError("notebook-bytes")
    data = yield Read(0, source.size)
    document = parse_json(data, "notebook-json").value
    cells = list(_code_cells(document))
    if not isinstance(document, dict) or ("cells" not in document and "worksheets" not in document):
        raise MalformedError("notebook-json", "no list of cells")
    if len(cells) > _CELLS:
        record.limit("notebook-cells")
    shell, code = _split(cells[:_CELLS])
    tell_shell(record, shell)
    tell_code(record, code)
    record.members = len(cells)


def _code_cells(document: object) -> Iterator[str]:
    """Sources of code cells, in both layouts of the format."""
    if not isinstance(document, dict):
        return
    listed = document.get("cells")
    sheets = document.get("worksheets")
    for sheet in sheets if isinstance(sheets, list) else []:
        listed = sheet.get("cells") if isinstance(sheet, dict) else None
    for cell in listed if isinstance(listed, list) else []:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            yield _joined(cell.get("source", cell.get("input", "")))


def _joined(source: object) -> str:
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _split(cells: list[str]) -> tuple[str, str]:
    """(shell lines, Python lines) of all cells, each as one text."""
    shell: list[str] = []
    code: list[str] = []
    for cell in cells:
        if _SHELL_CELL.match(cell):
            shell += cell.split("\n")[1:]
            continue
        for line in cell.split("\n"):
            started = _SHELL_LINE.match(line)
            magic = _MAGIC_LINE.match(line)
            if started:
                shell.append(started[1])
            elif magic:
                shell.append(f"{magic[1]} {magic[2]}")
            code.append(_as_python(line, hidden=bool(started or magic)))
    return "\n".join(shell), "\n".join(code)


def _as_python(line: str, *, hidden: bool) -> str:
    """The line for the parser; what only the notebook understands becomes an empty statement."""
    stripped = line.lstrip()
    if hidden or stripped.startswith(("%", "!", "?")) or line.rstrip().endswith("?"):
        return " " * min(len(line) - len(stripped), 40) + "pass"
    return line
