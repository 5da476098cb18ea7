"""Hashes that checksum files and bills of material state, without a signature over them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from trustaudit.provenance.bundle import Envelope, NotABundleError, parse_bundle, parse_envelope, parse_object
from trustaudit.provenance.statement import Manifest, NotAStatementError, parse_statement

_MAX_CLAIMS: Final = 20_000
_MAX_LINES: Final = 50_000
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
_GNU_LINE: Final = re.compile(r"\\?([0-9a-fA-F]{64})(?: [ *]|\t| {2,8})(\S.{0,500})")
_BSD_LINE: Final = re.compile(r"SHA-?256 ?\((.{1,500})\) ?= ?([0-9a-fA-F]{64})")


class Claim(Struct, frozen=True):
    """A file and the SHA-256 it is said to have. ``path`` is as written."""

    path: str
    sha256: str


def checksum_claims(text: str, path: str) -> tuple[Claim, ...]:
    """Lines of ``sha256sum`` in GNU and BSD form; a bare hash speaks of the file the checksum file is named after."""
    found = [claim for line in text.splitlines()[:_MAX_LINES] if (claim := _line(line.strip()))]
    bare = _HEX.match(text.strip())
    if not found and bare and "\n" not in text.strip():
        named = re.sub(r"\.sha256(?:sums?)?$", "", path.rpartition("/")[2], flags=re.IGNORECASE)
        found = [Claim(named, bare[0].casefold())]
    return tuple(dict.fromkeys(found[:_MAX_CLAIMS]))


def bom_claims(text: str) -> tuple[Claim, ...]:
    """Files and hashes of a CycloneDX or SPDX document (JSON). Anything else claims nothing."""
    try:
        document = parse_object(text)
    except NotABundleError:
        return ()
    found = (*_cyclonedx(document), *_spdx_2(document), *_spdx_3(document))
    return tuple(dict.fromkeys(found[:_MAX_CLAIMS]))


def attestations(text: str) -> tuple[Manifest, ...]:
    """The statements of a file with one envelope or bundle, or one per line. Lines that are neither are left out."""
    alone = _attestation(text)
    if alone:
        return (alone,)
    found = (_attestation(line) for line in text.splitlines()[:_MAX_LINES] if line.strip())
    return tuple(manifest for manifest in found if manifest)


def _line(line: str) -> Claim | None:
    gnu = _GNU_LINE.fullmatch(line)
    if gnu:
        return Claim(gnu[2].strip().removeprefix("./"), gnu[1].casefold())
    bsd = _BSD_LINE.fullmatch(line)
    return Claim(bsd[1].removeprefix("./"), bsd[2].casefold()) if bsd else None


def _attestation(line: str) -> Manifest | None:
    try:
        document = parse_object(line)
        content = parse_envelope(document) if "payload" in document else parse_bundle(line).content
        return parse_statement(content.payload) if isinstance(content, Envelope) else None
    except (NotABundleError, NotAStatementError):
        return None


def _cyclonedx(document: dict[str, Any]) -> Iterator[Claim]:
    """Components, those inside the described model too; walked level by level, since nesting is the author's."""
    described = document.get("metadata")
    level = [*_objects(document.get("components")), *_objects([_get(described, "component")])]
    for _ in range(8):
        for component in level:
            yield from _claims(component.get("name"), component.get("hashes"), "alg", "content")
        level = [inner for component in level for inner in _objects(component.get("components"))][:_MAX_CLAIMS]


def _spdx_2(document: dict[str, Any]) -> Iterator[Claim]:
    for kind, name in (("files", "fileName"), ("packages", "packageFileName")):
        for item in _objects(document.get(kind)):
            yield from _claims(item.get(name), item.get("checksums"), "algorithm", "checksumValue")


def _spdx_3(document: dict[str, Any]) -> Iterator[Claim]:
    for item in _objects(document.get("@graph")):
        yield from _claims(item.get("name"), item.get("verifiedUsing"), "algorithm", "hashValue")


def _claims(name: object, hashes: object, algorithm: str, value: str) -> Iterator[Claim]:
    if not isinstance(name, str):
        return
    for item in _objects(hashes):
        kind, digest = str(item.get(algorithm)), str(item.get(value))
        if kind.casefold().replace("-", "") == "sha256" and _HEX.fullmatch(digest):
            yield Claim(name.removeprefix("./"), digest.casefold())


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value[:_MAX_CLAIMS] if isinstance(item, dict)] if isinstance(value, list) else []


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None
