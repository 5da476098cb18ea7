"""A manifest against the files that are there: what agrees, differs, is missing, or was never signed."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from trustaudit.provenance.kinds import provenance_kind
from trustaudit.provenance.listing import NOT_LISTED, Listing, folder_of
from trustaudit.provenance.statement import Item, Manifest

_GIT_FILES = (".gitattributes", ".gitignore")
_GIT_FOLDERS = (".git/", ".github/")


class Difference(Struct, frozen=True):
    """A file whose hash is not the stated one."""

    path: str
    stated: str
    found: str


class Comparison(Struct, frozen=True):
    """All by path. ``ignored``: there, not signed, and left out by the signer; ``unknown``: not comparable, and why."""

    agreeing: tuple[str, ...] = ()
    different: tuple[Difference, ...] = ()
    missing: tuple[str, ...] = ()
    unsigned: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()

    @property
    def counted(self) -> str:
        """``12 of 14 signed files have the signed hash``."""
        total = len(self.agreeing) + len(self.different) + len(self.missing) + len(self.unknown)
        return f"{len(self.agreeing)} of {total} signed files have the signed hash"


def compare(manifest: Manifest, listing: Listing, signature: str) -> Comparison:
    """Compare a manifest with the files. ``signature`` is the path it was found at: paths count from its folder."""
    placed = {listing.placed(item.path, folder_of(signature)): item for item in manifest.items}
    base = _base(placed, listing, folder_of(signature))
    differing, agreeing, unknown = _hashes(placed, manifest, listing)
    extra = _extra(placed, listing, base, signature) if manifest.whole else []
    ignored = [path for path in extra if _is_ignored(path.removeprefix(f"{base}/" if base else ""), manifest.ignored)]
    return Comparison(
        agreeing=tuple(agreeing),
        different=tuple(differing),
        missing=tuple(sorted(path for path in placed if path not in listing.hashes)) if listing.whole else (),
        unsigned=tuple(path for path in extra if path not in set(ignored)),
        ignored=tuple(ignored),
        unknown=tuple(unknown),
    )


def _base(placed: Iterable[str], listing: Listing, folder: str) -> str:
    """The signed folder: the signature's own, or the root when that is where the signed files lie."""
    inside = [path for path in placed if path in listing.hashes]
    return folder if folder and all(path.startswith(f"{folder}/") for path in inside) else ""


def _hashes(
    placed: dict[str, Item], manifest: Manifest, listing: Listing
) -> tuple[list[Difference], list[str], list[tuple[str, str]]]:
    differing: list[Difference] = []
    agreeing: list[str] = []
    unknown: list[tuple[str, str]] = []
    for path, item in sorted(placed.items()):
        if path not in listing.hashes:
            if not listing.whole:
                unknown.append((path, "the listing is not complete"))
            continue
        found = listing.hashes[path]
        if manifest.incomparable or not item.is_sha256:
            unknown.append((path, manifest.incomparable or f"signed by {item.algorithm[:20]}"))
        elif found is None:
            unknown.append((path, listing.why.get(path, NOT_LISTED)))
        elif found == item.digest:
            agreeing.append(path)
        else:
            differing.append(Difference(path, item.digest, found))
    return differing, agreeing, unknown


def _extra(placed: dict[str, Item], listing: Listing, base: str, signature: str) -> list[str]:
    """Files of the signed folder that the manifest does not name; git's own and provenance files are none."""
    start = f"{base}/" if base else ""
    return sorted(
        path
        for path in listing.hashes
        if path.startswith(start) and path not in placed and path != signature and not _is_beside(path[len(start) :])
    )


def _is_beside(path: str) -> bool:
    return path in _GIT_FILES or path.startswith(_GIT_FOLDERS) or provenance_kind(path) is not None


def _is_ignored(path: str, ignored: Iterable[str]) -> bool:
    names = (name.removeprefix("./").rstrip("/") for name in ignored)
    return any(path == name or path.startswith(f"{name}/") for name in names if name)
