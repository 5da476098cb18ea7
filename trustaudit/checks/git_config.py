"""Git settings that send a clone elsewhere or run a program

## What it does
Reads `.gitmodules`, `.lfsconfig`, `.gitconfig` and `.gitattributes`: addresses and paths that git or a shell take for
options, other transports, update commands, servers for large files other than the Hub, transfer programs, and filter
drivers other than those for large files.

## Why it matters
`git clone --recurse-submodules` has run commands out of such files more than once, and a changed server delivers
other weights than those the Hub lists.

## Example
`.lfsconfig`: `[lfs] url = https://example.com/lfs`

## How to fix
Do not clone this repository; download single files through the Hub's client, which ignores these settings.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2018-11235
- https://nvd.nist.gov/vuln/detail/CVE-2025-48384
- https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-config.adoc
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from trustaudit.checks._config import CERTAIN, DEFINITE, NOTE, ODD, Weight, weighed
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="git-config",
    title="Git settings that send a clone elsewhere or run a program",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_HUB = re.compile(r"https://(?:[\w-]{1,60}\.)?(?:huggingface\.co|hf\.co)(?:[:/]|$)", re.IGNORECASE)
_TRANSPORT = re.compile(r"(?:ext|fd|file|git-remote-\w{1,40}|\w{1,20})::|file://", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PROGRAM = re.compile(
    r"lfs\.(?:customtransfer\.|standalonetransferagent|extension\.)|core\.(?:hookspath|fsmonitor|sshcommand|pager|editor)"
    r"|(?:filter|diff|merge)\..{0,100}\.(?:clean|smudge|process|command|driver|textconv)|alias\.|credential\.|include"
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per setting."""
    return bounded(
        META, weighed(META, snapshot, ("git-setting", "git-driver"), _weigh, "download files instead of cloning")
    )


def _weigh(file: FileFacts, note: Observation) -> tuple[Weight, str] | None:
    if note.kind == "git-driver":
        return NOTE, "a driver that only a local setting defines"
    name, value = note.get("name").lower(), note.get("value")
    if file.path.rpartition("/")[2].lower() == ".gitmodules":
        return _submodule(name, value)
    if name in ("lfs.url", "lfs.pushurl") or re.fullmatch(r"(?:remote|lfs)\..{1,200}\.(?:lfs)?(?:push)?url", name):
        return None if _HUB.match(value) else (CERTAIN, "large files come from another server than the Hub")
    if _PROGRAM.match(name):
        return (CERTAIN if name.startswith("lfs.") else ODD), "runs a program"
    return None


def _submodule(name: str, value: str) -> tuple[Weight, str] | None:
    """That there are submodules at all is told by auto-run-file."""
    if name.endswith(".update") and value.startswith("!"):
        return DEFINITE, "a command that runs on update"
    if not name.endswith((".url", ".path")):
        return None
    if value.startswith("-") or _CONTROL.search(value) or "submodule.-" in name:
        return DEFINITE, "which git or a shell takes for something else than a place"
    if name.endswith(".url") and _TRANSPORT.match(value):
        return DEFINITE, "a transport that runs programs or reads local files"
    parts = value.replace("\\", "/").split("/")
    if name.endswith(".path") and (".." in parts or value.startswith("/") or ".git" in parts):
        return CERTAIN, "a path outside the place of submodules"
    return None
