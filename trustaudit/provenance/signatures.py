"""Every signature of a snapshot, verified and compared with the files. What checks and reports share."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct, field

from trustaudit.facts import Known
from trustaudit.provenance.bundle import Bundle, Envelope, MessageSignature, NotABundleError, parse_bundle
from trustaudit.provenance.compare import Comparison, compare
from trustaudit.provenance.expected import Expected
from trustaudit.provenance.listing import Listing, listing_of
from trustaudit.provenance.statement import (
    PAYLOAD_TYPE,
    Item,
    Manifest,
    NotAStatementError,
    parse_statement,
)
from trustaudit.provenance.verify import State, Verification, verify
from trustaudit.snapshot import Snapshot

_SUFFIX = re.compile(r"\.(?:sig|sigstore|sigstore\.json)$", re.IGNORECASE)
_SHA256_NAMES = frozenset({"SHA2_256", "SHA256", "SHA-256"})
_WHOLE_MODEL = "model.sig"


class Signature(Struct, frozen=True):
    """One signature file. Without ``manifest`` it says nothing that could be compared; ``problem`` says why."""

    path: str
    verification: Verification
    manifest: Manifest | None = None
    comparison: Comparison = field(default_factory=Comparison)
    problem: str = ""

    @property
    def is_of_the_model(self) -> bool:
        """Whether it is named as the signature of the whole model, or says so inside."""
        named = self.path.rpartition("/")[2].casefold() == _WHOLE_MODEL
        return named or bool(self.manifest and self.manifest.is_model_signature)


def signatures(snapshot: Snapshot, expected_signers: Iterable[str]) -> tuple[Signature, ...]:
    """The signature files that could be read, each with its verdict."""
    listing, expected = listing_of(snapshot), Expected.of(expected_signers)
    files = (file for file in snapshot.provenance.files if file.kind == "signature")
    return tuple(_read(file.path, file.text.value, listing, expected) for file in files if isinstance(file.text, Known))


def signed_names(path: str, text: str) -> tuple[str, ...]:
    """The files a signature speaks of, as it writes them."""
    try:
        content = parse_bundle(text).content
        if isinstance(content, MessageSignature):
            return (_artifact(path).rpartition("/")[2],)
        return tuple(item.path for item in _manifest(content).items)
    except (NotABundleError, NotAStatementError):
        return ()


def _read(path: str, text: str, listing: Listing, expected: Expected) -> Signature:
    try:
        bundle = parse_bundle(text)
    except NotABundleError as error:
        return Signature(path, Verification(State.UNVERIFIED, "somebody"), problem=f"no Sigstore bundle: {error}")
    if isinstance(bundle.content, MessageSignature):
        return _of_one_file(path, bundle, bundle.content, listing, expected)
    return _of_many(path, bundle, bundle.content, listing, expected)


def _of_many(path: str, bundle: Bundle, envelope: Envelope, listing: Listing, expected: Expected) -> Signature:
    try:
        manifest = _manifest(envelope)
    except NotAStatementError as error:
        return Signature(path, verify(bundle, expected), problem=str(error))
    verification = verify(bundle, expected, old=manifest.is_old)
    return Signature(path, verification, manifest, compare(manifest, listing, path))


def _manifest(envelope: Envelope) -> Manifest:
    if envelope.payload_type != PAYLOAD_TYPE:
        raise NotAStatementError("what is signed is no in-toto statement")
    return parse_statement(envelope.payload)


def _of_one_file(
    path: str, bundle: Bundle, content: MessageSignature, listing: Listing, expected: Expected
) -> Signature:
    """A signature beside one file. The signer's note of its hash is compared; the signature is over the real one."""
    artifact = _artifact(path)
    if artifact not in listing.hashes:
        return Signature(path, verify(bundle, expected), problem=f"there is no file {artifact} that it could be of")
    found = listing.hashes[artifact]
    stated = content.digest if content.algorithm.upper() in _SHA256_NAMES else found or ""
    manifest = Manifest("", (Item(artifact.rpartition("/")[2], "sha256", stated),))
    verification = verify(bundle, expected, artifact=found)
    return Signature(path, verification, manifest, compare(manifest, listing, path))


def _artifact(path: str) -> str:
    return _SUFFIX.sub("", path)
