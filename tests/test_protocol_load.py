"""Protocol files: what each bad one is told, and how good ones are laid over one another."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import ProtocolError
from cinctl.protocol import Clock, Gate, Trigger, bundled, load, load_tables, patch, register, register_sources
from cinctl.protocol.model import CaseloadSpec

HEAD = '[protocol]\nid = "local"\n'
GATE = '[[gate]]\nid = "L-1"\non = "allocate"\nrequire = { "event.to" = { present = true } }\n'
CLOCK = '[[clock]]\nid = "L-2"\nstarts = "refer"\nstops = "decide"\n'


def _write(folder: Path, text: str, name: str = "local.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _faults(folder: Path, text: str) -> tuple[str, ...]:
    """Write *text* as `local.toml` and return what is wrong with it."""
    _write(folder, text)
    with pytest.raises(ProtocolError) as caught:
        load("local.toml", base=folder)
    return caught.value.faults


def _gate(**keys: str) -> str:
    """A whole gate with *keys* as TOML put in or, where blank, left out."""
    whole = {"id": '"L-1"', "on": '"allocate"', "require": '{ "event.to" = { present = true } }'} | keys
    return HEAD + "[[gate]]\n" + "".join(f"{key} = {value}\n" for key, value in whole.items() if value)


def _clock(**keys: str) -> str:
    """A whole clock with *keys* as TOML put in or, where blank, left out; `for_` and `from_` lose their underscore."""
    whole = {"id": '"L-2"', "starts": '"refer"', "stops": '"decide"'} | {k.rstrip("_"): v for k, v in keys.items()}
    return HEAD + "[[clock]]\n" + "".join(f"{key} = {value}\n" for key, value in whole.items() if value)


BAD = {
    "no protocol table": (GATE, ["local.toml: missing table [protocol]"]),
    "no id": ('[protocol]\ntitle = "T"\n', ["local.toml:1: [protocol]: missing key 'id'"]),
    "id that a log line cannot hold": ('[protocol]\nid = "a@b"\n', ["local.toml:2:", "'a@b' is not an id"]),
    "unknown key of the protocol": (
        HEAD + 'extend = "core"\n',
        ["local.toml:3: [protocol]:", "Did you mean 'extends'?"],
    ),
    "unknown status": (HEAD + 'status = "agree"\n', ["[protocol]: status:", "'interim'", "Did you mean 'agreed'?"]),
    "date in quotes": (HEAD + 'effective_from = "2026-01-01"\n', ["local.toml:3:", "a date has no quotes"]),
    "date with a time": (HEAD + "review_on = 2026-01-01T10:00:00\n", ["review_on: must be a date"]),
    "blank text": (HEAD + 'title = " "\n', ["local.toml:3:", "must not be blank"]),
    "unknown table": (HEAD + '[set]\nlead = ["a"]\n', ["local.toml:3: unexpected table 'set'", "Did you mean 'sets'?"]),
    "unknown list of tables": (HEAD + '[[gates]]\nid = "x"\n', ["local.toml:3:", "Did you mean 'gate'?"]),
    "gate as one table": (HEAD + '[gate]\nid = "x"\n', ["local.toml:3:", "written [[gate]]"]),
    "unknown key of a gate": (
        _gate(requires="true"),
        ["local.toml:7: gate L-1: unexpected key 'requires' (allowed: id, on, require,", "Did you mean 'require'?"],
    ),
    "gate without on": (_gate(on=""), ["local.toml:3: gate L-1: missing key 'on'"]),
    "gate without require": (_gate(require=""), ["local.toml:3: gate L-1: missing key 'require'"]),
    "gate without id": (_gate(id=""), ["local.toml:3: gate number 1: missing key 'id'"]),
    "empty require": (_gate(require="{}"), ["local.toml:6: gate L-1: require: is empty"]),
    "require that an empty table satisfies": (
        _gate(require='[{ "event.to" = "x" }, {}]'),
        ["gate L-1: require: is empty"],
    ),
    "no kinds": (_gate(on="[]"), ["local.toml:5: gate L-1: on: is empty"]),
    "unknown kind": (_gate(on='"alocate"'), ["local.toml:5: gate L-1: on: unknown kind 'alocate'", "'allocate'?"]),
    "unknown kind, nothing near": (_gate(on='"zzz"'), ["unknown kind 'zzz' (kinds: refer, decide,"]),
    "unknown phase": (_gate(on='"assess.begin"'), ["'assess' has the phases start, complete"]),
    "phase of a kind without": (_gate(on='"refer.start"'), ["'refer' has the phases none"]),
    "named event in a gate": (
        _gate(on='"told"') + '[events.told]\non = "inform"\n',
        ["gate L-1: on: 'told' is a named event; a gate listens to kinds only"],
    ),
    "unknown level": (_gate(level='"hard"'), ["local.toml:7: gate L-1: level: must be 'deny' or 'warn', not 'hard'"]),
    "flag as text": (_gate(locked='"yes"'), ["gate L-1: locked: must be true or false, not 'yes'"]),
    "text as number": (_gate(say="3"), ["gate L-1: say: must be text in quotes, not 3"]),
    "clauses with a number": (_gate(clauses='["L-1", 2]'), ["gate L-1: clauses[1]: must be text in quotes, not 2"]),
    "condition as text": (_gate(when='"always"'), ["gate L-1: when: must be a table of facts"]),
    "condition with text among tables": (_gate(when='[{ "event.on" = 1 }, "x"]'), ["gate L-1: when[1]: must be"]),
    "fact without quotes": (
        _gate(when="{ event.on = { present = true } }"),
        ["gate L-1: when.event:", 'one name in quotes, such as "event.on"'],
    ),
    "no operator": (_gate(when='{ "event.on" = {} }'), ["gate L-1: when.'event.on': has no operator"]),
    "list in a list": (_gate(when='{ "event.on" = [[1]] }'), ["a list here holds plain values only"]),
    "id with a space": (_gate(id='"L 1"'), ["local.toml:4: gate L 1: id: 'L 1' is not an id"]),
    "clock without starts": (_clock(starts=""), ["local.toml:3: clock L-2: missing key 'starts'"]),
    "clock that never starts": (_clock(starts="[]"), ["local.toml:5: clock L-2: starts: is empty"]),
    "unknown key of a clock": (
        _clock(fromm='"event.on"'),
        ["clock L-2: unexpected key 'fromm'", "Did you mean 'from'?"],
    ),
    "unknown key of a trigger": (
        _clock(stops='[{ on = "decide", wen = { "event.on" = 1 } }]'),
        ["local.toml:6: clock L-2: stops[0]: unexpected key 'wen' (allowed: on, when)"],
    ),
    "trigger without on": (_clock(stops='{ when = { "event.on" = 1 } }'), ["clock L-2: stops: missing key 'on'"]),
    "trigger as number": (_clock(starts="1"), ["clock L-2: starts: must be a kind, a named event, a table"]),
    "unknown named event": (
        _clock(stops='["decide", "tolled"]') + '[events.told]\non = "inform"\n',
        ["local.toml:6: clock L-2: stops: unknown kind or named event 'tolled'", "Did you mean 'told'?"],
    ),
    "both limits": (
        _clock(within='"1 week"', every='"1 week"'),
        ["local.toml:8: clock L-2: has both 'within' and 'every'"],
    ),
    "no duration": (_clock(within='"one week"'), ["clock L-2: within:", "neither a date fact nor a duration"]),
    "misspelt unit": (_clock(within='"1 wek"'), ["clock L-2: within:", "Did you mean '1 week'?"]),
    "a fact where only a duration can stand": (_clock(every='"event.on"'), ["clock L-2: every:", "not a duration"]),
    "a cycle of nothing": (_clock(every='"0 days"'), ["clock L-2: every: must be at least 1"]),
    "longer than dates go": (_clock(within='"200 years"'), ["clock L-2: within:", "hundred years"]),
    "cycle without a stop": (_clock(every='"1 week"', stops=""), ["clock L-2: has 'every' and no 'stops'"]),
    "times without every": (_clock(times="2"), ["local.toml:7: clock L-2: 'times' and 'anchor' belong to"]),
    "times zero": (_clock(times="0", every='"1 week"'), ["clock L-2: times: must be at least 1, not 0"]),
    "times as flag": (_clock(times="true", every='"1 week"'), ["clock L-2: times: must be a whole number, not true"]),
    "unknown anchor": (_clock(anchor='"end"', every='"1 week"'), ["anchor: must be 'stop' or 'start', not 'end'"]),
    "unknown again": (_clock(again='"restrat"'), ["clock L-2: again:", "Did you mean 'restart'?"]),
    "unknown roll": (_clock(roll='"back"'), ["clock L-2: roll: must be 'none' or 'next' or 'previous'"]),
    "unknown subject": (_clock(for_='"team"'), ["clock L-2: for: must be 'case' or 'practitioner' or 'service'"]),
    "from that is no fact": (_clock(from_='"yesterday"'), ["clock L-2: from: 'yesterday' is not a date fact"]),
    "unknown set": (
        _clock(owner='"@manger"') + '[sets]\nmanager = ["team_manager"]\n',
        ["local.toml:7: clock L-2: owner: unknown set '@manger' (sets:", "Did you mean 'manager'?"],
    ),
    "unknown owner": (_clock(owner='"leed"'), ["clock L-2: owner:", "Did you mean 'lead'?"]),
    "owner that the start lacks": (_clock(owner='"start.to"'), ["has no practitioner in 'to' (by)"]),
    "clock of a case on staff": (_clock(stops='"staff.join"'), ["'staff.join' is not about a case", "practitioner"]),
    "clock of a practitioner on a case": (
        _clock(for_='"practitioner"', starts='"staff.join"', stops='"visit"'),
        ["clock L-2: stops: a clock for a practitioner listens only to staff, fileaudit, govern, feedback"],
    ),
    "only the service starts with the protocol": (_clock(starts='"protocol"'), ["unknown kind or named event"]),
    "the same id twice": (
        HEAD + GATE + GATE,
        ["local.toml:8: gate L-1: there is a gate of that id already, on line 3"],
    ),
    "the same id over gates and clocks": (
        HEAD + GATE + CLOCK.replace("L-2", "L-1"),
        ["local.toml:8: clock L-1: there is a gate of that id already, on line 3"],
    ),
    "named event called as a kind": (HEAD + '[events.visit]\non = "meet"\n', ["'visit' is a kind already"]),
    "named event in a ring": (
        HEAD + '[events.a]\non = "b"\n[events.b]\non = ["visit", "a"]\n',
        ["local.toml:4: [events.a]: on: comes back to itself: a -> b -> a"],
    ),
    "named event on nothing known": (HEAD + '[events.a]\non = "vizit"\n', ["[events.a]: on:", "Did you mean 'visit'?"]),
    "set as text": (HEAD + '[sets]\nlead = "social_worker"\n', ["local.toml:4: [sets]: lead: must be a list"]),
    "role with a hyphen": (
        HEAD + '[roles.key-worker]\ntitle = "T"\n',
        ["local.toml:3: [roles.key-worker]: 'key-worker' must be", "Did you mean 'key_worker'?"],
    ),
    "unknown key of a code": (
        HEAD + '[codes.limb]\nharm = { titel = "T", clauses = "L-1" }\n',
        ["local.toml:4: [codes.limb]: harm: unexpected key 'titel'", "Did you mean 'title'?"],
    ),
    "code as text": (HEAD + '[codes.limb]\nharm = "T"\n', ["[codes.limb]: harm: must be a table, not 'T'"]),
    "training without topics": (HEAD + '[training.x]\nwithin = "4 weeks"\n', ["[training.x]: missing key 'topics'"]),
    "training in no time": (HEAD + '[training.x]\nwithin = "soon"\ntopics = ["a"]\n', ["local.toml:4: [training.x]:"]),
    "param of no type": (HEAD + '[params.x]\ntype = "day"\n', ["[params.x]: type: must be 'date' or 'text'"]),
    "param that nobody asked for": (HEAD + "[params]\nx = 5\n", ["local.toml:4: [params.x]: missing key 'type'"]),
    "param of another type": (
        HEAD + '[params.x]\ntype = "date"\nvalue = "soon"\n',
        ["local.toml:5: [params.x]: value must be a date, not 'soon'"],
    ),
    "clause of no source": (
        HEAD + '[clauses.X-1]\nsource = "BRY"\nsection = "1"\nlevel = "hard"\nsays = "S"\n',
        ["local.toml:4: [clauses.X-1]: source: unknown source 'BRY'", "Did you mean 'BRI'?"],
    ),
    "calendar of nowhere": (HEAD + '[calendar]\nbank_holidays = "wales"\n', ["local.toml:4: [calendar]:", "wales"]),
    "limit of cases below nought": (
        HEAD + "[caseload]\npractitioner = -1\n",
        ["local.toml:4: [caseload]: practitioner: must be at least 0, not -1"],
    ),
    "limit of a unit below nought": (
        HEAD + "[caseload.units]\nA = -2\n",
        ["local.toml:4: [caseload]: units.A: must be at least 0, not -2"],
    ),
    "limit of cases in quotes": (
        HEAD + '[caseload.roles]\nboss = "18"\n',
        ["local.toml:4: [caseload]: roles.boss: must be a whole number, not '18'"],
    ),
    "misspelt limit of cases": (
        HEAD + "[caseload]\npractitoner = 18\n",
        ["local.toml:4: [caseload]: unexpected key", "Did you mean 'practitioner'?"],
    ),
    "limit of cases that is no table": ("caseload = 18\n" + HEAD, ["local.toml:1: [caseload]: must be a table"]),
    "closure that is no date": (HEAD + '[calendar]\nclosures = ["x"]\n', ["[calendar]: closures[0]: must be a date"]),
    "disabled without a reason": (
        HEAD + '[disable]\n"X-1" = ""\n',
        ["local.toml:4: [disable]: X-1: must not be blank"],
    ),
    "nothing to disable": (HEAD + '[disable]\n"X-1" = "R"\n', ["local.toml:4: [disable]: X-1: there is no such rule"]),
    "supersedes and no date": (
        HEAD + 'supersedes = "working-together-2023"\n',
        ["local.toml:3: [protocol]: supersedes another", "effective_from"],
    ),
    "no bundled protocol of that id": (
        HEAD + 'extends = "working-together-2032"\n',
        ["local.toml:3: [protocol]: extends: there is no protocol", "Did you mean 'working-together-2023'?"],
    ),
    "no file of that name": (HEAD + 'extends = "other.toml"\n', ["local.toml:3: [protocol]: extends:", "'other.toml'"]),
    "extends itself": (HEAD + 'extends = "local.toml"\n', ["local.toml:3:", "ring: local.toml -> local.toml"]),
    "not TOML": (HEAD + "status = agreed\n", ["local.toml:3: is not TOML:", "column 10"]),
    "key twice": (HEAD + 'id = "again"\n', ["local.toml:3: is not TOML:", "column"]),
    "ends in the middle": (HEAD + 'title = """never', ["local.toml:3: is not TOML:", "end of the file"]),
    "nested too deeply": (HEAD + "x = " + "[" * 20_000, ["local.toml: is not TOML that can be read"]),
    "control characters in a key": (HEAD + '"a\\u001b[31m\\nb" = 1\n', ["unexpected key 'a\\x1b[31m\\nb'"]),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_told_its_one_fault(tmp_path: Path, text: str, words: list[str]) -> None:
    """Each bad file gets one fault on one line, with file, line, place and words that help."""
    faults = _faults(tmp_path, text)

    assert len(faults) == 1, faults
    assert all(word in faults[0] for word in words), faults[0]
    assert "\n" not in faults[0]


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Faults of shape, of names and of locks are told together, one line each."""
    text = (
        '[protocol]\nid = "local"\nstatsu = "agreed"\n[sets]\nlead = 5\n'
        '[[gate]]\nid = "L-1"\non = "alocate"\nrequire = {}\nlevel = "warn"\n'
        '[[gate]]\nid = "L-3"\nsay = 5\nrequire = { "event.to" = 1 }\n'
        '[[clock]]\nid = "L-2"\nstarts = "refer"\nstops = "decid"\nwithin = "1 wek"\nowner = "@nobody"\n'
        '[disable]\n"X-1" = "R"\n'
    )

    faults = _faults(tmp_path, text)

    assert [int(fault.split(":")[1]) for fault in faults] == [3, 5, 8, 9, 11, 13, 18, 19, 20, 22]


def test_faults_of_a_parent_and_of_its_child_are_told_together(tmp_path: Path) -> None:
    """A broken parent does not hide the child's own faults, nor make any up."""
    _write(tmp_path, '[protocol]\nid = "parent"\n[events.told]\non = "infrom"\n', "parent.toml")

    faults = _faults(
        tmp_path,
        HEAD + 'extends = "parent.toml"\n[params]\nx = 1\n' + CLOCK + 'stops_ = 1\nowner = "@x"\nuntil = "told"\n',
    )

    assert len(faults) == 2
    assert faults[0].startswith("parent.toml:4: [events.told]: on: unknown kind or named event 'infrom'")
    assert faults[1].startswith("local.toml:10: clock L-2: unexpected key 'stops_'")


@pytest.mark.parametrize("name", ["absent.toml", "sub/absent.toml"])
def test_an_absent_file_is_said_to_be_absent(tmp_path: Path, name: str) -> None:
    """A path that leads nowhere is named in the complaint."""
    with pytest.raises(ProtocolError, match=f"there is no protocol file '{name}'"):
        load(name, base=tmp_path)


def test_a_misspelt_id_gets_a_suggestion(tmp_path: Path) -> None:
    """The bundled ids are told, and the nearest is suggested."""
    with pytest.raises(ProtocolError, match=r"bundled: .*Did you mean 'working-together-2023'\?"):
        load("working-together-2032", base=tmp_path)


def test_what_is_no_text_file_is_told_as_what_it_is(tmp_path: Path) -> None:
    """A folder, a binary file and one that is too large each get a line of their own."""
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "binary.toml").write_bytes(b"[protocol]\nid = \xff\xfe\n")
    (tmp_path / "nul.toml").write_bytes(b"\0" * 10)
    (tmp_path / "large.toml").write_bytes(b"#" * 5_000_000)

    told = {}
    for name in ("folder", "binary", "nul", "large"):
        with pytest.raises(ProtocolError) as caught:
            load(f"{name}.toml", base=tmp_path)
        (told[name],) = caught.value.faults

    assert "folder.toml: is a folder" in told["folder"]
    assert "binary.toml:2: is not text in UTF-8" in told["binary"]
    assert "nul.toml:1: is not TOML" in told["nul"]
    assert "large.toml: is too large" in told["large"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe is refused at once, for reading it could wait for ever."""
    os.mkfifo(tmp_path / "pipe.toml")

    with pytest.raises(ProtocolError, match="is not a regular file"):
        load("pipe.toml", base=tmp_path)


def test_a_name_that_no_file_can_have_is_a_fault(tmp_path: Path) -> None:
    """A NUL in a name is a fault like any other."""
    with pytest.raises(ProtocolError, match="there is no protocol"):
        load("a\0b.toml", base=tmp_path)


def test_lines_are_found_through_strings_comments_and_arrays(tmp_path: Path) -> None:
    """Brackets, quotes and headers inside strings and comments do not mislead the line numbers; nor does CRLF."""
    text = (
        '# [[gate]] "\n[protocol]\nid = "local" # it\'s\ntitle = """\n[[gate]]\nid = "no"\n"""\n'
        "[[gate]] # ]\nid = 'L-1'\n"
        'on = [\n  "allocate", # [\n  "close",\n]\nsay = "a # is no comment [["\n'
        'require = [\n  { "event.to" = "[" },\n]\n\n'
        '  [[ "gate" ]]\n  "id" = "L-3"\n  on = "refer"\n  require."event.on".present = true\n  levle = "deny"\n'
    )
    _write(tmp_path, text.replace('  levle = "deny"\n', ""))
    protocol = load("local.toml", base=tmp_path)
    (fault,) = _faults(tmp_path, text.replace("\n", "\r\n"))

    assert [protocol.where("L-1"), protocol.where("L-3")] == ["local.toml:8", "local.toml:19"]
    assert fault.startswith("local.toml:23: gate L-3: unexpected key 'levle'")


def test_a_byte_order_mark_is_forgiven(tmp_path: Path) -> None:
    """Editors that begin a file with a byte order mark do no harm."""
    (tmp_path / "local.toml").write_bytes(b"\xef\xbb\xbf" + (HEAD + GATE).encode())

    assert list(load("local.toml", base=tmp_path).gates)[-1] == "L-1"


def test_a_gate_has_its_defaults(tmp_path: Path) -> None:
    """A gate denies unless told, and its clause is its id up to the first dot."""
    _write(tmp_path, _gate(id='"BRI-73.close"'))

    gate = load("local.toml", base=tmp_path).gates["BRI-73.close"]

    assert gate == Gate(
        id="BRI-73.close",
        clauses=("BRI-73",),
        on=("allocate",),
        require=({"event.to": {"present": True}},),
        protocol="local",
        file="local.toml",
        line=3,
    )
    assert (gate.level, gate.when, gate.locked) == ("deny", (), False)


def test_a_clock_has_its_defaults(tmp_path: Path) -> None:
    """A clock warns unless told, keeps its first start, and ends with the case's close or step-down."""
    _write(tmp_path, _clock())

    clock = load("local.toml", base=tmp_path).clocks["L-2"]

    assert clock == Clock(
        id="L-2",
        clauses=("L-2",),
        starts=(Trigger(on=("refer",)),),
        stops=(Trigger(on=("decide",)),),
        until=(Trigger(on=("close", "stepdown")),),
        protocol="local",
        file="local.toml",
        line=3,
    )
    assert (clock.level, clock.again, clock.anchor, clock.times, clock.subject) == ("warn", "keep", "stop", 1, "case")


@pytest.mark.parametrize(
    ("subject", "until"),
    [
        ("case", (Trigger(on=("close", "stepdown")),)),
        ("practitioner", (Trigger(on=("staff.leave",)),)),
        ("service", ()),
    ],
)
def test_until_depends_on_the_subject(tmp_path: Path, subject: str, until: tuple[Trigger, ...]) -> None:
    """What ends a clock unasked depends on whose it is; `until = []` ends none."""
    start = "refer" if subject == "case" else "feedback.received"
    text = _clock(for_=f'"{subject}"', starts=f'"{start}"', stops='"feedback.answered"')
    _write(tmp_path, text)
    _write(tmp_path, text + "until = []\n", "never.toml")

    assert load("local.toml", base=tmp_path).clocks["L-2"].until == until
    assert load("never.toml", base=tmp_path).clocks["L-2"].until == ()


def test_triggers_may_be_a_name_a_list_or_tables(tmp_path: Path) -> None:
    """Names in a list are one trigger; a table carries its own condition, one table or several."""
    _write(
        tmp_path,
        _clock(
            starts='["refer", "reopen"]',
            stops='["decide", { on = ["meet", "told"], when = { "event.chair" = "x" } }]',
            until='{ on = "close", when = [{ "event.reason" = "a" }, { "event.reason" = "b" }] }',
            from_='["event.received_by_team", "event.on"]',
        )
        + '[events.told]\non = "inform"\n',
    )

    clock = load("local.toml", base=tmp_path).clocks["L-2"]

    assert clock.starts == (Trigger(on=("refer", "reopen")),)
    assert clock.stops == (
        Trigger(on=("decide",)),
        Trigger(on=("meet", "told"), when=({"event.chair": "x"},)),
    )
    assert clock.until == (Trigger(on=("close",), when=({"event.reason": "a"}, {"event.reason": "b"})),)
    assert clock.from_ == ("event.received_by_team", "event.on")


@pytest.mark.parametrize("empty", ["{}", "[]", '[{ "event.on" = 1 }, {}]'])
def test_an_empty_when_always_holds(tmp_path: Path, empty: str) -> None:
    """An empty table or list, or an empty table among others, is a condition that always holds."""
    _write(tmp_path, _gate(when=empty))

    assert load("local.toml", base=tmp_path).gates["L-1"].when == ()


def test_a_clock_of_the_service_may_start_with_the_protocol(tmp_path: Path) -> None:
    """What the service owes from the day the protocol is in force starts from no event."""
    _write(tmp_path, _clock(for_='"service"', starts='"protocol"', stops='"govern.locality_meeting"', every='"1 week"'))

    assert load("local.toml", base=tmp_path).clocks["L-2"].starts == (Trigger(on=("protocol",)),)


def test_a_clock_may_stop_when_a_waiver_is_used(tmp_path: Path) -> None:
    """That a waiver was used is no event, and only a clock of a case stops on it."""
    _write(tmp_path, _clock(starts='"waive"', stops='"waiver.used"', within='"event.until"'))
    clock = load("local.toml", base=tmp_path).clocks["L-2"]
    (fault,) = _faults(tmp_path, _clock(starts='"waiver.used"'))

    assert clock.stops == (Trigger(on=("waiver.used",)),)
    assert "unknown kind or named event 'waiver.used'" in fault


def test_homes_and_closures_are_kept(tmp_path: Path) -> None:
    """Where a clause lives that no rule carries, and the authority's own days off, are part of the protocol."""
    _write(tmp_path, HEAD + '[calendar]\nclosures = [2026-12-24]\n[homes]\n"L-9" = "a report"\n')

    protocol = load("local.toml", base=tmp_path)

    assert protocol.homes["L-9"] == "a report"
    assert protocol.calendar.closures == (date(2026, 12, 24),)


def test_one_fault_of_a_table_does_not_make_others(tmp_path: Path) -> None:
    """A rule that uses a set or named event which is itself at fault is not told off as well."""
    text = _clock(stops='"told"', owner='"@mine"') + "[sets]\nmine = 5\n[events.told]\non = 5\n"

    faults = _faults(tmp_path, text)

    assert [int(fault.split(":")[1]) for fault in faults] == [9, 11]


def test_every_protocol_extends_core_unasked(tmp_path: Path) -> None:
    """`core` is last in every chain, its rules stand in every protocol, and it is not one to choose."""
    core = load("core")
    _write(tmp_path, HEAD + GATE)

    protocol = load("local.toml", base=tmp_path)

    assert protocol.extends == ("core",)
    assert core.gates.keys() | core.clocks.keys() <= protocol.gates.keys() | protocol.clocks.keys()
    assert core.extends == ()
    assert "core" not in bundled()


@pytest.fixture(name="family")
def _family(tmp_path: Path) -> Path:
    """A parent with rules, sets, codes, a training, a param and a locked rule."""
    text = (
        '[protocol]\nid = "parent"\ntitle = "The parent"\neffective_from = 2024-01-01\nreferences = ["A book"]\n'
        '[sets]\nlead = ["social_worker"]\nmanager = ["team_manager"]\n'
        '[codes.limb]\nharm = { title = "Harm", clauses = ["P-1"] }\n'
        '[training.induction]\nwithin = "4 weeks"\ntopics = ["a", "b"]\n'
        '[params]\ninception = { type = "date", say = "first day" }\n'
        '[events.told]\non = "inform"\n'
        '[[gate]]\nid = "P-1"\non = "close"\nrequire = { "event.reason" = { present = true } }\nsay = "a reason"\n'
        '[[gate]]\nid = "P-L"\non = "close"\nrequire = { "event.by" = { present = true } }\nlocked = true\n'
        '[[clock]]\nid = "P-2"\nstarts = "refer"\nstops = "told"\nwithin = "1 week"\nowner = "@manager"\n'
    )
    _write(tmp_path, text, "parent.toml")
    return tmp_path


CHILD = '[protocol]\nid = "local"\nextends = "parent.toml"\n'


def test_the_protocol_table_is_not_inherited(family: Path) -> None:
    """Title, dates and references are the child's own; without a title its id stands for one."""
    _write(family, CHILD)

    protocol = load("local.toml", base=family)

    assert (protocol.title, protocol.effective_from, protocol.references) == ("local", None, ())
    assert protocol.extends == ("parent", "core")


def test_tables_merge_key_by_key_and_lists_replace(family: Path) -> None:
    """At every depth a key of the child stands in place of the parent's, and the others stay."""
    _write(
        family,
        CHILD
        + '[sets]\nlead = ["key_worker"]\n[codes.limb]\nharm.title = "Significant harm"\nneed = { title = "Need" }\n'
        '[training.induction]\nwithin = "6 weeks"\n[params]\ninception = 2025-09-01\n',
    )

    protocol = load("local.toml", base=family)

    assert protocol.sets["lead"] == ("key_worker",)
    assert protocol.sets["manager"] == ("team_manager",)
    assert protocol.codes["limb"]["harm"].title == "Significant harm"
    assert protocol.codes["limb"]["harm"].clauses == ("P-1",)
    assert protocol.codes["limb"]["need"].title == "Need"
    assert (protocol.training["induction"].within, protocol.training["induction"].topics) == ("6 weeks", ("a", "b"))
    assert (protocol.params["inception"].value, protocol.params["inception"].say) == (date(2025, 9, 1), "first day")


def test_a_restated_rule_replaces_the_whole_rule(family: Path) -> None:
    """Nothing of the parent's rule is left, and the finding is traced to the file that restates it."""
    _write(family, CHILD + '[[gate]]\nid = "P-1"\non = "close"\nrequire = { "event.text" = "x" }\nlevel = "warn"\n')

    protocol = load("local.toml", base=family)

    assert (protocol.gates["P-1"].say, protocol.gates["P-1"].level) == ("", "warn")
    assert (protocol.gates["P-1"].protocol, protocol.where("P-1")) == ("local", "local.toml:4")
    assert (protocol.clocks["P-2"].protocol, protocol.where("P-2")) == ("parent", "parent.toml:28")


def test_a_gate_may_restate_a_clock(family: Path) -> None:
    """Ids are one namespace: a soft notice made hard is no longer a clock."""
    _write(family, CHILD + '[[gate]]\nid = "P-2"\non = "close"\nrequire = { "event.text" = "x" }\n')

    protocol = load("local.toml", base=family)

    assert "P-2" in protocol.gates
    assert "P-2" not in protocol.clocks


def test_a_disabled_rule_is_gone_and_its_reason_is_kept(family: Path) -> None:
    """Disabling takes a reason; a grandchild may state the rule anew."""
    _write(family, CHILD + '[disable]\n"P-1" = "not here"\n')
    _write(family, '[protocol]\nid = "grandchild"\nextends = "local.toml"\n' + GATE.replace("L-1", "P-1"), "third.toml")

    child, grandchild = load("local.toml", base=family), load("third.toml", base=family)

    assert "P-1" not in child.gates
    assert child.disabled == {"P-1": "not here"}
    assert "P-1" in grandchild.gates
    assert grandchild.disabled == {}
    assert grandchild.extends == ("local", "parent", "core")


def test_a_locked_rule_stands(family: Path) -> None:
    """A locked rule can be neither disabled nor restated, and the complaint says where it stands."""
    faults = _faults(family, CHILD + '[disable]\n"P-L" = "no"\n' + CLOCK.replace("L-2", "P-L"))

    assert len(faults) == 2
    assert faults[0].startswith("local.toml:5: [disable]: P-L: a locked rule cannot be disabled (parent.toml:")
    assert faults[1].startswith("local.toml:7: clock P-L: restates a locked rule")


def test_a_rule_cannot_be_disabled_and_restated_in_one_file(family: Path) -> None:
    """One file says one thing about a rule."""
    (fault,) = _faults(family, CHILD + GATE.replace("L-1", "P-1") + '[disable]\n"P-1" = "no"\n')

    assert "the same file states this rule" in fault


def test_a_misspelt_rule_to_disable_gets_a_suggestion(family: Path) -> None:
    """What may be disabled is what the parent has."""
    (fault,) = _faults(family, CHILD + '[disable]\n"P-11" = "no"\n')

    assert fault.endswith("there is no such rule to disable. Did you mean 'P-1'?")


def test_a_ring_of_extends_is_named(tmp_path: Path) -> None:
    """A ring is told at the line that closes it, with every file in it, however they are spelt."""
    (tmp_path / "sub").mkdir()
    _write(tmp_path, '[protocol]\nid = "b"\nextends = "sub/c.toml"\n', "b.toml")
    _write(tmp_path, '[protocol]\nid = "c"\nextends = "../local.toml"\n', "sub/c.toml")

    (fault,) = _faults(tmp_path, HEAD + 'extends = "./b.toml"\n')

    assert fault == (
        "sub/c.toml:3: [protocol]: extends: goes round in a ring: local.toml -> b.toml -> sub/c.toml -> local.toml"
    )


def test_an_earlier_version_is_found_through_supersedes(family: Path) -> None:
    """A version knows the one in force before it, which must have come into force earlier."""
    _write(family, HEAD + 'effective_from = 2026-01-01\nsupersedes = "parent.toml"\n', "new.toml")
    (fault,) = _faults(family, HEAD + 'effective_from = 2023-01-01\nsupersedes = "parent.toml"\n')

    before = load("new.toml", base=family).supersedes

    assert before is not None
    assert (before.id, before.effective_from) == ("parent", date(2024, 1, 1))
    assert "in force from 2024-01-01, which is not before 2023-01-01" in fault


def test_the_hash_is_of_what_is_said_not_of_how(family: Path) -> None:
    """Order of keys and rules, spelling of lists, comments, lines and the file's name do not change the hash."""
    _write(family, CHILD + '[sets]\na = ["x"]\nb = ["y"]\n' + GATE + CLOCK)
    _write(
        family,
        "# the same\n" + CHILD + CLOCK.replace('"refer"', '["refer"]') + '[[gate]]\nlevel = "deny"\non = ["allocate"]\n'
        'require = [{ "event.to".present = true }]\nid = "L-1"\n[sets]\nb = ["y"]\na = ["x"]\n',
        "other.toml",
    )

    one, other = load("local.toml", base=family), load("other.toml", base=family)

    assert one.hash == other.hash
    assert len(one.hash) == 64


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"event.to"', '"event.by"'),
        ('"refer"', '"reopen"'),
        ("present = true", "present = false"),
        ('"local"', '"locale"'),
        ("2026-01-01", "2026-01-02"),
    ],
)
def test_the_hash_changes_with_the_content(tmp_path: Path, was: str, now: str) -> None:
    """Whatever a rule or table says is in the hash."""
    text = HEAD + "review_on = 2026-01-01\n" + GATE + CLOCK
    _write(tmp_path, text)
    _write(tmp_path, text.replace(was, now), "other.toml")

    assert load("local.toml", base=tmp_path).hash != load("other.toml", base=tmp_path).hash


def test_the_hash_changes_with_a_parent(family: Path) -> None:
    """The hash is of the resolved protocol: a parent's change is a change."""
    _write(family, CHILD)
    before = load("local.toml", base=family).hash
    parent = (family / "parent.toml").read_text(encoding="utf-8")
    _write(family, parent.replace('"1 week"', '"10 days"'), "parent.toml")

    assert load("local.toml", base=family).hash != before


def test_an_unchanged_protocol_is_not_read_again(family: Path) -> None:
    """A second load in one process is the same object, until a file of its chain changes."""
    _write(family, CHILD)
    first = load("local.toml", base=family)

    assert load("local.toml", base=family) is first

    _write(family, CHILD + "# longer\n")

    assert load("local.toml", base=family) is not first


def test_a_protocol_may_be_held_in_tables(family: Path) -> None:
    """Tables from a config are a protocol too; what they extend is found beside the config."""
    tables: dict[str, Any] = {
        "protocol": {"id": "held", "extends": "parent.toml"},
        "gate": [{"id": "L-1", "on": "refer", "require": {"event.born": {"present": True}}}],
    }

    protocol = load_tables(tables, file="cinctl.toml", base=family)

    assert protocol.extends == ("parent", "core")
    assert protocol.where("L-1") == "cinctl.toml"
    assert protocol.where("P-1") == "parent.toml:18"


def test_faults_of_tables_are_told_with_the_line_of_their_file(tmp_path: Path) -> None:
    """Where the tables stand in a file, complaints name its lines, in whichever table of it they stand."""
    path = _write(tmp_path, 'store = "x"\n\n[law.protocol]\nid = "held"\n\n[[law.gate]]\nid = "L-1"\n', "cinctl.toml")
    tables: dict[str, Any] = {"protocol": {"id": "held"}, "gate": [{"id": "L-1"}]}

    with pytest.raises(ProtocolError) as caught:
        load_tables(tables, file=str(path), base=tmp_path, under=("law",))

    assert [fault.removeprefix(str(path)) for fault in caught.value.faults] == [
        ":6: gate L-1: missing key 'on'",
        ":6: gate L-1: missing key 'require'",
    ]


def test_a_patch_changes_only_what_it_gives(family: Path) -> None:
    """Tables merge, a known rule changes only its given keys, a new one is added, and the id stays."""
    over: dict[str, Any] = {
        "protocol": {"title": "Patched"},
        "sets": {"lead": ["key_worker"]},
        "gate": [{"id": "P-1", "level": "warn"}, {"id": "L-1", "on": "refer", "require": {"event.born": 1}}],
        "clock": [{"id": "P-2", "every": "2 weeks"}],
        "params": {"inception": date(2025, 9, 1)},
    }

    patched = patch("parent.toml", over, base=family)

    assert (patched.id, patched.title, patched.effective_from) == ("parent", "Patched", date(2024, 1, 1))
    assert patched.extends == ("core",)
    assert patched.sets == {**load("parent.toml", base=family).sets, "lead": ("key_worker",)}
    assert (patched.gates["P-1"].level, patched.gates["P-1"].say) == ("warn", "a reason")
    assert "L-1" in patched.gates
    assert (patched.clocks["P-2"].within, patched.clocks["P-2"].every) == (None, "2 weeks")
    assert patched.clocks["P-2"].owner == "@manager"
    assert patched.hash != load("parent.toml", base=family).hash


def test_a_patch_of_nothing_changes_nothing(family: Path) -> None:
    """An empty patch leaves the protocol's content, and so its hash."""
    assert patch("parent.toml", {}, base=family).hash == load("parent.toml", base=family).hash


def test_a_patch_over_tables_reaches_rules_of_what_they_extend(family: Path) -> None:
    """A patch may stand over tables, and change a rule that those inherit."""
    tables = {"protocol": {"id": "held", "extends": "parent.toml"}}

    patched = patch(tables, {"gate": [{"id": "P-1", "say": "why"}]}, base=family)

    assert (patched.id, patched.gates["P-1"].say, patched.gates["P-1"].on) == ("held", "why", ("close",))


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"gate": [{"id": "P-L", "level": "warn"}]}, "restates a locked rule"),
        ({"protocol": {"extends": "core"}}, "a patch cannot change 'extends'"),
        ({"gate": [{"id": "P-1", "levl": "warn"}]}, "story.toml: gate P-1: unexpected key 'levl'"),
        ({"gates": []}, "story.toml: unexpected table 'gates'"),
        ({"protocol": 5}, "must be a table, not 5"),
        ({"gate": 5}, "each written [[gate]]"),
        ({"gate": [5]}, "gate number 1: must be a table, not 5"),
        ({"protocol": {"supersedes": "absent.toml"}}, "there is no protocol file 'absent.toml'"),
    ],
)
def test_a_bad_patch_is_told_as_a_bad_file_is(family: Path, over: dict[str, Any], words: str) -> None:
    """A patch is checked like a file, and cannot get past a lock."""
    with pytest.raises(ProtocolError) as caught:
        patch("parent.toml", over, base=family, file="story.toml")

    assert len(caught.value.faults) == 1
    assert words in caught.value.faults[0]


def test_the_registers_are_whole() -> None:
    """Every clause of the five source documents is there, with the strength it was given."""
    clauses = register()
    levels = [clause.level for clause in clauses.values()]

    assert len(clauses) == 327
    assert (levels.count("hard"), levels.count("soft"), levels.count("context")) == (97, 144, 86)
    assert {clause.source for clause in clauses.values()} == set(register_sources())


def test_every_clause_of_the_registers_is_clean() -> None:
    """A clause is under its own id, says something, and carries no mark-up or line number."""
    for key, clause in register().items():
        assert clause.id == key
        assert key.startswith(f"{clause.source}-")
        assert clause.section
        assert len(clause.says) > 10
        assert not set("|*`\n") & set(clause.says + clause.section)


def test_a_rule_is_cited_by_the_section_of_its_first_clause(tmp_path: Path) -> None:
    """Short name and section for a known clause, the protocol's own clause first; else the protocol's id."""
    _write(
        tmp_path,
        HEAD + '[sources.LOC]\ntitle = "Local handbook"\n'
        '[clauses.LOC-1]\nsource = "LOC"\nsection = "Chapter 2"\nlevel = "hard"\nsays = "Something"\n'
        + GATE.replace("L-1", "BRI-53")
        + GATE.replace("L-1", "LOC-1")
        + GATE
        + GATE.replace("L-1", "HAM-33"),
    )

    protocol = load("local.toml", base=tmp_path)

    assert [protocol.cite(protocol.gates[key]) for key in ("BRI-53", "LOC-1", "HAM-33", "L-1")] == [
        "Bristol §7",
        "Local handbook, Chapter 2",
        "Hampshire, Closure",
        "local",
    ]
    assert protocol.clause("no-such") is None


def test_the_bundled_protocols_load() -> None:
    """Every bundled protocol loads, with a title, an id that is its name, and rules."""
    assert bundled()
    for name in bundled():
        protocol = load(name)

        assert (protocol.id, protocol.extends[-1]) == (name, "core")
        assert protocol.title
        assert protocol.gates
        assert protocol.file == f"{name}.toml"


def test_limits_of_caseload_are_laid_over_one_another(tmp_path: Path) -> None:
    """A limit is by role, else for any; by unit, else for any; a protocol changes the ones that it gives."""
    limits = "[caseload]\npractitioner = 18\nunit = 90\n[caseload.roles]\nboss = 0\n[caseload.units]\nA = 60\n"
    _write(tmp_path, HEAD + limits)
    _write(tmp_path, '[protocol]\nid = "own"\nextends = "local.toml"\n[caseload.roles]\nnewcomer = 12\n', "own.toml")

    spec = load("own.toml", base=tmp_path).caseload
    assert [0, 12, 18, 18] == [spec.of_practitioner(role) for role in ("boss", "newcomer", "other", None)]
    assert [60, 90, None] == [spec.of_unit(unit) for unit in ("A", "B", None)]


@pytest.mark.parametrize("name", bundled())
def test_no_bundled_protocol_limits_what_no_source_does(name: str) -> None:
    """BRI-47 and TOR-07 ask who carries what and how often it changes hands; no source says how much is too much."""
    assert CaseloadSpec() == load(name).caseload
