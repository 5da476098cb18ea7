"""Local files as a snapshot: what is opened, what is named, what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.example_hub import files as made
from tests.provenance import signing
from trustaudit.collect.local import collect_local
from trustaudit.engine import judge
from trustaudit.errors import FileInputError
from trustaudit.policy.loading import load_policy
from trustaudit.policy.schema import Signers
from trustaudit.snapshot import Snapshot

BAD = made.torch_zip(made.calling_pickle("posix", "system"))


def test_a_folder_is_read_whole_with_relative_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "model.pt").write_bytes(BAD)
    (tmp_path / "model.safetensors").write_bytes(made.safetensors())
    snapshot = collect_local(tmp_path)
    assert [file.path for file in snapshot.file_facts] == ["model.safetensors", "sub/model.pt"]
    report = judge(snapshot)
    assert (report.repo.type, report.repo.id, report.verdict) == ("local", str(tmp_path), "block")
    assert report.findings[0].location.path == "sub/model.pt"


def test_one_file_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(BAD)
    assert judge(collect_local(file)).verdict == "block"


def test_the_cache_of_the_hubs_client_is_read_by_name_and_once(tmp_path: Path) -> None:
    repo = tmp_path / "models--org--name"
    for folder in ("blobs", "refs", "snapshots/abc"):
        (repo / folder).mkdir(parents=True)
    (repo / "blobs" / "f00d").write_bytes(BAD)
    (repo / "refs" / "main").write_text("abc")
    (repo / "snapshots" / "abc" / "pytorch_model.bin").symlink_to("../../blobs/f00d")
    paths = [file.path for file in collect_local(tmp_path).file_facts]
    assert paths == ["models--org--name/snapshots/abc/pytorch_model.bin"]


def test_what_is_no_file_is_named_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "a.txt").write_text("hello")
    snapshot = collect_local(tmp_path)
    assert [file.path for file in snapshot.file_facts] == ["a.txt"]
    assert {path for path, _ in snapshot.not_inspected} == {"gone", "pipe"}


@pytest.mark.parametrize("closed", ["unreadable", "elsewhere", "hidden"])
def test_a_folder_that_is_not_looked_into_is_never_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    root = tmp_path / "model"
    inside = {"unreadable": root / "weights", "elsewhere": tmp_path / "elsewhere", "hidden": root / ".git"}[closed]
    inside.mkdir(parents=True)
    (inside / "model.pt").write_bytes(BAD)
    (root / "sub").mkdir(parents=True)
    (root / "config.json").write_text("{}")
    (root / "again").symlink_to(root / "sub")
    if closed == "unreadable":
        _close(inside, monkeypatch)
    else:
        (root / "weights").symlink_to(inside)
    snapshot = collect_local(root)
    report = judge(snapshot)
    assert [path for path, _ in snapshot.not_inspected] == ["weights"]
    assert report.verdict == "incomplete"
    assert "weights" in {seen.path for seen in report.coverage.not_seen}


def _close(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for somebody without permission, whoever runs the test."""
    scan = os.scandir

    def refused(path: os.PathLike[str]) -> object:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileInputError):
        collect_local(tmp_path / "none")


def test_names_that_are_no_text_are_escaped_and_inspected(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    try:
        with open(folder + b"/\xff.pkl", "wb") as file:  # noqa: PTH123 - a name that no str of pathlib spells plainly
            file.write(b"N.")
    except OSError:
        pytest.skip("this file system wants UTF-8")
    snapshot = collect_local(tmp_path)
    assert [facts.path for facts in snapshot.file_facts] == ["\\udcff.pkl"]
    assert Snapshot.from_json(snapshot.to_json()) == snapshot


SIGNED = {"config.json": b"{}", "sub/model.safetensors": made.safetensors(), "run.py": b"x = 1\n"}
KEY = signing.new_key()


def signed(folder: Path, over: dict[str, bytes]) -> dict[str, str]:
    """The findings above a note about a folder with a signature over ``over``, by rule."""
    for name, data in signing.signed_model(over, KEY).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(data)
    signers = Signers(expected=(signing.public_pem(KEY),))
    policy = load_policy("default").model_copy(update={"signers": signers})
    report = judge(collect_local(folder), policy)
    assert [item.state for item in report.signatures] == ["verified"]
    return {item.rule: str(item.location.path) for item in report.findings if item.severity.rank > 1}


def test_signed_files_on_disk_are_hashed_weights_too(tmp_path: Path) -> None:
    assert signed(tmp_path, SIGNED) == {}
    (tmp_path / "sub" / "model.safetensors").write_bytes(made.safetensors(8))
    (tmp_path / "evil.py").write_bytes(b"x = 2\n")
    assert signed(tmp_path, SIGNED) == {
        "signature-digest-mismatch": "sub/model.safetensors",
        "signature-unsigned-files": "evil.py",
    }


def test_checksums_on_disk(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(made.safetensors())
    (tmp_path / "SHA256SUMS").write_text(f"{'00' * 32}  model.safetensors\n")
    (tmp_path / "other.sig").write_bytes(b"\xff\x00")
    os.mkfifo(tmp_path / "pipe.sha256")
    report = judge(collect_local(tmp_path))
    assert "checksum-mismatch" in {finding.rule for finding in report.findings}
