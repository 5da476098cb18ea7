"""Flat rows as a Parquet file. Needs the extra ``[parquet]``, imported when it is used."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Final

from trustaudit.errors import UsageError

_PER_GROUP: Final = 5000
_NUMBERS: Final = ("position", "score", "api_requests", "file_requests", "bytes", "repo_bytes")


def write_parquet(rows: Iterable[dict[str, Any]], names: Iterable[str], path: Path) -> int:
    """Write rows of these columns; how many. The file appears as a whole or not at all."""
    arrow, parquet = _modules()
    schema = arrow.schema([(name, _type(arrow, name)) for name in names])
    count, left = 0, iter(rows)
    with _beside(path) as temporary, parquet.ParquetWriter(str(temporary), schema, compression="zstd") as writer:
        while group := list(islice(left, _PER_GROUP)):
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


def _type(arrow: Any, name: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if name == "rules":
        return arrow.list_(arrow.string())
    if name == "seconds":
        return arrow.float64()
    return arrow.int64() if name in _NUMBERS else arrow.string()


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    try:
        handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def _modules() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
        from pyarrow import parquet  # noqa: PLC0415 - as above
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed",
            advice='pip install "trustaudit[parquet]", or --format jsonl',
        ) from error
    return pa, parquet
