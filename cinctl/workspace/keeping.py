"""Keep the cache beside a log in step with it: made anew, caught up, and carried on by whoever appends."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from cinctl.casebook import Casebook
from cinctl.history import Event, amended_day
from cinctl.owed import Label, Owed
from cinctl.queries import case_row
from cinctl.rules import RuleBook
from cinctl.standing import owed_by_office, owed_on, people_of
from cinctl.store.cache import Cache, CacheError
from cinctl.store.lines import Lines
from cinctl.store.log import Log, Writer
from cinctl.store.position import Position
from cinctl.store.survey import EVERY, Survey
from cinctl.workspace.glance import NO_LIMIT
from cinctl.workspace.shelves import CacheShelf, SurveyShelf, aside, key_digest

_FOREVER = date.max
_CHUNK = 20_000


class Keeper:
    """Writes what a casebook shows into a cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._labels: dict[Label, int] = {}

    def case(self, book: Casebook, id_: str, places: Sequence[int] | None = None) -> None:
        """Write down how case *id_* stands; *places* are where its lines begin, where there are any to write."""
        track = book.track(id_)
        last = track.last_place[1].isoformat() if track.last_place is not None else ""
        people = "\n" + "\n".join(sorted(people_of(track.events))) + "\n"
        services = any(e.base == "service" for e in track.events)
        row = json.dumps(list(case_row(book, id_).values()), ensure_ascii=False)
        execute = self._cache.execute
        if places is None:
            execute(
                "UPDATE cases SET last = ?, people = ?, services = ?, row = ? WHERE id = ?",
                (last, people, services, row, id_),
            )
        else:
            execute(
                "INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?, ?)",
                (id_, array("Q", places).tobytes(), last, people, services, row),
            )
        execute("DELETE FROM owed WHERE of = ?", (id_,))
        self._owed(owed_on(book, id_), id_)

    def office(self, book: Casebook) -> None:
        """Write down what practitioners and the service owe."""
        self._cache.execute("DELETE FROM owed WHERE of = ''")
        self._owed(owed_by_office(book, _FOREVER), "")

    def _owed(self, owed: Iterable[Owed], of: str) -> None:
        rows = [
            (
                one.due or NO_LIMIT,
                one.case or one.owner or "",
                one.label.rule,
                n,
                self._label(one.label),
                one.owner,
                one.lead,
                one.unit,
                one.start,
                one.hidden,
                one.since,
                of,
            )
            for n, one in enumerate(owed)
        ]
        if rows:
            self._cache.many("INSERT INTO owed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _label(self, label: Label) -> int:
        number = self._labels.get(label)
        if number is None:
            text = label.text()
            self._cache.execute("INSERT OR IGNORE INTO labels (text) VALUES (?)", (text,))
            number = self._cache.execute("SELECT n FROM labels WHERE text = ?", (text,)).fetchone()[0]
            self._labels[label] = number
        return number

    def desk(self, book: Casebook, event: Event, place: int) -> None:
        """Write down where a line of the office, or an import, begins."""
        person = book.register.owner(event.seq)
        self._cache.execute("INSERT INTO desk VALUES (?, ?, ?, ?)", (event.seq, place, event.base, person))

    def key(self, event: Event) -> None:
        """Write down the key of *event*, if it has one."""
        if event.key is not None:
            self._cache.execute("INSERT INTO keys VALUES (?, ?)", (key_digest(event.key), event.seq))


def latest_of(events: Iterable[Event]) -> str:
    """Return the last day on which one of *events* happened, as recorded or as amended, as ISO text."""
    found = ""
    for event in events:
        found = max(found, max(event.on, amended_day(event) or event.on).isoformat())
    return found


def rebuild(
    log: Log,
    reading: Callable[[Survey], os.stat_result],
    rules: RuleBook,
    facts: Mapping[str, Any],
    *,
    in_memory: bool = False,
) -> Cache:
    """Make the cache of *log* anew. *reading* lets a survey take in every line; *facts* say what it is made by.

    *in_memory*: for this process alone.
    """
    survey = Survey(aside())
    state = reading(survey)
    position = log.position
    lines = Lines(log.path)
    try:
        shelf = SurveyShelf(lines, position, survey)

        def make(*, in_memory: bool) -> Cache:
            cache = Cache.build(log.path, in_memory=in_memory)
            try:
                cache.begin()
                latest = _fill(cache, Casebook(rules, shelf=shelf), shelf)
                cache.many("INSERT INTO marks VALUES (?, ?)", ((1 + n * EVERY, p) for n, p in enumerate(survey.marks)))
                return cache.keep(position, state, {**facts, "latest": latest, "next_number": shelf.next_number()})
            except BaseException:
                cache.close()
                raise

        try:
            return make(in_memory=in_memory)
        except CacheError:
            # A disk that is full or fails stops nobody: the log is the truth.
            return make(in_memory=True)
    finally:
        lines.close()


def _fill(cache: Cache, book: Casebook, shelf: SurveyShelf) -> str:
    """Write everything that *book* shows. Returns the last day on which something happened."""
    keeper = Keeper(cache)
    for event, place in shelf.desk():
        if event.base == "import" or shelf.in_office(event.seq):
            keeper.desk(book, event, place)
        if event.case is None:
            keeper.key(event)
    latest = latest_of(event for event, _ in shelf.desk())
    for id_ in shelf.case_ids():
        events = book.track(id_).events
        latest = max(latest, latest_of(events))
        keeper.case(book, id_, shelf.places(id_))
        for event in events:
            keeper.key(event)
        book.let_go(id_)
    keeper.office(book)
    return latest


Added = tuple[Event, int]


def catch_up(cache: Cache, log: Log | Writer, rules: RuleBook, lines: Lines) -> Position:
    """Write into *cache*, which may be changed, what *log* holds beyond it; *lines* reads the log. Returns how far."""
    book = Casebook(rules, shelf=CacheShelf(lines, cache))
    added: list[Added] = []
    for line in log.read(cache.position):
        event = Event.from_line(line)
        book.take(event)
        added.append((event, log.begun))
        if len(added) >= _CHUNK:
            carry_on(cache, book, added)
            added = []
            book.shelved(log.position.head)
            book.shrink(_CHUNK)
    carry_on(cache, book, added)
    return log.position


def carry_on(cache: Cache, book: Casebook, added: Sequence[Added]) -> None:
    """Write into *cache* what *book* shows since it took in the events *added*, each beginning at a byte of the log."""
    if not added:
        return
    keeper = Keeper(cache)
    places: dict[str, list[int]] = {}
    touched: dict[str, None] = {}
    office = False
    for event, place in added:
        if event.case is not None:
            places.setdefault(event.case, []).append(place)
        if event.seq % EVERY == 1:
            cache.execute("INSERT INTO marks VALUES (?, ?)", (event.seq, place))
        if event.base == "import" or book.in_office(event.seq):
            keeper.desk(book, event, place)
            office = True
        keeper.key(event)
        touched |= dict.fromkeys(_seen_otherwise(book, event))
    if book.rules.across and not book.with_services().isdisjoint(places):
        touched |= dict.fromkeys(sorted(book.with_services()))
    for id_, more in places.items():
        keeper.case(book, id_, [*book.places(id_), *more])
    for id_ in touched:
        if id_ not in places:
            keeper.case(book, id_)
    if office:
        keeper.office(book)
    latest = max(cache.meta["latest"], latest_of(event for event, _ in added))
    cache.set_meta(latest=latest, next_number=book.next_number)


def _seen_otherwise(book: Casebook, event: Event) -> Iterable[str]:
    """Return the cases that a staff event may show in another light: all that have looked the person up since."""
    if event.case is not None:
        return ()
    person = book.register.owner(event.seq)
    if person is None:
        return ()
    return book.consulting(person, event.on if event.base == "staff" else date.min)
