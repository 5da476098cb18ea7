"""Downloading through the Hub's own client, pinned to one commit. Works with huggingface_hub 1.x and 2.x.

The bytes go where that client keeps them, so that every library finds them there.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from trustaudit.errors import HubError, HubTroubleError, HubUnreachableError, StoreError
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings, silence_hub_client

_AGAIN = "run again; where only the Hub's own hosts can be reached, with HF_HUB_DISABLE_XET=1"


class Wanted(Struct, frozen=True):
    """What to download: the files of one commit that match the patterns (all of them when there are none)."""

    ref: RepoRef
    commit: str
    allow_patterns: Sequence[str] = ()
    ignore_patterns: Sequence[str] = ()

    def selected(self, paths: Sequence[str]) -> frozenset[str]:
        """Those of ``paths`` that the Hub's client would download."""
        kept = _utils().filter_repo_objects(
            paths, allow_patterns=list(self.allow_patterns) or None, ignore_patterns=list(self.ignore_patterns) or None
        )
        return frozenset(kept)


def download(wanted: Wanted, settings: Settings, *, folder: Path | None = None, quiet: bool = False) -> Path:
    """Where the files are now: in the client's cache, or in ``folder``. Raises HubError, StoreError."""
    utils = _utils()
    import huggingface_hub  # noqa: PLC0415 - heavy, and only for downloads

    if quiet:
        utils.disable_progress_bars()
    try:
        with _by_its_own_answers(settings):
            path = huggingface_hub.snapshot_download(
                wanted.ref.id,
                repo_type=str(wanted.ref.type),
                revision=wanted.commit,
                local_dir=folder,
                endpoint=settings.endpoint,
                token=settings.token or False,
                allow_patterns=list(wanted.allow_patterns) or None,
                ignore_patterns=list(wanted.ignore_patterns) or None,
                local_files_only=settings.offline,
                library_name="trustaudit",
            )
    except Exception as error:  # the client of each version raises the errors of its own HTTP library
        raise _translated(error, wanted) from error
    return Path(path)


@contextmanager
def _by_its_own_answers(settings: Settings) -> Iterator[None]:
    """Another Hub than the public one serves its files itself.

    It may repeat the public Hub's Xet hashes without its Xet store, for which the client waits four minutes and fails.
    """
    constants: Any = importlib.import_module("huggingface_hub.constants")
    before = constants.HF_HUB_DISABLE_XET
    constants.HF_HUB_DISABLE_XET = before or not settings.is_default_endpoint
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = before


def _utils() -> Any:  # noqa: ANN401 - the module does not list all that its documentation names
    silence_hub_client()
    return importlib.import_module("huggingface_hub.utils")


def _translated(error: Exception, wanted: Wanted) -> HubError | StoreError:
    """The client's exception in our words: its text may hold signed addresses."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    name = type(error).__name__
    if isinstance(status, int):
        return HubTroubleError(
            f"the download of {wanted.ref.full_id} failed with status {status} ({name})", status=status
        )
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        return StoreError(
            f"cannot write {error.filename}: {error.strerror}", advice="make room, or choose another folder"
        )
    return HubUnreachableError(f"the download of {wanted.ref.full_id} failed ({name})", advice=_AGAIN)
