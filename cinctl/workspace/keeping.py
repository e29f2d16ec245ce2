"""Keep the cache beside a log in step with it: made anew, caught up, and carried on by whoever appends."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from cinctl.casebook import Casebook
from cinctl.history import Event, amended_day
from cinctl.owed import NO_LIMIT, Label, Owed, head
from cinctl.queries import case_row
from cinctl.rules import RuleBook
from cinctl.standing import owed_by_office, owed_on, people_of
from cinctl.store.cache import Cache, CacheError
from cinctl.store.lines import Lines
from cinctl.store.log import Log, Writer
from cinctl.store.position import Position
from cinctl.store.survey import EVERY, Survey
from cinctl.terminal import visible_json
from cinctl.workspace.shelves import CacheShelf, SurveyShelf, aside, key_digest

_FOREVER = date.max
_encode = json.JSONEncoder(ensure_ascii=False).encode
_CHUNK = 20_000


class Kept(NamedTuple):
    """How one case stands, as a cache keeps it. *changes* is how often it went from one lead to another.

    *keys* are the keys of its events, and their seqs; *latest* is the last day on which something happened in it.
    """

    id: str
    last: str
    people: str
    services: bool
    row: str
    changes: int
    owed: list[Owed]
    keys: tuple[list[str | None], list[int]]
    latest: date


def kept(book: Casebook, id_: str) -> Kept:
    """Return what a cache keeps of case *id_*."""
    track = book.track(id_)
    return Kept(
        id=id_,
        last=track.last_place[1].isoformat() if track.last_place is not None else "",
        people="\n" + "\n".join(sorted(people_of(track.events))) + "\n",
        services=any(e.base == "service" for e in track.events),
        row=_encode(list(case_row(book, id_).values())),
        changes=len(book.folded(id_)[0].former_leads),
        owed=owed_on(book, id_),
        keys=([e.key for e in track.events], [e.seq for e in track.events]),
        latest=latest_of(track.events),
    )


def latest_of(events: Iterable[Event]) -> date:
    """Return the last day on which one of *events* happened, as recorded or as amended."""
    found = date.min
    for event in events:
        if event.on > found:
            found = event.on
        if (moved := amended_day(event)) is not None and moved > found:
            found = moved
    return found


class Keeper:
    """Writes what a casebook shows into a cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._labels: dict[Label, int] = {}

    def cases(self, made: Iterable[tuple[Kept, Sequence[int] | None]]) -> None:
        """Write down how cases stand; with each, where its lines begin, or None where that is as it was."""
        made = list(made)
        rows = ((k.id, array("Q", p).tobytes(), *k[1:6]) for k, p in made if p is not None)
        self._cache.many("INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        same = ((*k[1:6], k.id) for k, p in made if p is None)
        self._cache.many("UPDATE cases SET last = ?, people = ?, services = ?, row = ?, changes = ? WHERE id = ?", same)
        self._owed((one, k.id) for k, _ in made for one in enumerate(k.owed))

    def forget_owed(self, ids: Iterable[str]) -> None:
        """Take out what is owed on the cases *ids*; the empty id stands for what is owed on none."""
        self._cache.many("DELETE FROM owed WHERE of = ?", ((id_,) for id_ in ids))

    def office(self, book: Casebook) -> None:
        """Write down what practitioners and the service owe, and who is away when."""
        from cinctl.absences import stored

        self._owed((one, "") for one in enumerate(owed_by_office(book, _FOREVER)))
        self._cache.execute("DELETE FROM absences")
        self._cache.many("INSERT INTO absences VALUES (?, ?, ?, ?, ?)", stored(book))

    def _owed(self, owed: Iterable[tuple[tuple[int, Owed], str]]) -> None:
        rows = [
            (
                one.due or NO_LIMIT,
                one.case or one.owner or "",
                one.label.rule,
                n,
                self._label(one.label),
                *one[2:6],
                one.hidden,
                one.since,
                visible_json(head(one)),
                of,
                one.seq,
                one.cycle,
            )
            for (n, one), of in owed
        ]
        self._cache.many("INSERT INTO owed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

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

    def keys(self, added: Iterable[tuple[str | None, int, int]]) -> None:
        """Write down which keys stand for which events: key, seq, and the byte at which its line begins."""
        rows = ((key_digest(key), seq, place) for key, seq, place in added if key is not None)
        self._cache.many("INSERT INTO keys VALUES (?, ?, ?)", rows)


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
    from cinctl.progress import file_progress

    with file_progress(log.path, "reading") as reach:
        survey = Survey(aside(), watch=reach)
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
    from cinctl.progress import progress
    from cinctl.workspace.processes import jobs_for, shares

    keeper = Keeper(cache)
    desk = list(shelf.desk())
    for event, place in desk:
        if event.base == "import" or shelf.in_office(event.seq):
            keeper.desk(book, event, place)
    keeper.keys((event.key, event.seq, place) for event, place in desk if event.case is None)
    latest = latest_of(event for event, _ in desk)
    ids = list(shelf.case_ids())
    with progress(len(ids), "making the cache") as reach:
        for done, part in shares(book, ids, _kept_of, jobs_for(book)):
            keeper.cases((one, shelf.places(one.id)) for one in part)
            keeper.keys(key for one in part for key in zip(*one.keys, shelf.places(one.id), strict=True))
            latest = max(latest, *(one.latest for one in part))
            reach(done)
    keeper.office(book)
    return latest.isoformat()


def _kept_of(book: Casebook, ids: Sequence[str]) -> list[Kept]:
    made = []
    for id_ in ids:
        made.append(kept(book, id_))
        book.let_go(id_)
    return made


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
        touched |= dict.fromkeys(_seen_otherwise(book, event))
    if book.rules.across and not book.with_services().isdisjoint(places):
        touched |= dict.fromkeys(sorted(book.with_services()))
    events = [event for event, _ in added]
    keeper.keys((event.key, event.seq, place) for event, place in added)
    where: dict[str, Sequence[int] | None] = {**dict.fromkeys(touched), **_all_places(book, places)}
    keeper.forget_owed([*where, ""] if office else where)
    keeper.cases((kept(book, id_), found) for id_, found in where.items())
    if office:
        keeper.office(book)
    latest = max(cache.meta["latest"], latest_of(events).isoformat())
    cache.set_meta(latest=latest, next_number=book.next_number)


def _all_places(book: Casebook, more: Mapping[str, list[int]]) -> dict[str, Sequence[int]]:
    return {id_: [*book.places(id_), *places] for id_, places in more.items()}


def _seen_otherwise(book: Casebook, event: Event) -> Iterable[str]:
    """Return the cases that a staff event may show in another light: all that have looked the person up since."""
    if event.case is not None:
        return ()
    person = book.register.owner(event.seq)
    if person is None:
        return ()
    return book.consulting(person, event.on if event.base == "staff" else date.min)
