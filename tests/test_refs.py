"""References: every spelling, the Hub's rules, and round trips."""

from __future__ import annotations

import string

import pytest
from huggingface_hub.utils import HFValidationError, validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.errors import RefError
from trustaudit.refs import RepoRef, RepoType

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "full_id", "revision"),
    [
        ("gpt2", "gpt2", None),
        ("org/name", "org/name", None),
        ("  org/name\n", "org/name", None),
        ("models/org/name", "org/name", None),
        ("org/name@v1.0", "org/name", "v1.0"),
        ("org/name@refs/pr/3", "org/name", "refs/pr/3"),
        ("datasets/org/data@main", "datasets/org/data", "main"),
        ("datasets/squad", "datasets/squad", None),
        ("spaces/org/app", "spaces/org/app", None),
        ("https://huggingface.co/org/name", "org/name", None),
        ("https://huggingface.co/org/name/", "org/name", None),
        ("https://huggingface.co/org/name/tree/main/sub/folder", "org/name", "main"),
        ("https://huggingface.co/org/name/blob/refs%2Fpr%2F4/config.json", "org/name", "refs/pr/4"),
        (f"https://hf.co/datasets/org/data/resolve/{SHA}/x.parquet", "datasets/org/data", SHA),
        ("https://huggingface.co/spaces/org/app/discussions/3", "spaces/org/app", None),
        ("https://huggingface.co/api/models/org/name/revision/main", "org/name", "main"),
        ("https://huggingface.co/gpt2/tree/main", "gpt2", "main"),
        ("https://huggingface.co/org/name?library=transformers#files", "org/name", None),
        ("hf://org/name", "org/name", None),
        ("hf://org/name/file.bin", "org/name", None),
        ("hf://datasets/org/data@refs/convert/parquet/default/0.parquet", "datasets/org/data", "refs/convert/parquet"),
        ("hf://org/name@main/sub/x.bin", "org/name", "main"),
        (f"pkg:huggingface/org/name@{SHA}", "org/name", SHA),
        ("pkg:huggingface/org/data@main?repo_type=dataset", "datasets/org/data", "main"),
        ("pkg:huggingface/gpt2", "gpt2", None),
    ],
)
def test_every_spelling_is_understood(text: str, full_id: str, revision: str | None) -> None:
    ref = RepoRef.parse(text)
    assert (ref.full_id, ref.revision) == (full_id, revision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a/b/c",
        "org/",
        "/name",
        "org//name",
        "org/na--me",
        "org/na..me",
        "org/.name",
        "org/name.",
        "-org/name",
        "org/name-",
        "org/name.git",
        "org/na me",
        "org/name@",
        "org/name@a/../b",
        "org/name@" + "x" * 300,
        "org/" + "n" * 97,
        "https://evil.example/org/name",
        "ftp://huggingface.co/org/name",
        "https://huggingface.co.evil.example/org/name",
        "https://huggingface.co@evil.example/org/name",
        "pkg:pypi/requests",
        "org/name\x00",
        "org/name\x1b[31m",
    ],
)
def test_what_the_hub_refuses_is_refused(text: str) -> None:
    with pytest.raises(RefError):
        RepoRef.parse(text)


def test_non_ascii_is_named_code_point_by_code_point() -> None:
    with pytest.raises(RefError) as caught:
        RepoRef.parse("g\u043e\u043egle/bert\u200b")
    assert "U+043E CYRILLIC SMALL LETTER O" in caught.value.what
    assert "U+200B ZERO WIDTH SPACE" in caught.value.what
    assert caught.value.what.isascii()


def test_address_of_another_hub_needs_to_be_configured() -> None:
    ref = RepoRef.parse("http://hub.corp:8080/org/name", hub_hosts=("hub.corp:8080",))
    assert ref.id == "org/name"


def test_paths_quote_the_revision_with_nothing_safe() -> None:
    ref = RepoRef.parse("datasets/org/data@refs/pr/1")
    assert ref.api_path() == "/api/datasets/org/data"
    assert ref.resolve_path("refs/pr/1", "a b/c.txt") == "/datasets/org/data/resolve/refs%2Fpr%2F1/a%20b/c.txt"
    assert ref.web_url("https://huggingface.co") == "https://huggingface.co/datasets/org/data"


def test_pinned_means_a_full_sha() -> None:
    assert RepoRef.parse(f"org/name@{SHA}").is_pinned
    assert not RepoRef.parse(f"org/name@{SHA[:7]}").is_pinned
    assert not RepoRef.parse("org/name").is_pinned


_PARTS = st.text(alphabet=string.ascii_letters + string.digits + "._-", min_size=1, max_size=40).filter(
    lambda part: part[0].isalnum() and part[-1].isalnum() and not part.endswith(".git")
)
_IDS = (_PARTS | st.tuples(_PARTS, _PARTS).map("/".join)).filter(
    lambda text: "--" not in text and ".." not in text and text.split("/")[0] not in ("models", "datasets", "spaces")
)
_REVISIONS = st.none() | st.sampled_from(["main", "refs/pr/12", "v1.0", SHA, "feature/x"])


@given(_IDS, _REVISIONS, st.sampled_from(RepoType))
def test_text_and_purl_round_trip(repo_id: str, revision: str | None, kind: RepoType) -> None:
    namespace, _, name = repo_id.rpartition("/")
    ref = RepoRef(type=kind, namespace=namespace or None, name=name, revision=revision)
    assert RepoRef.parse(str(ref)) == ref
    assert RepoRef.parse(ref.purl()) == ref
    assert RepoRef.model_validate_json(ref.model_dump_json()) == ref


@given(st.text(max_size=120))
def test_parsing_any_text_gives_a_ref_or_a_ref_error(text: str) -> None:
    try:
        ref = RepoRef.parse(text)
    except RefError:
        return
    assert RepoRef.parse(str(ref)) == ref


@given(st.text(alphabet=string.ascii_letters + string.digits + "._-/", max_size=60))
def test_ids_agree_with_the_hubs_own_client(text: str) -> None:
    """Whatever huggingface_hub refuses as an id, we refuse too."""
    try:
        ref = RepoRef.parse(text)
    except RefError:
        return
    try:
        validate_repo_id(ref.id)
    except HFValidationError as error:
        pytest.fail(f"{text!r} accepted, but: {error}")


@pytest.mark.parametrize(
    "text", [r"C:\models\bert", "c:/models/bert", "./bert", "..", "~/bert", "/srv/my bert", r"a\b"]
)
def test_a_path_of_this_machine_is_said_to_be_one(text: str) -> None:
    with pytest.raises(RefError, match="path on this machine") as caught:
        RepoRef.parse(text)
    assert "trustaudit inspect" in caught.value.advice
