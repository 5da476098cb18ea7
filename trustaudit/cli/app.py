"""The application: its commands, and one place where errors become words and exit codes.

Only typer is imported here; a command imports what it needs when it runs, so that
``trustaudit --help`` costs little more than typer itself.
"""

from __future__ import annotations

import atexit
import copy
import gc
import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from trustaudit.cli import (
    affected,
    batch,
    cache,
    check,
    checklist,
    demo,
    diff,
    discover,
    download,
    explain,
    guarded,
    history,
    inspect,
    inventory,
    lineage,
    lock,
    names,
    policy,
    popular,
    reaudit,
    rules,
    runs,
    schema,
    verify,
)

_NEW_OBJECTS = 200_000
"""Between two collections of garbage. What is imported stays: looking through it again and again, the last time at the
exit, took 0.13 of 0.9 s."""

app = typer.Typer(
    name="trustaudit",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Whether to trust a Hugging Face repository, before one byte of weights is fetched.",
    epilog="Examples: trustaudit check org/model; trustaudit batch models.txt; trustaudit demo (offline).\n\n"
    "Exit codes: 0 pass or review, 1 block, 2 usage, 3 incomplete, 4 internal error.",
)


def _print_version(value: bool) -> None:
    if value:
        from trustaudit import __version__

        typer.echo(f"trustaudit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself."""


app.command("check")(check.check)
app.command("inspect")(inspect.inspect)
app.command("batch")(batch.batch)
app.add_typer(lock.app, name="lock")
app.command("reaudit")(reaudit.reaudit)
app.command("verify")(verify.verify)
app.command("download")(download.download)
app.command("inventory")(inventory.inventory)
app.command("history")(history.history)
app.add_typer(runs.app, name="runs")
app.command("diff")(diff.diff)
app.command("lineage")(lineage.lineage)
app.command("affected")(affected.affected)
app.command("names")(names.names)
app.add_typer(popular.app, name="popular")
app.command("run", context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})(guarded.run)
app.command("discover")(discover.discover)
app.command("checklist")(checklist.checklist)
app.command("explain")(explain.explain)
app.command("rules")(rules.rules)
app.add_typer(policy.app, name="policy")
app.command("schema")(schema.schema)
app.add_typer(cache.app, name="cache")
app.command("demo")(demo.demo)


def _spelled_out(arguments: Sequence[str]) -> list[str]:
    """``--lineage=3`` as the option it stands for: an option of typer has a value always or never.

    Of ``check`` only: what follows ``run`` is another program's.
    """
    if arguments[:1] != ["check"]:
        return list(arguments)
    return [re.sub(r"^--lineage=", "--lineage-depth=", argument) for argument in arguments]


def program(arguments: Sequence[str]) -> typer.Typer:
    """The application with the named command alone: typer builds all that it has, which takes it 60 ms.

    The whole of it where the first word is no command's name: for help, and for what is misspelt.
    """
    name = arguments[0] if arguments else ""
    needed = copy.copy(app)
    needed.registered_commands = [command for command in app.registered_commands if command.name == name]
    needed.registered_groups = [group for group in app.registered_groups if group.name == name]
    return needed if needed.registered_commands or needed.registered_groups else app


def _start_lightly() -> None:
    """What holds for a process of our own only: no program that imports us is touched by it."""
    gc.set_threshold(_NEW_OBJECTS)
    atexit.register(gc.freeze)
    # Where click happens to be installed, httpx loads a command line of its own: click, rich and pygments, 40 ms.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None is Python's word for "not to be found"


def _open_streams() -> None:
    """Somewhere to write to where the caller closed a stream (``>&-``), for which Python has None.

    Before any other file is opened, so that none takes the number of the missing stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(handle, mode, encoding="utf-8", closefd=False))


def main() -> None:
    """Entry point: run, and turn what is raised into a message and an exit code."""
    from trustaudit.cli.errors import report_error

    _open_streams()
    _start_lightly()
    arguments = _spelled_out(sys.argv[1:])
    try:
        program(arguments)(arguments)
    except Exception as error:  # noqa: BLE001 - the last resort: a message, never a traceback
        sys.exit(report_error(error))


__all__ = ["app", "main", "program"]
