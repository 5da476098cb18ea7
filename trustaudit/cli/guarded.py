"""``trustaudit run``: a program of yours whose downloads wait for an audit."""

from __future__ import annotations

from typing import Annotated

import typer

from trustaudit.cli.options import Endpoint, NoCache, PolicyName


def run(
    arguments: Annotated[
        list[str], typer.Argument(metavar="SCRIPT|-m MODULE [ARGS]...", help="Your program.", show_default=False)
    ],
    policy: PolicyName = None,
    no_review: Annotated[
        bool, typer.Option("--no-review", help="Refuse also what needs a look (verdict review).")
    ] = False,
    no_cache: NoCache = False,
    endpoint: Endpoint = None,
) -> None:
    """Run a program; what it downloads through huggingface_hub is audited first and refused when blocked.

    Examples: trustaudit run -- train.py --epochs 3; trustaudit run --policy strict -m mypackage.train
    """
    from trustaudit.errors import UsageError
    from trustaudit.gate import run_guarded
    from trustaudit.settings import Settings

    if arguments == ["-m"]:
        raise UsageError("-m needs the name of a module", advice="trustaudit run -m mypackage.train")
    if arguments[0].startswith("-") and arguments[0] != "-m":
        raise UsageError(f"there is no option {arguments[0]}", advice="trustaudit run -h lists those there are")
    settings = Settings.load(policy=policy, use_cache=False if no_cache else None, endpoint=endpoint)
    run_guarded(arguments, policy=settings.policy, settings=settings, allow_review=not no_review)
