"""Every case and every practitioner of a store, folded when asked for.

Values in, values out: it is filled from the lines of a log, or from steps that are about to become lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from cinctl.case import Case
from cinctl.clocks import Obligation, Tracker
from cinctl.errors import UsageError, did_you_mean
from cinctl.facts import Moment
from cinctl.folding import take_in
from cinctl.history import Event, Speaks, effective
from cinctl.protocol.model import IN_FORCE
from cinctl.rules import Edition, RuleBook
from cinctl.shelf import Drawer, Shelf
from cinctl.staff import Register
from cinctl.track import Track, services_of

Watch = Callable[[Event, Case, Tracker], None]
_MOST_NAMES = 5_000
OFFICE = frozenset({"staff", "fileaudit", "govern", "feedback"})


class Casebook:
    """All that a log holds, under one rule book.

    *until* leaves out events dated after that day; *left_out* counts them.
    """

    def __init__(self, rules: RuleBook, until: date | None = None, shelf: Shelf | None = None) -> None:
        self.rules = rules
        self.until = until
        self.left_out = 0
        self.register = Register(shelf=shelf)
        self.tracks: dict[str, Track] = {}
        self.keys: dict[str, int] = {}
        self.length = 0
        self.head = ""
        self.notices: list[str] = []
        self.fetched = 0
        """How many events of cases it has fetched since it last shrank."""
        self._shelf = shelf
        self._office: list[Event] = []
        self._office_since: list[Event] = []
        self._case_of: dict[int, str | None] = {}
        self._speaks = Speaks({})
        self._next_number = 1
        self._practitioners: dict[str, Tracker] | None = None
        self._folded: set[str] = set()
        self._with_services: set[str] = set()
        self._office_seqs: set[int] = set()
        self._service: Tracker | None = None
        self._too_many_names = False
        if shelf is not None:
            self._stand_on(shelf)

    def _stand_on(self, shelf: Shelf) -> None:
        """Begin with all that *shelf* holds, none of it read yet."""
        self.length, self.head = shelf.length, shelf.head
        self.tracks = Drawer(self._from_shelf, shelf.has_case, shelf.case_ids)
        self.keys = Drawer(self._seq_under, lambda key: shelf.under_key(key) is not None, lambda: ())
        self._speaks = shelf.speaks()
        self._next_number = shelf.next_number()

    def _seq_under(self, key: str) -> int | None:
        found = self._shelf.under_key(key) if self._shelf is not None else None
        return None if found is None else found.seq

    def under_key(self, key: str) -> Event | None:
        """Return the event recorded under *key* as corrections leave it; None when there is none, or it was voided."""
        found = self._shelf.under_key(key) if self._shelf is not None else None
        if found is None:
            return self.current(self.keys[key]) if key in self.keys else None
        if found.case is None or found.case not in self.tracks:
            return self.current(found.seq)
        return next((e for e in self.effective(self.tracks[found.case].events) if e.seq == found.seq), None)

    def move_to(self, shelf: Shelf) -> None:
        """Go on with *shelf*, which holds what the shelf before it held and this book took in since."""
        held = self.tracks
        self._shelf = shelf
        self._stand_on(shelf)
        if isinstance(held, Drawer):
            for track in held.held():
                self.tracks[track.id] = track
        self.register.move_to(shelf)

    def _from_shelf(self, id_: str) -> Track | None:
        assert self._shelf is not None
        events = [e for e in self._shelf.events(id_) if self.until is None or e.on <= self.until]
        if not events:
            return None
        self.fetched += len(events)
        track = Track(id_)
        for event in events:
            track.add(event)
        return track

    # Filling

    def load(self, lines: Iterable[Mapping[str, Any]]) -> Casebook:
        """Take in every line of a log, in order, and return the book."""
        for line in lines:
            self.take(Event.from_line(line))
        return self

    def take(self, event: Event) -> None:
        """Take in one recorded event, the next in the log."""
        self.length = event.seq
        self._case_of[event.seq] = event.case
        if event.key is not None:
            self.keys[event.key] = event.seq
        if event.case is not None:
            self._count_id(event.case)
        if event.base == "import":
            self._speaks = Speaks.of(event)
        elif event.imported:
            event.speaks = self._speaks
        if self.until is not None and event.on > self.until:
            self.left_out += 1
            return
        if event.case is not None:
            self._take_case(event)
        if event.base == "staff" or (event.base == "correct" and self.register.owner(event.get("of")) is not None):
            self._take_staff(event)
        if event.base in OFFICE or (event.base == "correct" and self.in_office(event.get("of"))):
            self._office_since.append(event)
            self._office_seqs.add(event.seq)
            self._practitioners = self._service = None

    @property
    def office(self) -> list[Event]:
        """The events of the office in log order: staff, file audits, governance, feedback, and their corrections."""
        if self._shelf is not None and not self._office:
            # What was taken in may be on the shelf by now.
            self._office = [e for e in self._shelf.office() if e.seq not in self._office_seqs]
        return [*self._office, *self._office_since]

    def in_office(self, seq: int) -> bool:
        """Return whether the event at *seq* is one of the office."""
        return seq in self._office_seqs or (self._shelf is not None and self._shelf.in_office(seq))

    def _take_case(self, event: Event) -> None:
        assert event.case is not None
        track = self.tracks.get(event.case)
        if track is None:
            track = self.tracks[event.case] = Track(event.case)
        elif self._shelf is not None:
            # What was looked at last stands last, so that `shrink` lets go of what nobody has asked for of late.
            self.tracks[event.case] = self.tracks.pop(event.case)
        in_order = track.last_place is None or event.place() > track.last_place
        track.add(event)
        if event.base == "service":
            self._with_services.add(event.case)
        if self.rules.across and event.case in self.with_services():
            for id_ in self._folded & self.with_services() - {event.case}:
                self._forget(self.tracks[id_])
        if track.case is None or track.tracker is None:
            return
        if in_order and event.base not in ("correct", "redact"):
            self.advance(event, track.case, track.tracker)
        else:
            self._forget(track)

    def untake(self, event: Event) -> None:
        """Take out *event*, the last that was taken in, which turned out not to be recordable."""
        self.length = event.seq - 1
        del self._case_of[event.seq]
        if event.key is not None:
            self.keys.pop(event.key, None)
        if event.case is not None:
            rest = [e for e in self.tracks.pop(event.case).events if e.seq != event.seq]
            self._folded.discard(event.case)
            if rest:
                track = self.tracks[event.case] = Track(event.case)
                for earlier in rest:
                    track.add(earlier)
            if not any(e.base == "service" for e in rest):
                self._with_services.discard(event.case)
        if event.seq in self._office_seqs:
            self._office_seqs.discard(event.seq)
            self._office_since = [e for e in self._office_since if e.seq != event.seq]
            staff = (e for e in self._office_since if e.base in ("staff", "correct"))
            self.register = Register(staff, shelf=self._shelf)
            self._practitioners = self._service = None
            for id_ in list(self._folded):
                self._forget(self.tracks[id_])

    def _forget(self, track: Track) -> None:
        track.forget()
        self._folded.discard(track.id)

    def _take_staff(self, event: Event) -> None:
        self.register.add(event)
        for id_ in list(self._folded):
            track = self.tracks[id_]
            if event.base == "correct" or track.last_place is None or track.last_place[1] >= event.on:
                self._forget(track)

    def _count_id(self, id_: str) -> None:
        if id_.startswith("C-") and id_.isascii() and id_[2:].isdigit():
            self._next_number = max(self._next_number, int(id_[2:]) + 1)

    @property
    def changed(self) -> bool:
        """Whether anything was taken in that is not on the shelf."""
        return bool(self._case_of)

    @property
    def next_number(self) -> int:
        """The number of the next case that is opened without an id."""
        return self._next_number

    def next_id(self) -> str:
        """Return the id of the next case that is opened without one: `C-000123`."""
        return f"C-{self._next_number:06d}"

    # Folding

    def moment(
        self,
        event: Event,
        case: Case | None,
        tracker: Tracker | None,
        *,
        before_seq: int | None = None,
        subject: str | None = None,
        edition: Edition | None = None,
    ) -> Moment:
        """Return *event* with everything that a rule may look at."""
        return Moment(
            event,
            case,
            self.register,
            calendar=(edition or self.rules.newest).calendar,
            running=tracker,
            subject=subject,
            before_seq=before_seq,
            open_families=self.open_families,
        )

    def open_families(self, service: str, event: Event) -> int:
        """Return how many families *service* works with just before *event*: a family, else a case, counts once."""
        found = set()
        for id_ in self.with_services():
            earlier = [e for e in self.effective(self.tracks[id_].events) if e.place() < (True, event.on, event.seq)]
            if service in services_of(earlier):
                found.add(next((e.get("family") for e in reversed(earlier) if e.get("family")), id_))
        return len(found)

    def with_services(self) -> set[str]:
        """Return the ids of the cases for which a service was commissioned."""
        return self._with_services.union(self._shelf.with_services() if self._shelf is not None else ())

    def effective(self, events: Sequence[Event]) -> list[Event]:
        """Return those of *events* that count, in order; one that a correction dates after *until* does not yet."""
        counting = effective(events)
        return counting if self.until is None else [e for e in counting if e.on <= self.until]

    def advance(
        self, event: Event, case: Case, tracker: Tracker, before_seq: int | None = None
    ) -> tuple[Obligation, ...]:
        """Let *case* and its clocks take in *event*. Returns the obligations that it finished."""
        moment = self.moment(event, case, tracker, before_seq=before_seq)
        return tuple(take_in(self.rules, moment, case, tracker))

    def fold(
        self, id_: str, events: Iterable[Event], watch: Watch | None = None, before_seq: int | None = None
    ) -> tuple[Case, Tracker]:
        """Fold *events*, in order, into a case and its clocks; *watch* sees each event with the case just before it."""
        case, tracker, moment = Case(id_), Tracker(id_, self.rules), None
        for event in events:
            if watch is not None:
                watch(event, case, tracker)
            if moment is None:
                moment = self.moment(event, case, tracker, before_seq=before_seq)
            else:
                moment.turn_to(event, before_seq)
            take_in(self.rules, moment, case, tracker)
        return case, tracker

    def folded(self, id_: str) -> tuple[Case, Tracker]:
        """Return the case *id_* and its clocks as they stand. Raises UsageError for an unknown id."""
        track = self.track(id_)
        if track.case is None or track.tracker is None:
            track.case, track.tracker = self.fold(id_, self.effective(track.events))
            self._folded.add(id_)
        return track.case, track.tracker

    def hold(self, id_: str, case: Case, tracker: Tracker) -> None:
        """Keep what `fold` made of all the events of case *id_* that count, so that it is not folded again."""
        track = self.track(id_)
        track.case, track.tracker = case, tracker
        self._folded.add(id_)

    def track(self, id_: str) -> Track:
        """Return the track of case *id_*. Raises UsageError, with a suggestion, when there is none."""
        track = self.tracks.get(id_)
        if track is None:
            hint = self._nearest(id_) or " See 'cinctl list'."
            raise UsageError(f"there is no case '{id_}'.{hint}")
        return track

    def _nearest(self, id_: str) -> str:
        """Return what hints at the id nearest to *id_*; nothing where there are so many that the search would last."""
        if self._too_many_names:
            return ""
        names = list(islice(self.tracks, _MOST_NAMES + 1))
        self._too_many_names = len(names) > _MOST_NAMES
        return "" if self._too_many_names else did_you_mean(id_, names)

    def require_case(self, id_: str) -> str:
        """Return *id_* when there is such a case. Raises UsageError, with a suggestion."""
        return self.track(id_).id

    def case_ids(self) -> list[str]:
        """Return the id of every case, sorted."""
        return sorted(self.tracks)

    def practitioners(self) -> dict[str, Tracker]:
        """Return the clocks of each practitioner."""
        if self._practitioners is None:
            self._practitioners = self._fold_practitioners()
        return self._practitioners

    def _fold_practitioners(self) -> dict[str, Tracker]:
        made: dict[str, Tracker] = {}
        for event in self.effective(self.office):
            if event.base == "staff":
                person = event.get("staff")
                if person is not None and person not in made:
                    made[person] = Tracker(person, self.rules, "practitioner")
            subjects = [event.get("staff")] if event.base == "staff" else list(made)
            for person in subjects:
                if person is None:
                    continue
                made[person].advance(self.moment(event, None, made[person], subject=person))
        return made

    def service(self) -> Tracker:
        """Return the clocks of the service as a whole."""
        if self._service is None:
            self._service = self._fold_service()
        return self._service

    def _fold_service(self) -> Tracker:
        tracker = Tracker("service", self.rules, "service")
        for edition in reversed(self.rules.editions):
            since = edition.in_force_from()
            if since is not None and (self.until is None or since <= self.until):
                start = Event(seq=0, kind=IN_FORCE, case=None, at=since.isoformat(), by=None, data={})
                tracker.begin(edition, self.moment(start, None, tracker, edition=edition))
        for event in self.effective(self.office):
            tracker.advance(self.moment(event, None, tracker))
        return tracker

    def find(self, seq: int) -> Event:
        """Return the event at *seq*. Raises UsageError when there is none that counts today."""
        found = next((e for e in self._pool(seq) if e.seq == seq), None)
        if found is None:
            raise UsageError(f"there is no event {seq} to correct")
        return found

    def knows(self, seq: int) -> bool:
        """Return whether the log has an event at *seq*."""
        return seq in self._case_of or (self._shelf is not None and 1 <= seq <= self._shelf.length)

    def current(self, seq: int) -> Event | None:
        """Return the event at *seq* as corrections leave it; None when it was voided or there is none."""
        return next((e for e in self.effective(self._pool(seq)) if e.seq == seq), None)

    def all_about(self, seq: int) -> list[Event]:
        """Return every event of the history that the event at *seq* belongs to: of its case, or of no case."""
        return list(self._pool(seq))

    def _pool(self, seq: int) -> list[Event]:
        case = self._case_of.get(seq)
        if seq not in self._case_of and self._shelf is not None:
            found = self._shelf.event(seq)
            case = found.case if found is not None else None
        return self.tracks[case].events if case is not None and case in self.tracks else self.office

    def naming(self, person: str, since: date) -> list[str]:
        """Return the ids of the cases in which an event on or after *since* is by *person* or names them."""
        held = self.tracks.held() if isinstance(self.tracks, Drawer) else self.tracks.values()
        found = {track.id for track in held if track.names(person, since)}
        for id_ in self._shelf.naming(person, since) if self._shelf is not None else ():
            if id_ not in found and self.tracks[id_].names(person, since):
                found.add(id_)
        return sorted(found)

    def consulting(self, person: str, since: date) -> Iterable[str]:
        """Return the ids of cases on the shelf that may have looked *person* up on or after *since*."""
        return self._shelf.naming(person, since) if self._shelf is not None else ()

    def places(self, id_: str) -> Sequence[int]:
        """Return where the lines of case *id_* begin, as far as they are on the shelf."""
        return self._shelf.places(id_) if self._shelf is not None else ()

    def shelved(self, head: str) -> None:
        """Take note that everything taken in so far is on the shelf now, and can be fetched from there again.

        *head* is the hash of the last line.
        """
        self.head = head
        if self._shelf is not None:
            self._shelf.grow(self.length, head)
        self._case_of.clear()
        self._office_seqs.clear()
        self._office_since.clear()
        self._office = []
        self._with_services.clear()
        if isinstance(self.keys, Drawer):
            self.keys.clear()

    def let_go(self, id_: str) -> None:
        """Let go of case *id_*, which can be fetched again."""
        if self._shelf is not None:
            self.tracks.pop(id_, None)
            self._folded.discard(id_)

    def ready(self) -> None:
        """Fetch what judging any case may need, so that processes which begin with this book share it."""
        for person in self.register:
            self.register.as_of(person, date.max)

    def shrink(self, most: int) -> None:
        """Let go of what can be fetched again, the longest untouched first, until it is at most about *most* events."""
        if self._shelf is None:
            return
        total = self.fetched = 0
        for id_ in reversed(list(dict.keys(self.tracks))):
            total += len(dict.__getitem__(self.tracks, id_).events)
            if total > most:
                del self.tracks[id_]
                self._folded.discard(id_)
