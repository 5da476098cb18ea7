"""Knowledge: every table, loaded on first use. Reading packaged data is the only I/O it does."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from trustaudit.knowledge.listing import PopularList, load_list
from trustaudit.knowledge.names import Names, PublisherRecords, load_names, load_publishers
from trustaudit.knowledge.pickle_globals import GlobalsTable, load_globals
from trustaudit.refs import RepoType


class Knowledge(Struct, frozen=True):
    """The curated tables as a check sees them.

    ``data_dir`` is the user's data folder, whose refreshed popular lists are laid over the
    packaged one; None means packaged data only. Tables are cached per process.
    """

    data_dir: Path | None = None

    def popular(self, kind: RepoType = RepoType.MODEL) -> PopularList:
        """The popular list of a kind of repository; empty where none is packaged or refreshed."""
        return load_list(kind, self.data_dir)

    @property
    def names(self) -> Names:
        """Denied, renamed, re-uploading and close names."""
        return load_names()

    @property
    def publishers(self) -> PublisherRecords:
        """What the lists say of a publisher, by casefolded namespace."""
        return load_publishers()

    @property
    def pickle_globals(self) -> GlobalsTable:
        """What is known of callables that pickles bring in."""
        return load_globals()
