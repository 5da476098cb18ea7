"""``trustaudit cache``: where the answers are kept, how much, and how to be rid of them."""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Look at the answer cache, or clear it.",
    epilog="Example: trustaudit cache info",
)


@app.command("info")
def info() -> None:
    """Show the cache's folder, size and age. Example: trustaudit cache info"""
    from tabulate import tabulate

    from trustaudit.cli.output import write_text
    from trustaudit.hub.cache import AnswerCache
    from trustaudit.hub.client import utc_now
    from trustaudit.settings import Settings

    settings = Settings.load()
    found = AnswerCache.of(settings, utc_now).info()
    rows = [
        ("folder", found.path),
        ("answers", found.entries),
        ("size", f"{found.bytes:,} bytes of {settings.cache_bytes:,} allowed"),
        ("oldest", found.oldest.isoformat(timespec="seconds") if found.oldest else "-"),
    ]
    write_text(tabulate(rows, tablefmt="plain") + "\n", None)


@app.command("clear")
def clear() -> None:
    """Remove every cached answer. Example: trustaudit cache clear"""
    from trustaudit.cli.output import write_text
    from trustaudit.hub.cache import AnswerCache
    from trustaudit.hub.client import utc_now
    from trustaudit.settings import Settings

    removed = AnswerCache.of(Settings.load(), utc_now).clear()
    write_text(f"removed {removed} answers\n", None)
