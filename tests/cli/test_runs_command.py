"""``runs list`` and ``runs export``, and shared runs of one process through the command line."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub
from tests.loopback.repo import Files
from trustaudit.store.place import Place

PLAIN: Files = {"config.json": "{}", "README.md": "# M\n" * 80}


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    for number in range(3):
        loopback_hub.model(f"acme/m{number}", PLAIN, card={"license": "mit"}, created="2022-01-01")
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    Path("l.txt").write_text("acme/m2\nno id at all\nacme/m0\nacme/m2\nacme/none\n")
    return loopback_hub


def requested(text: str) -> list[str]:
    return [json.loads(line)["repo"]["requested"] for line in text.splitlines()]


def test_a_shared_run_says_what_a_run_of_its_own_says(cli: Cli, hub: LoopbackHub) -> None:
    alone = cli("batch", "l.txt", "--format", "jsonl", "--no-cache")
    shared = cli("batch", "l.txt", "--format", "jsonl", "--no-cache", "--db", "runs.db")
    assert (shared.code, alone.code) == (3, 3)
    assert requested(shared.out) == requested(alone.out) == ["acme/m2", "no id at all", "acme/m0", "acme/none"]
    for one, other in zip(alone.out.splitlines(), shared.out.splitlines(), strict=True):
        a, b = json.loads(one), json.loads(other)
        assert a.keys() == b.keys()
        for name in ("repo", "verdict", "score", "headline", "findings", "checks", "publisher", "safe_load", "notes"):
            assert a[name] == b[name], name
    again = cli("batch", "l.txt", "--db", "runs.db", "--reuse-unchanged", "1", "--format", "jsonl")
    notes = [json.loads(line)["notes"] for line in again.out.splitlines()]
    assert ["unchanged since" in " ".join(texts) for texts in notes] == [True, False, True, False]
    assert hub.failures == []


def test_runs_are_listed_and_exported(cli: Cli, hub: LoopbackHub) -> None:
    cli("check", "acme/m1")
    cli("batch", "l.txt", "--engine", "local", "--db", str(cli.home / "data" / "trustaudit" / "history.db"))
    rows = json.loads(cli("runs", "list", "--format", "json").out)
    assert [(row["command"], row["done"], row["items"], row["state"]) for row in rows] == [
        ("batch", 4, 4, "finished"),
        ("check", 1, 1, ""),
    ]
    assert "finished" in cli("runs", "list").out
    lines = [json.loads(line) for line in cli("runs", "export").out.splitlines()]
    assert [(line["requested"], line["verdict"]) for line in lines] == [
        ("acme/m2", "pass"),
        ("no id at all", "incomplete"),
        ("acme/m0", "pass"),
        ("acme/none", "incomplete"),
    ]
    (line,) = cli("runs", "export", rows[1]["id"][:8], "--reports").out.splitlines()
    assert json.loads(json.loads(line)["report"])["repo"]["id"] == "acme/m1"
    assert len(cli("runs", "export", "all").out.splitlines()) == 5
    assert cli("runs", "export", "zzz").code == 2
    assert cli("runs", "export", "--format", "xml").code == 2
    assert hub.failures == []


def test_runs_are_forgotten(cli: Cli, hub: LoopbackHub) -> None:
    cli("batch", "l.txt", "--db", "runs.db")
    cli("batch", "l.txt", "--db", "runs.db")
    with Place.at("runs.db").opened() as connection:
        connection.execute("UPDATE work_runs SET finished_at = NULL WHERE run_id = (SELECT MAX(run_id) FROM work_runs)")
    assert cli("runs", "forget", "all", "--db", "runs.db").err.endswith(
        "1 run forgotten; 1 unfinished kept (--unfinished)\n"
    )
    assert "1 run forgotten" in cli("runs", "forget", "all", "--unfinished", "--db", "runs.db").err
    assert "no runs" in cli("runs", "list", "--db", "runs.db").err
    assert "acme/m2" in cli("history", "--db", "runs.db").out
    assert "3 audits forgotten" in cli("history", "--db", "runs.db", "--keep", "1").err
    assert hub.failures == []


def test_parquet_is_what_the_lines_are(cli: Cli, hub: LoopbackHub) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="no pyarrow: pip install trustaudit[parquet]")
    cli("batch", "l.txt", "--db", "runs.db")
    lines = [json.loads(line) for line in cli("runs", "export", "--db", "runs.db", "--reports").out.splitlines()]
    ran = cli("runs", "export", "--db", "runs.db", "--reports", "--format", "parquet", "-o", "r.parquet")
    assert ran.err == "trustaudit: 4 results written to r.parquet\n"
    assert parquet.read_table("r.parquet").to_pylist() == lines
    assert cli("runs", "export", "--db", "runs.db", "--format", "parquet").code == 2
    assert hub.failures == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--engine", "spark"], "one of local, dask"),
        (["--engine", "dask"], "either --scheduler ADDR or --workers N"),
        (["--engine", "dask", "--scheduler", "a", "--workers", "2"], "either --scheduler ADDR or --workers N"),
        (["--workers", "2"], "options of --engine dask"),
        (["--engine", "dask", "--scheduler", "127.0.0.1:1"], "--db postgresql://"),
        (["--db", "x.db", "--record", "r"], "without --db"),
        (["--db", "x.db", "--run", "r.jsonl"], "in a database"),
        (["--db", "mysql://x"], "no database"),
    ],
)
def test_what_does_not_fit_together(cli: Cli, hub: LoopbackHub, options: list[str], why: str) -> None:
    ran = cli("batch", "l.txt", *options)
    assert ran.code == 2
    assert why in ran.err
    assert hub.requests == []


@pytest.mark.parametrize(
    "missing",
    [
        ("psycopg", ["--db", "postgresql://127.0.0.1/x"], "trustaudit[postgres]"),
        ("distributed", ["--engine", "dask", "--workers", "2", "--db", "x.db"], "trustaudit[dask]"),
    ],
)
def test_an_extra_that_is_missing_is_named(
    cli: Cli, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, list[str], str]
) -> None:
    module, options, extra = missing
    monkeypatch.setitem(sys.modules, module, None)
    ran = cli("batch", "l.txt", *options)
    assert ran.code == 2
    assert f'pip install "{extra}"' in ran.err
    assert hub.requests == []


def test_parquet_without_its_extra(cli: Cli, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("check", "acme/m1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ran = cli("runs", "export", "--format", "parquet", "-o", "r.parquet")
    assert (ran.code, "trustaudit[parquet]" in ran.err) == (2, True)
    assert not Path("r.parquet").exists()
    assert hub.failures == []


def test_a_database_that_is_not_there(cli: Cli, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg", reason="no psycopg: pip install trustaudit[postgres]")
    monkeypatch.setattr("trustaudit.cli.batch_engine._AT_FIRST", 0.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ran = cli("batch", "l.txt", "--db", f"postgresql://me:secret@127.0.0.1:{taken.getsockname()[1]}/x")
    assert ran.code == 2
    assert "is it running" in ran.err
    assert "secret" not in ran.err
    assert hub.requests == []
