"""The few operations on keys and certificates that verification needs, by the ``cryptography`` library.

Imported only when there is a signature: the library is an extra (``trustaudit[sign]``).
Keys and certificates come from hostile files; whatever the library cannot read is a
``BadMaterialError``, whatever it can read and does not verify is False.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

_SHA256 = hashes.SHA256()
_BY_KEY_SIZE: dict[int, hashes.HashAlgorithm] = {256: _SHA256, 384: hashes.SHA384(), 521: hashes.SHA512()}
_FULCIO_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_FULCIO_ISSUER_V1 = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_DER_TEXT = (0x0C, 0x13, 0x16)
_SHORT_FORM = 0x80

_USABLE = (ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, rsa.RSAPublicKey)

# What reading hostile keys and certificates may raise.
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


class BadMaterialError(ValueError):
    """A key or certificate that cannot be read or used."""


def load_key(data: bytes) -> PublicKeyTypes:
    """A public key in PEM or DER."""
    load = serialization.load_pem_public_key if b"-----BEGIN" in data else serialization.load_der_public_key
    try:
        return load(data)
    except _UNREADABLE as error:
        raise BadMaterialError("a public key that cannot be read") from error


def readable_keys(pems: Iterable[str]) -> list[PublicKeyTypes]:
    """The keys of the policy; one that cannot be read vouches for nobody."""
    keys: list[PublicKeyTypes] = []
    for pem in pems:
        with suppress(BadMaterialError):
            key = load_key(pem.encode())
            keys += [key] if isinstance(key, _USABLE) else []
    return keys


def readable_certificates(pems: Iterable[str]) -> list[x509.Certificate]:
    """The certificates of the policy, as ``readable_keys``."""
    found: list[x509.Certificate] = []
    for pem in pems:
        with suppress(*_UNREADABLE):
            found += x509.load_pem_x509_certificates(pem.encode())
    return found


def load_chain(chain: Sequence[bytes]) -> list[x509.Certificate]:
    """Certificates in DER, the signer's first."""
    try:
        return [x509.load_der_x509_certificate(data) for data in chain]
    except _UNREADABLE as error:
        raise BadMaterialError("a certificate that cannot be read") from error


def key_of(certificate: x509.Certificate) -> PublicKeyTypes:
    """The public key of a certificate."""
    try:
        return certificate.public_key()
    except _UNREADABLE as error:
        raise BadMaterialError("a certificate with a key that cannot be read") from error


def fingerprint(key: PublicKeyTypes) -> str:
    """SHA-256 of the key's PEM, hex: what signers of OpenSSF Model Signing leave as a hint."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def verifies(key: PublicKeyTypes, signature: bytes, data: bytes, *, sha256: bool = False) -> bool:
    """Whether the signature is this key's over the data. ``sha256`` overrules the hash that goes with the curve."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(_SHA256 if sha256 else _BY_KEY_SIZE.get(key.curve.key_size, _SHA256)))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError) as error:
        raise BadMaterialError("a key that cannot be used") from error
    return True


def verifies_digest(key: PublicKeyTypes, signature: bytes, sha256: str) -> bool | None:
    """Whether the signature is this key's over a file of that SHA-256; None for keys that sign no digests."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    try:
        key.verify(signature, bytes.fromhex(sha256), ec.ECDSA(Prehashed(hashes.SHA256())))
    except (InvalidSignature, ValueError):
        return False
    return True


def is_anchored(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> bool:
    """Whether the chain leads from the signer to one of the trusted certificates, each issued by the next.

    Judged at the time from which the signer's certificate was valid: model signatures outlive it.
    """
    if not chain or not _may_sign(chain[0]):
        return False
    moment = chain[0].not_valid_before_utc
    for place, certificate in enumerate(chain):
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            return False
        if certificate in roots or any(_issued(certificate, root) for root in roots):
            return True
        if place + 1 == len(chain) or not _issued(certificate, chain[place + 1]):
            return False
    return False


def identities(certificate: x509.Certificate) -> tuple[str, ...]:
    """E-mail and other addresses of the subject, else its common names."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found: list[str] = [
            *names.get_values_for_type(x509.RFC822Name),
            *names.get_values_for_type(x509.UniformResourceIdentifier),
            *names.get_values_for_type(x509.DNSName),
        ]
    except (x509.ExtensionNotFound, *_UNREADABLE):
        found = []
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return tuple(found) or tuple(str(attribute.value) for attribute in common)


def provider(certificate: x509.Certificate) -> str:
    """The identity provider that a Fulcio certificate names; empty for others."""
    for oid in (_FULCIO_ISSUER, _FULCIO_ISSUER_V1):
        try:
            value = certificate.extensions.get_extension_for_oid(oid).value
        except (x509.ExtensionNotFound, *_UNREADABLE):
            continue
        if isinstance(value, x509.UnrecognizedExtension):
            return _text(value.value)
    return ""


def _text(data: bytes) -> str:
    """A short DER string, or the bare text that the first version of the extension holds."""
    if len(data) > 1 and data[0] in _DER_TEXT and data[1] < _SHORT_FORM and data[1] == len(data) - 2:
        data = data[2:]
    return data.decode("utf-8", "backslashreplace")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if not _is_authority(issuer):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return False


def _may_sign(certificate: x509.Certificate) -> bool:
    """By its key usage, or by an extended usage of signing code, as the reference verifier asks."""
    try:
        extensions = certificate.extensions
    except _UNREADABLE:
        return False
    for extension in extensions:
        if isinstance(extension.value, x509.KeyUsage) and extension.value.digital_signature:
            return True
        if isinstance(extension.value, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.CODE_SIGNING in extension.value:
            return True
    return False
