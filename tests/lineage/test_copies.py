from __future__ import annotations

import pytest

from tests.builders import make_commit, make_file, make_history, make_info
from trustaudit.lineage.copies import claimed_origin, compare_files, duplicated_from
from trustaudit.refs import RepoRef
from trustaudit.snapshot import Card, History

REF = RepoRef.parse("bob/encoder")


def history(*titles: str) -> History:
    """Newest first."""
    return make_history(*(make_commit(number, title=title) for number, title in enumerate(titles)))


def claim(seen: History | None = None, ref: RepoRef = REF, **card: object) -> tuple[str, str] | None:
    info = make_info(id="bob/encoder", card=Card(**card))  # type: ignore[arg-type]
    found = claimed_origin(ref, info, seen)
    return (found.id, found.claimed_in) if found else None


def test_histories() -> None:
    assert claim(history("Update", "Duplicate from acme/encoder")) == ("acme/encoder", "history")
    assert claim(history("Duplicate from evil/x", "Duplicate from acme/encoder")) == ("acme/encoder", "history")
    assert claim(history("Duplicate from bob/encoder")) is None
    assert claim(history("Duplicate from ../../etc")) is None
    assert claim(history("Not a Duplicate from acme/encoder")) is None
    assert duplicated_from(history("x" * 100_000)) is None


@pytest.mark.parametrize(
    ("card", "found"),
    [
        ({"base_models": ("acme/encoder",)}, ("acme/encoder", "card")),
        ({"base_models": ("acme/Encoder",)}, ("acme/Encoder", "card")),
        ({"base_models": ("acme/encoder",), "base_model_relation": "quantized"}, None),
        ({"base_models": ("acme/other",)}, None),
        ({"base_models": ("acme/encoder", "x/y")}, None),
        ({"base_models": ("bob/encoder",)}, None),
        ({"base_models": ("encoder",)}, None),
    ],
)
def test_cards(card: dict[str, object], found: tuple[str, str] | None) -> None:
    assert claim(**card) == found


def test_datasets_claim_by_history_only() -> None:
    ref = RepoRef.parse("datasets/bob/encoder")
    assert claim(history("Duplicate from acme/rows"), ref) == ("acme/rows", "history")
    assert claim(ref=ref, base_models=("acme/encoder",)) is None


def test_like_hashes_are_compared_with_like() -> None:
    large, small = make_file("a.bin", 2_000_000), make_file("a.bin", 2_000_000, lfs=False)
    assert compare_files([large], [small]).unknown == ("a.bin",)
    assert compare_files([large], [make_file("a.bin", 3_000_000, lfs=False)]).different == ("a.bin",)
    assert compare_files([large], [make_file("a.bin", sha256=None)]).unknown == ("a.bin",)
    assert compare_files([make_file("README.md")], []).only_here == ()
