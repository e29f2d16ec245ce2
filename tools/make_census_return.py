#!/usr/bin/env python3
"""Make a fully synthetic DfE children in need census return (XML) for 2025-26.

    python3 make_census_return.py --children 1000 --seed 1 --output return.xml

One fictional authority (LEA 899), census year 1 April 2025 to 31 March 2026. No
child, family or date in it is real. The same arguments always give the same bytes.
Prints the true counts of what it wrote as JSON. Standard library only.
"""

from __future__ import annotations

import argparse
import functools
import json
import random
import sys
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, TypeVar

T = TypeVar("T")
Record = dict[str, Any]
Lines = Iterator[str]

START, END = date(2025, 4, 1), date(2026, 3, 31)
LEA = "899"
UPN_LEA = "001"  # a "pseudo LA" code: no real UPN starts with it
DAY = timedelta(days=1)


# --- working days, England ---------------------------------------------------


@functools.cache
def bank_holidays(year: int) -> frozenset[date]:
    """England and Wales bank holidays of a year (2019 on)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = h + k - 7 * ((a + 11 * h + 22 * k) // 451) + 114
    easter = date(year, m // 31, m % 31 + 1)

    def first_monday(month: int) -> date:
        return date(year, month, 1) + DAY * (-date(year, month, 1).weekday() % 7)

    def last_monday(month: int) -> date:
        day = date(year, month, 31)
        return day - DAY * day.weekday()

    days = {easter - 2 * DAY, easter + DAY, first_monday(5), last_monday(5), last_monday(8)}
    new_year, christmas, boxing = date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)
    days.add(new_year + DAY * {5: 2, 6: 1}.get(new_year.weekday(), 0))
    days.add(christmas + DAY * {5: 2, 6: 2}.get(christmas.weekday(), 0))
    days.add(boxing + DAY * {5: 2, 6: 2}.get(boxing.weekday(), 0))
    if year == 2020:  # VE day 75
        days = days - {date(2020, 5, 4)} | {date(2020, 5, 8)}
    if year == 2022:  # platinum jubilee, state funeral
        days = days - {date(2022, 5, 30)} | {date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19)}
    if year == 2023:  # coronation
        days = days | {date(2023, 5, 8)}
    return frozenset(days)


def is_working(day: date) -> bool:
    """Whether *day* is a working day."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


WORKING = [d for d in (date(2018, 1, 1) + DAY * i for i in range(365 * 10)) if is_working(d)]


def add_wd(day: date, n: int) -> date:
    """The nth working day after `day`, which is day 0 whatever it is."""
    return day if n == 0 else WORKING[bisect_right(WORKING, day) + n - 1]


def wd_between(first: date, last: date) -> int:
    """Working days after `first` up to and including `last`."""
    return bisect_right(WORKING, last) - bisect_right(WORKING, first)


def on_or_before(day: date) -> date:
    """The last working day up to *day*."""
    return WORKING[bisect_right(WORKING, day) - 1]


def on_or_after(day: date) -> date:
    """The first working day from *day*."""
    return day if is_working(day) else add_wd(day, 1)


def add_months(day: date, n: int) -> date:
    """The same day *n* months on, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def wd_back(n: int) -> date:
    """The working day *n* working days before the end of the year."""
    return WORKING[bisect_right(WORKING, END) - 1 - n]


OPEN_ASSESSMENT_FROM = wd_back(44)  # an open assessment begun earlier is queried (8670Q)
OPEN_S47_FROM = wd_back(14)  # an open section 47 begun earlier is queried (8675Q)


# --- picking -----------------------------------------------------------------


def pick(r: random.Random, table: Mapping[T, float]) -> T:
    """One of the keys, as often as its weight says."""
    return r.choices(list(table), list(table.values()))[0]


MONTHS = {4: 95, 5: 105, 6: 110, 7: 105, 8: 70, 9: 100, 10: 110, 11: 112, 12: 85, 1: 105, 2: 95, 3: 110}
SOURCES = {
    "6": 29,
    "2A": 21,
    "2B": 2,
    "1A": 5,
    "1B": 1.5,
    "1C": 0.8,
    "1D": 1.2,
    "3A": 2,
    "3B": 2.5,
    "3C": 0.6,
    "3D": 2,
    "3E": 4,
    "3F": 3,
    "4": 1.5,
    "5A": 3,
    "5B": 4,
    "5C": 3,
    "5D": 4,
    "7": 4,
    "8": 5,
    "9": 2,
    "10": 0.5,
}
OUT_OF_HOURS = {"6": 60, "3E": 22, "1A": 8, "1D": 4, "9": 6}
NEEDS = {"N1": 54, "N2": 9, "N3": 4, "N4": 9, "N5": 15, "N6": 2, "N7": 0.4, "N8": 5, "N9": 0.6, "N0": 0.6}
ETHNICITY = {
    "WBRI": 68,
    "WIRI": 0.5,
    "WIRT": 0.4,
    "WOTH": 5,
    "WROM": 1,
    "MWBC": 3,
    "MWBA": 1.2,
    "MWAS": 1.5,
    "MOTH": 2.5,
    "AIND": 1.2,
    "APKN": 4,
    "ABAN": 1.2,
    "AOTH": 2,
    "BCRB": 1.3,
    "BAFR": 3.2,
    "BOTH": 1,
    "CHNE": 0.3,
    "OOTH": 2.2,
    "REFU": 0.5,
    "NOBT": 2.5,
}
DISABILITY = {
    "LD": 40,
    "AUT": 38,
    "BEH": 22,
    "COMM": 22,
    "MOB": 14,
    "PC": 11,
    "INC": 7,
    "HAND": 6,
    "HEAR": 5,
    "VIS": 5,
    "CON": 4,
    "DDA": 9,
}
CATEGORY = {"NEG": 49, "EMO": 38, "PHY": 8, "SAB": 5}
FACTORS: dict[str, dict[str, float]] = {
    "N1": {
        "3B": 40,
        "4B": 32,
        "16A": 22,
        "17A": 24,
        "1B": 18,
        "2B": 19,
        "18C": 12,
        "3A": 12,
        "4A": 10,
        "14A": 8,
        "18B": 3,
        "19C": 5,
        "19B": 4,
        "11A": 4,
        "3C": 5,
        "4C": 4,
        "2C": 3,
        "1C": 3,
        "5A": 6,
        "24A": 3,
        "13A": 3,
        "10A": 3,
        "15A": 4,
        "7A": 3,
        "20": 6,
        "22A": 0.3,
        "23A": 0.3,
        "12A": 0.8,
        "8C": 0.3,
    },
    "N2": {"5A": 55, "6A": 35, "4B": 12, "20": 10, "4A": 10, "6B": 5, "5B": 4, "6C": 3, "5C": 4, "14A": 6},
    "N3": {"4B": 50, "6B": 30, "5B": 12, "7A": 18, "1B": 8, "2B": 6, "16A": 5},
    "N4": {"4B": 28, "3B": 18, "20": 14, "4A": 15, "15A": 6, "1B": 6, "5A": 8, "6C": 3, "4C": 5},
    "N5": {"3B": 26, "4B": 28, "14A": 14, "17A": 14, "4A": 12, "2A": 6, "1A": 3, "2B": 10, "5A": 7, "8F": 0.4},
    "N6": {"14A": 50, "13A": 14, "24A": 14, "2A": 14, "10A": 12, "15A": 6, "4A": 8},
    "N8": {"20": 20, "9A": 25, "10A": 8, "4A": 10, "16A": 8},
}


def referral_day(r: random.Random, first: date, last: date, out_of_hours: float = 0.05) -> date:
    """A day within the bounds, as busy as its month; mostly a working day."""
    while True:
        day = first + DAY * r.randrange((last - first).days + 1)
        if r.random() * 112 > MONTHS[day.month]:
            continue
        if is_working(day):
            return day
        if r.random() < out_of_hours * 1.5:
            return day


def school_closed(day: date) -> bool:
    """Whether schools are on holiday."""
    return (
        day.month == 8
        or (day.month == 7 and day.day > 22)
        or (day.month == 12 and day.day > 19)
        or (day.month == 1 and day.day < 5)
    )


def source_for(r: random.Random, day: date, age: float) -> Any:
    """Who refers a child of that age on that day."""
    if not is_working(day):
        return pick(r, OUT_OF_HOURS)
    table = dict(SOURCES)
    if age < 3 or school_closed(day):
        table["2A"], table["2B"] = 0.6, 0.3
    if age < 5:
        table.pop("3C")
        table["3B"], table["3D"] = 8, 6
    else:
        table.pop("3B")
    if age < 10:
        table.pop("1C")
    return pick(r, table)


def factors_for(r: random.Random, need: str) -> list[str]:
    """Factors that go with a primary need, in the order of the code list."""
    table = dict(FACTORS.get(need, FACTORS["N4"]))
    out = []
    for _ in range(pick(r, {1: 30, 2: 32, 3: 20, 4: 12, 5: 6})):
        code = pick(r, table)
        del table[code]
        out.append(code)
        if not table:
            break
    order = [str(n) + x for n in range(1, 25) for x in ("", "A", "B", "C", "D", "E", "F")]
    return sorted(out, key=order.index)


# --- parts of an episode -----------------------------------------------------


def episode(
    r: random.Random, child: Record, day: date, nfa: bool = False, need: str | None = None, source: str | None = None
) -> Record:
    """A referral on that day."""
    age = child["age_on"](day)
    ep: Record = {
        "ref": day,
        "source": source or source_for(r, day, age),
        "nfa": nfa,
        "need": None,
        "closed": None,
        "reason": None,
        "icpc": None,
        "assess": [],
        "plans": [],
        "s47": [],
        "cpp": [],
    }
    if not nfa:
        table = dict(NEEDS)
        table["N2"] = 130 if child["disabled"] else 0.5
        ep["need"] = need or pick(r, table)
        if ep["need"] == "N2":
            child["disabled"] = True
    return ep


def assessment(
    r: random.Random, ep: Record, trigger: date, late: float = 0.105, first_offset: int | None = None
) -> Record | None:
    """An assessment triggered by a referral (or, later in a case, by something else)."""
    offset = pick(r, {0: 35, 1: 45, 2: 13, 3: 7}) if first_offset is None else first_offset
    if not is_working(trigger) and not offset:
        offset = 1
    start = add_wd(trigger, offset)
    if r.random() < late:
        n = 46 + min(45, int(r.expovariate(1 / 9)))
    else:
        low, high = pick(r, {(4, 10): 8, (11, 20): 15, (21, 30): 22, (31, 40): 27, (41, 45): 28})
        n = r.randint(low, high)
    signed: date | None = add_wd(trigger, max(n, offset + 2))
    if signed and signed > END:
        signed = None if start >= OPEN_ASSESSMENT_FROM else wd_back(r.randrange(8))
    if start > END:
        return None
    review = add_wd(start, r.randint(7, 15)) if r.random() < 0.6 else None
    if review and review >= (signed or END):
        review = None
    item = {"start": start, "review": review, "signed": signed, "factors": factors_for(r, ep["need"]) if signed else []}
    ep["assess"].append(item)
    return item


def last_activity(ep: Record) -> date:
    """The last day on which anything is recorded."""
    days = [ep["ref"]]
    for a in ep["assess"]:
        days += [a["start"], a["signed"] or END]
    for s, e in ep["plans"]:
        days += [s, e or s]
    for s in ep["s47"]:
        days += [s["start"], s["icpc"] or s["start"]]
    for p in ep["cpp"]:
        days += [p["start"], p["end"] or p["start"], *p["reviews"]]
    latest: date = max(days)
    return latest


def close(ep: Record, day: date, reason: str) -> date | None:
    """Close it, unless something in it is still open or that day is past the year."""
    still_open = (
        any(not a["signed"] for a in ep["assess"])
        or any(not e for _, e in ep["plans"])
        or any(not p["end"] for p in ep["cpp"])
        or any(not s["icpc"] and not s["not_required"] for s in ep["s47"])
    )
    day = max(on_or_after(day), START, last_activity(ep))
    if not still_open and is_working(day) and day <= END:
        ep["closed"], ep["reason"] = day, reason
    shut: date | None = ep["closed"]
    return shut


def closing_reason(r: random.Random, child: Record, day: date) -> str:
    """Why a case that was worked with closes."""
    age = child["age_on"](day)
    if age >= 17.9:
        return "RC6" if child["disabled"] else "RC7"
    return pick(r, {"RC7": 84, "RC5": 7, "RC3": 4, "RC4": 2.5, "RC1": 1.5 if 0 <= age < 8 else 0})


def cin_plan(
    r: random.Random, child: Record, ep: Record, start: date, mean_days: float = 165, close_p: float = 0.9
) -> date | None:
    """A plan from `start`, ended and the case closed where that falls within the year."""
    start = on_or_after(start)
    adult = child["adult"]
    if start > END or (adult and start + 14 * DAY >= adult):
        return None
    end = start + DAY * max(28, int(r.gammavariate(3, mean_days / 3)))
    if end < START:
        end = START + DAY * r.randrange(400)
    if adult and end > adult:
        end = adult
    end = on_or_before(end)
    if end <= start or end > END:
        ep["plans"].append([start, None])
        return None
    ep["plans"].append([start, end])
    if r.random() < close_p:
        close(ep, add_wd(end, pick(r, {0: 55, 1: 12, 2: 10, 5: 13, 10: 10})), closing_reason(r, child, end))
    return end


def after_assessment(r: random.Random, child: Record, ep: Record, can_close_at_once: bool) -> None:
    """What follows the first assessment of a section 17 case."""
    signed = ep["assess"][0]["signed"]
    if not signed:
        return
    how = pick(
        r, {"RC8": 26 if can_close_at_once else 0, "RC9": 16 if can_close_at_once else 0, "plan": 45, "none": 13}
    )
    if how in ("RC8", "RC9"):
        if close(ep, add_wd(signed, pick(r, {0: 45, 1: 20, 2: 12, 3: 10, 5: 13})), how) and r.random() < 0.1:
            ep["assess"][0]["factors"] = ["21"]
    elif how == "plan":
        cin_plan(r, child, ep, add_wd(signed, pick(r, {0: 25, 1: 15, 3: 15, 5: 25, 8: 10, 10: 10})))
    elif r.random() < 0.55:
        close(ep, add_wd(signed, r.randint(5, 60)), closing_reason(r, child, signed))


def section47(ep: Record, start: date, icpc: date | None = None, not_required: bool = False) -> Record:
    """A section 47 enquiry."""
    item = {
        "start": start,
        "target": None if not_required else add_wd(start, 15),
        "icpc": icpc,
        "not_required": not_required,
    }
    ep["s47"].append(item)
    return item


def conference_day(r: random.Random, s47_start: date) -> date:
    """When the initial conference is held: one in five is late."""
    if r.random() < 0.2:
        return add_wd(s47_start, 16 + min(20, int(r.expovariate(1 / 5))))
    return add_wd(s47_start, pick(r, {6: 2, 7: 3, 8: 4, 9: 6, 10: 9, 11: 10, 12: 13, 13: 16, 14: 19, 15: 18}))


def protection_plan(r: random.Random, ep: Record, start: date, previous: int | None = None) -> Record:
    """A child protection plan with its reviews; ends, if it does, at a review in the year."""
    initial = pick(r, CATEGORY)
    plan: Record = {
        "start": start,
        "end": None,
        "initial": initial,
        "latest": pick(r, CATEGORY) if r.random() < 0.18 else initial,
        "previous": pick(r, {0: 78, 1: 16, 2: 5, 3: 1}) if previous is None else previous,
        "reviews": [],
    }
    due, nth = add_months(start, 3), 1
    while True:
        if r.random() < (0.84 if nth == 1 else 0.9):
            day = on_or_before(due - DAY * int(r.triangular(0, 28, 4)))
        else:
            day = on_or_after(due + DAY * r.randint(2, 38))
        if day > END:
            break
        plan["reviews"].append(day)
        if day >= START and r.random() < {1: 0.1, 2: 0.42, 3: 0.5}.get(nth, 0.55):
            plan["end"] = day
            break
        due, nth = add_months(day, 6), nth + 1
    ep["cpp"].append(plan)
    return plan


def after_protection(r: random.Random, child: Record, ep: Record, plan: Record) -> None:
    """What follows a child protection plan that ended."""
    if not plan["end"]:
        return
    if r.random() < 0.7:
        cin_plan(r, child, ep, plan["end"], mean_days=120)
    else:
        close(ep, add_wd(plan["end"], pick(r, {0: 50, 1: 15, 3: 20, 10: 15})), closing_reason(r, child, plan["end"]))


# --- children ----------------------------------------------------------------


def new_child(r: random.Random, first_referral: date) -> Record:
    """A child of some age, first referred on that day."""
    low, high = pick(r, {(0, 1): 7, (1, 5): 22, (5, 10): 29, (10, 16): 34, (16, 17.6): 8})
    return dress(r, first_referral - DAY * int(r.uniform(low, high) * 365.25))


def dress(r: random.Random, birth: date | None, due: date | None = None) -> Record:
    """Sex, disability and the rest for a child born, or expected, on that day."""
    return {
        "birth": birth,
        "due": due,
        "died": None,
        "episodes": [],
        "disabled": r.random() < 0.1 and not due,
        "adult": add_months(birth, 18 * 12) if birth else None,
        "sex": "U" if due else pick(r, {"M": 53, "F": 46.6, "U": 0.4}),
        "age_on": lambda day: (day - (birth or due)).days / 365.25,
    }


def before_birth(r: random.Random, first: date, last: date) -> tuple[date, date | None, date | None]:
    """A child referred before birth: (referral, birth or None, expected birth or None)."""
    while True:
        day = referral_day(r, first, last)
        due = day + 7 * DAY * (40 - r.randint(12, 34))
        if due >= END + DAY:
            return day, None, due
        if due + 12 * DAY <= END:
            return day, due + DAY * r.randint(-10, 10), None


def make_nfa(r: random.Random, _: Any) -> Record:
    """Referred, and no further action; perhaps more than once."""
    if r.random() < 0.04:
        day, birth, due = before_birth(r, START, END)
        child = dress(r, birth, due)
    else:
        day = referral_day(r, START, END)
        child = new_child(r, day)
    child["episodes"].append(episode(r, child, day, nfa=True))
    while r.random() < 0.11:
        day = referral_day(r, START, END)
        apart = all(abs((day - e["ref"]).days) > 6 for e in child["episodes"])
        if apart and day >= (child["birth"] or child["episodes"][0]["ref"]):
            child["episodes"].append(episode(r, child, day, nfa=True))
    return child


def make_carried(r: random.Random, _: Any) -> Record:
    """In need since before the year: no old assessments in the return."""
    while True:
        day = on_or_after(START - DAY * (75 + min(2000, int(r.expovariate(1 / 380)))))
        child = new_child(r, day)
        age = child["age_on"](START)
        if age < 17 or (age < 20.5 and r.random() < 0.5):
            break
    ep = episode(r, child, day, need=None if r.random() < 0.75 else r.choice(["N2", "N1", "N8"]))
    if r.random() < 0.06:  # assessed again
        again = on_or_after(referral_day(r, START, END, 0))
        if again <= END:
            assessment(r, ep, again, late=0.1, first_offset=0)
    if age < 17 and r.random() < 0.62:
        start = max(day + DAY * r.randint(40, 75), START - DAY * r.randint(5, 330))
        cin_plan(r, child, ep, start, mean_days=330)
    elif r.random() < 0.3:
        shut = referral_day(r, START, END, 0)
        close(ep, shut, closing_reason(r, child, shut))
    child["episodes"].append(ep)
    return child


def make_s17(r: random.Random, kind: str) -> Record:
    """Referred in the year, or shortly before it with the assessment finished in it."""
    while True:
        due = None
        if kind == "unborn":
            day, birth, due = before_birth(r, START, END)
            child = dress(r, birth, due)
        else:
            day = referral_day(r, START, END) if kind != "straddle" else referral_day(r, date(2025, 1, 20), START - DAY)
            if kind == "s47 open":
                day = referral_day(r, OPEN_S47_FROM, END - 4 * DAY)
            child = new_child(r, day)
        abuse = kind == "s47 no conference" and r.random() < 0.75
        ep = episode(r, child, day, need="N1" if abuse else None)
        first = assessment(r, ep, day)
        if first is None:
            continue  # referred on the last days, no assessment begun yet: too few to matter
        if kind == "straddle" and not first["signed"] >= START:
            continue
        break
    if kind == "s47 no conference":
        start = add_wd(day, pick(r, {0: 45, 1: 25, 2: 10, 3: 8, 6: 6, 10: 6}))
        if start <= END:
            section47(ep, start, not_required=True)
            again = add_wd(start, r.randint(25, 90))
            if r.random() < 0.06 and first["signed"] and again <= END:
                section47(ep, again, not_required=True)
    if kind == "s47 open":
        start = max(first["start"], add_wd(day, r.randint(0, 2)))
        if OPEN_S47_FROM <= start <= END:
            section47(ep, start)
    after_assessment(r, child, ep, not ep["s47"])
    if kind == "s47 no conference" and len(ep["s47"]) > 1 and ep["closed"] and ep["s47"][1]["start"] > ep["closed"]:
        ep["s47"].pop()
    child["episodes"].append(ep)
    again_later(r, child)
    return child


def make_died(r: random.Random, _: Any) -> Record:
    """A child who died; the case closes days later."""
    while True:
        child = make_s17(r, "new")
        ep = child["episodes"][0]
        if len(child["episodes"]) == 1 and ep["plans"] and ep["plans"][0][1] and ep["closed"]:
            child["died"] = ep["plans"][0][1]
            ep["closed"], ep["reason"] = add_wd(child["died"], 3), "RC2"
            if ep["closed"] <= END:
                return child


def make_conference(r: random.Random, kind: tuple[bool, bool]) -> Record:
    """Section 47 and an initial conference in the year, with a plan or without."""
    while True:
        open_case = r.random() < 0.12
        if kind[1]:
            day, birth, due = before_birth(r, date(2025, 10, 1), date(2026, 2, 20))
            child, open_case = dress(r, birth, due), False
            if not due:
                continue
        elif open_case:
            day = on_or_after(START - DAY * r.randint(80, 700))
            child = new_child(r, day)
        else:
            day = referral_day(r, date(2025, 3, 5), date(2026, 3, 10), 0.1)
            child = new_child(r, day)
        if child["birth"] and child["age_on"](END) > 17.2:
            continue
        ep = episode(r, child, day, need=pick(r, {"N1": 88, "N5": 8, "N4": 4}))
        if open_case:
            enquiry = referral_day(r, date(2025, 3, 12), date(2026, 3, 1), 0)
            first = assessment(r, ep, enquiry, first_offset=0)
        else:
            enquiry = add_wd(day, pick(r, {0: 40, 1: 25, 2: 12, 4: 9, 8: 6, 15: 5, 25: 3}))
            first = assessment(r, ep, day)
        conference = conference_day(r, enquiry)
        if first is None or not START <= conference <= END or (first["signed"] or END) < START:
            continue
        break
    section47(ep, enquiry, icpc=conference)
    if open_case and r.random() < 0.7:
        begin = on_or_after(max(day + DAY * 45, enquiry - DAY * r.randint(30, 240)))
        if begin < enquiry - 7 * DAY:
            ep["plans"].append([begin, conference])
    if kind[0]:
        plan = protection_plan(r, ep, conference)
        after_protection(r, child, ep, plan)
    elif r.random() < 0.8:
        cin_plan(r, child, ep, add_wd(conference, r.randint(1 if ep["plans"] else 0, 10)))
    else:
        close(ep, add_wd(conference, r.randint(5, 30)), "RC7")
    child["episodes"].append(ep)
    again_later(r, child)
    return child


def make_carried_protection(r: random.Random, _: Any) -> Record:
    """On a plan since before the year: no old section 47, conference or assessment."""
    while True:
        start = on_or_after(START - DAY * r.randint(10, 420))
        day = on_or_after(start - DAY * r.randint(16, 300))
        child = new_child(r, day)
        if start < START and child["age_on"](END) < 17:
            break
    ep = episode(r, child, day, need=pick(r, {"N1": 90, "N5": 10}))
    after_protection(r, child, ep, protection_plan(r, ep, start))
    child["episodes"].append(ep)
    return child


def make_transfer(r: random.Random, _: Any) -> Record:
    """On a plan elsewhere, moved in: a conference here without a section 47."""
    while True:
        day = on_or_after(referral_day(r, START, date(2026, 2, 13), 0))
        child = new_child(r, day)
        if child["age_on"](END) < 17:
            break
    ep = episode(r, child, day, need="N1", source="5C")
    conference = add_wd(day, r.randint(9, 19))
    ep["icpc"] = conference
    assessment(r, ep, day)
    after_protection(r, child, ep, protection_plan(r, ep, conference, previous=1))
    child["episodes"].append(ep)
    return child


def again_later(r: random.Random, child: Record) -> None:
    """An earlier referral that led nowhere, or a new one after the case was closed."""
    first = child["episodes"][0]
    if first["ref"] > START + 60 * DAY and child["birth"] and r.random() < 0.03:
        day = first["ref"] - DAY * r.randint(14, 250)
        if day >= max(START, child["birth"]):
            child["episodes"].insert(0, episode(r, child, on_or_after(day), nfa=True))
    if not first["closed"] or first["reason"] in ("RC1", "RC2", "RC5", "RC6") or r.random() > 0.22:
        return
    day = on_or_after(first["closed"] + DAY * r.randint(12, 240))
    if day > END or (child["adult"] and day + 30 * DAY > child["adult"]):
        return
    if r.random() < 0.3:
        child["episodes"].append(episode(r, child, day, nfa=True))
        return
    ep = episode(r, child, day, need=first["need"])
    if assessment(r, ep, day):
        after_assessment(r, child, ep, True)
        child["episodes"].append(ep)


def identify(r: random.Random, child: Record, number: int, used: set[str]) -> None:
    """UPN or why there is none, ethnicity and disabilities, once the episodes are known."""
    eps = child["episodes"]
    only_nfa = all(e["nfa"] for e in eps)
    child["id"] = f"SYN{number:06d}"
    child["upn"] = child["no_upn"] = None
    at_school = child["birth"] and child["birth"] <= date(2021, 8, 31)
    if at_school and r.random() < (0.6 if only_nfa else 0.96):
        while True:
            digits = f"{UPN_LEA}{r.randint(2000, 7999)}{(child['birth'].year + 5) % 100:02d}{r.randrange(1000):03d}"
            if digits not in used:
                break
        used.add(digits)
        child["upn"] = "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(int(d) * w for w, d in enumerate(digits, 2)) % 23] + digits
    elif only_nfa:
        child["no_upn"] = "UN7"
    elif not at_school:
        child["no_upn"] = "UN1"
    elif any("9A" in a["factors"] for e in eps for a in e["assess"]):
        child["no_upn"] = "UN6"
    elif eps[-1]["ref"] > END - 7 * DAY:
        child["no_upn"] = "UN4"
    else:
        child["no_upn"] = pick(r, {"UN2": 45, "UN3": 20, "UN5": 35})
    unknown = r.random() < (0.22 if only_nfa else 0.5 if child["due"] else 0)
    child["ethnicity"] = "NOBT" if unknown else pick(r, ETHNICITY)
    child["disabilities"] = []
    if not only_nfa and child["birth"]:
        child["disabilities"] = ["NONE"]
        if child["disabled"]:
            n = pick(r, {1: 50, 2: 28, 3: 14, 4: 8})
            codes: list[str] = []
            while len(codes) < n:
                code = pick(r, DISABILITY)
                if code not in codes:
                    codes.append(code)
            child["disabilities"] = codes


SHARES: list[
    tuple[int, Callable[[random.Random, Any], Record], Any]
] = [  # how many children in a thousand, and how each is made
    (200, make_nfa, None),
    (60, make_s17, "straddle"),
    (72, make_s17, "s47 no conference"),
    (6, make_s17, "s47 open"),
    (26, make_s17, "unborn"),
    (1, make_died, None),
    (145, make_carried, None),
    (57, make_conference, (True, False)),
    (3, make_conference, (True, True)),
    (29, make_conference, (False, False)),
    (1, make_conference, (False, True)),
    (12, make_carried_protection, None),
    (2, make_transfer, None),
]


def make_return(children: int, seed: int) -> list[Record]:
    """The children of a return, in the order in which it lists them."""
    plan = [(maker, kind) for share, maker, kind in SHARES for _ in range(round(share * children / 1000))]
    plan = plan[:children]
    plan += [(make_s17, "new")] * (children - len(plan))
    random.Random(f"order:{seed}").shuffle(plan)
    out: list[Record] = []
    used: set[str] = set()
    number = 100000
    for i, (maker, kind) in enumerate(plan):
        r = random.Random(f"{seed}:{i}")
        child = maker(r, kind)
        number += r.randint(1, 9)
        identify(r, child, number, used)
        out.append(child)
    return out


# --- writing -----------------------------------------------------------------


def leaf(depth: int, tag: str, value: object) -> Lines:
    """A data element, unless it has no value."""
    if value is not None:
        yield f"{'  ' * depth}<{tag}>{value}</{tag}>"


def branch(depth: int, tag: str, *parts: Iterable[str]) -> Lines:
    """An element that holds others."""
    yield f"{'  ' * depth}<{tag}>"
    for part in parts:
        yield from part
    yield f"{'  ' * depth}</{tag}>"


def leaves(depth: int, **values: object) -> Lines:
    """Data elements, in order."""
    for tag, value in values.items():
        yield from leaf(depth, tag, value)


def listed(depth: int, outer: str, inner: str, values: Iterable[object]) -> Lines:
    """A list of data elements, unless it is empty."""
    if values:
        yield from branch(depth, outer, *(leaf(depth + 1, inner, v) for v in values))


def episode_xml(ep: Record) -> Lines:
    """What stands in one CINdetails."""
    yield from leaves(
        4,
        CINreferralDate=ep["ref"],
        ReferralSource=ep["source"],
        PrimaryNeedCode=ep["need"],
        CINclosureDate=ep["closed"],
        ReasonForClosure=ep["reason"],
        DateOfInitialCPC=ep["icpc"],
    )
    for a in sorted(ep["assess"], key=lambda a: a["start"]):
        yield from branch(
            4,
            "Assessments",
            leaves(
                5,
                AssessmentActualStartDate=a["start"],
                AssessmentInternalReviewDate=a["review"],
                AssessmentAuthorisationDate=a["signed"],
            ),
            listed(5, "FactorsIdentifiedAtAssessment", "AssessmentFactors", a["factors"]),
        )
    for start, end in sorted(ep["plans"]):
        yield from branch(4, "CINPlanDates", leaves(5, CINPlanStartDate=start, CINPlanEndDate=end))
    for s in sorted(ep["s47"], key=lambda s: s["start"]):
        yield from branch(
            4,
            "Section47",
            leaves(
                5,
                S47ActualStartDate=s["start"],
                InitialCPCtarget=s["target"],
                DateOfInitialCPC=s["icpc"],
                ICPCnotRequired=int(s["not_required"]),
            ),
        )
    yield from leaf(4, "ReferralNFA", int(ep["nfa"]))
    for p in ep["cpp"]:
        yield from branch(
            4,
            "ChildProtectionPlans",
            leaves(
                5,
                CPPstartDate=p["start"],
                CPPendDate=p["end"],
                InitialCategoryOfAbuse=p["initial"],
                LatestCategoryOfAbuse=p["latest"],
                NumberOfPreviousCPP=p["previous"],
            ),
            listed(5, "Reviews", "CPPreviewDate", p["reviews"]),
        )


def to_xml(children: list[Record]) -> Lines:
    """The lines of the whole return."""
    header = branch(
        1,
        "Header",
        branch(2, "CollectionDetails", leaves(3, Collection="CIN", Year=END.year, ReferenceDate=END)),
        branch(
            2,
            "Source",
            leaves(
                3,
                SourceLevel="L",
                LEA=LEA,
                SoftwareCode="SYNTHETIC",
                Release="1.0",
                SerialNo="001",
                DateTime="2026-06-01T09:00:00",
            ),
        ),
    )
    records = (
        branch(
            2,
            "Child",
            branch(
                3,
                "ChildIdentifiers",
                leaves(
                    4,
                    LAchildID=c["id"],
                    UPN=c["upn"],
                    UPNunknown=c["no_upn"],
                    PersonBirthDate=c["birth"],
                    ExpectedPersonBirthDate=c["due"],
                    Sex=c["sex"],
                    PersonDeathDate=c["died"],
                ),
            ),
            branch(
                3,
                "ChildCharacteristics",
                leaf(4, "Ethnicity", c["ethnicity"]),
                listed(4, "Disabilities", "Disability", c["disabilities"]),
            ),
            *(branch(3, "CINdetails", episode_xml(e)) for e in sorted(c["episodes"], key=lambda e: e["ref"])),
        )
        for c in children
    )
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield from branch(0, "Message", header, branch(1, "Children", *records))


def true_counts(children: list[Record]) -> dict[str, int]:
    """What was written, counted from the source and not from the file."""
    eps = [e for c in children for e in c["episodes"]]
    assess = [(e, a) for e in eps for a in e["assess"]]
    s47 = [s for e in eps for s in e["s47"]]
    held = [s for s in s47 if s["icpc"]]
    plans = [p for e in eps for p in e["cpp"]]
    firsts = [p for p in plans if p["reviews"]]
    again = [(e, a) for e, a in assess if wd_between(e["ref"], a["start"]) > 5]
    late = [(e, a) for e, a in assess if a["signed"] and wd_between(e["ref"], a["signed"]) > 45]
    referrals = [sorted(e["ref"] for e in c["episodes"]) for c in children]
    return {
        "children": len(children),
        "unborn": sum(bool(c["due"]) for c in children),
        "episodes": len(eps),
        "nfa_referrals": sum(e["nfa"] for e in eps),
        "children_with_only_nfa": sum(all(e["nfa"] for e in c["episodes"]) for c in children),
        "referrals_in_year": sum(START <= e["ref"] <= END for e in eps),
        "rereferrals_within_12_months": sum(b <= add_months(a, 12) for days in referrals for a, b in pairwise(days)),
        "closed_episodes": sum(bool(e["closed"]) for e in eps),
        "open_at_year_end": sum(not e["closed"] and not e["nfa"] for e in eps),
        "assessments": len(assess),
        "assessments_authorised": sum(bool(a["signed"]) for _, a in assess),
        "assessments_authorised_late": len(late),
        "assessments_authorised_late_first": sum((e, a) not in again for e, a in late),
        "reassessments": len(again),
        "assessments_open": sum(not a["signed"] for _, a in assess),
        "assessments_open_past_45_days_of_referral": sum(
            not a["signed"] and wd_between(e["ref"], END) > 45 for e, a in assess
        ),
        "cin_plans": sum(len(e["plans"]) for e in eps),
        "s47": len(s47),
        "s47_no_conference_required": sum(s["not_required"] for s in s47),
        "s47_open": sum(not s["icpc"] and not s["not_required"] for s in s47),
        "icpc": len(held) + sum(bool(e["icpc"]) for e in eps),
        "icpc_after_s47": len(held),
        "icpc_late": sum(wd_between(s["start"], s["icpc"]) > 15 for s in held),
        "cp_plans": len(plans),
        "cp_plans_started_in_year": sum(p["start"] >= START for p in plans),
        "cp_plans_open": sum(not p["end"] for p in plans),
        "cp_plans_with_reviews": len(firsts),
        "cp_plans_first_review_overdue_at_year_end": sum(
            not p["reviews"] and not p["end"] and add_months(p["start"], 3) < END for p in plans
        ),
        "reviews": sum(len(p["reviews"]) for p in plans),
        "first_reviews_late_over_3_months": sum(p["reviews"][0] > add_months(p["start"], 3) for p in firsts),
        "later_reviews_late_over_6_months": sum(b > add_months(a, 6) for p in plans for a, b in pairwise(p["reviews"])),
        "weekend_or_holiday_referrals": sum(not is_working(e["ref"]) for e in eps),
    }


def main() -> None:
    """Write the return and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--children", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    children = make_return(args.children, args.seed)
    with open(args.output, "w", encoding="utf-8", newline="\n") as out:
        out.writelines(line + "\n" for line in to_xml(children))
    sys.stdout.write(json.dumps(true_counts(children), indent=1) + "\n")


if __name__ == "__main__":
    main()
