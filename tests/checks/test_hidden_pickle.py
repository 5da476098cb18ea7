from __future__ import annotations

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings

BAD = made.calling_pickle("posix", "system")


@pytest.mark.parametrize(
    "name", ["notes.txt", "config.json", "model.safetensors", "picture.png", "README.md", "x.gguf"]
)
def test_a_pickle_under_a_harmless_name_is_high(name: str) -> None:
    (finding,) = findings("hidden-pickle", {name: BAD})
    assert (finding.severity, finding.location.path) == ("high", name)


def test_without_a_telling_name_it_is_medium() -> None:
    assert [str(f.severity) for f in findings("hidden-pickle", {"weights": BAD})] == ["medium"]


@pytest.mark.parametrize("name", ["model.pkl", "model.bin", "model.pt"])
def test_pickles_under_their_own_name_are_no_disguise(name: str) -> None:
    assert findings("hidden-pickle", {name: made.state_dict_pickle()}) == []


def test_texts_stay_quiet() -> None:
    assert findings("hidden-pickle", {"notes.txt": b"cos\nsystem\nis how it starts", "a.json": b"{}"}) == []
