"""Rows to text: a table for people, and json, jsonl, csv, tsv, markdown and ids for programs.

What comes out depends on the rows and the format alone; only a terminal's table looks at the terminal's width.
Tables are drawn elsewhere (`cinctl.tables`), which programs that read the rest need not load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from json.encoder import encode_basestring
from typing import Any

from cinctl.errors import UsageError, did_you_mean
from cinctl.terminal import visible, visible_json

__all__ = [
    "FORMATS",
    "Row",
    "check_columns",
    "csv_cell",
    "dump",
    "json_lines",
    "pick",
    "plain_json",
    "rendered",
    "sort_rows",
]

Row = Mapping[str, Any]

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "markdown", "ids")

_SEPARATORS = '[",;\t\r\n|]'
_FORMULA_STARTS = "=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20"  # the last four are full-width forms of the first


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(type(value).__name__)


_encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
_encode_open = json.JSONEncoder(ensure_ascii=False, default=_plain, indent=2).encode


def dump(value: Any) -> str:
    """Return *value* as one line of JSON, dates as ISO 8601, with nothing in it that a terminal would act on."""
    return visible_json(_encode(value))


def check_columns(names: Iterable[str], known: Sequence[str], option: str) -> None:
    """Raise UsageError for the first of *names* that is no column, with the nearest that is."""
    for name in names:
        if name not in known:
            raise UsageError(f"{option}: there is no column '{name}'.{did_you_mean(name, known)}")


def pick(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    """Return the *columns* of *row*, null where it has none."""
    return {name: row.get(name) for name in columns}


def sort_rows(rows: Iterable[Row], keys: Sequence[str]) -> list[Row]:
    """Return *rows* sorted by the columns *keys*, `-KEY` backwards; what is null stands last either way."""
    found = list(rows)
    for key in reversed(keys):
        name, backwards = key.removeprefix("-"), key.startswith("-")
        full = [row for row in found if row.get(name) is not None]
        empty = [row for row in found if row.get(name) is None]
        full.sort(key=lambda row: _sort_key(row[name]), reverse=backwards)
        found = full + empty
    return found


def _sort_key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool | int | float):
        return (0, value)
    if isinstance(value, date):
        return (1, value.isoformat())
    return (1, value if isinstance(value, str) else dump(value))


def rendered(
    rows: Iterable[Row],
    form: str,
    columns: Sequence[str],
    *,
    one: bool = False,
    ids: str = "case",
    width: int | None = None,
    colour: bool = False,
    spare: Sequence[str] | None = None,
) -> Iterator[str]:
    """Yield *rows* in the format *form*, piece by piece.

    *one*: the answer is one thing, so JSON is an object. *ids*: the column that `ids` prints. *width*: how wide a
    table may be, where that is limited. *spare*: the columns that a table which does not fit may leave out, the first
    first; None where it may leave out none.
    """
    if form == "ids":
        return _ids(rows, ids)
    if form == "table":
        from cinctl.tables import table

        lines = [f"{line}\n" for line in table(rows, columns, one=one, width=width, colour=colour, spare=spare)]
        return iter(["".join(lines)] if lines else [])
    if form == "json" and one:
        return (visible_json(_encode_open(row)) + "\n" for row in rows)
    return _FORMS[form](rows, columns)


class _Values(dict[Any, str]):
    """JSON texts of plain values, each made once. Text and whole numbers only: true and 1 would be the same key."""

    def __missing__(self, value: Any) -> str:
        if isinstance(value, str):
            text = visible_json(encode_basestring(value))
        elif isinstance(value, bool | float):
            raise TypeError(f"{value!r} is no text or whole number")
        else:
            text = "null" if value is None else str(value)
        self[value] = text
        return text


def plain_json(rows: Iterable[Sequence[str | int | None]], names: Sequence[str]) -> list[str]:
    """Return rows of text and whole numbers under *names* as lines of JSON.

    The same bytes as of `dump` in less time: most values of a column come again and again.
    """
    form = "{" + ", ".join(f"{dump(name)}: %s" for name in names) + "}"
    texts = _Values().__getitem__
    return [form % tuple(map(texts, row)) for row in rows]


def json_lines(lines: Sequence[str], *, whole: bool) -> Iterator[str]:
    """Yield *lines* of JSON, or with *whole* one array of them, as `rendered` does."""
    if not whole:
        yield "".join(f"{line}\n" for line in lines)
    else:
        yield "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _json(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[str]:
    first = True
    for row in rows:
        yield ("[\n" if first else ",\n") + dump(row)
        first = False
    yield "[]\n" if first else "\n]\n"


def _jsonl(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        yield dump(row) + "\n"


def _ids(rows: Iterable[Row], column: str) -> Iterator[str]:
    seen: dict[str, None] = {}
    for row in rows:
        value = row.get(column)
        if value is not None and value not in seen:
            seen[value] = None
            yield visible(str(value)) + "\n"


def _separated(separator: str) -> Callable[[Iterable[Row], Sequence[str]], Iterator[str]]:
    def lines(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
        yield separator.join(columns) + "\n"
        for row in rows:
            yield separator.join(_quoted(_defused(_flat(row.get(name)))) for name in columns) + "\n"

    return lines


def csv_cell(value: Any) -> str:
    """Return *value* as one cell of CSV, for whoever writes rows one by one."""
    return _quoted(_defused(_flat(value)))


def _quoted(cell: str) -> str:
    """Return *cell* in quotes where it holds what any reader, whatever it splits on, could take for a separator."""
    return '"' + cell.replace('"', '""') + '"' if re.search(_SEPARATORS, cell) else cell


def _flat(value: Any) -> str | int | float:
    """Return *value* as one cell of a spreadsheet, with nothing in it that moves the cursor or hides."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return visible(", ".join(value))
    return dump(value)


def _defused(cell: str | int | float) -> str:
    """Return *cell* as text that no spreadsheet takes for a formula. A lone `%`, a unit, has nothing to count with."""
    if isinstance(cell, str) and cell and cell[0] in _FORMULA_STARTS and cell != "%":
        return "'" + cell
    return str(cell)


def _markdown(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    import tabulate

    from cinctl.tables import cell

    tabulate.WIDE_CHARS_MODE = False  # else the bytes would depend on whether another package is installed
    cells = [[_escaped(cell(name, row.get(name))) for name in columns] for row in rows]
    yield tabulate.tabulate(cells, columns, tablefmt="github", disable_numparse=True) + "\n"


def _escaped(cell: str) -> str:
    return re.sub(r"([\\|`<>\[\]*])", r"\\\1", cell)


_FORMS: dict[str, Callable[[Iterable[Row], Sequence[str]], Iterator[str]]] = {
    "json": _json,
    "jsonl": _jsonl,
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "markdown": _markdown,
}
