"""Signed repositories through the command line: verified without one byte of weights, and every way to fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.example_hub import files
from tests.cli.harness import Cli
from tests.loopback import Blob, LoopbackHub
from tests.provenance import signing

KEY, STRANGER = signing.new_key(), signing.new_key()
TEXT = "# A model\n\nTrained on public text, described at length, with an evaluation.\n" * 12
HEAD = files.safetensors()
WEIGHTS = Blob(HEAD, size=len(HEAD))
FILES: dict[str, bytes] = {
    "README.md": TEXT.encode(),
    "config.json": b"{}",
    "model.safetensors": HEAD,
    "sub/vocab.txt": b"a\nb\n",
}


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    loopback_hub.organization("acme", created="2021-01-01", followers=900, members=["a", "b", "c"])
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """A policy that expects the publisher's key."""
    (tmp_path / "acme.pub").write_text(signing.public_pem(KEY), encoding="ascii")
    path = tmp_path / "policy.toml"
    path.write_text('name = "ours"\n[signers]\nexpected = ["file:acme.pub"]\n', encoding="utf-8")
    return str(path)


def published(
    hub: LoopbackHub, here: dict[str, Any], over: dict[str, bytes] | None = None, key: signing.Key = KEY
) -> None:
    """``here`` on the Hub, with a signature over ``over``."""
    signature = signing.bundle(signing.statement(over or FILES), key)
    card = {"license": "apache-2.0", "library_name": "transformers"}
    hub.model("acme/signed", {**here, "model.sig": signature}, card=card, created="2023-01-01")


def audited(cli: Cli, *arguments: str) -> dict[str, Any]:
    ran = cli("check", "acme/signed", "--format", "json", *arguments)
    assert ran.err == "", ran.err
    report: dict[str, Any] = json.loads(ran.out)["reports"][0]
    return report


def loud(report: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    found = [item for item in report["findings"] if item["severity"] not in ("info", "low")]
    return {item["rule"]: (item["severity"], item["location"]["path"]) for item in found}


def test_a_signed_model_verifies_without_its_weights(cli: Cli, hub: LoopbackHub, policy: str) -> None:
    huge = Blob(HEAD, size=15_000_000_000, sha256="ab" * 32)
    over = {**FILES}
    made = signing.statement(over)
    for item in made["predicate"]["resources"]:
        item["digest"] = "ab" * 32 if item["name"] == "model.safetensors" else item["digest"]
    made = signing.statement(over, resources=made["predicate"]["resources"])
    card = {"license": "apache-2.0", "library_name": "transformers"}
    signature = signing.bundle(made, KEY)
    hub.model(
        "acme/signed", {**FILES, "model.safetensors": huge, "model.sig": signature}, card=card, created="2023-01-01"
    )
    report = audited(cli, "--policy", policy)
    (seen,) = report["signatures"]
    assert (seen["state"], seen["agreeing"], seen["unknown"], seen["unsigned"]) == ("verified", 4, 0, 0)
    assert report["cost"]["api_requests"] == 4
    assert hub.cdn.bytes_sent < 1_000_000


def test_the_table_says_who_signed(cli: Cli, hub: LoopbackHub, policy: str) -> None:
    published(hub, FILES)
    assert "4 of 4 files as signed · verified" in " ".join(cli("check", "acme/signed", "--policy", policy).out.split())
    alone = " ".join(cli("check", "acme/signed").out.split())
    assert "not verified: the policy names no key" in alone


def test_an_honest_signature_changes_nothing_about_a_pass(cli: Cli, hub: LoopbackHub, policy: str) -> None:
    published(hub, FILES)
    assert (audited(cli)["verdict"], audited(cli, "--policy", policy)["verdict"]) == ("pass", "pass")


@pytest.mark.parametrize(("path", "data"), [("model.safetensors", files.safetensors(8)), ("config.json", b'{"a": 1}')])
def test_one_changed_file(cli: Cli, hub: LoopbackHub, policy: str, path: str, data: bytes) -> None:
    published(hub, {**FILES, path: data})
    report = audited(cli, "--policy", policy)
    assert loud(report) == {"signature-digest-mismatch": ("critical", path)}
    assert report["verdict"] == "block"


@pytest.mark.parametrize("path", ["loader.py", "pytorch_model.bin"])
def test_one_extra_executable(cli: Cli, hub: LoopbackHub, policy: str, path: str) -> None:
    extra = files.torch_zip(files.state_dict_pickle()) if path.endswith(".bin") else b"x = 1\n"
    published(hub, {**FILES, path: extra})
    report = audited(cli, "--policy", policy)
    assert loud(report)["signature-unsigned-files"] == ("high", path)
    assert report["verdict"] == "block"


def test_a_wrong_identity(cli: Cli, hub: LoopbackHub, policy: str) -> None:
    published(hub, FILES, key=STRANGER)
    report = audited(cli, "--policy", policy)
    assert loud(report) == {"signature-identity": ("high", "model.sig")}
    assert report["verdict"] == "block"
    assert audited(cli)["verdict"] == "pass"


def test_a_signature_that_lies_about_its_key(cli: Cli, hub: LoopbackHub, policy: str) -> None:
    stolen = {"publicKey": {"hint": signing.hint_of(KEY)}}
    text = signing.bundle(signing.statement(FILES), STRANGER, material=stolen)
    hub.model("acme/signed", {**FILES, "model.sig": text}, card={"license": "mit"}, created="2023-01-01")
    assert loud(audited(cli, "--policy", policy)) == {"signature-invalid": ("high", "model.sig")}


def test_a_missing_file(cli: Cli, hub: LoopbackHub, policy: str) -> None:
    published(hub, FILES, over={**FILES, "gone.safetensors": b"x"})
    assert loud(audited(cli, "--policy", policy)) == {"signature-digest-mismatch": ("medium", "model.sig")}


def test_an_unsigned_model_is_a_note(cli: Cli, hub: LoopbackHub, policy: str) -> None:
    hub.model("acme/signed", FILES, card={"license": "mit"}, created="2023-01-01")
    report = audited(cli, "--policy", policy)
    assert report["verdict"] == "pass"
    assert [item["severity"] for item in report["findings"] if item["rule"] == "unsigned"] == ["info"]


def test_checksums_of_a_replaced_file(cli: Cli, hub: LoopbackHub) -> None:
    sums = "".join(f"{signing.sha256(data)}  {path}\n" for path, data in FILES.items())
    hub.model("acme/signed", {**FILES, "SHA256SUMS": sums}, card={"license": "mit"}, created="2023-01-01")
    assert audited(cli)["verdict"] == "pass"
    hub.model(
        "acme/signed", {**FILES, "model.safetensors": files.safetensors(8), "SHA256SUMS": sums}, card={"license": "mit"}
    )
    assert loud(audited(cli, "--no-cache"))["checksum-mismatch"] == ("high", "model.safetensors")


def test_an_oversized_signature_is_not_seen_and_said(cli: Cli, hub: LoopbackHub) -> None:
    hub.model(
        "acme/signed", {**FILES, "model.sig": Blob(b"{", size=9_000_000)}, card={"license": "mit"}, created="2023-01-01"
    )
    report = audited(cli)
    states = {item["id"]: item["outcome"] for item in report["checks"]}
    assert states["signature-invalid"] == states["signature-digest-mismatch"] == "unavailable"


@pytest.mark.parametrize(
    "junk", [b"\xff\xfe\x00", b"{}", b"[" * 10_000, b'{"mediaType": 5}', b"-----BEGIN PGP SIGNATURE-----"]
)
def test_junk_instead_of_a_signature_ends_nothing(cli: Cli, hub: LoopbackHub, junk: bytes) -> None:
    hub.model("acme/signed", {**FILES, "model.sig": junk}, card={"license": "mit"}, created="2023-01-01")
    assert audited(cli)["verdict"] in ("pass", "review")
