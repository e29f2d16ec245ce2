"""Where the time of an audit goes: each part of the pass by itself, in microseconds of CPU an event, on one core.

python bench/parts.py LOG PROTOCOL TODAY

Each part does all that the one before it does and one thing more, so what it adds is the difference. The loops that
the budgets are told against stand above them.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from time import process_time

from cinctl.conformance import judged
from cinctl.queries import Book
from cinctl.store.lines import Lines
from cinctl.store.log import Log
from cinctl.workspace import Settings, Workspace
from cinctl.workspace.shelves import SurveyShelf, survey_until


def parts(path: str, protocol: str, today: date) -> dict[str, float]:
    """Return the microseconds of CPU an event that each part takes on the log at *path*."""
    workspace = Workspace(Settings(store=path, protocol=protocol, now=datetime.now(UTC), today=today))
    rules, log, survey = workspace.rules, Log.open(path), survey_until(today)
    took = {"decode every line (the loop of the first due)": _seconds(lambda: _loop(path, hashing=False))}
    took["decode and hash every line (the loop of audit)"] = _seconds(lambda: _loop(path, hashing=True))
    took["walk the chain, and note where each case's lines are"] = _seconds(lambda: log.survey(survey))
    shelf = SurveyShelf(Lines(path), log.position, survey)
    book = Book(rules, today, "0 days", shelf)
    ids = book.case_ids()
    took["read the lines again, case by case"] = _seconds(
        lambda: _drained(shelf._lines.at(place) for id_ in ids for place in shelf.places(id_))
    )
    took["and decode them"] = _seconds(
        lambda: _drained(shelf._read(place) for id_ in ids for place in shelf.places(id_))
    )
    took["and make events of them"] = _seconds(lambda: _each(book, ids, book.track))
    took["and fold them: cases and clocks"] = _seconds(lambda: _each(book, ids, book.folded))
    took["and judge them: gates, lateness, waivers"] = _seconds(lambda: judged(book, ids, today))
    return {what: seconds / log.position.length * 1e6 for what, seconds in took.items()}


def _loop(path: str, *, hashing: bool) -> None:
    with Path(path).open("rb") as lines:
        for line in lines:
            if hashing:
                sha256(line).hexdigest()
            json.loads(line.decode())


def _drained(made: Iterable[object]) -> None:
    for _ in made:
        pass


def _each(book: Book, ids: list[str], look: Callable[[str], object]) -> None:
    for id_ in ids:
        look(id_)
        book.let_go(id_)


def _seconds(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


if __name__ == "__main__":
    gc.set_threshold(100_000, 50, 50)  # as the command sets it
    for what, micros in parts(sys.argv[1], sys.argv[2], date.fromisoformat(sys.argv[3])).items():
        sys.stdout.write(f"{micros:6.2f}  {what}\n")
