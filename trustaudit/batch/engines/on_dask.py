"""Processes from dask: a cluster that is there (``--scheduler``), or a few on this machine (``--workers``).

Needs the extra ``[dask]``, imported when it is used. Dask is asked for one thing only, to run a function on each
of its workers: it knows nothing of repositories, results or quotas, and may forget everything at any time.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from trustaudit.batch.engines.interface import Work
from trustaudit.errors import StoreError, TrustAuditError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECTING: Final = 20.0
_PARTING: Final = 15.0


class OnDask:
    """``interface.Engine``: one loop per dask worker, also on those that come later or come back."""

    def __init__(self, work: Work, order: str, *, scheduler: str = "", workers: int = 0) -> None:
        self._work, self._order = work, order
        self._loops: dict[str, Future[None]] = {}
        self._count = 0
        self._cluster = None if scheduler else _local_cluster(workers)
        try:
            self._client = _connected(scheduler or self._cluster)
        except BaseException:
            self._close_cluster()
            raise

    def supply(self) -> None:
        """As ``interface.Engine``. A loop whose worker is gone is forgotten: the database knows what it left undone."""
        present = self._present()
        for address in [known for known in self._loops if known not in present]:
            self._loops.pop(address).cancel()
        for address, loop in self._loops.items():
            _check(address, loop)
        for address in sorted(present - self._loops.keys()):
            self._count += 1
            self._loops[address] = self._client.submit(
                self._work,
                self._order,
                key=f"trustaudit-{id(self)}-{self._count}",
                workers=[address],
                allow_other_workers=False,
                pure=False,
            )

    def close(self) -> None:
        """As ``interface.Engine``."""
        from distributed import wait  # noqa: PLC0415 - an extra, and slow to import

        with suppress(Exception):  # whatever the cluster does now, the work is done or will be leased again
            wait(list(self._loops.values()), timeout=_PARTING)
        with suppress(Exception):
            self._client.close()
        self._close_cluster()

    def _present(self) -> set[str]:
        try:
            return set(self._client.nthreads())
        except (OSError, TimeoutError) as error:
            raise StoreError(
                "the dask scheduler went away",
                advice="what was finished is kept: the same command with --resume goes on",
            ) from error

    def _close_cluster(self) -> None:
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close()


def _check(address: str, loop: Future[None]) -> None:
    """Raise what ended a loop. That its process died is no error: another one goes on."""
    if loop.status != "error":
        return
    error = loop.exception()
    if isinstance(error, TrustAuditError):
        raise error
    if type(error).__name__ != "KilledWorker":
        text = f"{type(error).__name__}: {error}"[:300]
        raise StoreError(
            f"the worker {address} cannot do the work: {text}", advice="is trustaudit installed on every worker?"
        )


def _local_cluster(workers: int) -> Any:  # noqa: ANN401 - distributed ships half of its types
    distributed = _module()
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,  # audits are bounded by themselves; a paused worker would only lose its leases
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # its status page: a fixed port is taken by a second run
        silence_logs=logging.CRITICAL,
    )


def _connected(address: Any) -> Client:  # noqa: ANN401 - an address or a cluster
    distributed = _module()
    try:
        client: Client = distributed.Client(address, timeout=_CONNECTING, set_as_default=False, asynchronous=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(
            f"no dask scheduler answers at {address}", advice="start one with `dask scheduler`, or use --workers N"
        ) from error
    return client


def _module() -> Any:  # noqa: ANN401 - the module distributed
    try:
        import distributed  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise UsageError(
            "--engine dask needs dask and distributed, which are not installed",
            advice='pip install "trustaudit[dask]"',
        ) from error
    return distributed
