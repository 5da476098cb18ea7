"""Signs for real with throw-away keys: bundles as OpenSSF Model Signing writes them, without its library."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from trustaudit.provenance.verify import encoded

PAYLOAD = "application/vnd.in-toto+json"
IGNORED = [".gitattributes", ".gitignore", ".github", "model.sig", ".git"]
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def new_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def private_pem(key: Key) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def public_pem(key: Key) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def hint_of(key: Key) -> str:
    return hashlib.sha256(public_pem(key).encode()).hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def statement(files: Mapping[str, bytes], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A v1.0 statement over the files. ``changes``: resources, root, serialization, predicateType."""
    resources = [{"name": name, "algorithm": "sha256", "digest": sha256(data)} for name, data in sorted(files.items())]
    resources = changes.pop("resources", resources)
    root = hashlib.sha256(b"".join(bytes.fromhex(item["digest"]) for item in resources)).hexdigest()
    how = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": IGNORED}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model", "digest": {"sha256": changes.pop("root", root)}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"serialization": {**how, **changes.pop("serialization", {})}, "resources": resources},
        **changes,
    }


def sign_bytes(key: Key, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    chosen = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[key.curve.key_size]
    return key.sign(data, ec.ECDSA(chosen))


def bundle(
    signed: Mapping[str, Any] | bytes,
    key: Key,
    *,
    material: Mapping[str, Any] | None = None,
    signature: bytes | None = None,
) -> str:
    """A bundle over a statement; ``signature`` replaces the real one."""
    payload = signed if isinstance(signed, bytes) else json.dumps(signed).encode()
    made = signature if signature is not None else sign_bytes(key, encoded(PAYLOAD, payload))
    return json.dumps(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {**(material or {"publicKey": {"hint": hint_of(key)}}), "tlogEntries": []},
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": PAYLOAD,
                "signatures": [{"sig": base64.b64encode(made).decode(), "keyid": ""}],
            },
        }
    )


def signed_model(files: Mapping[str, bytes], key: Key, **changes: Any) -> dict[str, bytes]:  # noqa: ANN401 - JSON
    """The files with a ``model.sig`` over them."""
    return {**files, "model.sig": bundle(statement(files, **changes), key).encode()}


def certificate(
    key: ec.EllipticCurvePrivateKey,
    name: str,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    *,
    authority: bool = False,
    email: str = "",
    provider: str = "",
    signs: bool = True,
) -> x509.Certificate:
    """A certificate for the key, by an issuer or by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(signs=signs, authority=authority), critical=True)
    )
    if email:
        made = made.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False)
    if provider:
        told = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1"), provider.encode())
        made = made.add_extension(told, critical=False)
    return made.sign(issuer[1] if issuer else key, hashes.SHA256())


def _usage(*, signs: bool, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def chain_material(chain: Sequence[x509.Certificate]) -> dict[str, Any]:
    raw = [base64.b64encode(item.public_bytes(serialization.Encoding.DER)).decode() for item in chain]
    return {"x509CertificateChain": {"certificates": [{"rawBytes": item} for item in raw]}}


def pem(item: x509.Certificate) -> str:
    return item.public_bytes(serialization.Encoding.PEM).decode()
