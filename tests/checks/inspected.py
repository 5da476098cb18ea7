"""Snapshots of files made of real bytes: what the inspectors see is what the checks judge."""

from __future__ import annotations

from tests.builders import make_file, make_files, make_snapshot, run_check
from trustaudit.filefacts import FileFacts
from trustaudit.finding import Finding
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.snapshot import Snapshot


def facts_of(files: dict[str, bytes]) -> tuple[FileFacts, ...]:
    """What the inspectors say of these bytes."""
    return tuple(inspect_bytes(inspect_file, data, path) for path, data in sorted(files.items()))


def snapshot_of(files: dict[str, bytes], ref: str = "org/model", **changes: object) -> Snapshot:
    """A model, or whatever ``ref`` says, that consists of these files."""
    entries = [make_file(path, len(data)) for path, data in files.items()]
    return make_snapshot(ref, files=make_files(*entries), file_facts=facts_of(files), **changes)


def findings(check_id: str, files: dict[str, bytes], ref: str = "org/model") -> list[Finding]:
    """What one check says of these files."""
    return list(run_check(check_id, snapshot_of(files, ref)).findings)
