"""What names alone say, against a small list in which every name is invented but a few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.finding import Severity
from trustaudit.identity.index import NameIndex
from trustaudit.identity.judge import NameJudgement, judge_name
from trustaudit.identity.names import NameJudge
from trustaudit.identity.suggest import suggest
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.listing import PopularList, PopularRepo
from trustaudit.knowledge.names import load_names
from trustaudit.refs import RepoRef, RepoType

POPULAR = [
    "brightlabs/Lumen-7B-Instruct",
    "brightlabs/Lumen-13B-Instruct",
    "brightlabs/lumen-vision-large",
    "quartz-ai/quartz-embed-base-v1",
    "quartz-ai/Quartz-2B-gguf",
    "northwind-research/aurora-translate-large",
    "northwind-research/segmentation",
    "tiny-org/privacy-screen",
    "elsewhere/segmentation-small",
    "elsewhere/segmentation-tiny",
    "elsewhere/bone-segmentation",
    "elsewhere/cell-segmentation",
    "unsloth/Lumen-7B-Instruct-GGUF",
]


def popular_list(ids: list[str] = POPULAR) -> PopularList:
    rows = (PopularRepo(repo_id, 1_000_000 - place, 500, "2026-06-10").to_row() for place, repo_id in enumerate(ids))
    return PopularList(tuple(rows))


@pytest.fixture(scope="module")
def index() -> NameIndex:
    return NameIndex.build(popular_list(), load_names())


def judged(repo_id: str, index: NameIndex, *, as_unknown: bool = False) -> NameJudgement:
    return judge_name(repo_id, RepoType.MODEL, index, as_unknown=as_unknown)


@pytest.mark.parametrize(
    ("repo_id", "rule", "severity", "target"),
    [
        ("brlghtlabs/Lumen-7B-Instruct", "namespace-lookalike", "high", "brightlabs/Lumen-7B-Instruct"),
        ("bright_labs/anything", "namespace-lookalike", "high", "brightlabs/"),
        ("quartzai/Quartz-3B", "namespace-lookalike", "high", "quartz-ai/"),
        ("brigthlabs/Lumen-7B-Instruct", "namespace-typo", "high", "brightlabs/Lumen-7B-Instruct"),
        ("brightlab/Lumen-70B", "namespace-typo", "medium", "brightlabs/"),
        ("brightlabss/my-own-thing", "namespace-typo", "medium", "brightlabs/"),
        ("brightpabs/my-own-thing", "namespace-typo", "medium", "brightlabs/"),
        ("brightvabs/my-own-thing", "namespace-typo", "low", "brightlabs/"),
        (
            "nortwind-reserch/aurora-translate-large",
            "namespace-typo",
            "high",
            "northwind-research/aurora-translate-large",
        ),
        ("brightlabs-official/Lumen-7B-Instruct", "namespace-brand", "high", "brightlabs/Lumen-7B-Instruct"),
        ("getquartz/quartz-embed-base-v1", "namespace-brand", "high", "quartz-ai/quartz-embed-base-v1"),
        ("real-quartz/quartz-embed-base-v1", "namespace-brand", "high", "quartz-ai/quartz-embed-base-v1"),
        (
            "research-northwind/aurora-translate-large",
            "namespace-brand",
            "high",
            "northwind-research/aurora-translate-large",
        ),
        ("northwind/aurora-translate-large", "namespace-brand", "medium", "northwind-research/aurora-translate-large"),
        ("brightlabs-fans/Lumen-7B-Instruct", "namespace-brand", "medium", "brightlabs/Lumen-7B-Instruct"),
        ("somebody/privacy-screen", "same-name", "medium", "tiny-org/privacy-screen"),
        ("somebody/Quartz-2B-gguf", "same-name", "medium", "quartz-ai/Quartz-2B-gguf"),
        ("somebody/Lumen-7B-Instruct-GGUF", "same-name", "low", "unsloth/Lumen-7B-Instruct-GGUF"),
        ("somebody/segmentation", "same-name", "low", "northwind-research/segmentation"),
        ("somebody/privacyscreen", "name-typo", "medium", "tiny-org/privacy-screen"),
        ("somebody/privcy-screen", "name-typo", "medium", "tiny-org/privacy-screen"),
        ("somebody/Lumen-7BB-Instruct", "name-typo", "medium", "brightlabs/Lumen-7B-Instruct"),
        ("somebody/bone-segmentatio", "name-typo", "medium", "elsewhere/bone-segmentation"),
        ("somebody/quartz-embed-b4se-v1", "name-typo", "medium", "quartz-ai/quartz-embed-base-v1"),
        ("somebody/official-privacy-screen", "claims-official", "medium", "tiny-org/privacy-screen"),
        ("somebody/privacy-screen-free-download", "claims-official", "medium", "tiny-org/privacy-screen"),
        ("somebody/official-unheard-of", "claims-official", "medium", None),
        ("somebody/unheard-of-free-download", "claims-official", "medium", None),
        ("somebody/quartz-ai_quartz-embed-base-v1", "embedded-owner", "medium", "quartz-ai/quartz-embed-base-v1"),
        (
            "somebody/brightlabs-lumen-vision-large-original",
            "embedded-owner",
            "medium",
            "brightlabs/lumen-vision-large",
        ),
        ("somebody/Lumen-70B-Instruct", "version-confusion", "low", "brightlabs/Lumen-7B-Instruct"),
        ("brightlabs/lumen-vison-large", "misspelt-id", "low", "brightlabs/lumen-vision-large"),
        ("somebody/camembert-base", "same-name", "medium", "almanach/camembert-base"),
        ("bert-base-uncasedd", "misspelt-id", "low", "google-bert/bert-base-uncased"),
        ("privacy-screen", "misspelt-id", "low", "tiny-org/privacy-screen"),
        ("CohereForAI/anything", "renamed-id", "info", "CohereLabs/anything"),
        ("open-oss/whatever", "denied-namespace", "critical", None),
        ("brіghtlabs/Lumen-7B-Instruct", "invalid-id", "high", "brightlabs/Lumen-7B-Instruct"),  # noqa: RUF001 - a Cyrillic letter is the case
        ("a b/c", "invalid-id", "high", None),
        ("", "invalid-id", "high", None),
        ("a/b/c", "invalid-id", "high", None),
        ("x" * 10_000, "invalid-id", "high", None),
    ],
)
def test_rules(index: NameIndex, repo_id: str, rule: str, severity: str, target: str | None) -> None:
    judgement = judged(repo_id, index)
    assert (judgement.rule, judgement.severity, judgement.target) == (rule, severity, target)
    assert judgement.reason


@pytest.mark.parametrize(
    "repo_id",
    [
        *POPULAR,
        "BrightLabs/lumen-7b-instruct",
        "brightlabs/Lumen-9B-Instruct",
        "brightlabs/something-new",
        "gpt2",
        "somebody/my-classifier",
        "somebody/real-estate-model",
        "somebody/Lumen-7B-Instruct-finetuned-on-mail",
        "somebody/quartz-embed-large-v1",
        "somebody/aurora-translate-small",
        "Xenova/privacy-screen",
        "somebody/brightlabs_Lumen-7B-Instruct-GGUF",
    ],
)
def test_honest_names_are_not_reported(index: NameIndex, repo_id: str) -> None:
    assert judged(repo_id, index).rule is None


def test_legacy_ids_name_what_they_became(index: NameIndex) -> None:
    judgement = judged("gpt2", index)
    assert judgement.rule is None
    assert judgement.target == "openai-community/gpt2"


def test_a_reuploaders_habit_is_said(index: NameIndex) -> None:
    assert judged("Xenova/privacy-screen", index).benign == ("Xenova is a known re-uploader",)


def test_as_unknown_forgets_only_the_id_itself(index: NameIndex) -> None:
    for repo_id in POPULAR:
        judgement = judged(repo_id, index, as_unknown=True)
        assert judgement.target is None or judgement.target.casefold() != repo_id.casefold()
    assert judged("brightlabs/Lumen-7B-Instruct", index, as_unknown=True).rule is None


def test_reference_top_limits_what_is_known() -> None:
    index = NameIndex.build(popular_list(), load_names(), reference_top=3)
    assert judged("somebody/privacy-screen", index).rule is None
    assert judged("somebody/lumen-vision-large", index).rule == "same-name"
    assert "tiny-org/privacy-screen" not in index.listed


def test_test_artefacts_are_no_targets() -> None:
    ids = ["hf-internal-testing/special-thing", "someone/tiny-random-Lumen"]
    index = NameIndex.build(popular_list(ids), load_names())
    assert not {target.id for target in index.targets} & set(ids)
    assert judged("somebody/special-thing", index).rule is None


def test_an_empty_list_says_nothing_about_root_ids() -> None:
    index = NameIndex.build(PopularList(), load_names())
    assert judge_name("imdb", RepoType.DATASET, index).rule is None


def test_publishers_are_imitated_in_every_kind_of_repository() -> None:
    index = NameIndex.build(PopularList(), load_names(), publishers=popular_list())
    assert judge_name("brlghtlabs/data", RepoType.DATASET, index).rule == "namespace-lookalike"
    assert judge_name("somebody/privacy-screen", RepoType.DATASET, index).rule is None


@given(st.text(max_size=60), st.booleans())
def test_any_text_gets_a_judgement(text: str, as_unknown: bool) -> None:
    judge = NameJudge(Knowledge(), reference_top=200, as_unknown=as_unknown)
    judgement = judge.judge(text)
    assert isinstance(judgement.severity, Severity)
    assert all(isinstance(candidate, str) for candidate in judgement.candidates)


parts = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda part: ".." not in part
)


@given(parts, parts)
def test_no_id_is_its_own_target(namespace: str, name: str) -> None:
    judge = NameJudge(Knowledge(), reference_top=200, as_unknown=True)
    judgement = judge.judge(f"{namespace}/{name}")
    assert (judgement.target or "").casefold() != f"{namespace}/{name}".casefold()


def test_packaged_ids_are_never_reported() -> None:
    judge = NameJudge(Knowledge())
    listed = Knowledge().popular()
    for repo_id in listed.ids[:: len(listed.ids) // 500]:
        assert judge.judge(repo_id).rule is None
        assert judge.judge(repo_id.swapcase()).rule is None


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("brightlabs/lumen-vison-large", "brightlabs/lumen-vision-large"),
        ("brigthlabs/Lumen-7B-Instruct", "brightlabs/Lumen-7B-Instruct"),
        ("somebody/privacy-screen", "tiny-org/privacy-screen"),
        ("privacy-screen", "tiny-org/privacy-screen"),
        ("bert-base-uncasd", "google-bert/bert-base-uncased"),
        ("tiny-\N{CYRILLIC SMALL LETTER O}rg/privacy-screen", "tiny-org/privacy-screen"),
        ("tiny-org /privacy-screen", "tiny-org/privacy-screen"),
    ],
)
def test_did_you_mean(index: NameIndex, asked: str, meant: str) -> None:
    assert suggest(asked, index)[0] == meant


def test_nothing_near_nothing_meant(index: NameIndex) -> None:
    for text in ("", "/", "模型/模型", "qqq/wwwwwwwww", "x" * 500):
        assert suggest(text, index) == ()


def test_suggestions_for_a_reference() -> None:
    assert (
        NameJudge(Knowledge()).suggest(RepoRef.parse("meta-Ilama/Llama-3.1-8B-Instruct"))[0].startswith("meta-llama/")
    )
