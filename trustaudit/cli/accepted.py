"""What the user accepts beside the policy: ``--baseline`` and ``--vex`` in, ``--write-baseline`` out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from trustaudit.cli.output import say, write_text

if TYPE_CHECKING:
    from trustaudit.policy.model import Policy
    from trustaudit.report.model import TrustReport


class Accepted(Struct, frozen=True):
    """The files of one invocation. All are read before the first request: a misread one costs nothing."""

    baseline: Path | None = None
    write_baseline: Path | None = None
    vex: tuple[Path, ...] = ()

    def laid_on(self, policy: Policy) -> Policy:
        """The policy with what these files accept. Raises FileInputError."""
        if self.baseline is None and not self.vex:
            return policy
        from trustaudit.policy.baseline import read_baseline
        from trustaudit.policy.vex_files import read_vex

        known = read_baseline(self.baseline) if self.baseline is not None else ()
        return policy.model_copy(update={"baseline": known, "statements": read_vex(self.vex)})

    def store(self, reports: Sequence[TrustReport]) -> None:
        """Write the new baseline, where one is wanted."""
        if self.write_baseline is None:
            return
        from trustaudit.policy.baseline import baseline_text, read_baseline

        before = read_baseline(self.baseline) if self.baseline is not None else ()
        write_text(baseline_text(reports, before), self.write_baseline)
        say(f"baseline written to {self.write_baseline}")


NOTHING_ACCEPTED = Accepted()
