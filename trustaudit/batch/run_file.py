"""Results on disk as they come: JSON Lines, one report a line, in the order in which audits finished.

Lines are written whole, with one call each, so a killed process leaves at most one torn line at the end:
it is cut off when the run is resumed, and only the audits then under way are done again.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import Struct
from pydantic import ValidationError

import trustaudit
from trustaudit.batch.rows import Row
from trustaudit.errors import FileInputError, StoreError, UsageError
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.report.model import TrustReport

T = TypeVar("T")

RUN_VERSION: Final = "1"
_FOLDER: Final = "runs"
_ELSEWHERE = "--run FILE keeps the results in another file"
_FLAGS: Final = os.O_RDWR | os.O_APPEND


class Header(Struct, frozen=True):
    """What a run was started with. Results of another list, rule set or policy are never mixed in."""

    digest: str
    jobs: int
    started: str

    @classmethod
    def of(cls, digest: str, jobs: int, started: datetime) -> Header:
        """The header of a run that starts now."""
        return cls(digest, jobs, started.isoformat(timespec="seconds"))

    def line(self) -> dict[str, Any]:
        """The first line of a run file."""
        return {
            "run_version": RUN_VERSION,
            "tool": f"trustaudit {trustaudit.__version__}",
            "ruleset": ruleset_id(),
            "list": self.digest,
            "jobs": self.jobs,
            "started": self.started,
        }


class RunFile:
    """An open run file. ``rows`` are the finished audits, by key; ``note`` says why nothing is kept any more."""

    def __init__(self, descriptor: int, path: Path | None = None, *, automatic: bool = False) -> None:
        self.path = path
        self.rows: dict[str, Row] = {}
        self.note = ""
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self._automatic = automatic
        self._offsets: dict[str, int] = {}
        self._unwritten: dict[str, TrustReport] = {}

    @classmethod
    def create(cls, path: Path, header: Header, *, automatic: bool = False) -> RunFile:
        """A new run file. Raises StoreError; UsageError when there is one already."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if not path.exists():  # a file stands where the folder should be
                raise StoreError(f"cannot write {path}: {path.parent} is no folder", advice=_ELSEWHERE) from None
            raise UsageError(f"{path} is there already", advice="--resume continues it; or name another file") from None
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror}", advice=_ELSEWHERE) from error
        run = cls(descriptor, path, automatic=automatic)
        run._write(json.dumps(header.line(), separators=(",", ":")))
        return run

    @classmethod
    def unnamed(cls, header: Header) -> RunFile:
        """A run file that nobody can resume, where no other can be written."""
        with tempfile.TemporaryFile() as file:
            run = cls(os.dup(file.fileno()))
        run._write(json.dumps(header.line(), separators=(",", ":")))
        return run

    @classmethod
    def resume(cls, path: Path, *, automatic: bool = False) -> RunFile:
        """An unfinished run. Raises FileInputError when it is none, or one of other rules."""
        try:
            run = cls(os.open(path, _FLAGS), path, automatic=automatic)
        except OSError as error:
            raise FileInputError(f"cannot read {path}: {error.strerror}") from error
        try:
            run._read_back()
        except BaseException:
            run.close()
            raise
        return run

    @classmethod
    def done_in(cls, path: Path) -> frozenset[str]:
        """The keys of what an unfinished run has done; its file stays as it is. Raises FileInputError as ``resume``."""
        try:
            run = cls(os.open(path, _FLAGS), path)
        except OSError as error:
            raise FileInputError(f"cannot read {path}: {error.strerror}") from error
        try:
            run._read_back(cut=False)
        finally:
            run.close()
        return frozenset(run.rows)

    def append(self, key: str, report: TrustReport) -> Row:
        """Keep a finished audit: on disk when this returns, or in memory when the disk takes no more."""
        row = self.rows[key] = Row.of(report)
        try:
            self._offsets[key] = self._write(f'{{"key":{json.dumps(key)},"report":{report.model_dump_json()}}}')
        except StoreError as error:
            self._unwritten[key] = report
            self.note = f"{error.what}: what follows is not kept for --resume"
        return row

    def report(self, key: str) -> TrustReport:
        """A finished audit, read back."""
        if key in self._unwritten:
            return self._unwritten[key]
        self._file.seek(self._offsets[key])
        with os.fdopen(os.dup(self._file.fileno()), "rb") as reader:
            values = json.loads(reader.readline())
        return TrustReport.model_validate_json(json.dumps(values["report"]))

    async def apart(self, do: Callable[[], T]) -> T:
        """``do``, which reads reports: from a file of this machine, at once."""
        return do()

    def close(self, *, finished: bool = False) -> None:
        """Close; the automatic file of a finished run is of no more use to anybody."""
        self._file.close()
        if finished and self._automatic and self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write(self, line: str) -> int:
        """One line, one call: with O_APPEND not even two processes that resume one run would mix their lines."""
        data = f"{line}\n".encode()
        place = self.path or "a temporary file"
        try:
            written = self._file.write(data)
        except OSError as error:
            raise StoreError(f"cannot write {place}: {error.strerror}") from error
        offset = self._file.tell() - (written or 0)
        if written != len(data):
            self._file.truncate(offset)
            raise StoreError(f"cannot write {place}: no space left")
        return offset

    def _read_back(self, *, cut: bool = True) -> None:
        """Take the results of whole lines; ``cut`` a torn line off, skip one that does not hold."""
        known = False
        for offset, line in self._lines():
            if not line.endswith(b"\n"):
                if cut:
                    self._file.truncate(offset)
                break
            values = _values(line)
            if offset == 0:
                self._check(values)
                known = True
            elif values is not None:
                self._take(values, offset)
        if not known:
            raise FileInputError(f"{self.path} is no run of trustaudit batch")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        self._file.seek(0)
        with os.fdopen(os.dup(self._file.fileno()), "rb") as reader:
            offset = 0
            for line in reader:
                yield offset, line
                offset += len(line)

    def _check(self, values: dict[str, Any] | None) -> None:
        if values is None or values.get("run_version") != RUN_VERSION:
            raise FileInputError(f"{self.path} is no run of this version of trustaudit batch")
        if values.get("ruleset") != ruleset_id():
            raise FileInputError(
                f"{self.path} was started with other rules ({values.get('ruleset')!a})",
                advice="start again without --resume: results of two rule sets do not compare",
            )

    def _take(self, values: dict[str, Any], offset: int) -> None:
        try:
            report = TrustReport.model_validate_json(json.dumps(values["report"]))
            key = str(values["key"])
        except (KeyError, ValidationError):
            return
        self._offsets[key], self.rows[key] = offset, Row.of(report, again=True)


def _values(line: bytes) -> dict[str, Any] | None:
    """The object of a line, None when it holds none."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def automatic_path(data_dir: Path, header: Header) -> Path:
    """A name of its own for each run; the list's digest in it lets ``--resume`` find it."""
    moment = header.started.replace(":", "").replace("-", "")[:15]
    return data_dir / _FOLDER / f"{header.digest}-{moment}-{os.getpid()}.jsonl"


def unfinished(data_dir: Path, digest: str) -> Path | None:
    """The newest run of that list that did not come to its end."""
    found = sorted((data_dir / _FOLDER).glob(f"{digest}-*.jsonl"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None
