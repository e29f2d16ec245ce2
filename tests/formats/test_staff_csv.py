"""The staff register as CSV: any register goes round, and no file stops the reading."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.formats.census_ledger import Problem
from cinctl.formats.staff_csv import COLUMNS, File, rows
from cinctl.formats.staff_sifting import Register
from cinctl.history import Draft, Event
from cinctl.protocol import load
from cinctl.render import rendered
from cinctl.rules import Edition, RuleBook

BRISTOL: Edition = RuleBook(load("bristol")).newest
IDS = st.sampled_from(["kw1", "csw1", "-".join("abc"), "Ω1"])
TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12) | st.text("'=+@a", min_size=1)
HEADS = st.sampled_from(["staff,event,on,role,topic", "id,role,joined,left,training"])
ROWS = st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=4)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 1, 1))
CODES = {name: st.sampled_from(sorted(BRISTOL.codes(name))) for name in ("role", "employer", "background", "topic")}
POST = st.fixed_dictionaries(
    {},
    optional={
        "role": CODES["role"],
        "employer": CODES["employer"],
        "background": CODES["background"],
        "unit": TEXT,
        "practice_experience": TEXT,
        "qualified": st.booleans(),
        "registered_until": DAYS.map(lambda day: day.isoformat()),
        "manager": IDS,
    },
)
TRAINED = st.fixed_dictionaries({"topic": st.lists(CODES["topic"], min_size=1, max_size=4, unique=True)})
STEPS: st.SearchStrategy[tuple[str, Mapping[str, Any]]] = st.one_of(
    st.tuples(st.just("join"), POST),
    st.tuples(st.just("change"), POST.filter(bool)),
    st.tuples(st.just("train"), TRAINED),
    st.tuples(st.just("leave"), st.just({})),
    st.tuples(
        st.just("away"),
        st.fixed_dictionaries(
            {"cover": st.just("elsewhere")},
            optional={
                "from": st.dates(date(2031, 1, 1), date(2031, 6, 1)).map(date.isoformat),
                "until": st.dates(date(2031, 6, 1), date(2032, 1, 1)).map(date.isoformat),
            },
        ),
    ),
)


def _event(seq: int, step: tuple[str, str, tuple[str, Mapping[str, Any]]]) -> Event:
    staff, on, (phase, data) = step
    return Event(seq=seq, kind=f"staff.{phase}", case=None, at=on, by=None, data={"staff": staff, **data})


def _csv(events: list[Event]) -> bytes:
    return "".join(rendered(rows(events), "csv", COLUMNS)).encode()


def _read(data: bytes) -> tuple[list[Draft], list[Problem]]:
    found = list(File(io.BytesIO(data), name="f.csv", edition=BRISTOL))
    return [item for item in found if isinstance(item, Draft)], [item for item in found if isinstance(item, Problem)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(IDS, DAYS.map(lambda day: day.isoformat()), STEPS), max_size=8))
def test_any_register_goes_round(steps: list[tuple[str, str, tuple[str, Mapping[str, Any]]]]) -> None:
    """Every event comes back as it was: kind, day and all that was said, whatever text stands in it."""
    events = [_event(seq, step) for seq, step in enumerate(steps, 1)]

    drafts, problems = _read(_csv(events))

    assert [] == problems
    by_person = sorted(events, key=lambda e: (e.get("staff"), *e.place()))
    assert [(e.kind, e.at, e.data) for e in by_person] == [(d.kind, d.at, d.data) for d in drafts]
    assert [] == Register(events, None).sift(drafts).new


@settings(max_examples=150, deadline=None)
@given(HEADS, ROWS)
def test_every_row_is_events_or_a_problem(head: str, cells: list[list[str]]) -> None:
    """Whatever stands in a row, something comes of it: events, or a problem that names its line."""
    text = "\n".join([head, *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells)])
    data = text.replace("\0", "").encode("utf-8", "replace")

    drafts, problems = _read(data)

    filled = sum(any(cell.replace("\0", "").strip() for cell in row) for row in cells)
    assert filled <= len({draft.line for draft in drafts} | {problem.line for problem in problems})


@pytest.mark.parametrize(
    ("head", "spoken"),
    [
        ("id,joined", {"staff.join", "staff.change", "staff.leave"}),
        ("id,joined,training", {"staff.join", "staff.change", "staff.train", "staff.leave"}),
        ("staff,event,on,topic", {"staff.join", "staff.change", "staff.train", "staff.leave", "staff.away"}),
    ],
)
def test_a_file_speaks_of_what_it_has_columns_for(head: str, spoken: set[str]) -> None:
    """What there is no column for, the file does not speak of."""
    speaks = File(io.BytesIO(head.encode()), name="f.csv", edition=BRISTOL).speaks

    assert spoken == set(speaks)
    assert all("role" not in fields for fields in speaks.values())


def test_titles_of_roles_are_read() -> None:
    """A role may be spelt as the protocol's title has it."""
    title = BRISTOL.codes("role")["family_help_key_worker"].title

    (draft,), problems = _read(f'id,role,joined\nkw1,"{title}",08/01/2024\n'.encode())

    assert ([], "family_help_key_worker") == (problems, draft.data["role"])
