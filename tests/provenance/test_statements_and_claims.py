from __future__ import annotations

import contextlib
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.provenance import signing
from trustaudit.provenance.claims import Claim, attestations, bom_claims, checksum_claims
from trustaudit.provenance.compare import compare
from trustaudit.provenance.kinds import provenance_kind
from trustaudit.provenance.listing import Listing
from trustaudit.provenance.statement import Item, Manifest, NotAStatementError, parse_statement

ONE, TWO = "1a" * 32, "2b" * 32
FILES = {"config.json": b"{}", "sub/model.safetensors": b"\0" * 64}


def parsed(**changes: object) -> Manifest:
    return parse_statement(json.dumps(signing.statement(FILES, **changes)).encode())


def test_a_model_signature() -> None:
    manifest = parsed()
    assert {item.path: item.digest for item in manifest.items} == {k: signing.sha256(v) for k, v in FILES.items()}
    assert manifest.whole
    assert manifest.is_model_signature
    assert (manifest.problems, manifest.incomparable) == ((), "")


def test_a_root_that_is_not_over_the_entries() -> None:
    assert "over all entries" in parsed(root=ONE).problems[0]


def test_entries_that_contradict_each_other() -> None:
    twice = [{"name": "a", "algorithm": "sha256", "digest": digest} for digest in (ONE, TWO)]
    assert "two digests" in parsed(resources=twice).problems[0]
    away = [{"name": "../a", "algorithm": "sha256", "digest": ONE}]
    assert "out of the repository" in parsed(resources=away).problems[0]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"serialization": {"method": "shards", "shard_size": 10}}, "parts"),
        ({"resources": [{"name": "a", "algorithm": "blake3", "digest": ONE}]}, "blake3"),
    ],
)
def test_what_cannot_be_compared_says_why(changes: dict[str, object], word: str) -> None:
    manifest = parsed(**changes)
    assert word in manifest.incomparable
    name = manifest.items[0].path
    compared = compare(manifest, Listing({name: TWO}, {}, whole=True), "model.sig")
    assert not compared.different
    assert compared.unknown[0][0] == name


def test_the_form_before_1_0() -> None:
    subjects = [{"name": name, "digest": {"sha256": signing.sha256(data)}} for name, data in FILES.items()]
    old = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://model_signing/Digests/v0.1",
        "subject": subjects,
    }
    manifest = parse_statement(json.dumps(old).encode())
    assert manifest.whole
    assert len(manifest.items) == 2


def old_statement(kind: str, rows: list[dict[str, object]], subject: object) -> Manifest:
    """One subject over rows, as the library wrote it before 1.0."""
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": f"https://model_signing/{kind}/v0.1",
        "subject": subject,
        "predicate": {"shards" if "Shard" in kind else "files": rows},
    }
    return parse_statement(json.dumps(document).encode())


def over(*digests: str) -> list[dict[str, object]]:
    root = hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in digests)).hexdigest()
    return [{"name": ".", "digest": {"sha256": root}}]


def test_one_digest_over_all_before_1_0() -> None:
    names = [("a.bin", ONE), ("b.py", TWO)]
    rows = [{"name": name, "algorithm": "file-sha256", "digest": digest} for name, digest in names]
    manifest = old_statement("DigestOfDigests", rows, over(ONE, TWO))
    assert [(item.path, item.digest, item.is_sha256) for item in manifest.items] == [(*pair, True) for pair in names]
    assert (manifest.whole, manifest.is_model_signature, manifest.is_old) == (True, True, True)
    assert (manifest.problems, manifest.incomparable) == ((), "")
    assert "over all entries" in old_statement("DigestOfDigests", rows, over(TWO, ONE)).problems[0]


@pytest.mark.parametrize("kind", ["DigestOfShardDigests", "ShardDigests"])
def test_parts_of_files_are_of_these_files(kind: str) -> None:
    names = [("a.bin:0:10", ONE), ("a.bin:10:14", TWO), ("b.py:0:3", ONE)]
    rows: list[dict[str, object]] = [{"name": n, "algorithm": "file-sha256-10", "digest": d} for n, d in names]
    each = [{"name": n, "digest": {"sha256": d}} for n, d in names]
    manifest = old_statement(kind, rows, over(ONE, TWO, ONE) if kind.startswith("DigestOf") else each)
    assert ([item.path for item in manifest.items], manifest.problems) == (["a.bin", "b.py"], ())
    compared = compare(manifest, Listing({"a.bin": ONE, "b.py": ONE, "c.py": ONE}, {}, whole=True), "model.sig")
    assert (compared.missing, compared.unsigned, compared.agreeing) == ((), ("c.py",), ())


def test_parts_in_a_signature_of_1_0() -> None:
    rows = [{"name": f"a.bin:{start}:9", "algorithm": "sha256", "digest": ONE} for start in (0, 4)]
    manifest = parsed(resources=rows, serialization={"method": "shards", "shard_size": 4})
    assert ([item.path for item in manifest.items], manifest.problems) == (["a.bin"], ())


def test_a_single_digest_is_over_no_file() -> None:
    manifest = old_statement("Digest", [], over(ONE))
    assert (manifest.items, manifest.whole) == ((), False)
    assert "whole folder" in manifest.incomparable


@given(
    st.binary(max_size=60) | st.dictionaries(st.text(max_size=9), st.integers()).map(lambda d: json.dumps(d).encode())
)
def test_any_payload_is_a_statement_or_none(payload: bytes) -> None:
    with contextlib.suppress(NotAStatementError):
        parse_statement(payload)


HASHES = {"config.json": ONE, "model.safetensors": TWO, "evil.py": ONE, ".gitattributes": ONE, "SHA256SUMS": ONE}
ALL = Listing({**HASHES, "model.sig": None}, {}, whole=True)


def manifest_of(*items: tuple[str, str], ignored: tuple[str, ...] = ()) -> Manifest:
    return Manifest("x", tuple(Item(path, "sha256", digest) for path, digest in items), whole=True, ignored=ignored)


def test_every_way_to_differ() -> None:
    compared = compare(
        manifest_of(("config.json", ONE), ("model.safetensors", ONE), ("gone.bin", ONE)), ALL, "model.sig"
    )
    assert compared.agreeing == ("config.json",)
    assert [item.path for item in compared.different] == ["model.safetensors"]
    assert compared.missing == ("gone.bin",)
    assert compared.unsigned == ("evil.py",)


def test_left_out_on_purpose_is_told_apart() -> None:
    compared = compare(manifest_of(("config.json", ONE), ignored=("evil.py", "model.safetensors")), ALL, "model.sig")
    assert (compared.unsigned, compared.ignored) == ((), ("evil.py", "model.safetensors"))


def test_what_a_cut_listing_does_not_show_is_not_missing() -> None:
    compared = compare(manifest_of(("gone.bin", ONE)), Listing({"a": ONE}, {}, whole=False), "model.sig")
    assert compared.missing == ()
    assert compared.unknown == (("gone.bin", "the listing is not complete"),)


@pytest.mark.parametrize("written", ["model.safetensors", "v2/model.safetensors"])
def test_a_signature_in_a_folder_counts_from_there_or_from_the_root(written: str) -> None:
    listing = Listing({"v2/model.safetensors": ONE, "v2/model.sig": None, "other.py": TWO}, {}, whole=True)
    compared = compare(manifest_of((written, ONE)), listing, "v2/model.sig")
    assert compared.agreeing == ("v2/model.safetensors",)
    assert "other.py" not in compared.unsigned


@pytest.mark.parametrize(
    ("text", "path", "claims"),
    [
        (f"{ONE}  a.bin\n{TWO} *b/c.bin\n# note\n", "SHA256SUMS", [("a.bin", ONE), ("b/c.bin", TWO)]),
        (f"SHA256 (a b.bin) = {ONE.upper()}\n", "checksums.txt", [("a b.bin", ONE)]),
        (f"{ONE}\n", "x/model.gguf.sha256", [("model.gguf", ONE)]),
        (f"{ONE}  ./a.bin\r\n", "SHA256SUMS", [("a.bin", ONE)]),
        ("d41d8cd98f00b204e9800998ecf8427e  a.bin\n", "SHA256SUMS", []),
        ("", "SHA256SUMS", []),
    ],
)
def test_checksum_lists(text: str, path: str, claims: list[tuple[str, str]]) -> None:
    assert checksum_claims(text, path) == tuple(Claim(*claim) for claim in claims)


BOMS: list[dict[str, object]] = [
    {"bomFormat": "CycloneDX", "components": [{"name": "a.bin", "hashes": [{"alg": "SHA-256", "content": ONE}]}]},
    {
        "bomFormat": "CycloneDX",
        "metadata": {
            "component": {
                "name": "m",
                "components": [{"name": "a.bin", "hashes": [{"alg": "SHA-256", "content": ONE}]}],
            }
        },
    },
    {"files": [{"fileName": "./a.bin", "checksums": [{"algorithm": "SHA256", "checksumValue": ONE}]}]},
    {"@graph": [{"name": "a.bin", "verifiedUsing": [{"algorithm": "sha256", "hashValue": ONE}]}]},
]


@pytest.mark.parametrize("document", BOMS, ids=["cyclonedx", "cyclonedx-nested", "spdx-2", "spdx-3"])
def test_bills_of_material(document: dict[str, object]) -> None:
    assert bom_claims(json.dumps(document)) == (Claim("a.bin", ONE),)


@given(st.text(max_size=200))
def test_any_text_claims_something_or_nothing(text: str) -> None:
    checksum_claims(text, "SHA256SUMS")
    bom_claims(text)
    attestations(text)


def test_attestations_as_envelopes_and_bundles() -> None:
    made = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": "a.bin", "digest": {"sha256": ONE}}],
    }
    text = signing.bundle(made, signing.new_key())
    envelope = json.dumps(json.loads(text)["dsseEnvelope"])
    assert [item.items[0].path for item in attestations(f"{text}\n{envelope}\nnot json\n")] == ["a.bin", "a.bin"]
    assert len(attestations(json.dumps(json.loads(text), indent=2))) == 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("model.sig", "signature"),
        ("claims.jsonl", "attestation"),
        ("out/build.intoto.json", "attestation"),
        ("SHASUMS256.txt", "checksums"),
        ("a/b.safetensors.sigstore.json", "signature"),
        ("SHA256SUMS", "checksums"),
        ("model.gguf.sha256", "checksums"),
        ("bom.json", "bom"),
        ("model.cdx.json", "bom"),
        ("model.spdx.json", "bom"),
        ("multiple.intoto.jsonl", "attestation"),
        ("config.json", None),
        ("sig", None),
    ],
)
def test_names(path: str, kind: str | None) -> None:
    assert provenance_kind(path) == kind
