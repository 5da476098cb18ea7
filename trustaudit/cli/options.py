"""Options that several commands share, each written once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FailOn(StrEnum):
    """From which verdict on the exit code is 1."""

    BLOCK = "block"
    REVIEW = "review"


class Format(StrEnum):
    """How to write a report."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"
    HTML = "html"
    SARIF = "sarif"
    GITHUB = "github"
    JUNIT = "junit"
    CYCLONEDX = "cyclonedx"
    CYCLONEDX_1_7 = "cyclonedx-1.7"
    SPDX = "spdx"
    OPENVEX = "openvex"


def place(path: Path | None) -> Path | None:
    """Where a file is to be written; raises UsageError before anything is asked when it cannot be."""
    from trustaudit.cli.output import place_for_a_file

    return place_for_a_file(path)


def place_or_stdout(path: Path | None) -> Path | None:
    """The same; ``-`` is stdout, as for other programs."""
    return None if path == Path("-") else place(path)


PolicyName = Annotated[
    str | None,
    typer.Option("--policy", "-p", help="permissive, default, strict, or a policy file.", show_default="default"),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Write the report to a file instead of stdout.",
        dir_okay=False,
        callback=place_or_stdout,
    ),
]
Code = Annotated[
    Path | None,
    typer.Option("--code", metavar="PATH", help="sarif, github: point at the lines of this code that name each REF."),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show lower findings, every check and every file.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="One line per repository; no progress.")]
FailOnOption = Annotated[FailOn, typer.Option("--fail-on", help="From which verdict on to exit with 1.")]
AllowIncomplete = Annotated[
    bool, typer.Option("--allow-incomplete", help="Exit 0 where something required could not be seen.")
]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever the verdict (for report uploads).")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the answer cache.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again, and store the new answers.")]
Offline = Annotated[bool, typer.Option("--offline", help="Answer from the cache only (also HF_HUB_OFFLINE=1).")]
Record = Annotated[
    Path | None, typer.Option("--record", metavar="DIR", help="Store every answer, without secrets, in a folder.")
]
Replay = Annotated[
    Path | None, typer.Option("--replay", metavar="DIR", help="Answer from such a folder only; no network.")
]
Endpoint = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="Another Hub (also HF_ENDPOINT).", show_default=False)
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", help="Time bound of one audit.", show_default="120")
]
NoHistory = Annotated[
    bool, typer.Option("--no-history", help="Keep no record of these audits (also TRUSTAUDIT_NO_HISTORY=1).")
]
Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="Keep runs and history here: postgresql://… or a file (also TRUSTAUDIT_DB).",
        show_default=False,
    ),
]
Baseline = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="FILE", help="Known findings: shown, but only new ones count.", dir_okay=False),
]
WriteBaseline = Annotated[
    Path | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="Store this run's findings as known ones.",
        dir_okay=False,
        callback=place,
    ),
]
Vex = Annotated[
    list[Path] | None,
    typer.Option("--vex", metavar="FILE", help="OpenVEX statements that accept findings, with their reasons."),
]
Lockfile = Annotated[Path, typer.Option("--lockfile", "-l", metavar="FILE", help="The lockfile.", dir_okay=False)]
DEFAULT_LOCKFILE = Path("trustaudit.lock")
