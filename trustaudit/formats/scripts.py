"""Shell and batch scripts, Dockerfiles, Makefiles: what their lines do, told lexically."""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.filefacts import Coverage
from trustaudit.formats.dependencies.requirements import tell_installs
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.plain_text import line_of, read_text
from trustaudit.formats.rare_words import Rule, folded
from trustaudit.formats.record import Reading, Record, clip, concluded
from trustaudit.formats.shell_lines import Mentioned, shell_traits

_RUN = (
    r"(?m)(?:^|[\s;&|(\"'`])(?:(?:python[\d.]{0,4}|pythonw|py|bash|sh|zsh|source|start|cmd\s{1,3}/c|call|wscript|cscript|powershell(?:\s{1,3}-\w{1,20}(?:\s{1,3}\w{1,20})?){0,4})"
    r"(?:\.exe)?\s{1,4}(?:-[a-zA-Z]{1,12}\s{1,4}|/[a-z]{1,6}\s{1,4}|\"\"\s{1,4}){0,4}[\"']?|\./|\.\\)"
    r"([\w./\\-]{1,120}\.(?:py|sh|bat|cmd|ps1|exe|vbs|js|jar|msi))\b"
)
_RUNNABLE = Rule("runs", ((".py", ".sh", ".bat", ".cmd", ".ps1", ".exe", ".vbs", ".js", ".jar", ".msi"),), _RUN)
_RUNS = 40


def inspect_script(source: Source) -> Inspecting:
    """A script of a shell, or a recipe made of such lines."""
    record = Record(source, "shell-script")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _walk(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record)
    tell_shell(record, text)


def tell_shell(record: Record, text: str, kind: str = "script", mentioned: Mentioned | None = None) -> None:
    """Note what the lines of ``text`` do, which files they run and what they install."""
    for trait in shell_traits(text, mentioned):
        record.line = line_of(text, trait.position)
        shown = clip(trait.excerpt, 160)
        data = {"trait": trait.name, "text": shown, "urls": " ".join(trait.urls)}
        mention = {"mention": "yes"} if trait.is_mention else {}
        record.fact(f"{kind}-trait", f"{trait.name}: {shown}", None, **data, **mention)
    for name, position in runs(text):
        record.line = line_of(text, position)
        record.fact(f"{kind}-runs", f"runs {clip(name, 120)}", file=clip(name, 120))
    record.line = None
    tell_installs(record, text)


def runs(text: str) -> Iterator[tuple[str, int]]:
    """(file, position) of local files that command lines run, each once."""
    seen: set[str] = set()
    for match in _RUNNABLE.pattern.finditer(text) if _RUNNABLE.may_match(folded(text)) else ():
        name = match[1].replace("\\", "/").removeprefix("./")
        if name not in seen and len(seen) < _RUNS:
            seen.add(name)
            yield name, match.start(1)
