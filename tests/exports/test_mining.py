"""XES and OCEL: what their standards ask for, and that pm4py reads the same cases and events back."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.exports.leaving import Column, moment_of
from cinctl.formats import ocel as ocel_format
from cinctl.formats import xes as xes_format
from tests.cli.conftest import Desk
from tests.exports import readers
from tests.exports.full import CASES, STAFF, Full

HOSTILE = st.text(st.characters(), max_size=12) | st.text(
    "\x00\x08\x0b\x1b\x7f\x85\ufffe\ud83d&<>\"'\n\t]]>", max_size=8
)
VALUES = (
    HOSTILE
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.lists(HOSTILE, max_size=3)
)
BAG = st.dictionaries(st.sampled_from(["source", "need", "unit", "seen"]), VALUES)


def _kinds(full: Full) -> Counter[str]:
    """Return how many events of each kind count in the store, of cases alone."""
    listed = full.desk.run(
        "--store", "cases.jsonl", "--protocol", "local.toml", "--today", "2026-03-02", "list", "--json"
    )
    found: Counter[str] = Counter()
    for row in listed.json:
        args = ("--store", "cases.jsonl", "--protocol", "local.toml", "--today", "2026-03-02")
        history = full.desk.run(*args, "history", row["case"], "--json").json
        found.update(event["kind"] for event in history if event["kind"] != "correct")
    return found


@settings(max_examples=60)
@given(st.lists(st.tuples(BAG, st.lists(BAG, max_size=3)), max_size=3))
def test_any_trace_is_xes(bags: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    """Whatever stands in it, the log is well-formed, of its types, and has as many traces and events."""
    traces = [xes_format.Trace(attributes, events) for attributes, events in bags]

    read = readers.xes("".join(xes_format.document({"concept:name": "any"}, traces)))

    assert [(len(a), [len(e) for e in events]) for a, events in bags] == [
        (len(a), [len(e) for e in events]) for a, events in read
    ]


@settings(max_examples=60)
@given(st.lists(st.tuples(BAG, st.datetimes(timezones=st.just(UTC)), HOSTILE), max_size=4))
def test_any_event_is_ocel(found: list[tuple[dict[str, Any], datetime, str]]) -> None:
    """Whatever stands in it, the log is JSON of the shape that the standard asks for."""
    types = {"any": tuple(Column(name, "text") for name in ("source", "need", "unit", "seen"))}
    relation = ocel_format.Relation("object:1", "case")
    events = [ocel_format.Event(str(n), "any", on, bag, [relation]) for n, (bag, on, _) in enumerate(found)]
    objects = [ocel_format.Object("object:1", "any"), *(
        ocel_format.Object(f"{n}:{text}", "any", bag, [relation]) for n, (bag, _, text) in enumerate(found)
    )]  # fmt: skip

    log = readers.ocel("".join(ocel_format.document(types, types, events, objects)))

    assert [len(bag) for bag, _, _ in found] == [len(event["attributes"]) for event in log["events"]]
    assert len(objects) == len(log["objects"])


@pytest.mark.parametrize("more", ["", " --identifiable --characteristics"])
def test_every_case_is_a_trace(full: Full, more: str) -> None:
    """A trace for each case, an event for each event that counts, the corrected as corrected."""
    traces = readers.xes(full.export("xes" + more).out)

    assert len(CASES) + 1 == len(traces)
    assert _kinds(full) == Counter(event["concept:name"] for _, events in traces for event in events)
    for _, events in traces:
        assert "refer" == events[0]["concept:name"]
        assert {"complete"} == {event["lifecycle:transition"] for event in events}


@pytest.mark.parametrize("more", ["", " --identifiable --characteristics"])
def test_every_event_has_its_objects(full: Full, more: str) -> None:
    """Cases, children, families and practitioners are objects, once each; what the office did is the service's."""
    log = readers.ocel(full.export("ocel" + more).out)
    sorts = Counter(thing["type"] for thing in log["objects"])
    kinds = Counter(event["type"] for event in log["events"])

    assert {
        "case": len(CASES) + 1,
        "child": 2,
        "family": 1,
        "practitioner": len(STAFF),
        "unit": 1,
        "service": 1,
    } == sorts
    assert _kinds(full) <= kinds
    assert {"staff.join": 3, "staff.train": 1} == {kind: kinds[kind] for kind in ("staff.join", "staff.train")}
    for event in log["events"]:
        related = {relation["qualifier"] for relation in event["relationships"]}
        assert related & {"case", "service"}
    allocation = next(event for event in log["events"] if event["type"] == "allocate")
    assert {"case", "child", "family", "by", "to_staff", "supervisor"} <= {
        relation["qualifier"] for relation in allocation["relationships"]
    }


def test_pm4py_reads_the_same_traces(full: Full) -> None:
    """Every variant of its reader finds the cases and events that there are, and the times in UTC."""
    full.export("xes -o log.xes")
    code = """
found = {}
for variant in ("iterparse", "line_by_line", "chunk_regex", "iterparse20"):
    table = pm4py.read_xes(path, variant=variant)
    kinds = table["concept:name"].value_counts().to_dict()
    found[variant] = [table["case:concept:name"].nunique(), str(table["time:timestamp"].dt.tz), kinds]
print(json.dumps(found))
"""
    found = readers.pm4py(code, full.folder / "log.xes")

    for cases, zone, kinds in found.values():
        assert (len(CASES) + 1, "UTC") == (cases, zone)
        assert _kinds(full) == Counter(kinds)


def test_pm4py_reads_the_same_objects(full: Full) -> None:
    """It finds every event, every object, and who touched what."""
    full.export("ocel -o log.json")
    log = readers.ocel((full.folder / "log.json").read_text(encoding="utf-8"))
    code = """
log = pm4py.read_ocel2(path)
print(json.dumps([log.events["ocel:activity"].value_counts().to_dict(),
    log.objects["ocel:type"].value_counts().to_dict(),
    sorted(map(list, set(zip(log.relations["ocel:eid"], log.relations["ocel:oid"]))))]))
"""
    kinds, sorts, related = readers.pm4py(code, full.folder / "log.json")

    assert Counter(event["type"] for event in log["events"]) == Counter(kinds)
    assert Counter(thing["type"] for thing in log["objects"]) == Counter(sorts)
    assert related == sorted(
        [list(pair) for pair in {(e["id"], r["objectId"]) for e in log["events"] for r in e["relationships"]}]
    )


def test_times_are_utc_and_say_what_is_known() -> None:
    """A time with an offset is told in UTC; a mere date stands at noon, which is the same day in London all year."""
    assert (datetime(2026, 7, 1, 8, 30, tzinfo=UTC), True) == moment_of("2026-07-01T09:30:00+01:00")
    assert (datetime(2026, 7, 1, 12, tzinfo=UTC), False) == moment_of("2026-07-01")
    assert (datetime(1, 1, 1, 12, tzinfo=UTC), False) == moment_of(date.min.isoformat())


def test_a_time_of_day_is_kept(case: Desk) -> None:
    """Of two steps on one day, one with a time and one without, each says which it is, in the log's order."""
    case.must("visit R1 --seen child --alone --by sw1 --at 2026-02-25T23:30:00+01:00")
    case.must("visit R1 --seen child --alone --by sw1 --on 2026-02-25")

    [(_, events)] = readers.xes(case.run("export", "xes", "--identifiable").out)

    assert [
        ("refer", "2026-02-23T12:00:00.000+00:00", "false"),
        ("visit", "2026-02-25T22:30:00.000+00:00", "true"),
        ("visit", "2026-02-25T12:00:00.000+00:00", "false"),
    ] == [(event["concept:name"], event["time:timestamp"], event["timed"]) for event in events]


def test_what_was_voided_is_gone(case: Desk) -> None:
    """A voided step is in no log, an amended one stands as amended and says so."""
    case.must("visit R1 --seen child --alone --by sw1 --on 2026-02-25")
    case.must("note R1 --text T --by sw1 --on 2026-02-26")
    case.must("correct 4 --set at=2026-02-24 --reason typo --by sw1")
    case.must("correct 5 --void --reason typo --by sw1")

    [(_, events)] = readers.xes(case.run("export", "xes", "--identifiable").out)

    assert [("refer", "2026-02-23", "false"), ("visit", "2026-02-24", "true")] == [
        (event["concept:name"], event["time:timestamp"][:10], event["amended"]) for event in events
    ]


@pytest.mark.parametrize("form", ["xes", "ocel"])
def test_an_empty_store_gives_a_valid_log_and_says_so(bare: Desk, form: str) -> None:
    """Nothing in the store is nothing in the log, which is valid; stderr says that there is nothing."""
    bare.must("init --protocol bristol")

    result = bare.run("export", form, "--identifiable")

    assert 0 == result.code
    assert "nothing in the store counts yet" in result.err
    assert [] == (readers.xes(result.out) if form == "xes" else readers.ocel(result.out)["events"])
