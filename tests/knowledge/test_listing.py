from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.errors import StoreError
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.listing import FEW, PopularList, PopularRepo, load_list, refreshed_path, save_list
from trustaudit.knowledge.names import load_names, load_publishers
from trustaudit.refs import RepoRef, RepoType

TODAY = date(2026, 11, 22)


def test_packaged_models() -> None:
    listed = Knowledge().popular()
    assert len(listed) > 30_000
    assert listed.packaged == TODAY
    found = listed.find("GOOGLE-bert/bert-base-UNCASED")
    assert found is not None
    assert found.id == "google-bert/bert-base-uncased"
    assert found.namespace == "google-bert"
    assert (found.downloads or 0) > 1_000_000
    assert "google-bert/bert-base-uncased" in listed
    assert "google-bert/no-such-thing" not in listed
    assert listed.find("nobody/nothing") is None
    assert listed.rank("nobody/nothing") is None


def test_packaged_models_are_ranked_and_well_formed() -> None:
    listed = Knowledge().popular()
    counts = [repo.downloads or 0 for _, repo in listed.counted()]
    assert counts[:5000] == sorted(counts[:5000], reverse=True)
    for repo_id in listed.ids[::97]:
        assert RepoRef.parse(repo_id).id == repo_id


def test_nobody_on_the_list_is_denied() -> None:
    owners = {repo_id.partition("/")[0].casefold() for repo_id in Knowledge().popular().ids}
    assert owners.isdisjoint(load_names().denied)


def test_other_kinds_are_empty_until_refreshed() -> None:
    listed = Knowledge().popular(RepoType.DATASET)
    assert len(listed) == 0
    assert listed.stale(TODAY).startswith("empty")


@given(
    st.builds(
        PopularRepo,
        st.sampled_from(["org/name", "gpt2"]),
        st.none() | st.integers(0, 10**12),
        st.none() | st.integers(0, 10**9),
        st.sampled_from(["", "2026-10", "2026-06-10"]),
    )
)
def test_rows_round_trip(repo: PopularRepo) -> None:
    assert PopularRepo.from_row(repo.to_row()) == repo


def test_refreshed_list_lies_over_the_packaged_one(tmp_path: Path) -> None:
    fresh = PopularRepo("org/new-thing", 10**12, 7, "2026-12-01")
    known = PopularRepo("google-bert/BERT-base-uncased", 5, 5, "2026-12-01")
    save_list(tmp_path, RepoType.MODEL, [fresh, known], date(2026, 12, 1))
    listed = Knowledge(tmp_path).popular()
    assert listed.rank("org/new-thing") == 1
    assert listed.find("google-bert/bert-base-uncased") == known
    assert listed.refreshed == date(2026, 12, 1)
    assert len(listed) == len(Knowledge().popular()) + 1


def test_refreshing_again_is_seen_at_once(tmp_path: Path) -> None:
    for number in (1, 2):
        save_list(tmp_path, RepoType.SPACE, [PopularRepo(f"org/app-{number}", number)], TODAY)
        assert load_list(RepoType.SPACE, tmp_path).ids == (f"org/app-{number}",)


@pytest.mark.parametrize("data", [b"", b"junk", gzip.compress(b""), gzip.compress(b"\xff\n"), gzip.compress(b"#x=y\n")])
def test_a_broken_refreshed_list_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = refreshed_path(tmp_path, RepoType.MODEL)
    path.parent.mkdir()
    path.write_bytes(data)
    load_list.cache_clear()
    with pytest.raises(StoreError, match="cannot be read"):
        load_list(RepoType.MODEL, tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StoreError, match="cannot write"):
        save_list(blocked, RepoType.MODEL, [], TODAY)


@pytest.mark.parametrize(
    ("packaged", "refreshed", "stale"),
    [
        (date(2026, 11, 1), None, False),
        (date(2026, 7, 1), None, True),
        (date(2025, 1, 1), date(2026, 11, 1), False),
        (date(2026, 11, 1), date(2026, 10, 1), True),
    ],
)
def test_staleness(packaged: date, refreshed: date | None, stale: bool) -> None:
    assert bool(PopularList(("a/b,,,",), packaged, refreshed).stale(TODAY)) is stale


def test_names() -> None:
    names = load_names()
    assert len([key for key in names.moved if "/" not in key]) == 68
    assert names.moved["gpt2"].new == "openai-community/gpt2"
    assert names.renamed["cohereforai"].new == "CohereLabs"
    assert "open-oss" in names.denied
    assert names.is_reuploader("Unsloth")
    assert names.are_distinct("Tongyi-MiA", "tongyi-mai")
    assert names.is_artefact("hf-internal-testing", "anything")
    assert names.is_artefact("somebody", "tiny-random-gpt2")
    assert not names.is_artefact("google", "gemma")


def test_publishers() -> None:
    qwen = load_publishers()["qwen"]
    assert qwen.namespace == "Qwen"
    assert qwen.top > 50
    assert qwen.created is not None
    assert Knowledge().publishers["google-bert"].followers is None
    records = load_publishers()
    assert "nobody-at-all" not in records
    assert len(records) == len([record for record in records.values() if record.listed > 0])


def test_those_with_enough_downloads_or_likes_are_found_without_reading_every_number() -> None:
    listed = Knowledge().popular()
    everybody = list(listed.counted())
    for downloads, likes in ((10_000, 300), (0, 0), (10**6, 10), (10**12, 10**9)):
        wanted = [(rank, r) for rank, r in everybody if (r.downloads or 0) >= downloads or (r.likes or -1) >= likes]
        assert list(listed.counted(downloads, likes)) == wanted


@pytest.mark.parametrize(
    "asked", ["org/NAME", "b", "ORG/name,1", "org/name\n", "", "x\norg/name", "org/nam", "rg/name", "nobody/nothing"]
)
def test_few_look_ups_and_many_find_the_same(asked: str) -> None:
    """The first of one list search its text, those after them a table."""
    rows = tuple(PopularRepo(name, 5, 5, "2026-10").to_row() for name in ("first/one", "org/name", "B", "last/one"))
    listed = PopularList(rows)
    answers = [(asked in listed, listed.rank(asked), listed.find(asked)) for _ in range(2 * FEW)]
    assert answers == [answers[0]] * (2 * FEW)
    assert answers[0][1] == {"org/NAME": 2, "b": 3}.get(asked)
    assert [PopularList(rows).rank(name) for name in ("first/one", "last/one")] == [1, 4]


def test_an_empty_list_has_nothing() -> None:
    listed = PopularList()
    assert [("" in listed, "a" in listed, listed.rank("a")) for _ in range(2 * FEW)] == [(False, False, None)] * 2 * FEW
