"""Read a Children in Need census return: the DfE's yearly XML, as authorities have it.

A return is a stream of children; each referral of a child becomes the steps of one case. Nothing here judges or
records. What cannot be read is a problem with its line; what reads but is wrong is passed on as it stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

import attrs

from cinctl.errors import UsageError
from cinctl.formats.census_cases import (
    CHARACTERISTICS,
    SPEAKS,
    Child,
    Episode,
    case_id,
    conflict,
    disability,
    follow_up,
    read_episode,
    with_characteristics,
)
from cinctl.formats.census_ledger import Found, Ledger, Problem, Totals
from cinctl.formats.safe_xml import Element, records

__all__ = [
    "CHARACTERISTICS",
    "SPEAKS",
    "Episode",
    "Header",
    "Problem",
    "Return",
    "Totals",
    "conflict",
    "disability",
    "follow_up",
    "read",
]

MAX_CHILD_ID = 55
"""Characters of a child's id: with its referral date it makes the case's, which has room for 64."""

_LINES = 1 << 32
"""More than a file has lines."""
_ANY_DAY = (date.min, date.max)


@attrs.frozen
class Header:
    """Whose return it is, and of which year. *year* and *reference* are None when they could not be read."""

    authority: str
    year: int | None
    reference: date | None

    @property
    def title(self) -> str:
        """The return in a few words, as the log names it."""
        return f"census {self.year or 'of an unknown year'} of authority {self.authority}"


class Return:
    """One return, read once, from start to end, by iterating over it.

    It yields a `Problem` for what could not be read and an `Episode` for each referral, child by child. *header* is
    there at once, *totals* are complete at the end. A `UsageError` on the way means that the file as a whole is
    unfit: nothing of it should then be recorded.
    """

    def __init__(
        self,
        name: str,
        stream: Iterator[tuple[str, Element]],
        calendar: tuple[date, date],
        *,
        characteristics: bool = False,
    ) -> None:
        self.name = name
        self._characteristics = characteristics
        self.totals = Totals()
        self._stream = stream
        self._calendar = calendar
        self._seen: dict[int, int] = {}
        """For each referral so far, by a digest of its case: a digest of its content, and in the last bits its line.

        Numbers, for there are a million of them in a large return.
        """
        self._early: list[Problem] = []
        self.header = self._read_header()

    def __iter__(self) -> Iterator[Episode | Problem]:
        """Yield what the return holds: of each child first the problems, by line, then the referrals."""
        problems, self._early = self._early, []
        yield from problems
        for parent, record in self._stream:
            if parent == "Children" and record.name == "Child":
                yield from self._child(record)
            else:
                yield from self._odd(parent, record)

    # --- the header ---

    def _read_header(self) -> Header:
        for parent, record in self._stream:
            if (parent, record.name) == ("Message", "Header"):
                return self._header(record)
            if record.name == "Child":
                break
            self._early.extend(self._odd(parent, record))
        raise UsageError(f"{self.name}: there is no Header before the first child, so whose return it is stays unknown")

    def _header(self, record: Element) -> Header:
        ledger = Ledger(record, "", self._calendar)
        details = _first(record, "CollectionDetails")
        collection = ledger.text(details, "Collection")
        if collection and collection.value != "CIN":
            raise self._unfit(collection.leaf, f"a return of the collection {collection.value!a}, not of CIN")
        year = ledger.number(details, "Year")
        reference = ledger.day(details, "ReferenceDate")
        header = Header(
            authority=self._authority(ledger, record),
            year=year.value if year else None,
            reference=reference.value if reference else None,
        )
        self._early.extend(ledger.close(self.totals, "Message"))
        return header

    def _authority(self, ledger: Ledger, record: Element) -> str:
        source = _first(record, "Source")
        found = ledger.text(source, "LEA")
        if found is None or not re.fullmatch(r"[0-9A-Za-z]{1,8}", found.value):
            raise self._unfit(
                found.leaf if found else record,
                "the header has no usable LEA number; without it the return's records cannot be told from another's",
            )
        return found.value

    def _unfit(self, element: Element, what: str) -> UsageError:
        return UsageError(f"{self.name}: line {element.line}: {what}")

    # --- the children ---

    def _child(self, record: Element) -> Iterator[Episode | Problem]:
        self.totals.children += 1
        identifiers = _first(record, "ChildIdentifiers")
        ledger = Ledger(record, "", self._calendar)
        found = ledger.text(identifiers, "LAchildID")
        unusable = _unusable(found)
        episodes: list[Episode] = []
        if found is None or unusable:
            ledger.fault(record, f"has {unusable}; nothing in it can be recorded")
        else:
            ledger.owner = f"child {found.value}"
            episodes = self._episodes(ledger, record, identifiers, found)
        yield from ledger.close(self.totals, "Children")
        yield from episodes

    def _episodes(self, ledger: Ledger, record: Element, identifiers: Element, found: Found[str]) -> list[Episode]:
        child, identity = self._identity(ledger, record, identifiers, found)
        about, leaves = _characteristics(ledger, record, identifiers) if self._characteristics else ({}, [])
        episodes, repeats = [], 0
        for details in record.all("CINdetails"):
            episode = self._episode(ledger, details, child)
            if episode is None:
                repeats += 1
            elif isinstance(episode, Episode):
                episodes.append(episode)
        if about and episodes:
            last = max(range(len(episodes)), key=lambda place: episodes[place].drafts[0].at)
            episodes[last] = with_characteristics(
                episodes[last], about, authority=self.header.authority, year=self.header.year
            )
        self.totals.episodes += len(episodes)
        self.totals.events += sum(len(episode.drafts) for episode in episodes)
        if not episodes:
            self._nothing_recorded(ledger, record, identity + leaves, repeats)
        return episodes

    def _nothing_recorded(self, ledger: Ledger, record: Element, identity: list[Element], repeats: int) -> None:
        if repeats and repeats == len(record.all("CINdetails")):
            for leaf in identity:
                ledger.repeated(leaf)
            return
        ledger.remark(record, "has no referral that could be recorded")
        for leaf in identity:
            ledger.fault(leaf, "has no referral to be recorded with")

    def _identity(
        self, ledger: Ledger, record: Element, identifiers: Element, found: Found[str]
    ) -> tuple[Child, list[Element]]:
        for extra in record.all("ChildIdentifiers")[1:]:
            ledger.fault(extra, "is given more than once; the first is kept")
        born = ledger.day(identifiers, "PersonBirthDate")
        expected = ledger.day(identifiers, "ExpectedPersonBirthDate")
        if not born and not expected:
            ledger.remark(identifiers, "has neither a date of birth nor an expected one; recorded without")
        about: dict[str, str | bool] = {}
        if born:
            about["born"] = born.value.isoformat()
        if expected:
            about["expected"] = expected.value.isoformat()
        if self._characteristics and _disabled(record):
            about["disabled"] = True
        return Child(found.value, about), [one.leaf for one in (found, born, expected) if one]

    def _episode(self, ledger: Ledger, details: Element, child: Child) -> Episode | Element | None:
        """Return the episode; None when the file has the same already; *details* when it cannot be recorded."""
        referred = ledger.event_day(details, "CINreferralDate")
        if referred is None:
            ledger.fault(details, "has no referral date that could be read; nothing in it can be recorded")
            return details
        case, digest = _number(case_id(child.id, referred.value)), _digest(child, details)
        if case in self._seen:
            before, line = divmod(self._seen[case], _LINES)
            if before == digest:
                ledger.repeated(details)
                return None
            ledger.fault(details, f"repeats the referral of {referred.value}, line {line}, with other content")
            return details
        self._seen[case] = digest * _LINES + details.line
        return read_episode(ledger, details, authority=self.header.authority, child=child, referred=referred)

    def _odd(self, parent: str, record: Element) -> list[Problem]:
        return Ledger(record, "", self._calendar).close(self.totals, parent)


def read(
    source: BinaryIO, *, name: str, calendar: tuple[date, date] = _ANY_DAY, characteristics: bool = False
) -> Return:
    """Begin to read a return from *source*, called *name* in messages, and return it with its header read.

    *calendar* is the first and the last day on which an event may fall; one beyond it is a problem, because no
    limit could be counted from it. *characteristics* says whether to read the child's sex, ethnicity, disability and
    pupil number, which otherwise are left out.

    Raises:
        UsageError: the file is not a Children in Need census return, here or while it is read further.
    """
    stream = records(source, name=name, containers=("Message", "Children"))
    return Return(name, stream, calendar, characteristics=characteristics)


def _first(parent: Element, name: str) -> Element:
    found = parent.all(name)
    return found[0] if found else Element(name=name, line=parent.line)


def _disabled(record: Element) -> bool:
    codes = (
        leaf.text
        for characteristics in record.all("ChildCharacteristics")
        for group in characteristics.all("Disabilities")
        for leaf in group.all("Disability")
    )
    return any(code not in ("", "NONE") for code in codes)


_GENDERS = {"0": "U", "1": "M", "2": "F", "9": "U"}
"""The codes of GenderCurrent, which stood in returns up to 2023-24, as those of Sex."""


def _characteristics(
    ledger: Ledger, record: Element, identifiers: Element
) -> tuple[dict[str, str | list[str]], list[Element]]:
    """Return what *record* tells of the child, as the data of an event, and the elements it is taken from."""
    characteristics = _first(record, "ChildCharacteristics")
    disabilities = ledger.texts(characteristics.all("Disabilities"), "Disability")
    gender = ledger.text(identifiers, "GenderCurrent")
    died = ledger.day(identifiers, "PersonDeathDate")
    single = {
        "sex": ledger.text(identifiers, "Sex"),
        "ethnicity": ledger.text(characteristics, "Ethnicity"),
        "upn": ledger.text(identifiers, "UPN"),
        "upn_unknown": ledger.text(identifiers, "UPNunknown"),
        "former_upn": ledger.text(identifiers, "FormerUPN"),
    }
    about: dict[str, str | list[str]] = {name: one.value for name, one in single.items() if one}
    if gender and "sex" not in about:
        about = {"sex": _GENDERS.get(gender.value, gender.value), **about}
    if disabilities:
        about["disabilities"] = [one.value for one in disabilities]
    if died:
        about["died"] = died.value.isoformat()
    return about, [one.leaf for one in (*single.values(), gender, died, *disabilities) if one]


def _unusable(found: Found[str] | None) -> str | None:
    """Return what is wrong with a child's id, or None when it can be a reference."""
    if found is None:
        return "no LAchildID that could be read"
    if len(found.value) > MAX_CHILD_ID:
        return f"an LAchildID of more than {MAX_CHILD_ID} characters"
    if found.value.startswith("-") or any(character.isspace() for character in found.value):
        return f"an LAchildID that cannot be a reference, {found.value!a}"
    return None


def _digest(child: Child, details: Element) -> int:
    content = hashlib.blake2b(repr((child.id, sorted(child.about.items()))).encode(), digest_size=8)
    for element in details.walk():
        content.update(repr((element.name, element.text, len(element.children))).encode())
    return int.from_bytes(content.digest(), "big")


def _number(text: str) -> int:
    """Return 64 bits that stand for *text*."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
