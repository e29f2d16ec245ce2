"""Cases as rows of the Standard Safeguarding Dataset: what the log tells, and nothing that it does not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from cinctl.casebook import Casebook
from cinctl.clocks import DONE
from cinctl.exports.gathering import Gathered, is_protection, marked
from cinctl.exports.leaving import Outward
from cinctl.formats.ssd import DISABILITY, day, flag, flags
from cinctl.history import Event

__all__ = ["Dataset"]

Row = tuple[str, dict[str, Any]]

_NO_DAY = 15
"""The day of the month that the dataset has where it is not known."""
_CHARACTERISTICS = ("sex", "ethnicity", "disabilities", "upn", "upn_unknown", "died")
_NFA = ("no_further_action", "early_help")
_CONTINUES = {"cp_plan": True, "step_down_cin": False, "no_plan": False}
_ASSESSED = {
    "no_further_action": "NFA",
    "strategy_discussion": "STRATEGY_DISCUSSION",
    "child_in_need_plan": "PROV_OF_SERVICES",
}
_DECIDED = {"section_17": "SINGLE_ASSESSMENT", "section_47": "STRATEGY_DISCUSSION"}


class Dataset:
    """Rows of the dataset, as *outward* shows them. Ask for `rest` last: people and teams are those that cases named.

    In memory are one case, and a row for each child.
    """

    def __init__(self, book: Casebook, outward: Outward) -> None:
        self._book, self._outward = book, outward
        self._people: dict[str, tuple[date, dict[str, Any]]] = {}
        self._about: dict[str, dict[str, tuple[tuple[date, int], Any]]] = {}
        self._families: dict[tuple[str, str], None] = {}
        self._staff: dict[str, None] = dict.fromkeys(book.register)
        self._teams: set[str] = set()
        self._caseload: Counter[str] = Counter()

    def of_case(self, id_: str) -> Iterator[Row]:
        """Yield what case *id_* adds to the tables but those of people and teams."""
        life, outward = Gathered(self._book, id_), self._outward
        case = life.case
        # A child without a reference goes by the case, which is told apart from a reference that reads the same.
        person = outward.child(case.child) or (outward.mask.case(id_) if outward.mask.on else f"case:{id_}")
        self._meet(life, person)
        if case.open and case.lead is not None:
            self._caseload[case.lead] += 1
        whose = {"person_id": person, "referral_id": outward.mask.case(id_)}
        yield from self._referral(life, whose)
        yield from self._assessments(life, whose)
        yield from self._plans(life, whose)
        yield from self._enquiries(life, whose)
        yield from self._conferences(life, whose)
        yield from self._visits(life, whose)
        yield from self._involvements(life, whose)

    # People

    def _meet(self, life: Gathered, person: str) -> None:
        case = life.case
        known = {"pers_dob": self._vital(case.born), "pers_expected_dob": self._vital(case.expected)}
        if self._outward.characteristics:
            self._learn(person, life.child)
        if case.family is not None:
            self._families[self._outward.mask.family(case.family), person] = None
        self._remember(person, case.referred or date.min, known)

    def _remember(self, person: str, on: date, known: Mapping[str, Any]) -> None:
        """Keep what is known of *person*; where cases differ, that of the latest referral."""
        before_on, before = self._people.get(person, (date.min, {}))
        new = {name: value for name, value in known.items() if value is not None}
        self._people[person] = (max(on, before_on), {**before, **new} if on >= before_on else {**new, **before})

    def _learn(self, person: str, told: list[Event]) -> None:
        """Keep what *told*, events of one of their cases, say of *person*: of each field what was last recorded."""
        about = self._about.setdefault(person, {})
        for event in told:
            for name in _CHARACTERISTICS:
                value, place = event.get(name), (event.on, event.seq)
                if value is not None and (name not in about or about[name][0] <= place):
                    about[name] = (place, value)

    def _characteristics(self, person: str) -> dict[str, Any]:
        """Return what of characteristics is known of *person*, as columns."""
        told = {name: value for name, (_, value) in self._about.get(person, {}).items()}
        return {
            "pers_sex": self._code("sex", told.get("sex")),
            "pers_ethnicity": self._code("ethnicity", told.get("ethnicity")),
            "pers_upn": None if self._outward.mask.on else told.get("upn"),
            "pers_upn_unknown": self._code("upn_unknown", told.get("upn_unknown")),
            "pers_death_date": self._vital(_as_day(told.get("died"))),
        }

    def _disabilities(self, person: str) -> list[str]:
        _, codes = self._about[person].get("disabilities", (None, ()))
        shown = (self._code("disability", code) for code in codes)
        return list(dict.fromkeys(code for code in shown if code is not None))

    def _vital(self, value: date | None) -> str | None:
        if value is None:
            return None
        return day(value.replace(day=_NO_DAY) if self._outward.mask.on else value)

    def _end(self, life: Gathered, on: date | None) -> str | None:
        """Return the day *on* which something of the case ended; where that was for the child's death, like that."""
        by_death = any(self._outward.dated_by_life(event) and event.on == on for event in life.closings)
        return self._vital(on) if by_death else day(on)

    def _code(self, codes: str, value: Any) -> str | None:
        return self._outward.code(codes, value if isinstance(value, str) else None)

    def _worker(self, person: str | None, on: date) -> tuple[str | None, str | None]:
        """Return the id of a practitioner and their team on that day, both to be told of at the end."""
        if person is None:
            return None, None
        self._staff[person] = None
        unit = self._book.register.as_of(person, on).unit
        if unit is not None:
            self._teams.add(unit)
        return self._outward.staff(person), unit

    # What a case adds

    def _referral(self, life: Gathered, whose: Mapping[str, str]) -> Iterator[Row]:
        case, opener = life.case, life.case.opener
        if opener is None:
            return
        source = self._code("source", case.source)
        yield (
            "ssd_contacts",
            {
                "cont_contact_id": self._outward.event(opener.seq),
                "cont_person_id": whose["person_id"],
                "cont_contact_date": day(opener.on),
                "cont_contact_source_code": source,
                "cont_contact_outcome_json": flags({"NEW_REFERRAL": True}),
            },
        )
        decision = life.decision
        outcome = decision.get("outcome") if decision is not None else None
        worker, _ = self._worker(decision.by, decision.on) if decision is not None else (None, None)
        team = opener.get("unit") or case.unit_decided
        if team is not None:
            self._teams.add(team)
        yield (
            "ssd_cin_episodes",
            {
                **_prefixed("cine", whose),
                "cine_referral_date": day(opener.on),
                "cine_cin_primary_need_code": self._code("need", case.need),
                "cine_referral_source_code": source,
                "cine_referral_outcome_json": _outcomes(outcome, _DECIDED, _NFA),
                "cine_referral_nfa": flag(outcome in _NFA if outcome is not None else None),
                "cine_close_reason": self._closing(life.ending),
                "cine_close_date": self._end(life, case.ended_on),
                "cine_referral_team": team,
                "cine_referral_worker_id": worker,
            },
        )

    def _closing(self, ending: Event | None) -> str | None:
        """Return the reason of a closure; a step down has reasons of its own, in no list of the dataset."""
        return self._code("closure", ending.get("reason")) if ending is not None and ending.base == "close" else None

    def _assessments(self, life: Gathered, whose: Mapping[str, str]) -> Iterator[Row]:
        for one in life.of("assessment"):
            on, by = one.marks.get("completed", (one.on, one.by))
            worker, team = self._worker(by, on)
            outcome, seen = one.fields.get("outcome"), one.fields.get("interviewed")
            id_ = self._outward.event(one.seq)
            yield (
                "ssd_cin_assessments",
                {
                    **_prefixed("cina", whose),
                    "cina_assessment_id": id_,
                    "cina_assessment_start_date": day(marked(one, "started")),
                    "cina_assessment_child_seen": flag(None if seen is None else "child" in seen),
                    "cina_assessment_auth_date": day(marked(one, "approved")),
                    "cina_assessment_outcome_json": _outcomes(outcome, _ASSESSED),
                    "cina_assessment_outcome_nfa": flag(None if outcome is None else outcome == "no_further_action"),
                    "cina_assessment_team": team,
                    "cina_assessment_worker_id": worker,
                },
            )
            factors = [self._code("assessment_factor", factor) for factor in one.fields.get("factor") or ()]
            if any(factors):
                yield (
                    "ssd_assessment_factors",
                    {
                        "cinf_table_id": id_,
                        "cinf_assessment_id": id_,
                        "cinf_assessment_factors_json": json.dumps(
                            [factor for factor in factors if factor is not None]
                        ),
                    },
                )

    def _plans(self, life: Gathered, whose: Mapping[str, str]) -> Iterator[Row]:
        for plan in life.of("plan"):
            start = marked(plan, "started")
            if start is None:
                continue
            id_, end = self._outward.event(plan.seq), marked(plan, "ended") or life.ended.get(plan.seq)
            if is_protection(plan):
                held = [e for e in life.conferences if e.kind == "conference.initial" and e.on == start]
                yield (
                    "ssd_cp_plans",
                    {
                        **_prefixed("cppl", whose),
                        "cppl_cp_plan_id": id_,
                        "cppl_icpc_id": self._outward.event(held[-1].seq) if held else None,
                        "cppl_cp_plan_start_date": day(start),
                        "cppl_cp_plan_end_date": self._end(life, end),
                        "cppl_cp_plan_initial_category": self._code("abuse", plan.fields.get("category")),
                        "cppl_cp_plan_latest_category": self._code(
                            "abuse", plan.fields.get("latest_category") or plan.fields.get("category")
                        ),
                    },
                )
                continue
            worker, team = self._worker(plan.marks["started"][1] or plan.by, start)
            yield (
                "ssd_cin_plans",
                {
                    **_prefixed("cinp", whose),
                    "cinp_cin_plan_id": id_,
                    "cinp_cin_plan_start_date": day(start),
                    "cinp_cin_plan_end_date": self._end(life, end),
                    "cinp_cin_plan_team": team,
                    "cinp_cin_plan_worker_id": worker,
                },
            )

    def _enquiries(self, life: Gathered, whose: Mapping[str, str]) -> Iterator[Row]:
        for one in life.of("enquiry"):
            needed = one.fields.get("conference_needed")
            on, by = one.marks.get("concluded", (one.on, None))
            worker, team = self._worker(one.fields.get("decided_by") or by, on)
            yield (
                "ssd_s47_enquiry",
                {
                    **_prefixed("s47e", whose),
                    "s47e_s47_enquiry_id": self._outward.event(one.seq),
                    "s47e_s47_start_date": day(marked(one, "started")),
                    "s47e_s47_end_date": day(marked(one, "concluded")),
                    "s47e_s47_nfa": flag(None if needed is None else not needed),
                    "s47e_s47_outcome_json": None if needed is None else flags({"CP_CONFERENCE": needed}),
                    "s47e_s47_completed_by_team": team,
                    "s47e_s47_completed_by_worker_id": worker,
                },
            )

    def _conferences(self, life: Gathered, whose: Mapping[str, str]) -> Iterator[Row]:
        for event in life.conferences:
            plan = life.protection_plan(event.on)
            plan_id = self._outward.event(plan.seq) if plan is not None else None
            made = self._initial if event.kind == "conference.initial" else self._review
            yield made(life, event, whose, plan_id)

    def _initial(self, life: Gathered, event: Event, whose: Mapping[str, str], plan: str | None) -> Row:
        worker, team = self._worker(event.get("chair") or event.by, event.on)
        enquiry = next((one for one in life.of("enquiry") if event.get("enquiry") in one.seqs), None)
        target = _as_day(enquiry.fields.get("conference_target")) if enquiry is not None else None
        led = _CONTINUES.get(event.get("outcome") or "", True if plan is not None else None)
        return "ssd_initial_cp_conference", {
            **_prefixed("icpc", whose),
            "icpc_icpc_id": self._outward.event(event.seq),
            "icpc_s47_enquiry_id": self._outward.event(enquiry.seq) if enquiry is not None else None,
            "icpc_cp_plan_id": plan,
            "icpc_icpc_transfer_in": flag(event.get("transfer_in")),
            "icpc_icpc_target_date": day(target),
            "icpc_icpc_date": day(event.on),
            "icpc_icpc_outcome_cp_flag": flag(led),
            "icpc_icpc_outcome_json": None if led is None else flags({"CP": led}),
            "icpc_icpc_team": team,
            "icpc_icpc_worker_id": worker,
        }

    def _review(self, life: Gathered, event: Event, whose: Mapping[str, str], plan: str | None) -> Row:
        dues = [o.due for o in life.tracker.finished if o.finished_seq == event.seq and o.state == DONE and o.judged]
        return "ssd_cp_reviews", {
            "cppr_cp_review_id": self._outward.event(event.seq),
            "cppr_person_id": whose["person_id"],
            "cppr_cp_plan_id": plan,
            "cppr_cp_review_due": day(min((due for due in dues if due is not None), default=None)),
            "cppr_cp_review_date": day(event.on),
            "cppr_cp_review_outcome_continue_cp": flag(_CONTINUES.get(event.get("outcome") or "")),
        }

    def _visits(self, life: Gathered, whose: Mapping[str, str]) -> Iterator[Row]:
        for event, protected in life.visits:
            seen, alone = event.get("seen"), event.get("alone")
            table, prefix, word = ("ssd_cp_visits", "cppv", "cp") if protected else ("ssd_cin_visits", "cinv", "cin")
            row = {
                f"{prefix}_{word}_visit_id": self._outward.event(event.seq),
                f"{prefix}_person_id": whose["person_id"],
                f"{prefix}_{word}_visit_date": day(event.on),
                f"{prefix}_{word}_visit_seen": flag(None if seen is None else "child" in seen),
                f"{prefix}_{word}_visit_seen_alone": flag(alone),
            }
            if protected:
                plan = life.protection_plan(event.on)
                row["cppv_cp_plan_id"] = self._outward.event(plan.seq) if plan is not None else None
            yield table, row

    def _involvements(self, life: Gathered, whose: Mapping[str, str]) -> Iterator[Row]:
        for event, person in life.spells:
            worker, team = self._worker(person, event.on)
            yield (
                "ssd_involvements",
                {
                    **_prefixed("invo", whose),
                    "invo_involvements_id": self._outward.event(event.seq),
                    "invo_professional_id": worker,
                    "invo_professional_role_id": self._code("role", self._book.register.as_of(person, event.on).role),
                    "invo_professional_team": team,
                    "invo_involvement_start_date": day(event.on),
                    "invo_involvement_end_date": self._end(life, life.over.get(event.seq)),
                },
            )

    # People and teams

    def rest(self, today: date) -> Iterator[Row]:
        """Yield the children, families, disabilities, practitioners and teams of all cases that were asked for."""
        for person, (_, known) in sorted(self._people.items()):
            more = self._characteristics(person) if self._outward.characteristics else {}
            yield "ssd_person", {"pers_person_id": person, **known, **more}
        for family, person in sorted(self._families):
            yield "ssd_family", {
                "fami_table_id": f"{family}.{person}", "fami_family_id": family, "fami_person_id": person
            }  # fmt: skip
        for person in sorted(self._about):
            for code in self._disabilities(person):
                yield DISABILITY, {
                    "disa_table_id": f"{person}.{code}", "disa_person_id": person, "disa_disability_code": code
                }  # fmt: skip
        for person in sorted(self._staff, key=self._outward.mask.staff):
            yield self._professional(person, today)
        for team in sorted(self._teams):
            yield "ssd_department", {"dept_team_id": team, "dept_team_name": team}

    def _professional(self, person: str, today: date) -> Row:
        known = self._book.register.as_of(person, today)
        if known.unit is not None:
            self._teams.add(known.unit)
        return "ssd_professionals", {
            "prof_professional_id": self._outward.staff(person),
            "prof_professional_job_title": self._code("role", known.role),
            "prof_professional_caseload": self._caseload[person],
            "prof_professional_department": known.unit,
        }


def _outcomes(outcome: Any, words: Mapping[str, str], silent: tuple[str, ...] = ()) -> str | None:
    """Return which of *words*, or what else, *outcome* is; the *silent* ones are told elsewhere."""
    if outcome is None:
        return None
    other = outcome not in words and outcome not in silent
    return flags({**{word: outcome == code for code, word in words.items()}, "OTHER_OUTCOMES_EXIST": other})


def _prefixed(prefix: str, whose: Mapping[str, str]) -> dict[str, Any]:
    return {f"{prefix}_{name}": value for name, value in whose.items()}


def _as_day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
