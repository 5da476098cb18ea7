"""Which files of a repository speak of other files by hash, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from trustaudit.snapshot import FileEntry

Kind = Literal["signature", "checksums", "bom", "attestation"]

MAX_FILES: Final = 24
"""Provenance files read per repository: one is usual, a checksum file beside each shard is not rare."""
MAX_BYTES: Final = 2 * 1024 * 1024
"""A manifest entry takes 200 bytes: this holds ten thousand files."""

_SIGNATURES: Final = (".sig", ".sigstore", ".sigstore.json")
_ATTESTATIONS: Final = (".intoto.jsonl", ".intoto.json")
_BOMS: Final = (".cdx.json", ".spdx.json", ".bom.json")
_BOM_NAMES: Final = frozenset({"bom.json", "sbom.json", "mlbom.json", "aibom.json"})
_CHECKSUM_NAME: Final = re.compile(
    r"sha-?256(?:sums?)?(?:\.txt)?|shasums?(?:256)?(?:\.txt)?|checksums?(?:\.sha256)?(?:\.txt)?"
)
_ORDER: Final[tuple[Kind, ...]] = ("signature", "attestation", "checksums", "bom")


def provenance_kind(path: str) -> Kind | None:
    """The kind of a provenance file by its name, None for every other file."""
    name = path.rpartition("/")[2].casefold()
    if name.endswith(_SIGNATURES):
        return "signature"
    if name.endswith(_ATTESTATIONS) or name == "claims.jsonl":
        return "attestation"
    if name.endswith((".sha256", ".sha256sum", ".sha256sums")) or _CHECKSUM_NAME.fullmatch(name):
        return "checksums"
    return "bom" if name.endswith(_BOMS) or name in _BOM_NAMES else None


def provenance_entries(entries: Iterable[FileEntry]) -> tuple[tuple[FileEntry, Kind], ...]:
    """Provenance files in the order in which they are worth reading: signatures first, the root first."""
    found = [(entry, kind) for entry in entries if (kind := provenance_kind(entry.path))]
    return tuple(sorted(found, key=lambda pair: (_ORDER.index(pair[1]), pair[0].path.count("/"), pair[0].path)))
