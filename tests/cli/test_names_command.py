"""``trustaudit names``: one judgement per id, whatever the ids are."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import Cli
from trustaudit.finding import Severity

DEV = Path(__file__).parents[2] / "benchmarks" / "names" / "dev.csv"


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_line_per_id_in_order(cli: Cli) -> None:
    ran = cli("names", "meta-Ilama/Llama-3.1-8B-Instruct", "google-bert/bert-base-uncased", "--format", "jsonl")
    forged, genuine = lines(ran.out)
    assert ran.code == 0
    assert (forged["id"], forged["rule"], forged["severity"]) == (
        "meta-Ilama/Llama-3.1-8B-Instruct",
        "namespace-lookalike",
        "high",
    )
    assert forged["target"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert forged["reason"]
    assert (genuine["rule"], genuine["severity"], genuine["target"]) == (None, None, None)


def test_stdin_of_any_bytes(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = [
        b"\xff\xfe/x",
        b"a\x00b/c",
        b"\x1b[2J",
        "\N{RIGHT-TO-LEFT OVERRIDE}x/y".encode(),
        b"x" * 100_000,
        b"../..",
    ]
    feed(monkeypatch, b"\n".join([b"\xef\xbb\xbfgpt2", b"", b"# a comment", *hostile]) + b"\n")
    ran = cli("names", "-", "-f", "jsonl")
    first, *rest = lines(ran.out)
    assert (first["id"], first["rule"]) == ("gpt2", None)
    assert [row["rule"] for row in rest] == ["invalid-id"] * len(hostile)
    assert all(len(row["id"]) <= 300 for row in rest)
    assert ran.out.isascii()


def test_every_spelling_of_a_reference(cli: Cli) -> None:
    spellings = ("https://huggingface.co/openai/gpt-oss-20b", "hf://openai/gpt-oss-20b@main", "datasets/org/data")
    assert [row["rule"] for row in lines(cli("names", *spellings, "-f", "jsonl").out)] == [None] * 3


def test_table_for_people(cli: Cli) -> None:
    ran = cli("names", "somebody/whisper-large-v3", "un\N{CYRILLIC SMALL LETTER ES}loth/x", "foo/bar")
    assert "openai/whisper-large-v3" in ran.out
    assert "same-name" in ran.out
    assert "un\\u0441loth/x" in ran.out
    assert "not like any popular name" in ran.out


def test_no_ids_is_a_usage_error(cli: Cli) -> None:
    assert cli("names").code == 2
    assert cli("names", "a/b", "--reference-top", "0").code == 2


def test_evaluation_switches(cli: Cli) -> None:
    listed = "mistralai/Mistral-7B-Instruct-v0.2"
    copied = "somebody/Mistral-7B-Instruct-v0.2"
    assert lines(cli("names", copied, "-f", "jsonl").out)[0]["target"] == listed
    assert lines(cli("names", copied, "-f", "jsonl", "--reference-top", "1").out)[0]["rule"] is None
    known, unknown = (
        lines(cli("names", "FacebookAI/roberta-base", "-f", "jsonl", *flags).out)[0] for flags in ([], ["--as-unknown"])
    )
    assert known["benign"] != unknown["benign"]


def test_quality_on_the_labelled_pairs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The floor under ``benchmarks/bench_names.py``: a change of the rules must not lose what they are good at."""
    with DEV.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file))
    feed(monkeypatch, "\n".join(pair["candidate"] for pair in pairs).encode())
    judged = lines(cli("names", "-", "-f", "jsonl", "--reference-top", "3000", "--as-unknown").out)
    caught: dict[str, list[bool]] = defaultdict(list)
    for pair, row in zip(pairs, judged, strict=True):
        grave = row["severity"] is not None and Severity(row["severity"]).rank >= Severity.MEDIUM.rank
        bad = pair["label"] in ("squat", "impersonation")
        caught["bad" if bad else "honest"].append(
            grave or (bad and pair["kind"] == "own-org-typo" and bool(row["rule"]))
        )
        if bad and pair["kind"].startswith("org-"):
            caught["namespace"].append(grave)
    share = {group: sum(flags) / len(flags) for group, flags in caught.items()}
    assert share["namespace"] >= 0.95
    assert share["bad"] >= 0.84
    assert share["honest"] <= 0.02
