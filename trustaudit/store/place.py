"""Where the database is: the file of the data folder, another file, or a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from trustaudit.errors import ConfigurationError
from trustaudit.settings import Settings
from trustaudit.store.connection import Connection
from trustaudit.store.database import FILE_NAME, database_at, migrate
from trustaudit.store.postgres import PostgresConnection

_SERVER: Final = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class Place:
    """A database that may be opened. ``name`` is for people and holds no password; ``url`` may."""

    name: str
    path: Path | None = None
    url: str = field(default="", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Place:
        """The place that ``--db`` or TRUSTAUDIT_DB names, else the file of the data folder."""
        return cls.at(settings.db) if settings.db else cls.file(settings.data_dir / FILE_NAME)

    @classmethod
    def at(cls, text: str) -> Place:
        """``postgresql://…``, ``sqlite:///path`` or the path of a file. Raises ConfigurationError."""
        try:
            scheme = urlsplit(text).scheme.lower() if "://" in text else ""
            if scheme in _SERVER:
                return cls(f"postgresql://{_without_secrets(text)}", url=text)
        except ValueError:
            raise ConfigurationError("the address of the database cannot be read") from None
        if scheme not in ("", "sqlite"):
            raise ConfigurationError(
                f"no database {scheme!a}", advice="postgresql://user@host/name, sqlite:///path, or the path of a file"
            )
        return cls.file(Path(unquote(text.partition("://")[2].removeprefix("/")) if scheme else text).expanduser())

    @classmethod
    def file(cls, path: Path) -> Place:
        """A file of SQLite."""
        return cls(str(path), path=path)

    @property
    def is_server(self) -> bool:
        """Whether other machines can reach it."""
        return self.path is None

    @property
    def address(self) -> str:
        """What ``at`` understands, on every machine that sees the same files; may hold a password."""
        return self.url if self.path is None else f"sqlite:///{quote(str(self.path.absolute()))}"

    @contextmanager
    def opened(self, *, create: bool = True) -> Iterator[Connection]:
        """A connection to the migrated database. Every failure of it is a StoreError."""
        if self.path is not None:
            with database_at(self.path, create=create) as file:
                yield file
        else:
            with closing(PostgresConnection(self.url, self.name)) as server:
                migrate(server, self.name)
                yield server


def _without_secrets(url: str) -> str:
    """Hosts and name: no user, no password, no parameters, even where a password was not escaped."""
    return url.partition("://")[2].partition("?")[0].rpartition("@")[2] or "localhost"


@contextmanager
def history_database(settings: Settings, *, create: bool = True) -> Iterator[Connection]:
    """The database of these settings; ``create`` as in ``database``."""
    with Place.of(settings).opened(create=create) as connection:
        yield connection
