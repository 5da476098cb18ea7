"""Hashes that files state without a signature to check: checksums, bills of material, attestations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from trustaudit.facts import Known
from trustaudit.filefacts import ProvenanceFile
from trustaudit.provenance.claims import Claim, attestations, bom_claims, checksum_claims
from trustaudit.provenance.compare import Comparison, compare
from trustaudit.provenance.listing import Listing, folder_of, listing_of
from trustaudit.provenance.signatures import signed_names
from trustaudit.provenance.statement import Item, Manifest
from trustaudit.snapshot import Snapshot


class Statement(Struct, frozen=True):
    """What one file states. ``about_others``: not one of the files it speaks of is here, by name or by hash."""

    path: str
    kind: str
    comparison: Comparison
    about_others: bool = False


def statements(snapshot: Snapshot) -> tuple[Statement, ...]:
    """Every readable checksum file, bill of material and attestation, compared with the files."""
    listing = listing_of(snapshot)
    return tuple(statement for file in snapshot.provenance.files for statement in _stated(file, listing))


def named_paths(files: Iterable[ProvenanceFile], listing: Listing) -> tuple[str, ...]:
    """Paths that provenance files speak of and that exist: whose hashes are needed for a comparison."""
    found: dict[str, None] = {}
    for file in files:
        placed = (listing.placed(name, folder_of(file.path)) for name in _names(file))
        found.update(dict.fromkeys(path for path in placed if path in listing.hashes))
    return tuple(found)


def _stated(file: ProvenanceFile, listing: Listing) -> Iterator[Statement]:
    if not isinstance(file.text, Known):
        return
    path, text = file.path, file.text.value
    if file.kind == "checksums":
        yield from _claimed(path, "checksums", checksum_claims(text, path), listing)
    elif file.kind == "bom":
        for statement in _claimed(path, "bill of materials", bom_claims(text), listing):
            # It lists libraries too: what is no file here is not missing.
            yield replace(statement, comparison=replace(statement.comparison, missing=()))
    elif file.kind == "attestation":
        yield from (_attested(path, manifest, listing) for manifest in attestations(text))


def _names(file: ProvenanceFile) -> tuple[str, ...]:
    if not isinstance(file.text, Known):
        return ()
    path, text = file.path, file.text.value
    if file.kind == "signature":
        return signed_names(path, text)
    if file.kind == "attestation":
        return tuple(item.path for manifest in attestations(text) for item in manifest.items)
    claims = checksum_claims(text, path) if file.kind == "checksums" else bom_claims(text)
    return tuple(claim.path for claim in claims)


def _claimed(path: str, kind: str, claims: Iterable[Claim], listing: Listing) -> Iterator[Statement]:
    items = tuple(Item(claim.path, "sha256", claim.sha256) for claim in claims)
    if items:
        yield Statement(path, kind, compare(Manifest("", items), listing, path))


def _attested(path: str, manifest: Manifest, listing: Listing) -> Statement:
    """Subjects of attestations are named by whoever built them: equal hashes count under any name."""
    hashes = {sha256 for sha256 in listing.hashes.values() if sha256}
    compared = compare(manifest, listing, path)
    renamed = {item.path for item in manifest.items if item.digest in hashes and item.path not in listing.hashes}
    agreeing = tuple(sorted({*compared.agreeing, *renamed}))
    missing = tuple(name for name in compared.missing if name not in renamed)
    strange = not agreeing and not compared.different and not compared.unknown
    return Statement(path, "attestation", replace(compared, agreeing=agreeing, missing=missing), about_others=strange)
