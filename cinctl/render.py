"""Rows to text: a table for people, and json, jsonl, csv, tsv, markdown and ids for programs.

What comes out depends on the rows and the format alone; only a terminal's table looks at the terminal's width.
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

_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?"
_DATE_COLUMNS = frozenset({
    "at", "born", "closed", "done", "due", "effective_from", "ended", "expected", "joined", "last", "left", "oldest",
    "published_on", "recorded", "referred", "registered_until", "review_on", "since", "start", "until",
})  # fmt: skip
_STYLES = {"overdue": "\x1b[1;31m", "deny": "\x1b[1;31m", "late": "\x1b[31m", "due_soon": "\x1b[33m"}
_SEPARATORS = '[",;\t\r\n|]'
_FORMULA_STARTS = "=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20"  # the last four are full-width forms of the first
_NARROWEST = 8


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
) -> Iterator[str]:
    """Yield *rows* in the format *form*, piece by piece.

    *one*: the answer is one thing, so JSON is an object. *ids*: the column that `ids` prints. *width*: how wide a
    table may be, where that is limited.
    """
    if form == "ids":
        return _ids(rows, ids)
    if form == "table":
        return _table(rows, columns, one, width, colour)
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
    yield "| " + " | ".join(columns) + " |\n"
    yield "|" + " --- |" * len(columns) + "\n"
    for row in rows:
        yield "| " + " | ".join(_escaped(_cell(name, row.get(name))) for name in columns) + " |\n"


def _escaped(cell: str) -> str:
    return re.sub(r"([\\|`<>\[\]*])", r"\\\1", cell)


_FORMS: dict[str, Callable[[Iterable[Row], Sequence[str]], Iterator[str]]] = {
    "json": _json,
    "jsonl": _jsonl,
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "markdown": _markdown,
}


def _cell(column: str, value: Any) -> str:
    """Return *value* as a person reads it, with nothing in it that moves the cursor."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date) or (column in _DATE_COLUMNS and isinstance(value, str)):
        return _day(value)
    if isinstance(value, list | tuple):
        return ", ".join(_cell("", item) for item in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{visible(str(key))}={_cell('', item)}" for key, item in value.items())
    return visible(str(value))


def _day(value: str | date) -> str:
    from cinctl.calendar import london_date, weekday_date

    text = value.isoformat() if isinstance(value, date) else value
    try:
        return weekday_date(london_date(text)) if re.fullmatch(_ISO_DATE, text) else visible(text)
    except ValueError:
        return visible(text)


def _table(rows: Iterable[Row], columns: Sequence[str], one: bool, width: int | None, colour: bool) -> Iterator[str]:
    if one:
        yield from _card(rows, columns)
        return
    cells = _cells(rows, columns)
    if not cells:
        return
    heads = [name.replace("_", " ") for name in columns]
    limits = _widths(heads, cells, width) if width else [None] * len(heads)
    if colour:
        cells = [[_STYLES[cell] + cell + "\x1b[0m" if cell in _STYLES else cell for cell in line] for line in cells]
    if colour or any(limits):
        yield _wrapped(heads, cells, limits)
    else:
        yield _unwrapped(heads, cells)


def _cells(rows: Iterable[Row], columns: Sequence[str]) -> list[list[str]]:
    """Return what stands in a table; most values of a column come again and again."""
    known: dict[tuple[str, Any], str] = {}

    def cell(name: str, value: Any) -> str:
        if not isinstance(value, str):
            return _cell(name, value)
        found = known.get((name, value))
        if found is None:
            found = known[name, value] = _cell(name, value)
        return found

    return [[cell(name, row.get(name)) for name in columns] for row in rows]


def _wrapped(heads: Sequence[str], cells: Sequence[Sequence[str]], limits: Sequence[int | None]) -> str:
    """Return a table whose columns are as wide as *limits* say, longer cells on several lines."""
    import tabulate

    tabulate.WIDE_CHARS_MODE = False  # else the bytes would depend on whether another package is installed
    text = tabulate.tabulate(cells, heads, tablefmt="simple", disable_numparse=True, maxcolwidths=limits)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _unwrapped(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return the same table where nothing is to be wrapped: the same bytes, without loading the printer."""
    cells = [[cell.strip() for cell in line] for line in cells]
    columns = zip(heads, zip(*cells, strict=True), strict=True)
    widths = [max(len(head) + 2, *map(len, column)) for head, column in columns]
    form = "  ".join(f"%-{width}s" for width in widths)
    lines = [heads, ["-" * width for width in widths], *cells]
    return "\n".join((form % tuple(line)).rstrip() for line in lines) + "\n"


def _card(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """Yield one thing as its names and values, one a line; each entry of a table within it on a line of its own."""
    margin = max(map(len, columns), default=0) + 2
    for row in rows:
        for name in columns:
            value = row.get(name)
            entries = value.items() if isinstance(value, Mapping) and value else ()
            lines = [f"{visible(str(key))}: {_cell('', item)}" for key, item in entries] or [_cell(name, value)]
            for head, line in zip([name.replace("_", " "), *[""] * len(lines)], lines, strict=False):
                yield (head.ljust(margin) + line).rstrip() + "\n"


def _widths(heads: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[int | None]:
    """Return how wide each column may be for the table to fit *width*, as far as it can; the widest give way first."""
    floors = [max(len(head) + 2, _NARROWEST) for head in heads]  # the printer pads heads by two
    natural = [max(floor, *(len(line[i]) for line in cells)) for i, floor in enumerate(floors)]
    excess = sum(natural) + 2 * (len(heads) - 1) - width
    limits = list(natural)
    while excess > 0:
        widest = max(range(len(limits)), key=lambda i: limits[i] - floors[i])
        if limits[widest] <= floors[widest]:
            break
        limits[widest] -= 1
        excess -= 1
    return [limit if limit < full else None for limit, full in zip(limits, natural, strict=True)]
