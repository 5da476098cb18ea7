"""Who signed, and whether the signature holds: what can be told without network and without the file's bytes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from trustaudit.provenance.bundle import Bundle, MessageSignature
from trustaudit.provenance.expected import Expected

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

NEEDS_EXTRA: Final = "checking signatures needs the extra: pip install trustaudit[sign]"


class State(StrEnum):
    """``VERIFIED``: by somebody the policy expects; ``UNEXPECTED``: by somebody else; ``UNVERIFIED``: unknown."""

    VERIFIED = "verified"
    UNVERIFIED = "not verified"
    UNEXPECTED = "not by an expected signer"
    INVALID = "invalid"


class Verification(Struct, frozen=True):
    """``signer`` in words; ``why`` explains any state but ``VERIFIED``; ``unable``: the library is not installed."""

    state: State
    signer: str
    why: str = ""
    unable: bool = False


def verify(bundle: Bundle, expected: Expected, *, artifact: str | None = None, old: bool = False) -> Verification:
    """Check a bundle's signature.

    ``artifact`` is the SHA-256 of the file that a bare signature is over, where known. ``old``
    also accepts the encoding of the signing library before 1.0.
    """
    try:
        from trustaudit.provenance import crypto  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return Verification(State.UNVERIFIED, _hinted(bundle), NEEDS_EXTRA, unable=True)
    try:
        if bundle.material.certificates:
            return _by_certificate(bundle, expected, artifact, old=old)
        return _by_key(bundle, expected, artifact, old=old)
    except crypto.BadMaterialError as error:
        return Verification(State.INVALID, _hinted(bundle), f"it holds {error}")


def encoded(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what a signature over an envelope is really over."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _encoded_before_1_0(payload_type: str, payload: bytes) -> bytes:
    """The signing library up to 0.2 wrote the payload as Python shows bytes."""
    return f"DSSEV1 {len(payload_type)} {payload_type} {len(payload)} {payload!r}".encode()


def _by_key(bundle: Bundle, expected: Expected, artifact: str | None, *, old: bool) -> Verification:
    from trustaudit.provenance import crypto  # noqa: PLC0415 - an extra

    signer = _hinted(bundle)
    own = bundle.material.key_bytes
    if own and _holds(bundle, crypto.load_key(own), artifact, old=old) is False:
        return Verification(State.INVALID, signer, "the key inside the bundle did not make this signature")
    keys = {crypto.fingerprint(key): key for key in crypto.readable_keys(expected.keys)}
    held = {name: _holds(bundle, key, artifact, old=old) for name, key in keys.items()}
    if held.get(bundle.material.key_hint.casefold()) is False:
        return Verification(State.INVALID, signer, "the expected key that it names did not make this signature")
    if any(held.values()):
        return Verification(State.VERIFIED, signer)
    if expected.names_any((bundle.material.key_hint, f"sha256:{bundle.material.key_hint}"), ""):
        return Verification(State.UNVERIFIED, signer, "a fingerprint names a key, and checking needs the key itself")
    if expected and None not in held.values():
        return Verification(State.UNEXPECTED, signer, "no key that the policy expects made this signature")
    why = "it cannot be checked from a hash" if keys else "the policy names no key to check it with"
    return Verification(State.UNVERIFIED, signer, why)


def _by_certificate(bundle: Bundle, expected: Expected, artifact: str | None, *, old: bool) -> Verification:
    from trustaudit.provenance import crypto  # noqa: PLC0415 - an extra

    chain = crypto.load_chain(bundle.material.certificates)
    names, issuer = crypto.identities(chain[0]), crypto.provider(chain[0])
    signer = ", ".join(names)[:200] or "a certificate without a name"
    signer += f" ({issuer[:100]})" if issuer else ""
    held = _holds(bundle, crypto.key_of(chain[0]), artifact, old=old)
    if held is False:
        return Verification(State.INVALID, signer, "its certificate's key did not make this signature")
    anchored = bool(held) and crypto.is_anchored(chain, crypto.readable_certificates(expected.certificates))
    # A public authority signs for everybody, for minutes: without its log an anchored certificate proves nothing.
    public = bool(issuer) or bundle.material.logged
    if anchored and not public:
        return Verification(State.VERIFIED, signer)
    if expected and not anchored and not expected.names_any(names, issuer):
        return Verification(State.UNEXPECTED, signer, "the policy expects other signers")
    return Verification(State.UNVERIFIED, signer, _unchecked(bundle, public=public))


def _unchecked(bundle: Bundle, *, public: bool) -> str:
    if bundle.material.keyless or public:
        return "its certificate and log entry were not checked against Sigstore's roots"
    return "no certificate of the policy vouches for the signer's: anyone can make one with that name"


def _holds(bundle: Bundle, key: PublicKeyTypes, artifact: str | None, *, old: bool) -> bool | None:
    """Whether the key made one of the signatures. None: a bare signature that cannot be checked from a hash."""
    from trustaudit.provenance import crypto  # noqa: PLC0415 - an extra

    content = bundle.content
    if isinstance(content, MessageSignature):
        return None if artifact is None else crypto.verifies_digest(key, content.signature, artifact)
    data = encoded(content.payload_type, content.payload)
    if any(crypto.verifies(key, signature, data) for signature in content.signatures):
        return True
    if not old:
        return False
    data = _encoded_before_1_0(content.payload_type, content.payload)
    tries = [(signature, size) for signature in content.signatures for size in (False, True)]
    return any(crypto.verifies(key, signature, data, sha256=size) for signature, size in tries)


def _hinted(bundle: Bundle) -> str:
    """The signer as far as the bundle tells without reading its certificate."""
    material = bundle.material
    if material.certificates:
        return "a certificate"
    return f"key {material.key_hint[:64]}" if material.key_hint else "an unnamed key"
