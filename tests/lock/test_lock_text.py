"""The text of a lockfile: deterministic, round-trips, and every complaint names its place."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_file, make_files, make_snapshot
from tests.lock.locking import audited, make_entry, make_lock
from trustaudit.errors import LockError, LockVersionError, StoreError
from trustaudit.finding import Severity
from trustaudit.lockfile.entry import unpinnable
from trustaudit.lockfile.model import AcceptedPin, FilePin, FindingPin, Lock, LockEntry, PublisherPin, RefPin, ScanIssue
from trustaudit.lockfile.reading import load_lock, load_or_new, parse_lock
from trustaudit.lockfile.tree import tree_digest
from trustaudit.lockfile.writing import lock_text, save_lock
from trustaudit.refs import RepoRef
from trustaudit.report.model import Verdict

# What could break a text format: quotes, line ends, controls, other planes, direction marks.
NASTY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
HEX40, HEX64 = (
    st.text("0123456789abcdef", min_size=40, max_size=40),
    st.text("0123456789abcdef", min_size=64, max_size=64),
)
PRINTS = st.text("0123456789abcdef", min_size=32, max_size=32)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
FILES = st.builds(
    FilePin, path=NASTY, size=st.none() | st.integers(0, 2**63), sha256=st.none() | HEX64, git=st.none() | HEX40
)


@st.composite
def entries(draw: st.DrawFn) -> LockEntry:
    files = tuple(sorted(draw(st.lists(FILES, max_size=4, unique_by=lambda pin: pin.path)), key=lambda pin: pin.path))
    name = draw(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True))
    return LockEntry(
        type=draw(st.sampled_from(["model", "dataset", "space"])),
        id=draw(st.sampled_from([name, f"org/{name}"])),
        answers_as=draw(st.none() | NASTY),
        object_id=draw(st.none() | NASTY),
        endpoint=draw(NASTY),
        revision=draw(st.sampled_from(["main", "v1.0", "refs/pr/1", "a" * 40])),
        commit=draw(HEX40),
        tree=tree_digest(files),
        verdict=draw(st.sampled_from(Verdict)),
        score=draw(st.none() | st.integers(0, 100)),
        policy=draw(NASTY),
        policy_digest=draw(HEX64),
        ruleset=draw(NASTY),
        audited=draw(MOMENTS),
        gated=draw(st.none() | NASTY),
        publisher=draw(
            st.none()
            | st.builds(
                PublisherPin,
                name=NASTY,
                kind=st.sampled_from(["user", "organization"]),
                object_id=st.none() | NASTY,
                verified=st.none() | st.booleans(),
                created=st.none() | MOMENTS,
            )
        ),
        scan_issues=tuple(draw(st.lists(st.builds(ScanIssue, path=NASTY, level=NASTY), max_size=2))),
        tags=tuple(draw(st.lists(st.builds(RefPin, ref=NASTY, commit=HEX40), max_size=2))),
        accepted=tuple(
            draw(
                st.lists(
                    st.builds(AcceptedPin, fingerprint=PRINTS, rule=NASTY, reason=NASTY, expires=st.dates()), max_size=2
                )
            )
        ),
        findings=tuple(
            draw(
                st.lists(
                    st.builds(FindingPin, fingerprint=PRINTS, rule=NASTY, severity=st.sampled_from(Severity)),
                    max_size=2,
                )
            )
        ),
        files=files,
    )


@given(st.lists(entries(), max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back_and_written_the_same(found: list[LockEntry]) -> None:
    lock = Lock().with_entries(found)
    text = lock_text(lock)
    assert text.isascii()
    again = parse_lock(text.encode(), source="x")
    assert again == lock
    assert lock_text(again) == text


@given(st.permutations([make_entry(id=f"org/m{n}", revision=r) for n in range(3) for r in ("main", "v1")]))
@settings(max_examples=20, deadline=None)
def test_the_order_of_adding_does_not_show(found: list[LockEntry]) -> None:
    assert lock_text(Lock().with_entries(found)) == lock_text(Lock().with_entries(sorted(found, key=lambda e: e.key)))


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_garbage_is_a_lock_error(data: bytes) -> None:
    with pytest.raises(LockError):
        parse_lock(data, source="x")


def test_the_mark_and_line_ends_of_windows_change_nothing() -> None:
    text = lock_text(make_lock()).replace("\n", "\r\n")
    assert parse_lock(b"\xef\xbb\xbf" + text.encode(), source="x") == make_lock()


def test_one_line_per_file_and_plain_toml() -> None:
    text = lock_text(make_lock())
    values = tomllib.loads(text)
    assert len(values["repository"][0]["files"]) == 5
    assert sum('{ path = "' in line for line in text.splitlines()) == 5


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("score = 100", 'score = "100"', "repository[0].score: should be a number"),
        ("score = 100", "score = 101", "repository[0].score"),
        ("score = 100", "score = true", "repository[0].score: should be a number"),
        ("size = 2000", 'size = "2000"', "repository[0].files[0].size: should be a number"),
        ("size = 2000", "size = -1", "repository[0].files[0].size"),
        ('git = "c', 'git = "X', "repository[0].files[0].git"),
        ("verified = true", 'verified = "yes"', "repository[0].publisher.verified: should be true or false"),
        ('commit = "', 'commit = "x', "repository[0].commit"),
        ("tree = ", "treee = ", "repository[0].tree: is missing"),
        ("tree = ", "treee = ", "repository[0].treee: is no key of a lockfile"),
        ('id = "org/model"', 'id = "org/../model"', "repository[0]"),
        ("size = 2000", "size = 2001", "repository[0].tree: is not the digest"),
        ('path = "README.md"', 'path = "config.json"', "repository[0].files[2].path: stands there twice"),
        ("audited = 2026-11-20T12:00:00Z", "audited = 5", "repository[0].audited"),
        ('lock_version = "1"', "", "lock_version: is missing"),
    ],
)
def test_complaints_name_the_place(old: str, new: str, place: str) -> None:
    text = lock_text(make_lock())
    assert old in text
    with pytest.raises(LockError) as caught:
        parse_lock(text.replace(old, new, 1).encode(), source="my.lock")
    assert place in caught.value.what
    assert caught.value.what.startswith("my.lock")


@pytest.mark.parametrize("version", ['"2"', "1", "true", "[]"])
def test_an_unknown_version_is_an_error_of_its_own(version: str) -> None:
    text = lock_text(make_lock()).replace('lock_version = "1"', f"lock_version = {version}")
    with pytest.raises(LockVersionError):
        parse_lock(text.encode(), source="x")


def test_conflict_markers_are_recognised() -> None:
    text = lock_text(make_lock()).replace("[[repository]]", "<<<<<<< HEAD\n[[repository]]", 1)
    with pytest.raises(LockError) as caught:
        parse_lock(text.encode(), source="x")
    assert "merge" in caught.value.advice


def test_the_same_repository_twice_is_refused() -> None:
    text = lock_text(make_lock())
    block = text[text.index("[[repository]]") :]
    with pytest.raises(LockError, match=r"repository\[1\]: is locked already by repository\[0\]"):
        parse_lock((text + "\n" + block).encode(), source="x")


def test_writing_replaces_as_a_whole_and_notices_other_writers(tmp_path: Path) -> None:
    path = tmp_path / "trustaudit.lock"
    assert load_or_new(path) == (Lock(), None)
    save_lock(path, make_lock(), expected=None)
    lock, held = load_lock(path)
    save_lock(path, lock, expected=held)
    with pytest.raises(StoreError, match="changed while"):
        save_lock(path, lock, expected=None)
    path.write_text("")
    with pytest.raises(StoreError, match="changed while"):
        save_lock(path, lock, expected=held)
    assert os.listdir(tmp_path) == ["trustaudit.lock"]  # noqa: PTH208 - hidden leftovers too


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        save_lock(tmp_path / "file" / "x.lock", make_lock(), expected=None)
    with pytest.raises(LockError, match="there is no lockfile"):
        load_lock(tmp_path / "none.lock")


def test_a_link_to_a_lockfile_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.lock", tmp_path / "link.lock"
    save_lock(real, make_lock(), expected=None)
    link.symlink_to(real)
    _, held = load_lock(link)
    save_lock(link, Lock(), expected=held)
    assert link.is_symlink()
    assert "repository" not in tomllib.loads(real.read_text())


def test_entries_are_found_by_id_revision_and_commit() -> None:
    one, two = make_entry(), make_entry(revision="v1.0", commit="d" * 40)
    lock = make_lock(one, two)
    assert lock.matching(RepoRef.parse("ORG/Model")) == lock.repository
    assert lock.matching(RepoRef.parse("org/model@v1.0")) == (two,)
    assert lock.matching(RepoRef.parse(f"org/model@{one.commit}")) == (one,)
    assert lock.matching(RepoRef.parse("datasets/org/model")) == ()
    assert lock.without([one.key]).repository == (two,)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"commit": None}, "named no commit"),
        ({"commit": "short"}, "named no commit"),
        ({"moved": True}, "moved"),
        ({"files": make_files("a.txt", complete=False)}, "not complete"),
        ({"files": make_files("a.txt", "a.txt")}, "twice"),
    ],
)
def test_what_cannot_be_pinned(changes: dict[str, object], why: str) -> None:
    assert why in unpinnable(make_snapshot(**changes))  # type: ignore[arg-type]
    assert unpinnable(make_snapshot()) == ""


def test_hashes_of_another_form_are_no_hashes() -> None:
    odd = make_file("a.bin", lfs=True, sha256="../../etc")
    entry = make_entry(make_snapshot(files=[odd]))
    assert entry.files == (FilePin(path="a.bin", size=2_000_000),)
    assert parse_lock(lock_text(make_lock(entry)).encode(), source="x").repository == (entry,)


def test_an_entry_holds_what_an_impostor_cannot_keep() -> None:
    entry = make_entry()
    report = audited(make_snapshot()).report
    assert entry.object_id == "65a0000000000000000000aa"
    assert entry.publisher is not None
    assert entry.publisher.verified is True
    assert {pin.fingerprint for pin in entry.findings} == {item.fingerprint for item in report.findings}
    assert entry.audited == datetime(2026, 11, 20, 12, tzinfo=UTC)
