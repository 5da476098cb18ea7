"""How text output looks: how wide, how much of it, and whether colour repeats what words say."""

from __future__ import annotations

import sys
from typing import Final

from msgspec import Struct

DEFAULT_WIDTH: Final = 80
MIN_WIDTH: Final = 40
MAX_WIDTH: Final = 140
"""Longer lines are no easier to read."""

_BOLD, _DIM, _RED, _YELLOW, _GREEN, _CYAN = "1", "2", "31", "33", "32", "36"
_CODES: Final = {
    "block": f"{_BOLD};{_RED}",
    "review": f"{_BOLD};{_YELLOW}",
    "pass": f"{_BOLD};{_GREEN}",
    "incomplete": f"{_BOLD};{_CYAN}",
    "critical": _RED,
    "high": _RED,
    "medium": _YELLOW,
    "low": _DIM,
    "info": _DIM,
}


class Style(Struct, frozen=True):
    """``width`` in columns; ``verbose`` shows everything, ``quiet`` one line per repository."""

    width: int = DEFAULT_WIDTH
    colour: bool = False
    verbose: bool = False
    quiet: bool = False

    @classmethod
    def detect(cls, *, to_file: bool = False, verbose: bool = False, quiet: bool = False) -> Style:
        """The style of this process's stdout: plain and 80 columns unless it is a terminal (NO_COLOR is honoured)."""
        if to_file or not sys.stdout.isatty():
            return cls(verbose=verbose, quiet=quiet)
        from rich.console import Console  # noqa: PLC0415 - knows terminals; not needed for files and pipes

        console = Console(file=sys.stdout)
        colour = console.color_system is not None and not console.no_color
        width = min(MAX_WIDTH, max(MIN_WIDTH, console.width))
        return cls(width=width, colour=colour, verbose=verbose, quiet=quiet)

    def paint(self, text: str, word: str) -> str:
        """``text`` in the colour of a verdict or severity."""
        code = _CODES.get(word)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text
