"""``trustaudit lock``: pin what was judged."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import (
    DEFAULT_LOCKFILE,
    AllowIncomplete,
    Endpoint,
    Lockfile,
    NoHistory,
    PolicyName,
    Quiet,
    Record,
    Replay,
    Timeout,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Pin repositories that were judged; see also reaudit and verify.",
    epilog="Examples: trustaudit lock add org/model; trustaudit lock check",
)

Refs = Annotated[list[str], typer.Argument(metavar="REF...", show_default=False, help="org/name, org/name@revision, …")]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", metavar="FINGERPRINT", help="Accept this finding (reports name it); needs --reason."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why the findings are accepted; kept in the lockfile.")]
Expires = Annotated[
    datetime | None,
    typer.Option(
        "--expires", metavar="DAY", formats=["%Y-%m-%d"], help="Until when, inclusive.", show_default="90 days"
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Accept every finding that blocks; needs --reason.")]


@app.command("add")
def add(
    refs: Refs,
    lockfile: Lockfile = DEFAULT_LOCKFILE,
    policy: PolicyName = None,
    accept: Accept = None,
    force: Force = False,
    reason: Reason = "",
    expires: Expires = None,
    allow_incomplete: AllowIncomplete = False,
    endpoint: Endpoint = None,
    timeout: Timeout = None,
    record: Record = None,
    replay: Replay = None,
    no_history: NoHistory = False,
    quiet: Quiet = False,
) -> None:
    """Audit repositories and pin their commit, files and publisher. What the policy blocks is refused.

    Examples: trustaudit lock add org/model; trustaudit lock add org/model@v1.0 datasets/org/data
    """
    from trustaudit.cli.lock_run import Acceptance, LockRequest, run_add
    from trustaudit.settings import Settings

    settings = Settings.load(
        policy=policy,
        endpoint=endpoint,
        audit_timeout=timeout,
        record=record,
        replay=replay,
        history=False if no_history else None,
    )
    until = expires.date() if expires else None
    acceptance = Acceptance(tuple(accept or ()), force=force, reason=reason, expires=until)
    request = LockRequest(tuple(refs), lockfile, acceptance, allow_incomplete=allow_incomplete, quiet=quiet)
    raise typer.Exit(run_add(request, settings.patient()))


@app.command("remove")
def remove(refs: Refs, lockfile: Lockfile = DEFAULT_LOCKFILE) -> None:
    """Take repositories out of the lockfile. Example: trustaudit lock remove org/model"""
    from trustaudit.cli.lock_run import run_remove
    from trustaudit.settings import Settings

    run_remove(tuple(refs), lockfile, Settings.load())


@app.command("upgrade")
def upgrade(
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF...]", show_default=False, help="Which; all when none is named.")
    ] = None,
    lockfile: Lockfile = DEFAULT_LOCKFILE,
    policy: PolicyName = None,
    accept: Accept = None,
    force: Force = False,
    reason: Reason = "",
    expires: Expires = None,
    allow_incomplete: AllowIncomplete = False,
    endpoint: Endpoint = None,
    timeout: Timeout = None,
    record: Record = None,
    replay: Replay = None,
    no_history: NoHistory = False,
    quiet: Quiet = False,
) -> None:
    """Audit locked repositories as they are today and pin that. What the policy blocks keeps its old pin.

    Example: trustaudit lock upgrade org/model
    """
    from trustaudit.cli.lock_run import Acceptance, LockRequest, run_upgrade
    from trustaudit.settings import Settings

    settings = Settings.load(
        policy=policy,
        endpoint=endpoint,
        audit_timeout=timeout,
        record=record,
        replay=replay,
        history=False if no_history else None,
    )
    until = expires.date() if expires else None
    acceptance = Acceptance(tuple(accept or ()), force=force, reason=reason, expires=until)
    request = LockRequest(tuple(refs or ()), lockfile, acceptance, allow_incomplete=allow_incomplete, quiet=quiet)
    raise typer.Exit(run_upgrade(request, settings.patient()))


@app.command("list")
def list_entries(
    lockfile: Lockfile = DEFAULT_LOCKFILE,
    output_format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
) -> None:
    """List what is locked. Example: trustaudit lock list --format json"""
    from trustaudit.cli.lock_run import run_list

    run_list(lockfile, output_format)


@app.command("check")
def check(
    lockfiles: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", show_default=False, help="Which lockfiles.")
    ] = None,
) -> None:
    """Say whether lockfiles hold, offline: well formed, nothing blocked, no exception expired. For pre-commit.

    Example: trustaudit lock check trustaudit.lock
    """
    from trustaudit.cli.lock_run import run_check

    raise typer.Exit(run_check(tuple(lockfiles or (DEFAULT_LOCKFILE,))))
