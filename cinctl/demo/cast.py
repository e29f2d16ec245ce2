"""The practitioners of a synthetic authority, as the roles, sets and training of the protocol have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import attrs

from cinctl.demo.dice import Dice
from cinctl.demo.texts import TEXTS
from cinctl.history import Draft
from cinctl.protocol import Protocol

UNITS = ("A", "B", "C")
SOCIAL_WORKER = "social_worker"
_OVERSEES = ("manager", "supervisor", "head")


@attrs.frozen
class Member:
    """One practitioner: *new* ones are still in training."""

    id: str
    role: str
    unit: str
    joined: date
    manager: bool = False
    new: bool = False

    @property
    def qualified(self) -> bool:
        """Whether they hold a social work qualification."""
        return self.manager or self.role == SOCIAL_WORKER or self.role.endswith("_" + SOCIAL_WORKER)


class Cast:
    """Three units, each with managers and leads of every role that the protocol lets lead, and one senior manager."""

    def __init__(self, protocol: Protocol, today: date, earliest: date, dice: Dice, leads_per_unit: int = 4) -> None:
        self._protocol = protocol
        self._today = today
        self._earliest = earliest
        self._dice = dice
        self._numbers: dict[str, int] = {}
        overseers, leads = manager_roles(protocol), lead_roles(protocol)
        self.managers: dict[str, list[Member]] = {}
        self.leads: dict[str, list[Member]] = {}
        for place, unit in enumerate(UNITS):
            roles = [overseers[(place + n) % len(overseers)] for n in range(2)]
            self.managers[unit] = [self._member(role, unit, manager=True) for role in roles]
            count = max(leads_per_unit, min(len(leads), 6))
            self.leads[unit] = [self._member(leads[n % len(leads)], unit) for n in range(count)]
        self.senior = self._member(overseers[-1], UNITS[0], manager=True)
        self.newcomer = self._member(leads[-1], UNITS[-1], new=True)

    def _member(self, role: str, unit: str, *, manager: bool = False, new: bool = False) -> Member:
        initials = "".join(word[0] for word in role.split("_") if word) or "p"
        number = self._numbers[initials] = self._numbers.get(initials, 0) + 1
        ago = self._dice.between(18, 24) if new else self._dice.between(1100, 2600)
        joined = max(self._today - timedelta(days=ago), self._earliest)
        return Member(f"{initials}{number}", role, unit, joined, manager=manager, new=new)

    def everybody(self) -> Iterator[Member]:
        """Yield every practitioner, managers first."""
        yield self.senior
        for unit in UNITS:
            yield from self.managers[unit]
        for unit in UNITS:
            yield from self.leads[unit]
        yield self.newcomer

    def leads_of(self, unit: str, *, social_worker: bool, turn: int) -> list[Member]:
        """Return the leads of *unit*, those of the wanted sort first, beginning with another at every *turn*."""
        members = self.leads[unit]
        turned = [members[(turn + n) % len(members)] for n in range(len(members))]
        return sorted(turned, key=lambda m: (m.role == SOCIAL_WORKER) != social_worker)

    def drafts(self) -> list[Draft]:
        """Return the steps that fill the staff register, by date."""
        steps = [draft for member in self.everybody() for draft in self._career(member)]
        return sorted(steps, key=lambda draft: draft.at)

    def _career(self, member: Member) -> Iterator[Draft]:
        data: dict[str, Any] = {"staff": member.id, "role": member.role, "unit": member.unit}
        if member.qualified:
            data["qualified"] = True
            data["registered_until"] = date(self._today.year + 1, 11, 30).isoformat()
        else:
            data |= {name: TEXTS[name] for name in ("practice_experience", "training_plan")}
            data["background"] = next(iter(self._protocol.codes.get("background", ("family_support",))))
        yield Draft("staff.join", None, member.joined.isoformat(), None, data)
        if member.manager:
            yield from self._audit(member)
        if member.qualified:
            return
        for place, training in enumerate(self._protocol.training.values()):
            yield from self._courses(member, training.topics, place)

    def _audit(self, member: Member) -> Iterator[Draft]:
        """Where the protocol asks for file audits, each manager did one three weeks ago: long due, and now in time."""
        if not _asks_for_audits(self._protocol) or self._today - timedelta(days=21) < member.joined:
            return
        codes = self._protocol.codes
        data = {
            "scope": list(codes.get("audit_scope", ()))[:1],
            "standards": list(codes.get("standard", ())),
            "partners_invited": list(codes.get("agency", ()))[:1],
        }
        on = (self._today - timedelta(days=21)).isoformat()
        yield Draft("fileaudit.audit", None, on, member.id, {name: words for name, words in data.items() if words})

    def _courses(self, member: Member, topics: Sequence[str], place: int) -> Iterator[Draft]:
        """The first training is over within three weeks, later ones within the year; a newcomer is half through it."""
        if member.new and place:
            return
        taken = topics[: len(topics) // 2] if member.new else topics
        half = (len(taken) + 1) // 2
        for part, days in ((taken[:half], 9 + 100 * place), (taken[half:], 17 + 190 * place)):
            on = member.joined + timedelta(days=days)
            if part and on <= self._today:
                yield Draft("staff.train", None, on.isoformat(), None, {"staff": member.id, "topic": list(part)})


def _asks_for_audits(protocol: Protocol) -> bool:
    """Return whether a clock of a practitioner stops at a file audit."""
    stops = [on for c in protocol.clocks.values() if c.subject == "practitioner" for t in c.stops for on in t.on]
    kinds = [kind for on in stops for kind in (protocol.events[on].on if on in protocol.events else (on,))]
    return any(kind.startswith("fileaudit") for kind in kinds)


def manager_roles(protocol: Protocol) -> list[str]:
    """Return the roles that oversee: the set `manager`, else those that sound like it."""
    roles = list(protocol.roles)
    named = [role for role in protocol.sets.get("manager", ()) if not roles or role in roles]
    return named or [role for role in roles if any(word in role for word in _OVERSEES)] or roles[-1:] or ["manager"]


def lead_roles(protocol: Protocol) -> list[str]:
    """Return the roles that may lead, social workers first: the set `lead`, else whoever does not oversee."""
    roles, overseers = list(protocol.roles), manager_roles(protocol)
    named = [role for role in protocol.sets.get("lead", ()) if not roles or role in roles]
    found = named or [role for role in roles if role not in overseers] or roles or [SOCIAL_WORKER]
    first = [role for role in found if role == SOCIAL_WORKER]
    others = [role for role in found if role != SOCIAL_WORKER]
    # Every other lead is a social worker, whatever the number of other roles.
    return [role for other in others for role in (*first, other)] or first
