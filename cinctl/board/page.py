"""The duty board as one self-contained page: what it says works without script, which adds filters and timelines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from cinctl.board.charts import caseload, timeliness
from cinctl.board.collecting import Board
from cinctl.board.facets import Facet, days, facets, place_of
from cinctl.board.months import Month, month_name
from cinctl.board.timelines import day_number, timelines
from cinctl.calendar import weekday_date
from cinctl.formats.html import opening
from cinctl.formats.report import xml_text
from cinctl.lateness import in_words
from cinctl.owed import owned_by
from cinctl.results import Obligation
from cinctl.terminal import plural

__all__ = ["page"]

TILES = (("overdue", "Overdue"), ("today", "Due today"), ("ahead", ""), ("later", "Later"), ("none", "No date"))
STEP = 200
"""So many rows are shown at first, and with each step more."""
UNSCRIPTED = (
    "@media screen{#rows tbody tr[hidden]{display:table-row}}@media print{#rows tbody tr[hidden]{display:table-row}}"
    "@media screen and (max-width:46rem){#rows tbody tr[hidden]{display:grid}}#more{display:none}"
)
"""Where scripts are off, all rows are shown."""
LEGEND = '<span class="legend" aria-hidden="true">overdue \u00b7 all</span>'
SIGNS = {"overdue": "\u25b2", "today": "\u25cf", "ahead": "\u25d4", "later": "\u25cb", "none": "\u2013"}
HEADS = (("due", "Due"), ("case", "Case"), ("rule", "What to do"), ("owner", "Owner"), ("unit", "Unit"))
NOBODY = {"unit": "no unit", "owner": "nobody", "rule": "no rule"}
NEEDS = {"page.js": ("timeline.js",)}
ALL = {"unit": "All units", "owner": "All owners", "rule": "All rules"}


def page(board: Board, *, live: str = "") -> Iterator[str]:
    """Yield *board* as one page.

    With *live* it asks the server that it came from for `head`, and loads itself anew once that is no longer *live*.
    """
    style, script = _asset("page.css"), _asset("page.js")
    marks = f' data-stamp="{xml_text(live)}" data-live' if live else ""
    yield opening(board.title, style, script=script, asks_server=bool(live), marks=marks, plain=UNSCRIPTED)
    found = facets(board)
    yield '<body>\n<a class="skip" href="#due">Skip to what is due</a>\n'
    yield from _header(board)
    yield '<main id="main">\n'
    yield from _glance(board, found)
    yield from _filters(board, found)
    yield from _table(board, found)
    yield from _idle(board)
    yield from _months(board)
    yield '</main>\n<section id="paper" hidden></section>\n'
    yield from _footer(board)
    yield _DIALOG
    yield f'<script type="application/json" id="timelines">{timelines(board.lines, board.today)}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


@cache
def _asset(name: str) -> str:
    """Return the file *name* of this package, behind those that it needs."""
    here = files("cinctl.board")
    return "".join(here.joinpath(part).read_text(encoding="utf-8") for part in (*NEEDS.get(name, ()), name))


def _time(day: date) -> str:
    return f'<time datetime="{day.isoformat()}">{weekday_date(day)}</time>'


# What is seen first


def _header(board: Board) -> Iterator[str]:
    of = f"Unit {xml_text(board.unit)}. " if board.unit is not None else ""
    yield f"<header>\n<h1>{xml_text(board.title)}</h1>\n"
    yield f'<p class="asof">{of}As it stood on <strong>{_time(board.today)}</strong>.'
    yield f" {board.open:,} open {plural(board.open, 'case')}.</p>\n"
    if board.kept_back:
        late = f", <strong>{board.kept_back_overdue:,} of them overdue</strong>" if board.kept_back_overdue else ""
        yield (
            f'<p class="notice{" alarm" if late else ""}">{board.kept_back:,} more '
            f"{plural(board.kept_back, 'obligation')}{late}: not on this page, because the date or the rule would "
            "tell a day of birth or death, or a characteristic of a child. <code>cinctl due</code> lists them.</p>\n"
        )
    yield '<p class="notice" id="renewal" role="status"></p>\n'
    yield '<button type="button" id="pause" hidden>Leave it as it is</button>\n</header>\n'


def _glance(board: Board, found: Sequence[Facet]) -> Iterator[str]:
    places = [place_of(row, board) for row in board.rows]
    yield '<section aria-labelledby="glance-h" class="glance">\n<h2 id="glance-h" class="hush">At a glance</h2>\n'
    yield '<p id="only"></p>\n'
    yield '<ul class="tiles">\n'
    for place, title in TILES:
        number = places.count(place)
        words = title or board.ahead.words.capitalize()
        yield (
            f'<li><button type="button" class="tile {place}" data-f="when" data-v="{place}" aria-pressed="false">'
            f'<span class="count">{number:,}</span> <span class="name"><span class="sign" aria-hidden="true">'
            f"{SIGNS[place]}</span> {words}</span></button></li>\n"
        )
    yield "</ul>\n"
    yield from _oldest(board)
    yield '<div class="panels">\n'
    yield from _day_panel(board, places.count("overdue"))
    for facet in found:
        yield from _panel(facet)
    yield "</div>\n</section>\n"


def _oldest(board: Board) -> Iterator[str]:
    """Yield the one line that says what is most overdue, and whose it is."""
    first = board.rows[0] if board.rows else None
    if first is None or first.status != "overdue":
        return
    here = " on this page" if board.kept_back_overdue else ""
    owner = owned_by(first.owner, first.covers)
    whose = f", owed by <strong>{xml_text(owner)}</strong>" if owner else ""
    yield (
        f'<p class="oldest">Most overdue{here}: <strong>{xml_text(first.case or "no case")}</strong>, '
        f"{xml_text(first.what)}, <strong>{_late(first)}</strong>{whose}.</p>\n"
    )


def _late(row: Obligation) -> str:
    return xml_text(in_words(row.status, row.late_days, row.late, row.late_unit))


def _bar(overdue: int, total: int, most: int) -> str:
    """Return a bar for *total* of *most*, its overdue part told apart; its numbers stand beside it as text."""
    late, rest = (round(100 * number / most, 1) if most else 0 for number in (overdue, total - overdue))
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="late" x="0" y="0" width="{late}" height="8"/>'
        f'<rect class="rest" x="{late}" y="2" width="{rest}" height="4"/></svg>'
    )


def _day_panel(board: Board, overdue: int) -> Iterator[str]:
    found = days(board)
    most = max([overdue, *(number for _, number in found)])
    yield f'<section class="panel" aria-labelledby="by-day"><h3 id="by-day">By day{LEGEND}</h3>\n<ul>\n'
    yield _choice("when", "overdue", "Overdue", overdue, overdue, most)
    for day, number in found:
        name = weekday_date(day) + (" (today)" if day == board.today else "")
        yield _choice("when", day.isoformat(), name, 0, number, most)
    yield "</ul></section>\n"


def _panel(facet: Facet) -> Iterator[str]:
    most = max((group.total for group in facet.groups), default=0)
    yield f'<section class="panel" aria-labelledby="by-{facet.name}">'
    yield f'<h3 id="by-{facet.name}">{facet.title}{LEGEND}</h3>\n<ul>\n'
    for n, group in enumerate(facet.groups):
        name = xml_text(group.name) if group.name is not None else NOBODY[facet.name]
        yield _choice(facet.name, str(n), name, group.overdue, group.total, most)
    yield "</ul></section>\n"


def _choice(facet: str, value: str, name: str, overdue: int, total: int, most: int) -> str:
    """Return a button that narrows the table; *name* is HTML already."""
    late = f'<b>{overdue:,}<span class="hush"> overdue of</span></b> ' if overdue else "<b></b> "
    return (
        f'<li><button type="button" class="choice" data-f="{facet}" data-v="{value}" aria-pressed="false">'
        f'<span class="name">{name}</span> <span class="count">{late}<i>{total:,}</i></span>'
        f"{_bar(overdue, total, most)}</button></li>\n"
    )


# Filters


def _filters(board: Board, found: Iterable[Facet]) -> Iterator[str]:
    yield '<search class="filters" aria-label="Filters">\n<div><label for="q">Search</label>'
    yield '<input id="q" type="search" autocomplete="off" spellcheck="false" aria-describedby="keys"></div>\n'
    yield '<div><label for="when">When</label><select id="when"><option value="">Any time</option>'
    for place, title in TILES:
        yield f'<option value="{place}">{title or board.ahead.words.capitalize()}</option>'
    yield from (f'<option value="{day.isoformat()}">{weekday_date(day)}</option>' for day, _ in days(board))
    yield "</select></div>\n"
    for facet in found:
        yield f'<div><label for="{facet.name}">{facet.name.capitalize()}</label><select id="{facet.name}">'
        yield f'<option value="">{ALL[facet.name]}</option>'
        for n, group in enumerate(facet.groups):
            name = xml_text(group.name) if group.name is not None else NOBODY[facet.name]
            none = " data-none" if group.name is None else ""
            yield f'<option value="{n}"{none}>{name}</option>'
        yield "</select></div>\n"
    yield '<div><button type="button" id="clear">Show everything</button></div>\n'
    yield '<p id="keys" class="keys"><label><input type="checkbox" id="slash" checked> <kbd>/</kbd> searches</label>'
    yield " <span><kbd>Esc</kbd> shows everything again</span></p>\n</search>\n"


# The table


def _table(board: Board, found: Sequence[Facet]) -> Iterator[str]:
    yield '<section id="due" tabindex="-1" aria-labelledby="due-h">\n<h2 id="due-h">What is due</h2>\n'
    number = len(board.rows)
    first = f"; the first {STEP} are shown" if number > STEP else ""
    yield f'<p id="shown" role="status">{number:,} {plural(number, "obligation")}, most overdue first{first}</p>\n'
    yield '<noscript><p class="notice">Filters and timelines need JavaScript; everything due is below.</p></noscript>\n'
    yield f'<table id="rows" data-step="{STEP}" data-today="{board.today.isoformat()}"'
    yield f' data-ahead="{board.ahead.last.isoformat()}">\n'
    yield '<caption class="hush">Open obligations; the buttons in the head sort them</caption>\n'
    yield "<thead><tr>"
    for name, title in HEADS:
        order = "ascending" if name == "due" else "none"
        yield (
            f'<th scope="col" class="c-{name}" aria-sort="{order}" data-head="{title}">'
            f'<button type="button" data-sort="{name}">{title}<span class="arrow" aria-hidden="true"></span></button>'
            "</th>"
        )
    yield "</tr></thead>\n<tbody>\n"
    lines = {line.id: n for n, line in enumerate(board.lines)}
    places = zip(*(facet.of for facet in found), strict=True)
    for n, (row, place) in enumerate(zip(board.rows, places, strict=True)):
        yield _row(board, row, place, lines, "" if n < STEP else " hidden")
    yield "</tbody>\n</table>\n"
    yield from _more(number - STEP)
    hidden = " hidden" if board.rows else ""
    yield f'<p id="nothing"{hidden}>{"Nothing here matches." if board.rows else "Nothing is due."}</p>\n</section>\n'


def _more(left: int) -> Iterator[str]:
    """Yield what shows the rows that are not yet: laying out thousands at once takes a browser seconds."""
    yield f'<p id="more"{" hidden" if left <= 0 else ""}><span>{max(left, 0):,} more are not shown yet.</span> '
    yield f'<button type="button" data-more="{STEP}">Show {STEP} more</button> '
    yield '<button type="button" data-more="all">Show all</button></p>\n'


def _row(board: Board, row: Obligation, place: Sequence[int], lines: dict[str, int], hidden: str) -> str:
    when, day, id_ = place_of(row, board), row.day, row.case
    key = " ".join(["" if day is None else str(day_number(day)), *map(str, place)])
    dated = f"<br>{_time(day)}" if day is not None else ""
    clause = f" \u00b7 {xml_text(row.clause)}" if row.clause not in (None, row.rule) else ""
    if id_ is None:
        case = '<span class="quiet">no case</span>'
    elif id_ in lines:
        case = f'<button type="button" class="case" data-case="{lines[id_]}">{xml_text(id_)}</button>'
    else:
        case = xml_text(id_)
    return (
        f'<tr data-k="{key}" class="{when}"{hidden}><td><b class="late"><span aria-hidden="true">'
        f'{SIGNS[when]}</span> {_late(row)}</b>{dated}</td><th scope="row">{case}</th>'
        f"<td>{xml_text(row.what)}<br><small>{xml_text(row.rule)}{clause}</small></td>"
        f"<td>{_cell(owned_by(row.owner, row.covers) or None)}</td><td>{_cell(row.unit)}</td></tr>\n"
    )


def _cell(text: str | None) -> str:
    return xml_text(text) if text is not None else '<span class="quiet">\u2013</span>'


def _idle(board: Board) -> Iterator[str]:
    """Yield the open cases that are in no row, so that their timelines can be opened too."""
    owing = {row.case for row in board.rows}
    idle = [(n, line.id) for n, line in enumerate(board.lines) if line.id not in owing]
    if idle:
        yield f"<details><summary>{len(idle):,} open {plural(len(idle), 'case')} with nothing in the table</summary>\n"
        yield '<ul class="idle">\n'
        for n, id_ in idle:
            yield f'<li><button type="button" class="case" data-case="{n}">{xml_text(id_)}</button></li>\n'
        yield "</ul></details>\n"


# The months


def _months(board: Board) -> Iterator[str]:
    months = board.months
    yield '<section aria-labelledby="months-h" class="months">\n<h2 id="months-h">How the months went</h2>\n'
    yield '<div class="charts">\n<figure role="group" aria-labelledby="time-h"><figcaption>'
    yield '<h3 id="time-h">Met in time</h3>'
    yield (
        "<p>Of the deadlines of cases that were settled in the month, the share met in time. One met in time counts on "
        "the day on which it was met, a late one on the day on which it was due, as in <code>cinctl report</code>. "
        "What is not due yet, or ended before it was, does not count.</p></figcaption>\n"
    )
    yield from timeliness(months)
    yield from _numbers(months, "met in time", ("In time", "Settled", "Share", "Not judged"), _timely)
    yield '</figure>\n<figure role="group" aria-labelledby="load-h"><figcaption><h3 id="load-h">Open cases</h3>'
    yield (
        "<p>Cases referred or open at the end of the month (the light column: until now), and how many were opened, or "
        "opened again, and ended in it. Not judged is what an imported history does not speak of.</p></figcaption>\n"
    )
    yield from caseload(months)
    yield from _numbers(months, "caseload", ("Open", "Opened", "Ended", "Not judged"), _load)
    yield "</figure>\n</div>\n</section>\n"


def _timely(month: Month) -> tuple[str, ...]:
    share = f"{month.share:.1f}%" if month.share is not None else "\u2013"
    return f"{month.in_time:,}", f"{month.settled:,}", share, f"{month.untold:,}"


def _load(month: Month) -> tuple[str, ...]:
    return f"{month.open:,}", f"{month.opened:,}", f"{month.ended:,}", f"{month.untold_open:,}"


def _numbers(
    months: Sequence[Month], what: str, heads: Sequence[str], cells: Callable[[Month], Sequence[str]]
) -> Iterator[str]:
    yield f'<details class="numbers"><summary>The numbers: {what}</summary>\n'
    yield '<table><thead><tr><th scope="col">Month</th>'
    yield from (f'<th scope="col">{head}</th>' for head in heads)
    yield "</tr></thead><tbody>\n"
    for month in months:
        row = "".join(f"<td>{cell}</td>" for cell in cells(month))
        yield f'<tr><th scope="row">{month_name(month.days)}</th>{row}</tr>\n'
    yield "</tbody></table></details>\n"


# How it was made


def _footer(board: Board) -> Iterator[str]:
    made = board.made
    told = {
        "as of": weekday_date(board.today),
        "protocol": made.protocol,
        "protocol hash": made.protocol_hash,
        "calendar": made.calendar,
        "store": f"{made.length} {plural(made.length, 'line')}",
        "head of its chain": made.head or "none",
        "narrowed": f"unit {board.unit}" if board.unit is not None else "no",
        "made by": f"cinctl {made.version}",
    }
    yield '<footer aria-labelledby="made-h">\n<h2 id="made-h">How this page was made</h2>\n<dl>\n'
    yield from (f"<div><dt>{name}</dt><dd>{xml_text(value)}</dd></div>\n" for name, value in told.items())
    yield "</dl>\n</footer>\n"


_DIALOG = (
    '<dialog id="case" aria-labelledby="case-h"><div class="top"><h2 id="case-h"></h2>'
    '<button type="button" id="shut">Close</button></div><div id="case-body"></div></dialog>\n'
)
