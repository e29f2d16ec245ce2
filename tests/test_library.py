"""The library: it says what the commands say, raises what they leave with, and costs nothing until it is used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

import cinctl
from cinctl.answers import ANSWERS
from cinctl.cli import run

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
TODAY = date(2026, 4, 20)
SMALL = """
[protocol]
id = "small"
title = "Small"
[roles.worker]
title = "Worker"
[clauses.SML-1]
source = "SML"
section = "§1"
level = "hard"
says = "a note says who made it"
[sources.SML]
title = "Small"
[[gate]]
id = "SML-1"
on = "note"
require = { "event.by" = { present = true } }
say = "a note says who made it"
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(name="authority")
def _authority(folder: Path) -> cinctl.Store:
    """A synthetic authority under Bristol's protocol, as of 20 April 2026."""
    assert 0 == run(["--protocol", "bristol", "--today", TODAY.isoformat(), "demo", "--cases", "30"])
    return cinctl.Store.open("cases.jsonl", protocol="bristol", today=TODAY)


@pytest.fixture(name="small")
def _small(folder: Path) -> cinctl.Store:
    """A store under a small protocol, with a worker and a case R1."""
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    store = cinctl.Store.create("cases.jsonl", protocol="small.toml", today=date(2026, 3, 2))
    store.record("staff.join", data={"staff": "w1", "role": "worker"}, at="2020-01-06")
    store.record("refer", "R1", {"source": "1A", "born": date(2015, 6, 1)}, at="2026-02-23")
    return store


def _json(capsys: pytest.CaptureFixture[str], *args: str) -> Any:
    capsys.readouterr()
    run(["--protocol", "bristol", "--today", TODAY.isoformat(), *args, "--json"])
    return json.loads(capsys.readouterr().out)


def test_it_answers_as_the_commands_do(authority: cinctl.Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Fields, order and values of each answer are those of the JSON of the command."""
    case = authority.due()[0].case
    assert case is not None

    assert _json(capsys, "due") == [row._asdict() for row in authority.due()]
    assert _json(capsys, "list") == [row._asdict() for row in authority.cases()]
    assert _json(capsys, "show", case) == {"schema": "cinctl/case/1", **authority.case(case)._asdict()}
    assert _json(capsys, "history", case) == [row._asdict() for row in authority.history(case)]
    assert _json(capsys, "verify") == {
        "schema": "cinctl/verify/1",
        "store": authority.path,
        **authority.verify()._asdict(),
    }


def test_it_judges_as_the_command_does(authority: cinctl.Store, capsys: pytest.CaptureFixture[str]) -> None:
    """The findings of `audit`, narrowed to cases and dates too, its counts, and for each --fail-on its exit code."""
    told, audit = _json(capsys, "audit"), authority.audit()
    some = [finding["case"] for finding in told["findings"] if finding["case"]][:2]
    narrow = _json(capsys, "audit", *some, "--from", "2026-02-01", "--until", "2026-03-31")

    assert told["findings"] == [finding.row() for finding in audit.findings]
    assert narrow["findings"] == [
        finding.row()
        for finding in authority.audit(dict.fromkeys(some), since=date(2026, 2, 1), until=date(2026, 3, 31)).findings
    ]
    assert narrow["findings"]
    assert told["protocol"] == {"id": audit.protocol, "hash": audit.protocol_hash}
    assert told["store"] == {"head": audit.head, "length": audit.length}
    assert told["counts"]["deny"] == len(audit.standing("deny"))
    assert [told["counts"][name] for name in ("cases", "events", "not_judged")] == [
        *(audit.cases, audit.events, audit.not_judged)
    ]
    here = ["--protocol", "bristol", "--today", TODAY.isoformat(), "audit", "-f", "ids", "--fail-on"]
    assert [run([*here, level]) for level in ("deny", "warn", "never")] == [
        int(audit.fails(level)) for level in ("deny", "warn", "never")
    ]
    with pytest.raises(ValueError, match="deny, warn, never"):
        audit.fails("denial")


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        ("due", cinctl.Obligation),
        ("case", cinctl.CaseRecord),
        ("history", cinctl.RecordedEvent),
    ],
)
def test_fields_are_those_of_the_schemas(answer: str, made: Any) -> None:
    """What a schema promises to readers of JSON holds for readers of the library."""
    assert [field for field in ANSWERS[answer].fields if field != "schema"] == list(made._fields)


def test_the_guide_runs(folder: Path) -> None:
    """The examples of docs/library.md, one after the other, in a new folder."""
    script = "".join(re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    (folder / "guide.py").write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, "guide.py"], cwd=folder, capture_output=True, text=True, check=False)

    assert script.count("assert") > 10
    assert (0, "") == (done.returncode, done.stderr)


def test_it_is_typed(tmp_path: Path) -> None:
    """mypy, strict, finds the types that tests/typing/library.py names, and says so where one is another."""
    sample = ROOT / "tests" / "typing" / "library.py"
    wrong = tmp_path / "wrong.py"
    text = sample.read_text(encoding="utf-8").replace("late_days, int | None", "late_days, str")
    wrong.write_text(f"{text}\n\ncinctl.Stores\n", encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull]

    done = [
        subprocess.run([*mypy, str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
        for path in (sample, wrong)
    ]

    assert 0 == done[0].returncode, done[0].stdout
    assert 1 == done[1].returncode
    assert "Expression is of type" in done[1].stdout
    assert 'Module has no attribute "Stores"' in done[1].stdout


def test_importing_it_costs_nothing() -> None:
    """`import cinctl` imports nothing else of it; each name is imported when it is first asked for."""
    script = (
        "import sys; before = set(sys.modules); import cinctl; print(*sorted(set(sys.modules) - before));"
        "cinctl.Store; print('cinctl.api' in sys.modules, 'click' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "cinctl\nTrue False\n" == done.stdout


def test_what_is_exported_is_there() -> None:
    """Each name of `cinctl.__all__` can be had and is listed; another cannot."""
    assert all(getattr(cinctl, name) is not None for name in cinctl.__all__)
    assert set(cinctl.__all__) <= set(dir(cinctl))
    assert [] == [
        name
        for name in ("Store", "Protocol", "Finding", "CinctlError", "RefusedError", "StoreError")
        if f"`{name}" not in PAGE and f"cinctl.{name}" not in PAGE
    ]
    with pytest.raises(AttributeError, match="has no attribute 'Stores'"):
        getattr(cinctl, "Stores")  # noqa: B009 - whoever checks types sees that it is not there


def test_a_refusal_writes_nothing(small: cinctl.Store) -> None:
    """What is refused raises with the lines of a command and the findings behind them; the log stays as it was."""
    before = Path("cases.jsonl").read_bytes()

    with pytest.raises(cinctl.RefusedError, match=r"^refused by SML-1 \(Small §1\)") as refused:
        small.record("note", "R1", {"text": "T"})

    assert 3 == refused.value.exit_code
    assert ["SML-1"] == [finding.rule for finding in refused.value.findings]
    assert before == Path("cases.jsonl").read_bytes()


def test_judging_writes_nothing(small: cinctl.Store) -> None:
    """`judge` says what would come of a step, refused or not, and leaves the log as it was."""
    before = Path("cases.jsonl").read_bytes()
    refused, fine = (small.judge("note", "R1", {"text": "T"}, by=by) for by in (None, "w1"))

    assert (False, True) == (refused.accepted, fine.accepted)
    assert (None, None) == (refused.seq, fine.seq)
    assert 1 == len(refused.refusals)
    assert before == Path("cases.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"kind": "nota"}, "Did you mean 'note'?"),
        ({"kind": "note", "case": "R2", "data": {"text": "T"}}, "R2"),
        ({"kind": "note", "case": "R1", "data": {"colour": "red"}}, "colour"),
        ({"kind": "note", "case": "R1", "data": {"text": object()}}, "an event cannot hold that"),
        ({"kind": "note", "case": "R1", "at": "yesterday"}, "yesterday"),
        ({"kind": "note", "case": "R1", "at": "2027-01-01"}, "2027"),
        ({"kind": "note", "case": "R1", "by": "nobody", "data": {"text": "T"}}, "nobody"),
        ({"kind": "note", "case": "R1", "by": 5}, "'by' must be text"),
    ],
)
def test_what_means_nothing_is_wrong_usage(small: cinctl.Store, step: dict[str, Any], told: str) -> None:
    """A kind, case, field, date or person that is none raises UsageError, and nothing is written."""
    before = Path("cases.jsonl").read_bytes()

    with pytest.raises(cinctl.UsageError, match=re.escape(told)):
        small.record(**step)

    assert before == Path("cases.jsonl").read_bytes()


def test_a_date_without_a_calendar_is_a_calendar_error(folder: Path) -> None:
    """A limit in working days past the years whose bank holidays are known raises what exit 5 stands for."""
    toml = SMALL + '[[clock]]\nid = "SML-2"\nstarts = "refer"\nstops = "note"\nwithin = "2 working days"\nsay = "T"\n'
    (folder / "small.toml").write_text(toml, encoding="utf-8")
    store = cinctl.Store.create("cases.jsonl", protocol="small.toml", today=date(2040, 1, 2))

    with pytest.raises(cinctl.CalendarError, match=r"2040 .* bank holiday"):
        store.record("refer", "R1", {"source": "1A", "born": "2039-06-01"})


def test_dates_are_taken_as_they_come(small: cinctl.Store) -> None:
    """A date, a date-time with its offset, either as text, and a set where a list is meant."""
    moment = datetime(2026, 2, 25, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    for at in (date(2026, 2, 24), moment, "2026-02-26", "2026-02-27T10:00:00+00:00"):
        small.record("visit", "R1", {"seen": {"child", "parent"}}, at=at, by="w1")
    visits = small.history("R1")[1:]

    assert ["2026-02-24", "2026-02-25T09:30:00+01:00", "2026-02-26", "2026-02-27T10:00:00+00:00"] == [
        visit.at for visit in visits
    ]
    assert visits[0].data == {"seen": ["child", "parent"]}
    with pytest.raises(cinctl.UsageError, match="offset"):
        small.record("visit", "R1", {"seen": ["child"]}, at=datetime(2026, 2, 25, 9, 30), by="w1")


def test_a_stream(small: cinctl.Store) -> None:
    """`apply` records what is accepted and tells of the rest; with *atomic* one refusal keeps all out."""
    good: dict[str, Any] = {"kind": "note", "case": "R1", "by": "w1", "data": {"text": "T"}}
    bad = {**good, "by": None}

    assert [] == small.apply([])
    assert [False, False] == [verdict.accepted for verdict in small.apply([good, bad], atomic=True)]
    assert 1 == len(small.history("R1"))
    told = small.apply([good, bad, {"kind": "x"}, good])
    assert [True, False, False, True] == [verdict.accepted for verdict in told]
    assert [3, None, None, 4] == [verdict.seq for verdict in told]
    assert told[2].error is not None
    with pytest.raises(cinctl.UsageError, match="an event cannot hold that"):
        small.apply([good, {**good, "data": {"text": object()}}])
    assert 3 == len(small.history("R1"))


def test_many_are_written_in_batches(small: cinctl.Store) -> None:
    """More events than one batch holds come out in order, each at the line that is told."""
    events = [{"kind": "note", "case": "R1", "by": "w1", "data": {"text": str(n)}} for n in range(1001)]
    told = small.apply(iter(events))

    assert list(range(3, 1004)) == [verdict.seq for verdict in told]
    assert "1000" == (small.history("R1")[-1].data or {})["text"]


def test_a_repeated_key_counts_as_done(small: cinctl.Store) -> None:
    """The same step under the same key is recorded once."""
    first, again = (small.record("note", "R1", {"text": "T"}, by="w1", key="k1") for _ in range(2))

    assert first == again
    assert 2 == len(small.history("R1"))


def test_the_actor_acts_where_no_one_is_named(small: cinctl.Store) -> None:
    """*actor* stands in for *by*."""
    store = cinctl.Store.open("cases.jsonl", protocol="small.toml", today=date(2026, 3, 2), actor="w1")
    store.record("note", "R1", {"text": "T"})

    assert "w1" == store.history("R1")[-1].by


def test_characteristics_are_asked_for(small: cinctl.Store) -> None:
    """What `child` says of the child is in the history only for whoever asks for it."""
    small.record("child", "R1", {"sex": "F"}, by="w1")

    assert small.history("R1")[-1].data is None
    assert {"sex": "F"} == small.history("R1", characteristics=True)[-1].data


@pytest.mark.parametrize("ask", [lambda s: s.case("R9"), lambda s: s.history("R9"), lambda s: s.audit(["R1", "R9"])])
def test_a_case_that_is_not_there(small: cinctl.Store, ask: Any) -> None:
    """Asking for it is wrong usage."""
    with pytest.raises(cinctl.UsageError, match="R9"):
        ask(small)


def test_what_cannot_be_opened(folder: Path) -> None:
    """No store, a file that is none, a protocol that is none or does not hold, and a store that is there already."""
    (folder / "other.jsonl").write_text("{}\n", encoding="utf-8")
    (folder / "broken.toml").write_text(SMALL.replace("require", "requires"), encoding="utf-8")

    for name in ("absent.jsonl", "other.jsonl"):
        with pytest.raises(cinctl.StoreError, match=name):
            cinctl.Store.open(name, protocol="bristol")
    for name in ("bristle", "broken.toml"):
        with pytest.raises(cinctl.ProtocolError):
            cinctl.Store.create("new.jsonl", protocol=name)
        with pytest.raises(cinctl.ProtocolError):
            cinctl.Protocol.load(name)
    assert not (folder / "new.jsonl").exists()
    store = cinctl.Store.create("new.jsonl", protocol="bristol")
    store.record("refer", "R1", {"source": "1A", "born": "2015-06-01"})
    with pytest.raises(cinctl.UsageError, match=re.escape("new.jsonl holds something already")):
        cinctl.Store.create("new.jsonl", protocol="bristol")


def test_a_protocol_that_was_loaded(folder: Path) -> None:
    """A store held to a protocol that was loaded keeps to it, and to no file, config or variable beside it."""
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    (folder / "cinctl.toml").write_text('protocol = "bristol"\n', encoding="utf-8")
    loaded = cinctl.Protocol.load(folder / "small.toml")
    store = cinctl.Store.create(folder / "cases.jsonl", protocol=loaded)
    (folder / "small.toml").unlink()

    assert store.protocol is loaded
    assert "small" == store.audit().protocol
    assert [] == store.due()


def test_a_store_lives_by_the_clock(folder: Path) -> None:
    """A store that is kept knows a new day when it comes, and writes down when each step was recorded."""
    with freeze_time("2026-02-23T09:00:00+00:00") as clock:
        store = cinctl.Store.create("cases.jsonl", protocol="bristol")
        store.record("refer", "R1", {"source": "1A", "born": "2015-06-01", "need": "N1"})
        early = store.due()[0].status
        clock.move_to("2026-02-26T09:00:00+00:00")
        late = store.due()[0].status
        store.record("note", "R1", {"text": "T"})

    assert ("pending", "overdue") == (early, late)
    assert ["2026-02-23T09:00:00+00:00", "2026-02-26T09:00:00+00:00"] == [e.recorded for e in store.history("R1")]


def test_a_change_from_elsewhere_is_seen(small: cinctl.Store) -> None:
    """What the command line records in between is there at the next call."""
    assert 0 == run([*["--protocol", "small.toml", "--today", "2026-03-02", "note", "R1", "--text", "T", "--by", "w1"]])

    assert ["refer", "note"] == [event.kind for event in small.history("R1")]


def test_what_commands_say_on_stderr_is_kept(small: cinctl.Store) -> None:
    """A torn last line is left out, told once however often it is met, and verified as torn."""
    with Path("cases.jsonl").open("ab") as log:
        log.write(b'{"v":1,"seq":3,"ki')
    small.case("R1")
    small.case("R1")

    assert 1 == len(small.notices)
    assert "torn" in small.notices[0]
    assert (True, 18) == (small.verify().ok, small.verify().torn)


def test_an_altered_line_is_found(small: cinctl.Store) -> None:
    """`verify` names it, and whoever reads on raises."""
    log = Path("cases.jsonl")
    log.write_bytes(log.read_bytes().replace(b'"born":"2015', b'"born":"2016'))
    found = small.verify()

    assert (False, 2) == (found.ok, found.fault_line)
    assert found.fault
    log.with_name(f"{log.name}.cache").unlink(missing_ok=True)
    with pytest.raises(cinctl.StoreError, match="line 2"):
        small.audit()


def test_threads_may_share_a_store(small: cinctl.Store) -> None:
    """Steps that several threads record through one store are all there."""
    failed: list[BaseException] = []

    def note(name: str) -> None:
        try:
            for n in range(5):
                small.record("note", "R1", {"text": f"{name}{n}"}, by="w1")
        except BaseException as fault:
            failed.append(fault)

    threads = [threading.Thread(target=note, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failed
    texts = {(event.data or {}).get("text") for event in small.history("R1")[1:]}
    assert {f"{name}{n}" for name in "abcd" for n in range(5)} == texts
    assert small.verify().ok
