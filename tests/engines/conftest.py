"""Databases for the tests of this folder: a file, and a real PostgreSQL where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.server import Server, run_server
from trustaudit.store.place import Place
from trustaudit.store.postgres import PostgresConnection


@pytest.fixture(scope="session")
def session_server() -> Iterator[Server]:
    """One server for the tests that leave it running."""
    pytest.importorskip("psycopg", reason="no psycopg: pip install trustaudit[postgres]")
    with run_server() as server:
        yield server


@pytest.fixture
def postgres(session_server: Server) -> Server:
    """An empty database on the server of the session."""
    connection = PostgresConnection(session_server.url, "the test's server")
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    connection.close()
    return session_server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return Place.at(str(tmp_path / "runs.db"))
    return Place.at(request.getfixturevalue("postgres").url)
