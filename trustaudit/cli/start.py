"""Where the installed commands begin: Ctrl-C while the program is being loaded ends it without a traceback."""

from __future__ import annotations

import signal


def main() -> None:
    """Load the program and run it."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # ignored in the background of a shell
    if usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from trustaudit.cli.app import main as program

    if usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    program()
