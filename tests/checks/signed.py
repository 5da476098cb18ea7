"""Snapshots of signed repositories, for the checks on signatures."""

from __future__ import annotations

from typing import Any

from tests.builders import make_file, make_snapshot
from tests.provenance import signing
from trustaudit.facts import Known
from trustaudit.filefacts import Provenance, ProvenanceFile
from trustaudit.snapshot import Snapshot

KEY = signing.new_key()
STRANGER = signing.new_key()
EXPECTED = frozenset({signing.public_pem(KEY)})
FILES = {"config.json": b"{}", "model.safetensors": b"\0" * 64}


def repository(files: dict[str, bytes], provenance: dict[str, str], **more: Any) -> Snapshot:  # noqa: ANN401 - any field
    """A repository with these files, of which some speak of others. Weights are large files, all else is small."""
    paths = {**files, **{path: text.encode() for path, text in provenance.items()}}
    large = {path for path in paths if path.endswith((".safetensors", ".bin", ".pt"))}
    entries = [
        make_file(path, len(data), lfs=path in large, sha256=signing.sha256(data)) for path, data in paths.items()
    ]
    kinds = {"sig": "signature", "json": "bom", "jsonl": "attestation"}
    texts = [
        ProvenanceFile.model_validate(
            {"path": path, "kind": kinds.get(path.rpartition(".")[2], "checksums"), "text": Known(value=text)}
        )
        for path, text in provenance.items()
    ]
    hashed = tuple((path, signing.sha256(data)) for path, data in files.items() if path not in large)
    return make_snapshot(files=entries, provenance=Provenance(files=tuple(texts), digests=hashed), **more)


def signed(
    files: dict[str, bytes] | None = None,
    *,
    over: dict[str, bytes] | None = None,
    key: signing.Key = KEY,
    **changes: Any,  # noqa: ANN401 - JSON
) -> Snapshot:
    """``files`` beside a signature over them, or ``over`` other ones."""
    here = FILES if files is None else files
    return repository(here, {"model.sig": signing.bundle(signing.statement(over or FILES, **changes), key)})
