"""Processes of dask on this machine."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from trustaudit.batch.engines.on_dask import _local_cluster


def test_a_second_run_finds_ports_of_its_own() -> None:
    """The status page of the first one has dask's usual port; warnings are errors here."""
    pytest.importorskip("distributed")
    with socket.socket() as first:
        with suppress(OSError):  # taken by somebody else: as good
            first.bind(("127.0.0.1", 8787))
            first.listen()
        _local_cluster(0).close()
