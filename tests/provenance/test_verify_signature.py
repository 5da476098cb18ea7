from __future__ import annotations

import base64
import contextlib
import json
import sys

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from tests.provenance import signing
from trustaudit import provenance
from trustaudit.provenance.bundle import NotABundleError, parse_bundle
from trustaudit.provenance.expected import Expected
from trustaudit.provenance.verify import NEEDS_EXTRA, State, Verification, verify

FILES = {"config.json": b"{}", "model.safetensors": b"\0" * 64}
KEY, OTHER = signing.new_key(), signing.new_key()


def checked(text: str, *expected: str, **more: object) -> Verification:
    return verify(parse_bundle(text), Expected.of(expected), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "key", [KEY, signing.new_key(ec.SECP384R1()), signing.new_key(ec.SECP521R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_an_expected_key(key: signing.Key) -> None:
    text = signing.bundle(signing.statement(FILES), key)
    assert checked(text, signing.public_pem(key)).state is State.VERIFIED
    assert signing.hint_of(key) in checked(text).signer


def test_without_an_expectation_nothing_is_verified() -> None:
    seen = checked(signing.bundle(signing.statement(FILES), KEY))
    assert (seen.state, seen.unable) == (State.UNVERIFIED, False)
    assert "names no key" in seen.why


def test_another_key_is_not_expected() -> None:
    text = signing.bundle(signing.statement(FILES), OTHER)
    assert checked(text, signing.public_pem(KEY)).state is State.UNEXPECTED
    assert checked(text, "release@acme.example").state is State.UNEXPECTED


def test_a_fingerprint_is_recognised_and_checks_nothing() -> None:
    text = signing.bundle(signing.statement(FILES), KEY)
    for form in (signing.hint_of(KEY), f"sha256:{signing.hint_of(KEY)}"):
        assert checked(text, form).state is State.UNVERIFIED
    assert checked(text, signing.hint_of(OTHER)).state is State.UNEXPECTED


def test_a_borrowed_hint_does_not_help() -> None:
    """Names the expected key and is signed by another: a lie, not a stranger."""
    text = signing.bundle(signing.statement(FILES), OTHER, material={"publicKey": {"hint": signing.hint_of(KEY)}})
    assert checked(text, signing.public_pem(KEY)).state is State.INVALID


def test_a_changed_payload_is_invalid() -> None:
    document = json.loads(signing.bundle(signing.statement(FILES), KEY))
    changed = signing.statement({**FILES, "model.safetensors": b"\1" * 64})
    document["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(changed).encode()).decode()
    assert checked(json.dumps(document), signing.public_pem(KEY)).state is State.INVALID


def test_a_changed_payload_type_is_invalid() -> None:
    document = json.loads(signing.bundle(signing.statement(FILES), KEY))
    document["dsseEnvelope"]["payloadType"] = "application/json"
    assert checked(json.dumps(document), signing.public_pem(KEY)).state is State.INVALID


def test_a_key_inside_the_bundle_is_consistent_and_not_trusted() -> None:
    own = {"publicKey": {"rawBytes": base64.b64encode(signing.public_pem(KEY).encode()).decode()}}
    good = signing.bundle(signing.statement(FILES), KEY, material=own)
    assert checked(good).state is State.UNVERIFIED
    bad = signing.bundle(signing.statement(FILES), OTHER, material=own)
    assert checked(bad).state is State.INVALID


def test_the_encoding_before_1_0() -> None:
    payload = json.dumps({"x": "é"}).encode()
    data = f"DSSEV1 {len(signing.PAYLOAD)} {signing.PAYLOAD} {len(payload)} {payload!r}".encode()
    text = signing.bundle(payload, KEY, signature=KEY.sign(data, ec.ECDSA(hashes.SHA256())))
    assert checked(text, signing.public_pem(KEY), old=True).state is State.VERIFIED
    assert checked(text, signing.public_pem(KEY)).state is State.INVALID


def test_a_bare_signature_is_checked_by_the_listed_hash() -> None:
    """The Hub lists SHA-256 of large files: an ECDSA signature over one needs no byte of it."""
    data = b"weights" * 1000
    made = KEY.sign(data, ec.ECDSA(hashes.SHA256()))
    text = json.dumps(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": signing.hint_of(KEY)}},
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": base64.b64encode(b"x" * 32).decode()},
                "signature": base64.b64encode(made).decode(),
            },
        }
    )
    expected = signing.public_pem(KEY)
    assert checked(text, expected, artifact=signing.sha256(data)).state is State.VERIFIED
    assert checked(text, expected, artifact=signing.sha256(b"other")).state is State.INVALID
    assert checked(text, expected).state is State.UNVERIFIED


class TestCertificates:
    root_key, middle_key, leaf_key = signing.new_key(), signing.new_key(), signing.new_key()
    root = signing.certificate(root_key, "Acme Root", authority=True)
    middle = signing.certificate(middle_key, "Acme Signing", (root, root_key), authority=True)
    leaf = signing.certificate(leaf_key, "release", (middle, middle_key), email="release@acme.example")

    def text(self, *chain: object, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        material = signing.chain_material(chain)  # type: ignore[arg-type]
        return signing.bundle(signing.statement(FILES), key or self.leaf_key, material=material)

    @pytest.mark.parametrize("anchor", ["root", "middle", "leaf"])
    def test_a_chain_to_an_expected_certificate(self, anchor: str) -> None:
        seen = checked(self.text(self.leaf, self.middle), signing.pem(getattr(self, anchor)))
        assert (seen.state, seen.signer) == (State.VERIFIED, "release@acme.example")

    def test_an_expected_public_authority_vouches_for_nobody(self) -> None:
        bundle = json.loads(self.text(self.leaf, self.middle))
        bundle["verificationMaterial"]["tlogEntries"] = [{"logIndex": "1"}]
        seen = checked(json.dumps(bundle), signing.pem(self.root))
        assert (seen.state, "Sigstore" in seen.why) == (State.UNVERIFIED, True)
        fulcio = signing.certificate(
            self.leaf_key, "x", (self.root, self.root_key), email="a@b.example", provider="https://id.example"
        )
        assert checked(self.text(fulcio, self.root), signing.pem(self.root)).state is State.UNVERIFIED

    def test_a_gap_in_the_chain(self) -> None:
        assert checked(self.text(self.leaf), signing.pem(self.root)).state is State.UNEXPECTED

    def test_the_right_name_alone_proves_nothing(self) -> None:
        fake = signing.certificate(OTHER, "release", email="release@acme.example")
        seen = checked(self.text(fake, key=OTHER), "release@acme.example")
        assert seen.state is State.UNVERIFIED
        assert "anyone can make one" in seen.why

    def test_another_name_is_not_expected(self) -> None:
        assert checked(self.text(self.leaf, self.middle), "someone@acme.example").state is State.UNEXPECTED
        assert (
            checked(self.text(self.leaf, self.middle), "release@acme.example https://else.example").state
            is State.UNEXPECTED
        )

    def test_a_signature_by_another_key_than_the_certificate_s(self) -> None:
        assert checked(self.text(self.leaf, self.middle, key=OTHER), signing.pem(self.root)).state is State.INVALID

    def test_a_leaf_that_may_not_issue(self) -> None:
        """A signer's certificate is no authority: what it "issues" is worth nothing."""
        forged = signing.certificate(OTHER, "release", (self.leaf, self.leaf_key), email="release@acme.example")
        seen = checked(self.text(forged, self.leaf, self.middle, key=OTHER), signing.pem(self.root))
        assert seen.state is State.UNEXPECTED

    def test_a_certificate_that_may_not_sign(self) -> None:
        key = signing.new_key()
        server = signing.certificate(key, "web", (self.root, self.root_key), signs=False)
        assert checked(self.text(server, key=key), signing.pem(self.root)).state is State.UNEXPECTED

    def test_rubbish_instead_of_a_certificate(self) -> None:
        material = {"certificate": {"rawBytes": base64.b64encode(b"no DER").decode()}}
        text = signing.bundle(signing.statement(FILES), KEY, material=material)
        assert checked(text).state is State.INVALID


def test_an_unreadable_expectation_expects_nobody() -> None:
    text = signing.bundle(signing.statement(FILES), KEY)
    broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
    assert checked(text, broken).state is State.UNEXPECTED


def test_without_the_library_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(provenance, "crypto")
    monkeypatch.setitem(sys.modules, "trustaudit.provenance.crypto", None)
    seen = checked(signing.bundle(signing.statement(FILES), KEY), signing.public_pem(KEY))
    assert (seen.state, seen.unable, seen.why) == (State.UNVERIFIED, True, NEEDS_EXTRA)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.text() | json_values.map(json.dumps))
def test_any_text_is_a_bundle_or_none(text: str) -> None:
    with contextlib.suppress(NotABundleError):
        parse_bundle(text)


@given(st.sampled_from(["verificationMaterial", "dsseEnvelope", "messageSignature"]), json_values)
def test_odd_parts_are_refused_or_judged(part: str, value: object) -> None:
    document = json.loads(signing.bundle(signing.statement(FILES), KEY))
    document[part] = value
    try:
        seen = checked(json.dumps(document), signing.public_pem(KEY))
    except NotABundleError:
        return
    assert seen.state in State
