import json

from tests.builders import findings_of, make_snapshot, run_check
from tests.checks.signed import FILES, KEY, repository
from tests.provenance import signing

RIGHT = "".join(f"{signing.sha256(data)}  {path}\n" for path, data in FILES.items())
WRONG = RIGHT.replace(signing.sha256(FILES["model.safetensors"]), "ab" * 32)


def attested(name: str, digest: str) -> str:
    made = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}}],
    }
    return signing.bundle(made, KEY)


def test_right_checksums_pass() -> None:
    assert run_check("checksum-mismatch", repository(FILES, {"SHA256SUMS": RIGHT})).outcome == "pass"


def test_a_replaced_file() -> None:
    (finding,) = findings_of("checksum-mismatch", repository(FILES, {"SHA256SUMS": WRONG})).values()
    assert (finding.severity, finding.location.path) == ("high", "model.safetensors")


def test_an_edited_card_weighs_little() -> None:
    text = f"{'ab' * 32}  README.md\n"
    (finding,) = findings_of("checksum-mismatch", repository({"README.md": b"x"}, {"SHA256SUMS": text})).values()
    assert finding.severity == "low"


def test_a_bill_of_material_with_libraries_is_about_nothing_here() -> None:
    bom = {"components": [{"name": "numpy", "hashes": [{"alg": "SHA-256", "content": "ab" * 32}]}]}
    assert run_check("checksum-mismatch", repository(FILES, {"bom.json": json.dumps(bom)})).outcome == "pass"


def test_a_bill_of_material_with_another_hash() -> None:
    bom = {"components": [{"name": "model.safetensors", "hashes": [{"alg": "SHA-256", "content": "ab" * 32}]}]}
    (finding,) = findings_of("checksum-mismatch", repository(FILES, {"bom.json": json.dumps(bom)})).values()
    assert finding.severity == "high"


def test_attestations() -> None:
    digest = signing.sha256(FILES["model.safetensors"])
    cases = {
        ("model.safetensors", digest): [],
        ("renamed-at-build", digest): [],
        ("model.safetensors", "ab" * 32): ["high"],
        ("another.tar.gz", "ab" * 32): ["medium"],
    }
    for (name, stated), severities in cases.items():
        snapshot = repository(FILES, {"build.intoto.jsonl": attested(name, stated)})
        assert [f.severity for f in findings_of("checksum-mismatch", snapshot).values()] == severities, name


def test_nothing_stated() -> None:
    assert run_check("checksum-mismatch", make_snapshot()).outcome == "not_applicable"
