"""Sigstore bundles: the envelope around what is signed, and the material to check the signature with.

Versions 0.1 to 0.3 of the JSON form, as OpenSSF Model Signing and ``sigstore`` write them.
Total: anything else is a NotABundleError with the reason.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

_MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle"
_MAX_CERTIFICATES: Final = 10
_MAX_SIGNATURES: Final = 10


class NotABundleError(ValueError):
    """Not a Sigstore bundle; the message says where it differs from one."""


class Envelope(Struct, frozen=True):
    """A DSSE envelope: ``payload`` is what the signatures are over, once encoded with its type."""

    payload: bytes
    payload_type: str
    signatures: tuple[bytes, ...]


class MessageSignature(Struct, frozen=True):
    """A signature over one file. ``digest`` is the signer's note of its hash, hex."""

    signature: bytes
    algorithm: str
    digest: str


class Material(Struct, frozen=True):
    """What the bundle says about its signer. Certificates in DER, the signer's first.

    ``keyless``: a short-lived certificate of an identity provider (Fulcio), not one of a private authority.
    """

    key_hint: str = ""
    key_bytes: bytes = b""
    certificates: tuple[bytes, ...] = ()
    keyless: bool = False
    logged: bool = False


class Bundle(Struct, frozen=True):
    """A parsed bundle: an envelope or the signature of one file."""

    content: Envelope | MessageSignature
    material: Material


def parse_bundle(text: str) -> Bundle:
    """The bundle in that JSON text. Raises NotABundleError."""
    document = parse_object(text)
    media_type = document.get("mediaType")
    if not isinstance(media_type, str) or not media_type.startswith(_MEDIA_TYPE):
        raise NotABundleError("it has no media type of a Sigstore bundle")
    if isinstance(document.get("dsseEnvelope"), dict):
        content: Envelope | MessageSignature = parse_envelope(document["dsseEnvelope"])
    elif isinstance(document.get("messageSignature"), dict):
        content = _message(document["messageSignature"])
    else:
        raise NotABundleError("it holds neither an envelope nor a signature")
    return Bundle(content, _material(document.get("verificationMaterial")))


def parse_envelope(value: dict[str, Any]) -> Envelope:
    """A DSSE envelope. Raises NotABundleError."""
    signatures = value.get("signatures")
    listed = [item.get("sig") for item in signatures if isinstance(item, dict)] if isinstance(signatures, list) else []
    if not listed or len(listed) > _MAX_SIGNATURES:
        raise NotABundleError(f"an envelope with {len(listed)} signatures")
    payload_type = value.get("payloadType")
    if not isinstance(payload_type, str):
        raise NotABundleError("an envelope without the type of its payload")
    return Envelope(
        _bytes(value.get("payload"), "payload"), payload_type, tuple(_bytes(s, "signature") for s in listed)
    )


def parse_object(text: str) -> dict[str, Any]:
    """A JSON object. Raises NotABundleError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotABundleError("it is no JSON") from error
    if not isinstance(value, dict):
        raise NotABundleError("it is no JSON object")
    return value


def _message(value: dict[str, Any]) -> MessageSignature:
    noted = value.get("messageDigest")
    digest = noted if isinstance(noted, dict) else {}
    algorithm = digest.get("algorithm")
    return MessageSignature(
        signature=_bytes(value.get("signature"), "signature"),
        algorithm=algorithm if isinstance(algorithm, str) else "",
        digest=_bytes(digest["digest"], "digest").hex() if "digest" in digest else "",
    )


def _material(value: object) -> Material:
    if not isinstance(value, dict):
        return Material()
    key = value.get("publicKey")
    key = key if isinstance(key, dict) else {}
    hint = key.get("hint")
    single = value.get("certificate")
    certificates = tuple(_certificates(value))
    return Material(
        key_hint=hint if isinstance(hint, str) else "",
        key_bytes=_bytes(key["rawBytes"], "key") if isinstance(key.get("rawBytes"), str) else b"",
        certificates=certificates,
        keyless=isinstance(single, dict) or (bool(certificates) and bool(value.get("tlogEntries"))),
        logged=bool(value.get("tlogEntries")),
    )


def _certificates(value: dict[str, Any]) -> Iterator[bytes]:
    chain = value.get("x509CertificateChain")
    listed = chain.get("certificates") if isinstance(chain, dict) else [value.get("certificate")]
    for item in listed[:_MAX_CERTIFICATES] if isinstance(listed, list) else ():
        if isinstance(item, dict):
            yield _bytes(item.get("rawBytes"), "certificate")


def _bytes(value: object, what: str) -> bytes:
    """Standard or URL-safe base64, padded or not: writers differ."""
    if not isinstance(value, str) or not value.isascii():
        raise NotABundleError(f"its {what} is no base64")
    plain = value.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotABundleError(f"its {what} is no base64") from error
