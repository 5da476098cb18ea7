"""Snapshots whose files were really looked into: text in, facts of the inspectors out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.builders import findings_of, make_file, make_files, make_info, make_snapshot
from trustaudit.finding import Finding
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.snapshot import Snapshot

MODEL = "modeling_acme.py"
AUTO_MAP = (("AutoModel", "modeling_acme.AcmeModel"),)


def repository(
    files: Mapping[str, str | bytes],
    ref: str = "org/model",
    *,
    listed: tuple[str, ...] = (),
    **info: Any,  # noqa: ANN401 - fields of the info answer
) -> Snapshot:
    """A repository of these files, with ``listed`` beside them that nobody looked into."""
    raw = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    facts = tuple(inspect_bytes(inspect_file, data, path) for path, data in sorted(raw.items()))
    entries = [make_file(path, len(data), lfs=False) for path, data in raw.items()]
    listing = make_files(*entries, *listed)
    return make_snapshot(
        ref,
        files=listing,
        info=make_info(id=ref.removeprefix("datasets/").removeprefix("spaces/"), **info),
        file_facts=facts,
    )


def model(source: str, **more: str) -> Snapshot:
    """A model whose configuration has ``source`` run."""
    return repository({MODEL: source, **more}, auto_map=AUTO_MAP, listed=("model.safetensors",))


def loose(source: str, name: str = "train.py") -> Snapshot:
    """A model beside which a file lies that nothing names."""
    return repository({name: source}, listed=("model.safetensors",))


def found(check_id: str, snapshot: Snapshot) -> list[Finding]:
    """The findings of one check, worst first."""
    every = findings_of(check_id, snapshot).values()
    return sorted(every, key=lambda finding: -finding.severity.rank)


def severities(check_id: str, snapshot: Snapshot) -> list[str]:
    """The severities of one check's findings, worst first."""
    return [str(finding.severity) for finding in found(check_id, snapshot)]
