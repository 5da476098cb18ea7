"""What the reference implementation of OpenSSF Model Signing signs, an audit verifies, and what it refuses, too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.builders import make_file, make_snapshot
from tests.interop.environments import NotInstallableError, clean_variables, environment
from tests.provenance import signing
from trustaudit.facts import Known
from trustaudit.filefacts import Provenance, ProvenanceFile
from trustaudit.provenance.signatures import Signature, signatures
from trustaudit.provenance.verify import State

pytestmark = pytest.mark.interop

# 1.1.1 imports pyOpenSSL without asking for it.
REQUIREMENT = "model-signing==1.1.1 pyOpenSSL"
FILES = {"config.json": b"{}", "model.safetensors": b"\0" * 4000, "sub/vocab.txt": b"a\nb\n"}


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return environment("model-signing", REQUIREMENT)
    except NotInstallableError as error:
        pytest.skip(str(error))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def run(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "model_signing", *arguments]
    subprocess.run(command, check=True, capture_output=True, env=clean_variables())  # noqa: S603 - the library's own program


def signed(python: Path, model: Path, key: Any, *options: str) -> str:  # noqa: ANN401 - a private key
    private = model.parent / "key.pem"
    private.write_bytes(signing.private_pem(key))
    target = model / "model.sig"
    run(python, "sign", "key", str(model), "--private_key", str(private), "--signature", str(target), *options)
    return target.read_text(encoding="utf-8")


def judged(text: str, files: dict[str, bytes], *expected: str) -> Signature:
    large = {"model.safetensors"}
    entries = [
        make_file(path, len(data), lfs=path in large, sha256=signing.sha256(data)) for path, data in files.items()
    ]
    provenance = Provenance(
        files=(ProvenanceFile(path="model.sig", kind="signature", text=Known(value=text)),),
        digests=tuple((path, signing.sha256(data)) for path, data in files.items() if path not in large),
    )
    snapshot = make_snapshot(files=[*entries, make_file("model.sig", 900, lfs=False)], provenance=provenance)
    (found,) = signatures(snapshot, expected)
    return found


def test_a_key(python: Path, model: Path) -> None:
    key = signing.new_key()
    text = signed(python, model, key)
    found = judged(text, FILES, signing.public_pem(key))
    assert (found.verification.state, found.manifest.problems) == (State.VERIFIED, ())  # type: ignore[union-attr]
    assert (len(found.comparison.agreeing), found.comparison.unsigned) == (3, ())
    changed = judged(text, {**FILES, "model.safetensors": b"\1" * 4000, "evil.py": b"x"}, signing.public_pem(key))
    assert [item.path for item in changed.comparison.different] == ["model.safetensors"]
    assert changed.comparison.unsigned == ("evil.py",)


def test_a_certificate_chain(python: Path, model: Path) -> None:
    root_key, leaf_key = signing.new_key(), signing.new_key()
    root = signing.certificate(root_key, "Acme Root", authority=True)
    leaf = signing.certificate(leaf_key, "release", (root, root_key), email="release@acme.example")
    paths = {
        "key.pem": signing.private_pem(leaf_key),
        "leaf.pem": signing.pem(leaf).encode(),
        "root.pem": signing.pem(root).encode(),
    }
    for name, data in paths.items():
        (model.parent / name).write_bytes(data)
    options = ("--private_key", str(model.parent / "key.pem"), "--signing_certificate", str(model.parent / "leaf.pem"))
    target = model / "model.sig"
    run(
        python, "sign", "certificate", str(model), *options,
        "--certificate_chain", str(model.parent / "root.pem"), "--signature", str(target),
    )  # fmt: skip
    found = judged(target.read_text(encoding="utf-8"), FILES, signing.pem(root))
    assert (found.verification.state, found.verification.signer) == (State.VERIFIED, "release@acme.example")


@pytest.mark.parametrize(
    ("how", "word"),
    [("use_shard_serialization()", "parts"), ("use_file_serialization(hashing_algorithm='blake2')", "blake2")],
)
def test_what_cannot_be_compared_is_said(python: Path, model: Path, how: str, word: str) -> None:
    key = signing.new_key()
    private, target = model.parent / "key.pem", model / "model.sig"
    private.write_bytes(signing.private_pem(key))
    hashing = f"hashing.Config().{how}.set_ignored_paths(paths=[{str(target)!r}])"
    signer = f"signing.Config().use_elliptic_key_signer(private_key={str(private)!r}).set_hashing_config({hashing})"
    program = f"from model_signing import hashing, signing; {signer}.sign({str(model)!r}, {str(target)!r})"
    subprocess.run([str(python), "-c", program], check=True, capture_output=True, env=clean_variables())  # noqa: S603 - the library's own program
    files = {**FILES, "evil.py": b"x"}
    found = judged(target.read_text(encoding="utf-8"), files, signing.public_pem(key))
    assert found.verification.state is State.VERIFIED
    assert [path for path, why in found.comparison.unknown if word in why] == sorted(FILES)
    assert (found.comparison.missing, found.comparison.unsigned) == ((), ("evil.py",))


def test_what_we_sign_the_reference_accepts(python: Path, model: Path) -> None:
    """The bundles that all other tests are made with are real ones."""
    key = signing.new_key()
    (model / "model.sig").write_text(signing.bundle(signing.statement(FILES), key), encoding="utf-8")
    public = model.parent / "key.pub"
    public.write_text(signing.public_pem(key), encoding="ascii")
    run(python, "verify", "key", str(model), "--signature", str(model / "model.sig"), "--public_key", str(public))
    (model / "config.json").write_text(json.dumps({"a": 1}), encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        run(python, "verify", "key", str(model), "--signature", str(model / "model.sig"), "--public_key", str(public))
