from __future__ import annotations

import asyncio
import subprocess
import sys
from functools import partial
from pathlib import Path

from trustaudit import preparation, spare_time
from trustaudit.cli.collecting import FIRST, LAST
from trustaudit.identity import index
from trustaudit.identity.names import index_for
from trustaudit.knowledge import Knowledge
from trustaudit.refs import RepoType

LATER = {
    "httpx",
    "huggingface_hub",
    "jinja2",
    "rapidfuzz",
    "rich",
    "sqlite3",
    "tabulate",
    "yaml",
    "trustaudit.ancestry",
    "trustaudit.checks.unsafe_format",
    "trustaudit.collect.provenance",
    "trustaudit.collect.collector",
    "trustaudit.discover.search",
    "trustaudit.engine",
    "trustaudit.formats.dispatch",
    "trustaudit.hub.session",
    "trustaudit.hub.wire",
    "trustaudit.identity.index",
    "trustaudit.lockfile.model",
    "trustaudit.policy.schema",
    "trustaudit.policy.vex_files",
    "trustaudit.report.model",
    "trustaudit.snapshot",
    "trustaudit.store.recorder",
}


def test_the_first_question_is_asked_before_the_rest_is_loaded() -> None:
    probe = (
        "import os, sys; sys.argv=['trustaudit', 'check', 'a/b', '--offline', '--no-cache']\n"
        "from trustaudit.cli.app import main\n"
        "from trustaudit.hub import client\n"
        "async def send(self, request, account):\n"
        f"    print('LATER', sorted({LATER!r} & set(sys.modules)), flush=True)\n"
        "    os._exit(0)\n"
        "client._Offline.send = send\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    assert done.stdout == "LATER []\n"


def test_every_piece_can_be_loaded() -> None:
    for load in (*preparation.pieces(Knowledge()), *spare_time.modules(*FIRST, *LAST)):
        load()
    assert set(LAST) <= set(sys.modules)


async def test_it_is_done_beside_the_questions_and_stops_with_them() -> None:
    loaded: list[str] = []
    pieces = [partial(loaded.append, name) for name in ("one", "two")]
    async with spare_time.beside(pieces):
        pass
    assert loaded == []
    async with spare_time.beside(pieces):
        await asyncio.sleep(5 * spare_time.SENT)
    assert loaded == ["one", "two"]


def test_a_process_that_has_audited_has_nothing_left_to_import() -> None:
    assert list(spare_time.modules("trustaudit.preparation", "asyncio")) == []


async def test_a_list_that_cannot_be_read_is_told_by_the_check_that_needs_it(tmp_path: Path) -> None:
    path = tmp_path / "popular" / "models.csv.gz"
    path.parent.mkdir()
    path.write_bytes(b"no gzip")
    async with spare_time.beside(preparation.pieces(Knowledge(tmp_path))):
        await asyncio.sleep(2 * spare_time.SENT)


def test_one_index_for_all_who_ask() -> None:
    knowledge = Knowledge()
    popular = knowledge.popular()
    assert index.index_of(popular) is index_for(knowledge, RepoType.MODEL)
    assert index.index_of(popular, reference_top=10) is not index.index_of(popular)
