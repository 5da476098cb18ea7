"""Exit codes: one table for every command and every output format (docs/exit-codes.md is checked against it)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from trustaudit.report.model import Verdict


class ExitCode(IntEnum):
    """What the process ends with. A contract: other programs branch on these numbers."""

    OK = 0
    BLOCK = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 4


MEANING: Final = {
    ExitCode.OK: "every repository passes or asks for a review",
    ExitCode.BLOCK: "at least one repository blocks (with `--fail-on review`: blocks or asks for a review)",
    ExitCode.USAGE: "the command line, a file or a setting is wrong; nothing was judged",
    ExitCode.INCOMPLETE: "none blocks, but something the policy requires could not be seen",
    ExitCode.INTERNAL: "a defect of trustaudit",
}

_FAILING: Final = {"block": frozenset({"block"}), "review": frozenset({"block", "review"})}


class Judged(Protocol):
    """A report, or what is left of one."""

    @property
    def verdict(self) -> Verdict:
        """The decision."""


def exit_code(
    reports: Iterable[Judged], *, fail_on: str = "block", allow_incomplete: bool = False, exit_zero: bool = False
) -> ExitCode:
    """The code for these reports. ``fail_on`` is the mildest verdict that gives 1: ``block`` or ``review``.

    A failing verdict outranks an incomplete one; ``exit_zero`` is for pipelines that only upload.
    """
    verdicts = {str(report.verdict) for report in reports}
    if exit_zero:
        return ExitCode.OK
    if verdicts & _FAILING[fail_on]:
        return ExitCode.BLOCK
    return ExitCode.INCOMPLETE if "incomplete" in verdicts and not allow_incomplete else ExitCode.OK
