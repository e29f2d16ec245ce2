"""Parquet, by pyarrow: typed columns, written a few thousand rows at a time. Loaded only where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from cinctl.errors import UsageError
from cinctl.exports.leaving import Column

__all__ = ["Writer", "require"]

_ROWS = 10_000


def require() -> Any:
    """Return pyarrow. Raises UsageError, which says what to install, where there is none."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed: pip install pyarrow, in the environment of cinctl, "
            "or export csv"
        ) from None
    return pyarrow


class Writer:
    """Writes rows with *columns* to *file*."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        arrow = require()
        types = {
            "text": arrow.string(),
            "date": arrow.date32(),
            "time": arrow.timestamp("ms", tz="UTC"),
            "flag": arrow.bool_(),
            "number": arrow.int64(),
            "list": arrow.list_(arrow.string()),
        }
        self._arrow = arrow
        self._schema = arrow.schema([(column.name, types[column.type]) for column in columns])
        self._writer = arrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Write *row*, sooner or later."""
        self._rows.append(row)
        if len(self._rows) >= _ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is still to be written, and the end of the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []
