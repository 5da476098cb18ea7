from __future__ import annotations

from pathlib import Path

import pytest

from tests.provenance import signing
from trustaudit.errors import PolicyError
from trustaudit.policy.loading import parse_policy
from trustaudit.policy.model import load_policy

KEY = signing.public_pem(signing.new_key())


def written(folder: Path, entry: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(f'name = "ours"\n[signers]\nexpected = ["""{entry}"""]\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("entry", [KEY, "release@acme.example", "release@acme.example https://accounts.example"])
def test_keys_and_names(tmp_path: Path, entry: str) -> None:
    assert load_policy(written(tmp_path, entry)).signers.expected == (entry.strip(),)


def test_a_file_beside_the_policy(tmp_path: Path) -> None:
    (tmp_path / "acme.pub").write_text(KEY, encoding="ascii")
    inline = load_policy(written(tmp_path, KEY))
    for entry in ("file:acme.pub", "acme.pub", str(tmp_path / "acme.pub")):
        named = load_policy(written(tmp_path, entry))
        assert named.signers.expected == (KEY.strip(),)
        assert named.digest == inline.digest


@pytest.mark.parametrize(
    "entry",
    [
        "-----BEGIN PUBLIC KEY-----\nAAAA",
        KEY.replace("PUBLIC", "PRIVATE"),
        "file:missing.pub",
        "file:../../../etc/shadow-that-is-not-there",
    ],
)
def test_what_holds_nobody_s_key_is_refused(tmp_path: Path, entry: str) -> None:
    with pytest.raises(PolicyError):
        load_policy(written(tmp_path, entry))


def test_files_are_read_for_policy_files_only() -> None:
    with pytest.raises(PolicyError, match="a policy that is a file itself"):
        parse_policy('[signers]\nexpected = ["file:x.pub"]\n', source="text")
