"""What descends from what, over all audits of this machine: one small JSON file in the data folder.

Bounded, written as a whole and never in place. It holds public ids and commits, no verdicts.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from trustaudit.errors import StoreError
from trustaudit.facts import Frozen
from trustaudit.lineage.edges import Descent

NAME: Final = "lineage.json"
MAX_ENTRIES: Final = 20_000
MAX_BYTES: Final = 64 * 1024 * 1024


class _Content(Frozen):
    version: Literal["1"] = "1"
    descents: tuple[Descent, ...] = ()


class LineageFile:
    """The file in a folder. Reading one that is not there gives nothing."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def read(self) -> tuple[Descent, ...]:
        """Every entry. Raises StoreError for a file that cannot be read as one of ours."""
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise StoreError(f"{self.path} is larger than {MAX_BYTES:,} bytes", advice="delete it")
            return _Content.model_validate_json(self.path.read_bytes()).descents
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"cannot read {self.path}: {error.strerror}") from error
        except ValidationError as error:
            raise StoreError(f"{self.path} is damaged", advice="delete it: the next audits write a new one") from error

    def add(self, descents: Iterable[Descent]) -> None:
        """Add entries; a newer one of the same repository replaces the older. Raises StoreError.

        A file that is damaged is begun anew: it is a memory, not evidence. The oldest entries
        leave when there are more than ``MAX_ENTRIES``.
        """
        added = list(descents)
        if not added:
            return
        known: dict[str, Descent] = {}
        with suppress(StoreError):
            known = {entry.id.casefold(): entry for entry in self.read()}
        for entry in added:
            key = entry.id.casefold()
            if entry.audited or key not in known or not known[key].audited:
                known.pop(key, None)
                known[key] = entry
        self._write(_Content(descents=tuple(known.values())[-MAX_ENTRIES:]))

    def _write(self, content: _Content) -> None:
        temporary = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{NAME}.")
            with os.fdopen(handle, "wb") as stream:
                stream.write(content.model_dump_json().encode("utf-8"))
            Path(temporary).replace(self.path)
        except OSError as error:
            with suppress(OSError):
                Path(temporary).unlink()
            raise StoreError(f"cannot write {self.path}: {error.strerror}", advice="use --no-history") from error
