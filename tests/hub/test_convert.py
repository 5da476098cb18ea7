from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.hub.conftest import info_body
from trustaudit.errors import BadAnswerError
from trustaudit.facts import Known, Reason, Unavailable
from trustaudit.hub import convert, wire
from trustaudit.hub.scans import file_scans, is_settled
from trustaudit.snapshot import RepoInfo


def info(**fields: object) -> RepoInfo:
    return convert.repo_info(wire.parse(wire.INFO, info_body(**fields)))


@pytest.mark.parametrize(
    ("gated", "fact"),
    [(False, "no"), ("auto", "auto"), ("manual", "manual"), (True, "manual"), (None, None), (3, None), ("", None)],
)
def test_gating_has_three_values_and_an_absence(gated: object, fact: object) -> None:
    assert info(gated=gated).gated == fact


def test_without_the_key_gating_is_unknown() -> None:
    assert info().gated is None


def test_only_an_id_is_required() -> None:
    assert wire.parse(wire.INFO, {"modelId": "a/b"}).id == "a/b"
    for broken in ({}, {"id": 3}, {"id": None}, [], "a/b", None, 5):
        with pytest.raises(BadAnswerError):
            wire.parse(wire.INFO, broken)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-22T17:25:10.000Z", datetime(2026, 9, 22, 17, 25, 10, tzinfo=UTC)),
        ("2026-09-22T19:25:10+02:00", datetime(2026, 9, 22, 17, 25, 10, tzinfo=UTC)),
        ("2026-09-22", None),
        ("2026-09-22T17:25:10", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("x" * 1000, None),
        (1700000000, None),
        ({}, None),
        (None, None),
    ],
)
def test_times_have_a_zone_or_are_absent(text: object, moment: datetime | None) -> None:
    assert info(createdAt=text).created_at == moment


@pytest.mark.parametrize(
    ("number", "fact"),
    [
        (5, 5),
        (0, 0),
        (5.0, 5),
        (-1, None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (10**300, None),
        (5.5, None),
        (True, None),
        ("5", None),
        (float("inf"), None),
    ],
)
def test_counts_are_sane_or_absent(number: object, fact: object) -> None:
    assert info(downloads=number).downloads == fact


def test_the_card_may_hold_any_type() -> None:
    card = {
        "license": ["mit", 3, {"a": 1}],
        "base_model": "a/b",
        "language": ["en", False, 5],
        "tags": {"no": "list"},
        "datasets": [["nested"]],
        "license_name": 7,
    }
    found = info(cardData=card).card
    assert (found.licenses, found.base_models, found.languages) == (("mit",), ("a/b",), ("en", "no"))
    assert (found.tags, found.datasets, found.license_name) == ((), (), "")
    assert info(cardData="text").card is None
    assert info(cardData=[1]).card is None


def test_custom_code_is_found_wherever_the_configuration_names_it() -> None:
    config = {
        "auto_map": {
            "AutoConfig": "configuration.C",
            "AutoTokenizer": ["tok.Slow", None],
            "AutoModel": "other/repo--m.M",
        },
        "text_config": {"auto_map": {"AutoModel": "inner.M"}},
        "tokenizer_config": {"auto_map": ["old.Tok", "old.Fast"]},
    }
    found = info(config=config, transformersInfo={"auto_model": "AutoModel", "custom_class": "m.M"})
    assert dict.fromkeys(found.auto_map) == dict.fromkeys(
        [
            ("AutoConfig", "configuration.C"),
            ("AutoModel", "inner.M"),
            ("AutoModel", "other/repo--m.M"),
            ("AutoTokenizer", "old.Fast"),
            ("AutoTokenizer", "old.Tok"),
            ("AutoTokenizer", "tok.Slow"),
        ]
    )
    assert found.custom_class == "m.M"
    assert json.loads(found.config_json) == config
    assert found.config_json == json.dumps(config, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("fields", "relation", "models"),
    [
        (
            {"baseModels": {"relation": "quantized", "models": [{"_id": "x", "id": "a/b"}, {"id": 3}]}},
            "quantized",
            ("a/b",),
        ),
        ({"baseModels": ["a/b", 3]}, "", ("a/b",)),
        ({"tags": ["base_model:a/b", "base_model:finetune:a/b", "other"]}, "finetune", ("a/b",)),
        ({"tags": ["base_model:merge:a/b", "base_model:merge:c/d"]}, "merge", ("a/b", "c/d")),
        ({"baseModels": None}, "", ()),
        ({"baseModels": {"relation": 3, "models": {}}}, "", ()),
    ],
)
def test_base_models_come_from_the_hub_or_its_tags(
    fields: dict[str, object], relation: str, models: tuple[str, ...]
) -> None:
    found = info(**fields)
    assert (found.base_model_relation, found.base_models) == (relation, models)


def test_what_the_hub_read_from_headers() -> None:
    found = info(
        safetensors={"parameters": {"F32": 10, "BF16": 5, "bad": "x"}, "total": 15},
        gguf={"total": 7, "architecture": "llama", "context_length": "long", "chat_template": "{{ x }}"},
        securityRepoStatus={"scansDone": True, "filesWithIssues": [{"path": "a", "level": "unsafe"}]},
    )
    assert found.parameters == (("BF16", 5), ("F32", 10))
    assert (found.gguf.total, found.gguf.context_length, found.gguf.chat_template) == (7, None, "{{ x }}")
    assert (found.scan.done, found.scan.issues) == (True, (("a", "unsafe"),))


@pytest.mark.parametrize("status", [None, {}, [], {"scansDone": True}, {"filesWithIssues": "none"}])
def test_a_scan_state_of_another_shape_is_unknown_not_clean(status: object) -> None:
    assert info(securityRepoStatus=status).scan is None


def test_a_file_list_without_files_is_not_a_complete_one() -> None:
    found = wire.parse(wire.INFO, {"id": "a/b"})
    assert convert.siblings(found).complete is False
    assert convert.siblings(wire.parse(wire.INFO, info_body())).complete is True
    for broken in ("x", [{"name": "a"}], [None]):
        with pytest.raises(BadAnswerError):
            wire.parse(wire.INFO, info_body(siblings=broken))


def test_sizes_of_siblings_may_only_be_in_the_pointer() -> None:
    listed = [
        {"rfilename": "a", "lfs": {"sha256": "A" * 64, "size": 5, "pointerSize": 3}},
        {"rfilename": "b", "lfs": "x"},
    ]
    first, second = convert.siblings(wire.parse(wire.INFO, info_body(siblings=listed))).entries
    assert (first.size, first.lfs.sha256, second.lfs) == (5, "a" * 64, None)
    assert isinstance(first.scans, Unavailable)
    assert first.scans.reason is Reason.NOT_REQUESTED


def test_all_scanners_are_kept_as_sent_the_unknown_ones_too() -> None:
    fact = file_scans(
        {
            "status": "caution",
            "newScan": {"status": "weird", "extra": 1},
            "avScan": {"status": "error", "message": ""},
            "pickleImportScan": {
                "status": "unsafe",
                "pickleImports": [{"module": "os", "name": "system", "safety": "dangerous"}, 3],
            },
            "jFrogScan": "text",
        }
    )
    scans = fact.value
    assert scans.status == "caution"
    assert [(scan.scanner, scan.status) for scan in scans.scanners] == [
        ("avScan", "error"),
        ("pickleImportScan", "unsafe"),
        ("newScan", "weird"),
    ]
    assert [(item.module, item.name, item.safety) for item in scans.scanners[1].imports] == [
        ("os", "system", "dangerous")
    ]


def test_the_shape_before_2024_is_read_too() -> None:
    old = {
        "safe": False,
        "avScan": {"virusFound": True, "virusNames": ["X"]},
        "pickleImportScan": {
            "highestSafetyLevel": "dangerous",
            "imports": [{"module": "os", "name": "system", "safety": "dangerous"}],
        },
    }
    scans = file_scans(None, old).value
    assert [(scan.scanner, scan.status) for scan in scans.scanners] == [
        ("avScan", "unsafe"),
        ("pickleImportScan", "unsafe"),
    ]
    assert scans.status == "unsafe"


def test_an_old_all_clear_is_no_verdict() -> None:
    """Mirrors send the old shape as a constant."""
    scans = file_scans(None, {"safe": True, "avScan": {"virusFound": False}, "pickleImportScan": None}).value
    assert {scans.status, *(scan.status for scan in scans.scanners)} == {"unscanned"}


@pytest.mark.parametrize(
    ("found", "reason"), [(None, Reason.NOT_PROVIDED), ("safe", Reason.BAD_ANSWER), ([], Reason.BAD_ANSWER)]
)
def test_verdicts_that_are_not_there_are_unknown(found: object, reason: Reason) -> None:
    fact = file_scans(found)
    assert isinstance(fact, Unavailable)
    assert fact.reason is reason
    assert not is_settled(fact)


def test_verdicts_still_to_come_are_not_settled() -> None:
    assert is_settled(file_scans({"status": "safe", "avScan": {"status": "unscanned"}}))
    for pending in ({"status": "queued"}, {}, {"status": "safe", "jFrogScan": {"status": "queued"}}):
        assert not is_settled(file_scans(pending))
    assert isinstance(file_scans({}), Known)


@pytest.mark.parametrize(
    ("object_id", "year"),
    [("659ebc82b61dd9658802f398", 2024), ("x" * 24, None), ("659ebc82", None), (None, None), ("", None)],
)
def test_object_ids_tell_when_they_were_made(object_id: str | None, year: int | None) -> None:
    moment = convert.object_id_time(object_id)
    assert (moment.year if moment else None) == year


def test_the_place_of_the_fault_is_named() -> None:
    with pytest.raises(BadAnswerError, match=r"1\.path"):
        wire.parse(wire.ENTRIES, [{"path": "a"}, {"path": {"x" * 100: 1}}])
