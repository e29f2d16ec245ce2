"""The turn at the log: batches, streams, keys, two writers, and refusals that leave nothing behind."""

from __future__ import annotations

import json
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError
from cinctl.store.log import Log
from cinctl.workspace import Verdict
from tests.domain.world import World, clock, draft, gate


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A store with one case, in which notes need an author and a visit is due in five days."""
    toml = gate("L-1", '"note"', '{ "event.by" = { present = true } }') + clock("K", "refer", "visit", within="5 days")
    made = World(tmp_path, toml)
    made.staff("b1", role="boss")
    made.refer()
    return made


def _line(kind: str, on: str = "2026-03-02", case: str | None = "R1", **more: Any) -> str:
    return json.dumps({"kind": kind, "case": case, "at": on} | more)


def _apply(world: World, *lines: str | bytes, **how: bool) -> list[Verdict]:
    return [verdict for batch in world.workspace().apply([lines], **how) for verdict in batch]


def _told(verdicts: list[Verdict]) -> list[tuple[int | None, str]]:
    return [(v.line, "ok" if v.accepted else "wrong" if v.error else "refused") for v in verdicts]


def test_a_verdict_for_each_line_in_order(world: World) -> None:
    """`apply` answers each line in order; good lines are written and the rest told."""
    lines: list[str | bytes] = [
        _line("visit"),
        "not json",
        "",
        _line("note", data={"text": "x"}),
        _line("note", data={"text": "x"}, by="b1"),
        _line("note", data={"text": "x", "colour": "red"}, by="b1"),
        _line("note", data={"text": "x"}, by="b1", color="red"),
        "[1]",
        _line("nota", data={"text": "x"}, by="b1"),
        _line("note", case="R9", data={"text": "x"}, by="b1"),
        _line("visit", on="2027-01-01"),
        _line("visit", on="2026-02-30"),
        _line("visit", on="2026-03-02T10:00:00"),
        b"\xff\xfe",
        _line("map", data="x"),
        _line("map", data=[]),
        _line("map", case=5),  # type: ignore[arg-type]
        _line("map"),
    ]
    assert _told(_apply(world, *lines)) == [
        *((1, "ok"), (2, "wrong"), (4, "refused"), (5, "ok")),
        *((n, "wrong") for n in range(6, 18)),
        (18, "ok"),
    ]
    assert [line["kind"] for line in world.lines()[2:]] == ["visit", "note", "map"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("allocate", {"to": "b1", "rationale": {"a": 5}}),
        ("allocate", {"to": ["b1"]}),
        ("allocate", {"to": {"a": "b"}}),
        ("plan.draft", {"previous_plans": 1.5}),
        ("plan.draft", {"previous_plans": float("inf")}),
        ("plan.draft", {"previous_plans": "1e3"}),
        ("inform", {"who": [["family"]]}),
        ("inform", {"who": {"family": True}}),
        ("visit", {"alone": 1}),
        ("direct", {"see_child_by": "20260301"}),
        ("direct", {"see_child_by": 20260301}),
        ("note", {"text": ""}),
        ("enquire.start", {"strategy": 99}),
        ("assess.start", {"of": True}),
        ("child", {"sex": "X"}),
        ("close", {"reason": "RC77"}),
    ],
)
def test_malformed_fields_are_wrong_usage(world: World, kind: str, data: dict[str, Any]) -> None:
    """A field of the wrong type is told and never a crash, and leaves the lines after it alone."""
    verdicts = _apply(world, _line(kind, data=data, by="b1"), _line("map"))
    assert _told(verdicts) == [(1, "wrong"), (2, "ok")]


def test_a_date_outside_the_calendar_leaves_the_other_lines_alone(world: World) -> None:
    """A line dated outside the calendar is told; the lines around it are written."""
    lines = [
        _line("map"),
        _line("refer", on="1990-01-01", case="R2", data={"source": "1A", "born": "1980-06-01"}),
        _line("visit"),
    ]
    verdicts = _apply(world, *lines)
    assert [v.accepted for v in verdicts] == [True, False, True]
    assert "1990" in str(verdicts[1].error)


def test_a_refer_line_may_leave_the_case_out(world: World) -> None:
    """Without an id a referral takes the next free one, also within a batch."""
    data = {"source": "1A", "born": "2015-06-01"}
    verdicts = _apply(world, *(_line("refer", case=None, data=data) for _ in range(2)))
    assert [v.case for v in verdicts] == ["C-000001", "C-000002"]


def test_later_lines_see_earlier_ones(world: World) -> None:
    """A line is judged against those before it in the same stream."""
    verdicts = _apply(world, _line("close"), _line("map", "2026-03-03"))
    assert _told(verdicts) == [(1, "ok"), (2, "refused")]


def test_atomic_is_all_or_nothing(world: World) -> None:
    """With `--atomic` one bad line means that nothing is written, and no line is said to be."""
    before = world.store.read_bytes()
    verdicts = _apply(world, _line("visit"), _line("note", data={"text": "x"}), atomic=True)
    assert [v.accepted for v in verdicts] == [False, False]
    assert world.store.read_bytes() == before
    assert _told(_apply(world, _line("visit"), _line("map"), atomic=True)) == [(1, "ok"), (2, "ok")]


def test_a_key_makes_a_repeat_count_as_done(world: World) -> None:
    """A line whose key is in the log counts as done, within one stream and in the next."""
    line = _line("visit", key="v-1")
    assert [v.accepted for v in _apply(world, line, line)] == [True, True]
    before = world.store.read_bytes()
    verdicts = _apply(world, line)
    assert [(v.accepted, v.known) for v in verdicts] == [(True, True)]
    assert world.store.read_bytes() == before
    assert [line["kind"] for line in world.lines()].count("visit") == 1


def test_a_refused_line_does_not_use_up_its_key(world: World) -> None:
    """A refused line may be sent again under its key."""
    assert _told(_apply(world, _line("note", data={"text": "x"}, key="n"))) == [(1, "refused")]
    assert _told(_apply(world, _line("note", data={"text": "x"}, key="n", by="b1"))) == [(1, "ok")]


def test_a_dry_run_writes_nothing(world: World) -> None:
    """A dry run judges and writes nothing."""
    before = world.store.read_bytes()
    assert world.workspace().record([draft("visit", "R1", "2026-03-02")], dry_run=True)[0].accepted
    assert [v.accepted for v in _apply(world, _line("visit"), dry_run=True)] == [True]
    assert world.store.read_bytes() == before


def test_several_cases_all_or_nothing_unless_told(world: World) -> None:
    """Several steps are judged one by one: all or nothing, unless it is to keep going."""
    world.refer("R2")
    world.ok("close", "R2", "2026-02-25")
    before = world.store.read_bytes()
    drafts = [draft("visit", "R1", "2026-03-02"), draft("visit", "R2", "2026-03-02")]
    verdicts = world.workspace().record(drafts)
    assert [bool(v.refusals) for v in verdicts] == [False, True]
    assert world.store.read_bytes() == before
    assert [v.accepted for v in world.workspace().record(drafts, keep_going=True)] == [True, False]
    assert world.lines()[-1]["case"] == "R1"


def test_two_workspaces_on_one_store(world: World) -> None:
    """A workspace judges against what another has written since: two cannot both make somebody the lead."""
    world.staff("kw1")
    world.staff("kw2")
    one, other = world.workspace(), world.workspace()
    one.book(), other.book()
    assert one.record([draft("allocate", "R1", "2026-03-02", to="kw1")])[0].accepted
    verdict = other.record([draft("allocate", "R1", "2026-03-02", to="kw2")])[0]
    assert [f.rule for f in verdict.findings] == ["CORE-01"]
    assert other.book().case_row("R1")["lead"] == "kw1"


def test_the_envelope(world: World) -> None:
    """A line says when it happened, when it was written, by whom, and under which protocol."""
    world.ok("visit", "R1", "2026-03-02T09:30:00+00:00", "b1", seen=["child"])
    line = world.lines()[-1]
    assert list(line) == ["v", "seq", "kind", "case", "at", "recorded", "by", "under", "data", "salt", "hash"]
    assert (line["at"], line["by"], line["data"]) == ("2026-03-02T09:30:00+00:00", "b1", {"seen": ["child"]})
    assert line["recorded"] == "2026-12-31T12:00:00+00:00"
    assert line["under"] == f"local@{world.workspace().protocol.hash[:8]}"


def test_a_case_is_opened_once(world: World) -> None:
    """A referral on an id that exists is wrong usage, as is a step on one that does not."""
    assert "R1" in world.wrong("refer", "R1", "2026-03-02", source="1A", born="2015-06-01")
    assert "R1" in world.wrong("visit", "R11", "2026-03-02")
    assert "--born" in world.wrong("refer", "R2", "2026-03-02", source="1A")
    assert "--born" in world.wrong("refer", "R2", "2026-03-02", source="1A", born="2015-06-01", expected="2026-06-01")
    assert "--source" in world.wrong("refer", "R2", "2026-03-02", born="2015-06-01")


@pytest.mark.parametrize("kind", ["import", "redact"])
def test_some_kinds_are_no_steps(world: World, kind: str) -> None:
    """An import and a redaction are not recorded as steps."""
    data: dict[str, Any] = {"of": 1, "reason": "x", "approved_by": "b1"} if kind == "redact" else {}
    world.wrong(kind, None, "2026-03-02", **data)


def test_today_leaves_out_what_came_later(world: World) -> None:
    """A `--today` before the newest event answers as of that day, and says how much it left out."""
    world.ok("visit", "R1", "2026-03-02")
    book = world.book("2026-03-01")
    assert [r["status"] for r in book.due_rows(date(2026, 3, 1))] == ["overdue"]
    assert book.notices == ["1 event dated after 2026-03-01 left out"]
    assert world.book("2026-03-02").notices == []


def test_an_amendment_beyond_today_is_left_out_as_of_an_earlier_day(world: World) -> None:
    """What a correction dates after `--today` has not happened by then."""
    seq = world.ok("visit", "R1", "2026-02-25")
    world.ok("correct", None, "2026-02-26", of=seq, set={"at": "2026-03-05"}, reason="typo")
    assert [r["due"] for r in world.due("K", "2026-03-01")] == ["2026-02-28"]


def test_an_absent_store_is_an_error_of_the_store(tmp_path: Path) -> None:
    """A command on an absent store says that there is none."""
    world = World(tmp_path)
    world.store.unlink()
    with pytest.raises(StoreError):
        world.book()
    with pytest.raises(StoreError):
        world.workspace().record([draft("refer", "R1", "2026-02-23", source="1A", born="2015-06-01")])


def test_a_key_used_for_another_event_is_wrong_usage(world: World) -> None:
    """A repeated line counts as done; another event under the same key does not."""
    note: dict[str, Any] = {"by": "b1", "key": "A", "data": {"text": "x"}}
    first = _apply(world, _line("note", **note))
    before = world.store.read_bytes()

    again = _apply(world, _line("note", **note))
    other = _apply(world, _line("note", **(note | {"data": {"text": "y"}})), _line("visit", key="A"))

    assert first[0].event is not None
    assert again[0].event is not None
    assert again[0].event["seq"] == first[0].event["seq"]
    assert _told(other) == [(1, "wrong"), (2, "wrong")]
    assert "used for another event" in (other[0].error or "")
    assert world.store.read_bytes() == before


def test_half_a_surrogate_pair_loses_only_its_line(world: World) -> None:
    """What cannot be written as UTF-8 is one malformed line, not the end of the stream."""
    verdicts = _apply(
        world,
        _line("note", by="b1", data={"text": "before"}),
        '{"kind":"note","case":"R1","by":"b1","data":{"text":"\\ud800"}}',
        _line("note", by="b1", data={"text": "after"}),
    )

    assert _told(verdicts) == [(1, "ok"), (2, "wrong"), (3, "ok")]


def test_a_step_and_its_waivers_are_recorded_together_or_not_at_all(tmp_path: Path) -> None:
    """`Draft.waivers` stand before a step on a case that is there, and after the referral that opens one."""
    toml = gate("L-1", '"refer"', '{ "case.age" = { at_most = 17 } }') + gate(
        "L-2", '"visit"', '{ "event.alone" = true }'
    )
    world = World(tmp_path, toml)
    world.staff("b1", role="boss")

    def waiver(rule: str) -> Any:
        return draft("waive", None, "2026-03-02", "b1", rule=rule, reason="r", until="2026-12-01", approved_by="b1")

    def told(kind: str, rule: str, **data: Any) -> Verdict:
        step = draft(kind, "R2", "2026-03-02", "b1", **data)._replace(waivers=(waiver(rule),))
        return world.workspace().record([step])[0]

    refused = told("refer", "L-2", source="1A", born="2000-01-01")
    assert not refused.accepted
    assert world.book().case_ids() == []
    opened = told("refer", "L-1", source="1A", born="2000-01-01")
    assert opened.accepted
    assert [f.waived for f in opened.findings if f.rule == "L-1"] == [True]
    assert told("visit", "L-2").accepted
    kinds = [row["kind"] for row in world.book().history_rows("R2")]
    assert kinds == ["refer", "waive", "waive", "visit"]
    assert [f.rule for f in world.audit().findings if not f.waived] == []


def test_dates_that_cannot_be(world: World) -> None:
    """A date of birth after the event is wrong usage; one so far off that 18 years on has no date breaks nothing."""
    assert "--expected" in world.wrong("refer", "R8", "2026-03-02", source="1A", born="9999-12-31")
    about = {"source": "a return", "speaks": {"refer": ["at", "born"]}}
    born = draft("refer", "R9", "2026-03-02", source="1A", born="9999-12-31")
    world.workspace().bring_in(about, [(born, {})])

    assert world.book().case_row("R9")["born"] == "9999-12-31"
    assert world.audit().findings is not None


def test_staff_steps_that_cannot_be(world: World) -> None:
    """Nobody joins twice without leaving, and a change or training says what is new."""
    assert "in post already" in world.wrong("staff.join", None, "2026-03-02", staff="b1", role="boss")
    assert "says nothing" in world.wrong("staff.change", None, "2026-03-02", staff="b1")
    assert "says nothing" in world.wrong("staff.train", None, "2026-03-02", staff="b1", note="x")


def test_one_part_of_a_map_is_amended(world: World) -> None:
    """`set` names a part as FIELD.PART; the other parts stay, and a blank text takes it away as absent."""
    seq = world.ok("allocate", "R1", "2026-03-02", "b1", to="b1", rationale={"a": "1", "b": "2"})
    world.ok("correct", None, "2026-03-03", "b1", of=seq, set={"rationale.b-side": "3", "rationale.a": "4"}, reason="r")

    current = world.book().current(seq)
    assert current is not None
    assert current.get("rationale") == {"a": "4", "b": "2", "b_side": "3"}


def test_a_waiver_that_means_nothing_undoes_the_one_before(tmp_path: Path) -> None:
    """A second waiver of a rule that is not there leaves nothing of the first, and the next step is none the worse."""
    world = World(tmp_path, gate("L-2", '"visit"', '{ "event.alone" = true }'))
    world.staff("b1", role="boss")
    world.refer()
    before = world.store.read_bytes()

    def waiver(rule: str) -> Any:
        return draft("waive", None, "2026-03-02", "b1", rule=rule, reason="r", until="2026-12-01", approved_by="b1")

    visit = draft("visit", "R1", "2026-03-02", "b1")._replace(waivers=(waiver("L-2"), waiver("NOPE")))
    note = draft("note", "R1", "2026-03-02", "b1", text="x")
    dry = world.workspace().record([visit, note], dry_run=True, keep_going=True)
    assert [(v.accepted, bool(v.error)) for v in dry] == [(False, True), (True, False)]
    assert world.store.read_bytes() == before
    world.workspace().record([visit, note], keep_going=True)

    assert [row["kind"] for row in world.book().history_rows("R1")] == ["refer", "note"]


def test_a_repeated_correction_counts_as_done(world: World) -> None:
    """A keyed correction sent twice is recorded once, whatever shape its values were given in."""
    seq = world.ok("visit", "R1", "2026-03-02", "b1", seen=["child"])
    line = json.dumps(
        {"kind": "correct", "key": "C", "by": "b1", "at": "2026-03-03"}
        | {"data": {"of": seq, "set": {"seen": "family"}, "reason": "r"}}
    )

    assert _told(_apply(world, line) + _apply(world, line)) == [(1, "ok"), (1, "ok")]
    assert len(world.book().history_rows("R1")) == 3


def test_corrections_that_cannot_be(world: World) -> None:
    """An amendment is held to what the step itself would be, and changes something."""
    joined = 1

    def wrong(of: int, **changes: Any) -> str:
        return world.wrong("correct", None, "2026-03-03", "b1", of=of, set=changes, reason="r")

    assert "void it" in wrong(joined, staff="b1")
    assert "--expected" in wrong(2, born="2029-01-01")
    assert "what to set" in wrong(2)
    seq = world.ok("allocate", "R1", "2026-03-02", "b1", to="b1", rationale={"a": "1", "b": "2"})
    assert "takes text" in wrong(seq, **{"rationale.a": 5})
    world.ok("correct", None, "2026-03-03", "b1", of=seq, set={"rationale.a": None}, reason="r")
    current = world.book().current(seq)
    assert current is not None
    assert current.get("rationale") == {"b": "2"}


def test_an_id_of_odd_digits_is_an_id_like_any(world: World) -> None:
    """Only ids of our own making count for the next one; a superscript two is no number."""
    world.refer("C-\u00b2")
    verdict = world.workspace().record([draft("refer", None, "2026-03-02", "b1", source="1A", born="2015-06-01")])[0]
    assert verdict.case == "C-000001"


def test_a_due_date_past_the_calendar_leaves_the_book_as_it_was(tmp_path: Path) -> None:
    """A step whose clock would run past the calendar is told of it; what follows is judged as if it had not been."""
    toml = clock("K", "visit", "note", within="1 working day") + clock(
        "F", "map", "note", within="20 years", roll="next"
    )
    world = World(tmp_path, toml)
    world.staff("b1", role="boss")
    world.refer()
    verdicts = _apply(
        world, _line("visit"), _line("map"), _line("map", on="2026-02-24"), _line("note", data={"text": "x"})
    )
    assert _told(verdicts) == [(1, "ok"), (2, "wrong"), (3, "wrong"), (4, "ok")]
    assert [row["kind"] for row in world.book().history_rows("R1")] == ["refer", "visit", "note"]


def test_a_line_is_dated_when_the_lock_was_had(world: World) -> None:
    """`recorded` is when a step was written down: who waited for another writer did so after the wait."""
    workspace = world.workspace()
    before = workspace.settings.now
    held = threading.Event()

    def hold() -> None:
        with Log.open(world.store).writing(5):
            held.set()
            time.sleep(1.2)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(5)
    verdict = workspace.record([draft("visit", "R1", "2026-03-02", "b1")])[0]
    other.join()

    assert verdict.event is not None
    assert verdict.event["recorded"] > before.isoformat(timespec="seconds")


def test_a_short_code_that_is_not_there_is_told_with_the_list(world: World) -> None:
    """Two letters are too few to guess from, and few enough to list."""
    assert "It is one of: 1A, 1B" in world.wrong("refer", "R2", "2026-03-02", source="1Z", born="2015-06-01")
