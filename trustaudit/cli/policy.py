"""``trustaudit policy``: the built-in policies, and whether one of yours holds."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="List, show and validate policies.",
    epilog="Example: trustaudit policy show strict > mine.toml",
)

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="permissive, default, strict, or a file.")]


@app.command("list")
def list_policies() -> None:
    """List the built-in policies. Example: trustaudit policy list"""
    from tabulate import tabulate

    from trustaudit.cli.output import write_text
    from trustaudit.policy.model import builtin_names, load_policy

    rows = [(name, load_policy(name).description) for name in builtin_names()]
    write_text(tabulate(rows, headers=("policy", "description")) + "\n", None)


@app.command("show")
def show(name: Name = "default") -> None:
    """Print a policy as TOML, a template for your own. Example: trustaudit policy show strict > mine.toml"""
    from trustaudit.cli.output import write_text
    from trustaudit.policy.model import policy_text

    write_text(policy_text(name), None)


@app.command("validate")
def validate(name: Name) -> None:
    """Say whether a policy file holds, and where it does not. Example: trustaudit policy validate mine.toml"""
    from trustaudit.checks import all_checks
    from trustaudit.cli.output import write_text
    from trustaudit.policy.model import load_policy

    policy = load_policy(name, known_rules=tuple(check.meta.id for check in all_checks()))
    write_text(f"{policy.name}: valid, digest {policy.digest}\n", None)
