"""Which payloads a redaction takes, what is refused, and that everything else reads as it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import UsageError
from cinctl.payloads import Plan, Request
from cinctl.workspace.redaction import redact

from .world import World, clock, gate

RULES = (
    gate("L-1", '"map"', '{ "event.strengths" = { present = true } }')
    + gate("L-2", '"refer"', '{ "case.age" = { at_most = 17 } }')
    + clock("K", "refer", "visit", within="5 days")
    + clock("J", "visit", "note", within="5 days")
)


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> World:
    """A case with a visit in it, and two people on the register."""
    world = World(tmp_path, RULES)
    for person in ("kw1", "sm1"):
        world.staff(person)
    world.refer()
    return world


def take(world: World, *seqs: int, dry_run: bool = False, today: str | None = None, **more: Any) -> Plan:
    """Redact, approved by sm1 unless told."""
    asked = {"reason": "retention", "approved_by": "sm1", "at": "2026-06-01", "by": "kw1", **more}
    return redact(world.workspace(today), Request(seqs=seqs, **asked), dry_run=dry_run)


def wrong(world: World, *seqs: int, **more: Any) -> str:
    """What is said of a request that cannot be; the store must stay as it is."""
    before = world.store.read_bytes()
    with pytest.raises(UsageError) as caught:
        take(world, *seqs, **more)
    assert before == world.store.read_bytes()
    return str(caught.value)


def counting(world: World, case: str = "R1") -> list[tuple[int, str, str | None]]:
    """The events of a case that count, in order: which, when, by whom."""
    book = world.book()
    return [(e.seq, e.at, e.by) for e in book.effective(book.tracks[case].events)]


def data(world: World, seq: int) -> Any:
    """What the line of an event says."""
    return world.lines()[seq - 1].get("data")


class TestARedaction:
    """What is recorded."""

    def test_it_is_an_event_of_the_same_case(self, world: World) -> None:
        """Kind `redact`, with the event, the reason and the approver; judged by the protocol in force."""
        seq = world.ok("visit", "R1", "2026-02-25", "kw1", note="SECRET")
        made = take(world, seq, note="file 12")
        last = world.lines()[-1]

        assert (made.accepted, made.seqs) == (True, (seq,))
        assert (last["kind"], last["case"], last["at"], last["by"]) == ("redact", "R1", "2026-06-01", "kw1")
        assert last["data"] == {"of": seq, "reason": "retention", "approved_by": "sm1", "note": "file 12"}
        assert last["under"].startswith("local@")
        assert data(world, seq) is None
        assert made.verdicts[0].event is not None
        assert {**made.verdicts[0].event, "v": 1} == {k: last[k] for k in last if k not in ("salt", "hash")}

    def test_several_at_once(self, world: World) -> None:
        """Each has an event of its own; one that is named twice counts once."""
        seqs = [world.ok("note", "R1", "2026-02-25", text="SECRET") for _ in range(3)]
        take(world, *seqs, seqs[0])

        assert [data(world, seq) for seq in seqs] == [None] * 3
        assert [line["data"]["of"] for line in world.lines()[-3:]] == seqs

    def test_a_whole_case(self, world: World) -> None:
        """One event says how many lines; nothing of the case has a payload, and another case keeps its own."""
        world.refer("R2")
        world.ok("note", "R1", "2026-02-25", text="SECRET")
        made = take(world, case="R1")

        assert [line["seq"] for line in world.lines() if line.get("data") is None] == [3, 5]
        assert world.lines()[-1]["data"] == {
            "of": 3,
            "reason": "retention",
            "approved_by": "sm1",
            "lines": 2,
            "whole_case": True,
        }
        assert len(made.verdicts) == 1
        assert "has a payload left" in wrong(world, case="R1")

    def test_a_dry_run_writes_nothing(self, world: World) -> None:
        """It is judged all the same."""
        before = world.store.read_bytes()

        assert take(world, 3, dry_run=True).accepted
        assert "there is no event 99" in wrong(world, 99, dry_run=True)
        assert before == world.store.read_bytes()

    def test_a_gate_may_refuse_it(self, tmp_path: Path) -> None:
        """A protocol may say who approves; then nothing is written, of several events neither."""
        world = World(tmp_path, gate("L-9", '"redact"', '{ "event.approved_by.role" = "manager" }'))
        world.staff("sm1")
        world.staff("m1", role="manager")
        world.refer()
        before = world.store.read_bytes()
        made = take(world, 3, by=None)

        assert [f.rule for v in made.verdicts for f in v.findings] == ["L-9"]
        assert not made.accepted
        assert before == world.store.read_bytes()
        assert take(world, 3, by=None, approved_by="m1").accepted

    def test_staff_and_service_events_may_go_too(self, world: World) -> None:
        """What belongs to no case: the redaction belongs to none either; of staff it is told what that means."""
        made = take(world, 1)

        assert (world.lines()[-1]["case"], data(world, 1)) == (None, None)
        assert made.told == ("event 1 is of the staff register: what it said of kw1 counts no more",)


class TestWhatCannotBe:
    """Wrong usage, and the store stays as it is."""

    def test_what_has_no_payload_to_give(self, world: World) -> None:
        """No such event, redacted already, a redaction, also one that belongs to no case."""
        take(world, 3)
        assert "there is no event 99 in the store" in wrong(world, 99)
        assert "event 3 is redacted already" in wrong(world, 3)
        assert "event 4 tells of an import or a redaction" in wrong(world, 4)
        take(world, 1)
        assert "event 5 tells of an import or a redaction" in wrong(world, 5, by=None)

    def test_an_import_keeps_its_line(self, world: World) -> None:
        """It says what its source can speak of; the events that it brought may go."""
        from .world import draft

        about = {"source": "x", "speaks": {"refer": ["at"]}}
        world.workspace().bring_in(about, [(draft("refer", "R9", "2026-01-01", key="k9"), {})])

        assert "event 4 tells of an import" in wrong(world, 4)
        assert take(world, 5).accepted

    @pytest.mark.parametrize(
        ("more", "told"),
        [
            ({"approved_by": "nobody"}, "--approved-by: 'nobody' is not in the staff register"),
            ({"by": "nobody"}, "--by: 'nobody' is not in the staff register"),
            ({"reason": " "}, "'redact' needs --reason"),
            ({"at": "2027-01-01"}, "lies after today"),
            ({"case": "R7"}, "there is no case 'R7'"),
        ],
    )
    def test_what_is_asked_wrongly(self, world: World, more: dict[str, Any], told: str) -> None:
        """Approver and author are in the register, there is a reason, the day is past, the case is there."""
        assert told in wrong(world, *([] if "case" in more else [3]), **more)


class TestCorrections:
    """What a correction did outlasts its payload, and what it says goes only when asked."""

    def test_one_that_holds_part_of_the_payload_is_told(self, world: World) -> None:
        """Named, and left alone."""
        seq = world.ok("note", "R1", "2026-02-25", text="SECRET")
        change = world.ok("correct", None, "2026-03-01", of=seq, set={"text": "SECRET too"}, reason="typo")
        world.ok("correct", None, "2026-03-01", of=seq, set={"at": "2026-02-26"}, reason="typo")
        made = take(world, seq)

        assert made.seqs == (seq,)
        assert [told.split(":")[0] for told in made.told] == [
            f"event {change} corrects event {seq} and holds part of what it said"
        ]
        assert (data(world, seq), data(world, change)["set"]) == (None, {"text": "SECRET too"})

    def test_it_goes_when_asked(self, world: World) -> None:
        """Nothing of the text is left; dates that were amended stay as amended."""
        seq = world.ok("note", "R1", "2026-02-25", "kw1", text="SECRET")
        world.ok("correct", None, "2026-03-01", of=seq, set={"text": "SECRET too", "at": "2026-02-27"}, reason="typo")
        before = counting(world)
        made = take(world, seq, corrections=True)

        assert made.told == ()
        assert b"SECRET" not in world.store.read_bytes()
        assert before == counting(world)
        assert [line["kind"] for line in world.lines()[-3:]] == ["correct", "redact", "redact"]

    def test_a_voided_event_stays_voided(self, world: World) -> None:
        """Without the correction it would count again, so a bare one stands in for it."""
        seq = world.ok("visit", "R1", "2026-02-25", "kw1", note="SECRET")
        change = world.ok("correct", None, "2026-03-01", of=seq, void=True, reason="SECRET")
        before, due = counting(world), world.due()
        take(world, change)

        assert (before, due) == (counting(world), world.due())
        stand_in = world.lines()[-2]
        assert stand_in["data"] == {
            "of": seq,
            "void": True,
            "reason": "stands in for a correction whose payload was removed",
        }
        take(world, case="R1")
        assert (before, due) == (counting(world), world.due())
        assert b"SECRET" not in world.store.read_bytes()

    def test_a_whole_case_is_redacted_once(self, world: World) -> None:
        """What stands in for a correction has nothing to hide, and is not taken again."""
        seq = world.ok("visit", "R1", "2026-02-25", "kw1", note="SECRET")
        world.ok("correct", None, "2026-03-01", of=seq, set={"by": "sm1", "at": "2026-02-24"}, reason="SECRET")
        before = counting(world)
        take(world, case="R1")

        assert before == counting(world)
        assert "has a payload left" in wrong(world, case="R1")

    def test_an_event_that_would_read_otherwise_is_refused(self, world: World) -> None:
        """A correction of an event that keeps its payload is corrected anew first, or goes with it."""
        seq = world.ok("note", "R1", "2026-02-25", text="wrong")
        change = world.ok("correct", None, "2026-03-01", of=seq, set={"text": "SECRET"}, reason="typo")

        assert f"event {seq} would read otherwise" in wrong(world, change)
        world.ok("correct", None, "2026-03-02", of=seq, set={"text": "right"}, reason="anew")
        take(world, change)
        assert world.book().current(seq).data == {"text": "right"}  # type: ignore[union-attr]

    def test_what_undoes_a_correction_is_refused(self, world: World) -> None:
        """A correction that was voided would hold again."""
        seq = world.ok("visit", "R1", "2026-02-25", "kw1")
        void = world.ok("correct", None, "2026-03-01", of=seq, void=True, reason="x")
        back = world.ok("correct", None, "2026-03-02", of=void, void=True, reason="x")

        assert f"event {seq} would read otherwise" in wrong(world, back)

    def test_staff_lines_stay_corrected(self, world: World) -> None:
        """The register has no case, and is held to the same."""
        change = world.ok("correct", None, "2026-03-01", of=1, set={"at": "2026-01-20"}, reason="SECRET")
        take(world, change)

        assert world.book().register.as_of("kw1", world.today).since.isoformat() == "2026-01-20"  # type: ignore[union-attr]


class TestAfterwards:
    """How the rest of the tool treats a redacted event."""

    def test_clocks_honour_what_is_left(self, world: World) -> None:
        """It still stops what ran and starts what follows."""
        seq = world.ok("visit", "R1", "2026-02-25", "kw1", seen=["child"])
        before = world.due()
        take(world, seq)

        assert before == world.due()
        assert [row["rule"] for row in before] == ["J"]

    def test_gates_that_need_the_payload_are_not_judged(self, world: World) -> None:
        """Also one that looks at the case which the redacted referral opened; audit counts them."""
        seq = world.ok("map", "R1", "2026-02-25", strengths="s")
        take(world, seq)
        take(world, 3)
        made = world.audit()

        assert [f.rule for f in made.findings if f.rule in ("L-1", "L-2")] == []
        assert made.not_judged == 2

    def test_a_correction_cannot_put_a_payload_back(self, world: World) -> None:
        """Its date and author may still be amended, and it may be voided."""
        seq = world.ok("note", "R1", "2026-02-25", "kw1", text="SECRET")
        take(world, seq)
        for fields in ({"text": "SECRET"}, {"at": "2026-02-26", "text": "SECRET"}):
            said = world.wrong("correct", None, "2026-06-02", of=seq, set=fields, reason="x")
            assert f"event {seq} is redacted" in said
        world.ok("correct", None, "2026-06-02", of=seq, set={"at": "2026-02-26"}, reason="x")
        world.ok("correct", None, "2026-06-02", of=3, set={"at": "2026-02-22"}, reason="x")
        assert (seq, "2026-02-26", "kw1") in counting(world)
        world.ok("correct", None, "2026-06-03", of=seq, void=True, reason="x")

        assert seq not in [found[0] for found in counting(world)]

    def test_a_redacted_referral_may_be_amended_too(self, world: World) -> None:
        """Its date is part of what is left, though birth and source are gone."""
        take(world, 3)
        world.ok("correct", None, "2026-06-02", of=3, set={"at": "2026-02-20"}, reason="x")

        assert counting(world) == [(3, "2026-02-20", None)]

    def test_its_key_still_counts_as_done(self, world: World) -> None:
        """A stream that is applied once more does not bring the payload back, nor fail for it."""
        line = '{"kind":"note","case":"R1","at":"2026-02-25","key":"k1","data":{"text":"SECRET"}}'
        ((first,),) = world.workspace().apply([[line]])
        assert first.event is not None
        take(world, first.event["seq"])
        length = len(world.lines())
        ((again,),) = world.workspace().apply([[line]])

        assert (again.accepted, again.known) == (True, True)
        assert length == len(world.lines())
        assert b"SECRET" not in world.store.read_bytes()
        ((other,),) = world.workspace().apply([[line.replace("note", "map").replace("text", "strengths")]])
        assert "was used for another event" in str(other.error)
