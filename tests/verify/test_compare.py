"""Comparing a folder with pins: every way to differ is found, nothing is opened outside, nothing is forgotten."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from trustaudit.lockfile.model import FilePin
from trustaudit.verify.compare import Comparison, Kind, compare
from trustaudit.verify.layout import Target, noted_commit, targets

COMMIT = "a" * 40


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


WEIGHTS, CONFIG = b"\x08" * 3_000_000, b"{}\n"
PINS = (
    FilePin(path="config.json", size=len(CONFIG), git=git(CONFIG)),
    FilePin(path="sub/model.safetensors", size=len(WEIGHTS), sha256=sha256(WEIGHTS)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    (root / "sub").mkdir(parents=True)
    (root / "config.json").write_bytes(CONFIG)
    (root / "sub" / "model.safetensors").write_bytes(WEIGHTS)
    return root


def check(root: Path, pins: tuple[FilePin, ...] = PINS) -> Comparison:
    return compare(Target(root.resolve(), root.resolve()), pins)


def kinds(found: Comparison) -> dict[str, Kind]:
    return {problem.path: problem.kind for problem in found.problems}


def test_equal(folder: Path) -> None:
    seen: list[int] = []
    found = compare(Target(folder, folder), PINS, progress=seen.append)
    assert (found.equal, found.problems, found.differs, found.unsure) == (2, (), False, False)
    assert sum(seen) == found.bytes == len(WEIGHTS) + len(CONFIG)


@pytest.mark.parametrize("change", [b"{}", b"{}\n\n", b"[]\n", b""])
def test_altered_small_files(folder: Path, change: bytes) -> None:
    (folder / "config.json").write_bytes(change)
    assert kinds(check(folder)) == {"config.json": Kind.ALTERED}


def test_one_flipped_bit_of_the_weights(folder: Path) -> None:
    data = bytearray(WEIGHTS)
    data[2_345_678] ^= 1
    (folder / "sub" / "model.safetensors").write_bytes(data)
    found = check(folder)
    assert kinds(found) == {"sub/model.safetensors": Kind.ALTERED}
    assert sha256(WEIGHTS) in found.problems[0].message


def test_missing_and_extra(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "sub" / "modeling.py").write_text("x")
    found = check(folder)
    assert kinds(found) == {"config.json": Kind.MISSING, "sub/modeling.py": Kind.EXTRA}
    partial = compare(Target(folder, folder), PINS, needed=lambda _: False)
    assert (kinds(partial), partial.absent) == ({"sub/modeling.py": Kind.EXTRA}, 1)


def test_links_that_lead_out(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_bytes(CONFIG)
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to(outside)
    (folder / "extra").symlink_to("/etc/passwd")
    (folder / "tree").symlink_to(tmp_path)
    assert kinds(check(folder)) == {
        "config.json": Kind.LINK_OUTSIDE,
        "extra": Kind.LINK_OUTSIDE,
        "tree": Kind.LINK_OUTSIDE,
    }


def test_links_inside_are_followed_to_files_only(folder: Path) -> None:
    (folder / "real.json").write_bytes(CONFIG)
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("real.json")
    (folder / "again").symlink_to("sub")
    pins = (*PINS, FilePin(path="real.json", size=len(CONFIG), git=git(CONFIG)))
    assert kinds(check(folder, pins)) == {"again": Kind.SPECIAL}


def test_links_to_nothing_and_in_circles(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("nowhere")
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    assert kinds(check(folder)) == {"config.json": Kind.MISSING, "a": Kind.SPECIAL, "b": Kind.SPECIAL}


def test_pipes_are_named_and_never_opened(folder: Path) -> None:
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")
    os.mkfifo(folder / "other")
    assert kinds(check(folder)) == {"config.json": Kind.SPECIAL, "other": Kind.SPECIAL}


def test_a_pin_cannot_name_a_file_elsewhere(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CONFIG)
    pins = (
        *PINS,
        FilePin(path="../secret", size=3, git=git(CONFIG)),
        FilePin(path="/etc/passwd", size=1, git=git(b"x")),
    )
    assert kinds(check(folder, pins)) == {"../secret": Kind.MISSING, "/etc/passwd": Kind.MISSING}


def test_a_file_without_a_pinned_hash_is_not_proven(folder: Path) -> None:
    found = check(folder, (PINS[0], FilePin(path="sub/model.safetensors", size=len(WEIGHTS))))
    assert kinds(found) == {"sub/model.safetensors": Kind.NO_HASH}
    assert (found.differs, found.unsure) == (False, True)
    wrong = check(folder, (PINS[0], FilePin(path="sub/model.safetensors", size=5)))
    assert kinds(wrong) == {"sub/model.safetensors": Kind.ALTERED}


def test_a_file_that_cannot_be_read_is_not_proven(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("trustaudit.verify.compare.os.read", refuse)
    found = check(folder)
    assert set(kinds(found).values()) == {Kind.UNREADABLE}
    assert (found.differs, found.unsure) == (False, True)


def test_what_git_and_the_client_keep_is_left_out(folder: Path) -> None:
    for name in (".git/hooks", ".cache/huggingface/download", "sub/.git", ".cache/other"):
        (folder / name).mkdir(parents=True)
        (folder / name / "x").write_text("")
    assert set(kinds(check(folder))) == {"sub/.git/x", ".cache/other/x"}


def cached(cache: Path, name: str = "models--org--model", commit: str = COMMIT) -> Path:
    """One snapshot as the Hub's client lays it out."""
    repo = cache / name
    snapshot = repo / "snapshots" / commit
    (repo / "blobs").mkdir(parents=True, exist_ok=True)
    (snapshot / "sub").mkdir(parents=True)
    for pin, data in zip(PINS, (CONFIG, WEIGHTS), strict=True):
        blob = repo / "blobs" / (pin.sha256 or pin.git or "")
        blob.write_bytes(data)
        link = snapshot / pin.path
        link.symlink_to(os.path.relpath(blob, link.parent))
    return snapshot


def test_a_snapshot_of_the_cache(tmp_path: Path) -> None:
    snapshot = cached(tmp_path)
    (target,) = targets(snapshot)
    assert str(target.ref) == f"org/model@{COMMIT}"
    assert compare(target, PINS).equal == 2
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to("/etc/hostname")
    assert kinds(compare(target, PINS)) == {"config.json": Kind.LINK_OUTSIDE}


def test_a_blob_is_hashed_whatever_its_name_says(tmp_path: Path) -> None:
    snapshot = cached(tmp_path)
    (tmp_path / "models--org--model" / "blobs" / (PINS[0].git or "")).write_bytes(b"[]\n")
    (target,) = targets(snapshot)
    assert kinds(compare(target, PINS)) == {"config.json": Kind.ALTERED}


def test_all_levels_of_the_cache(tmp_path: Path) -> None:
    cached(tmp_path)
    cached(tmp_path, "models--org--model", "b" * 40)
    cached(tmp_path, "datasets--org--data")
    cached(tmp_path, "models--gpt2")
    cached(tmp_path, "models--..--x")
    assert [str(target.ref) for target in targets(tmp_path)] == [
        f"datasets/org/data@{COMMIT}",
        f"gpt2@{COMMIT}",
        f"org/model@{COMMIT}",
        f"org/model@{'b' * 40}",
    ]
    assert len(targets(tmp_path / "models--org--model")) == 2


def test_a_plain_folder_tells_nothing_of_its_origin_but_a_hint(folder: Path) -> None:
    (target,) = targets(folder)
    assert target.ref is None
    assert noted_commit(folder) is None
    notes = folder / ".cache" / "huggingface" / "download"
    notes.mkdir(parents=True)
    (notes / "config.json.metadata").write_text(f"{COMMIT}\netag\n1.0\n")
    assert noted_commit(folder) == COMMIT
    (notes / "other.metadata").write_text(f"{'b' * 40}\n")
    assert noted_commit(folder) is None
