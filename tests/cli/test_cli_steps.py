"""Recording steps: options, phases, cases through pipes, waivers, corrections, answers in every form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk


def _last(desk: Desk) -> dict[str, Any]:
    """Return the last line of the log."""
    line: dict[str, Any] = json.loads((desk.folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return line


def test_refer_prints_the_id(desk: Desk) -> None:
    """The id given, or the next that the store gives, and nothing else."""
    given = desk.type("refer R1 --source 1A --born 2015-06-01")
    first = desk.type("refer --source 1A --expected 2026-09-01")
    second = desk.type("refer --source 1A --born 2015-06-01")

    assert [given.out, first.out, second.out] == ["R1\n", "C-000001\n", "C-000002\n"]


def test_step_is_one_short_line(case: Desk) -> None:
    """For people: case, step, day and place in the log."""
    assert case.must("map R1 --strengths T --on 2026-02-24").out == "R1: map, Tue 24 Feb 2026, recorded as 4\n"


def test_finding_of_an_accepted_step_goes_to_stderr(case: Desk) -> None:
    """What a step breaks at level warn is told, and the step recorded."""
    result = case.type("visit R1 --seen child --on 2026-02-24")

    assert result.code == 0
    assert result.err.startswith("finding SML-3 (Small §3): the child is seen alone")


def test_late_step_shows_its_finding(case: Desk) -> None:
    """A step that finishes an obligation late says by which rule."""
    result = case.type("decide R1 --outcome section-17 --on 2026-02-27")

    assert result.code == 0
    assert result.err.startswith("finding SML-2 (Small §2): decide next steps")


PHASES = [
    ("assess R1 --start", "assess.start"),
    ("assess R1 --complete", "assess.complete"),
    ("plan R1 --part outcomes=T", "plan.draft"),
    ("plan R1 --confirm", "plan.confirm"),
    ("plan R1 --start", "plan.start"),
    ("plan R1 --change", "plan.change"),
    ("plan R1 --end", "plan.end"),
    ("approve R1 --what plan --by tm1", "approve.plan"),
    ("approve R1 --what plan --return --by tm1", "approve.plan_returned"),
    ("approve R1 --what assessment --by tm1", "approve.assessment"),
    ("approve R1 --what assessment --return --by tm1", "approve.assessment_returned"),
    ("supervise R1 --with sw1 --by tm1", "supervise.formal"),
    ("supervise R1 --with sw1 --informal --by tm1", "supervise.informal"),
    ("escalate R1 --raise --to tm1", "escalate.raise"),
    ("escalate R1 --agree", "escalate.agree"),
    ("escalate R1 --decline", "escalate.decline"),
    ("cowork R1 --with sw1", "cowork.add"),
    ("cowork R1 --with sw1 --end", "cowork.end"),
    ("meet R1 --planning", "meet.planning"),
    ("meet R1 --clinic", "meet.clinic"),
    ("meet R1 --other", "meet.other"),
    ("note R1 --text T", "note"),
]


@pytest.mark.parametrize(("line", "kind"), PHASES, ids=[line for line, _ in PHASES])
def test_phases(case: Desk, line: str, kind: str) -> None:
    """How each phase is typed, and what stands in the log."""
    result = case.type(f"{line} --dry-run --json")

    assert result.code == 0, result.err
    assert kind == result.json["event"]["kind"]


def test_options_become_data(case: Desk) -> None:
    """Every type of field lands in the log as its class says: lists, tables, dates, flags, codes, numbers."""
    case.must("map R1 --strengths T --partners school --partners health --attendees sw1 --on 2026-02-24")
    mapped = _last(case)
    case.must("allocate R1 --to sw1 --rationale skills-experience=T=1 --rationale s47_risk=U --agreed-by-lead")
    allocated = _last(case)
    case.must("direct R1 --focus T --see-child-by 2026-03-03")
    directed = _last(case)
    case.must("assess R1 --start --direction 6")
    assessed = _last(case)

    assert mapped["data"] == {"strengths": "T", "attendees": ["sw1"], "partners": ["school", "health"]}
    assert allocated["data"]["rationale"] == {"skills_experience": "T=1", "s47_risk": "U"}
    assert allocated["data"]["agreed_by_lead"] is True
    assert directed["data"]["see_child_by"] == "2026-03-03"
    assert assessed["data"]["direction"] == 6


def test_flag_can_be_denied(case: Desk) -> None:
    """A flag is given, denied, or left unsaid."""
    for typed, expected in (("--alone", True), ("--no-alone", False), ("", None)):
        case.must(f"visit R1 {typed}")
        assert expected is _last(case)["data"].get("alone")


def test_hyphen_does_for_underscore(case: Desk) -> None:
    """A code may be typed with hyphens and stands in the log with underscores."""
    case.must("decide R1 --outcome section-17")

    assert _last(case)["data"]["outcome"] == "section_17"


def test_text_from_a_file(case: Desk) -> None:
    """@FILE is read, its last newline dropped; @@ is a plain @."""
    (case.folder / "note.txt").write_text("first\nsecond – naïve\n", encoding="utf-8")

    case.must("note R1 --text @note.txt")
    assert _last(case)["data"]["text"] == "first\nsecond – naïve"
    case.must("note R1 --text @@note.txt")
    assert _last(case)["data"]["text"] == "@note.txt"
    case.must("plan R1 --part outcomes=@note.txt")
    assert _last(case)["data"]["part"]["outcomes"] == "first\nsecond – naïve"


def test_text_from_stdin(case: Desk) -> None:
    """@- is stdin."""
    case.type("note R1 --text @-", stdin="from a pipe\n")

    assert _last(case)["data"]["text"] == "from a pipe"


def test_text_that_is_not_utf_8(case: Desk) -> None:
    """Bytes that are no UTF-8 are wrong usage, on the command line, in a file and on stdin."""
    (case.folder / "bad.txt").write_bytes(b"\xff\xfe")

    assert case.run("note", "R1", "--text", "a\udcff").code == 2
    assert case.type("note R1 --text @bad.txt").code == 2
    assert case.type("note R1 --text @-", stdin=b"\xff").code == 2


def test_cases_through_a_pipe(case: Desk) -> None:
    """`-` reads ids and JSON as any command answers it, each case once, nulls and blank lines left out."""
    case.must("refer R2 --source 1A --born 2015-06-01")
    ids = "R1\n\n  R2 \nR1\n"
    lines = '{"case":"R1","x":1}\n{"case":null}\n{"case":"R2"}\n'
    array = '[\n{"case": "R1"},\n{"case": "R2"}\n]\n'

    steps = '{"accepted": true, "event": {"case": "R1"}, "findings": []}\n[{"event": {"case": "R2"}}, null]'
    pretty = case.type("show R1 --json").out + case.type("show R2 --json").out

    for stdin in (ids, lines, array, steps, pretty, '["R1", null, "R2"]'):
        assert [row["case"] for row in case.type("show - --json", stdin=stdin).json] == ["R1", "R2"]
        assert case.type("note - --text T", stdin=stdin).out.count("recorded") == 2


@pytest.mark.parametrize(
    "stdin", ["{broken", '{"id": 1}', '{"case": 3}', "[1]", b"\xff\n"], ids=["json", "key", "type", "row", "utf-8"]
)
def test_bad_cases_through_a_pipe(case: Desk, stdin: str | bytes) -> None:
    """What holds no case is wrong usage."""
    result = case.type("show -", stdin=stdin)

    assert (result.code, result.err.count("\n")) == (2, 1)


def test_no_case_through_a_pipe_is_no_work(case: Desk) -> None:
    """An empty pipe means no case, never all cases."""
    assert case.type("note - --text T")[:2] == (0, "")
    assert case.type("due - --json").json == []
    assert case.type("audit - --json").json["findings"] == []


def test_several_cases_are_all_or_nothing(case: Desk) -> None:
    """One refused case keeps the others from being recorded; the refusal names its case."""
    case.must("refer R2 --source 1A --born 2015-06-01 --on 2026-02-23")
    case.must("map R1 --strengths T --on 2026-02-24")
    before = (case.folder / "cases.jsonl").read_bytes()

    result = case.type("allocate R1 R2 --to sw1 --on 2026-02-24")

    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("R2: refused by SML-1 (Small §1): ")
    assert "--keep-going" in result.err
    assert before == (case.folder / "cases.jsonl").read_bytes()


def test_keep_going_records_the_accepted(case: Desk) -> None:
    """With --keep-going the accepted cases stand; exit 3 all the same."""
    case.must("refer R2 --source 1A --born 2015-06-01 --on 2026-02-23")
    case.must("map R1 --strengths T --on 2026-02-24")

    result = case.type("allocate R1 R2 --to sw1 --on 2026-02-24 --keep-going")

    assert result.code == 3
    assert result.out.startswith("R1: allocate")
    assert _last(case)["kind"] == "allocate"


def test_dry_run_writes_nothing(case: Desk) -> None:
    """--dry-run judges and leaves the store as it is."""
    before = (case.folder / "cases.jsonl").read_bytes()

    accepted = case.type("map R1 --strengths T --dry-run")
    refused = case.type("allocate R1 --to sw1 --dry-run")

    assert accepted[:2] == (0, "R1: map, Mon 2 Mar 2026: would be recorded\n")
    assert refused.code == 3
    assert before == (case.folder / "cases.jsonl").read_bytes()


def test_json_of_one_step(case: Desk) -> None:
    """One step is one object: its schema, accepted, event, findings, then case and error."""
    answer = case.type("visit R1 --seen child --json").json

    assert list(answer) == ["schema", "accepted", "event", "findings", "case", "error"]
    assert (answer["case"], answer["error"], answer["findings"][0]["seq"]) == ("R1", None, 4)
    assert answer["accepted"] is True
    assert answer["event"]["kind"] == "visit"
    assert [finding["rule"] for finding in answer["findings"]] == ["SML-3"]


def test_json_of_a_refusal(case: Desk) -> None:
    """A refused step answers too: not accepted, no event, what refused it; exit 3."""
    result = case.type("allocate R1 --to sw1 --json")

    assert result.code == 3
    assert (result.json["accepted"], result.json["event"]) == (False, None)
    assert ("SML-1", None) in [(finding["rule"], finding["seq"]) for finding in result.json["findings"]]
    assert (result.json["case"], result.json["error"]) == ("R1", None)


def test_json_of_what_means_nothing(case: Desk) -> None:
    """A step that means nothing says on which case and why: exit 2."""
    one, several = case.type("note R7 --text T --json"), case.type("note R1 R7 --text T --json")

    assert (one.code, several.code) == (2, 2)
    assert (one.json["accepted"], one.json["case"]) == (False, "R7")
    assert "R7" in one.json["error"]
    assert [(v["accepted"], v["case"], v["error"] is None) for v in several.json] == [
        (False, "R1", True),
        (False, "R7", False),
    ]


def test_json_of_several_steps(case: Desk) -> None:
    """Several cases are an array; none counts as accepted when one is refused."""
    case.must("refer R2 --source 1A --born 2015-06-01 --on 2026-02-23")
    case.must("map R1 --strengths T --on 2026-02-24")

    answer = case.type("allocate R1 R2 --to sw1 --on 2026-02-24 --json").json

    assert [verdict["accepted"] for verdict in answer] == [False, False]


@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "tsv", "markdown", "ids"])
def test_other_formats_of_a_step(case: Desk, form: str) -> None:
    """Every format names the case."""
    result = case.type(f"note R1 --text T -f {form}")

    assert result.code == 0
    assert "R1" in result.out


def test_columns_of_a_step(case: Desk) -> None:
    """--columns picks fields of the short row."""
    assert case.type("note R1 --text T --json --columns case,seq").json == {"case": "R1", "seq": 4}


WAIVER = "--waive SML-1 --waive-reason T --waive-until 2026-08-01 --waive-approved-by tm1"


def test_waiver_on_the_step(case: Desk) -> None:
    """With all four options the rule is departed from: the waiver and the step are recorded together."""
    result = case.type(f"allocate R1 --to sw1 --by sw1 {WAIVER}")

    assert result.code == 0, result.err
    assert result.out.count("\n") == 1
    assert "waived SML-1 (Small §1)" in result.err
    kinds = [row["kind"] for row in case.type("history R1 --json").json]
    assert kinds == ["refer", "waive", "allocate"]


def test_waiver_on_a_referral(desk: Desk) -> None:
    """A waiver given with the referral follows it, whoever gives the case its id."""
    referral = "--source 1A --born 2015-06-01 --by sw1 --on 2026-02-23"

    named, unnamed = desk.type(f"refer R1 {referral} {WAIVER}"), desk.type(f"refer {referral} {WAIVER}")

    assert (named.code, named.out, unnamed.code, unnamed.out) == (0, "R1\n", 0, "C-000001\n")
    for id_ in ("R1", "C-000001"):
        assert [row["kind"] for row in desk.type(f"history {id_} --json").json] == ["refer", "waive"]


def test_answer_with_a_waiver_is_about_the_step(case: Desk) -> None:
    """One object, one row, one line: the waiver that came with the step is no verdict of its own."""
    accepted = case.type(f"allocate R1 --to sw1 --by sw1 {WAIVER} --json")
    row = case.type(f"allocate R1 --to tm1 --by sw1 {WAIVER} --dry-run -f csv")

    assert (accepted.code, accepted.json["accepted"], accepted.json["event"]["kind"]) == (0, True, "allocate")
    assert row.out.count("\n") == 2


def test_refusal_with_a_waiver_is_about_the_step(case: Desk) -> None:
    """Refused all the same: one object, a line for each rule, once, without the case's name or a hint."""
    waivers = WAIVER.replace("--waive SML-1", "--waive SML-3 --waive SML-3")

    result = case.type(f"allocate R1 --to sw1 --by sw1 {waivers} --json")

    assert (result.code, result.json["accepted"], result.json["case"]) == (3, False, "R1")
    lines = result.err.splitlines()
    assert lines == list(dict.fromkeys(lines))
    assert lines
    assert all(line.startswith("refused by ") for line in lines)


def test_waiver_that_means_nothing(case: Desk) -> None:
    """A waiver of a rule that is not there: one object that says so, nothing recorded."""
    before = (case.folder / "cases.jsonl").read_bytes()

    result = case.type(f"note R1 --text T --by sw1 {WAIVER.replace('SML-1', 'SML-9')} --json")

    assert (result.code, result.json["accepted"], result.err.count("\n")) == (2, False, 1)
    assert "SML-9" in result.json["error"]
    assert before == (case.folder / "cases.jsonl").read_bytes()


def test_staff_steps_take_waivers(desk: Desk) -> None:
    """Every step that writes knows --waive; all four options are asked for there too."""
    result = desk.type("staff leave sw1 --waive SML-1")

    assert (result.code, result.out) == (2, "")
    assert "a waiver needs --waive-reason, --waive-until, --waive-approved-by too" in result.err


def test_note_is_text_by_another_name(case: Desk) -> None:
    """`note` takes --note, as every step does, for --text."""
    case.must("note R1 --note T --by sw1")

    assert _last(case)["data"] == {"text": "T"}


def test_waiver_is_not_left_behind(case: Desk) -> None:
    """A step that is refused all the same leaves no waiver, with --keep-going neither."""
    case.must("map R1 --strengths T")
    case.must("allocate R1 --to sw1")
    before = (case.folder / "cases.jsonl").read_bytes()

    for more in ("", " --keep-going"):
        assert case.type(f"allocate R1 --to tm1 --by sw1 {WAIVER}{more}").code == 3
        assert before == (case.folder / "cases.jsonl").read_bytes()


def test_waive_as_a_step(case: Desk) -> None:
    """`waive` records the departure by itself."""
    case.must("waive R1 --rule SML-1 --reason T --until 2026-08-01 --approved-by tm1 --by sw1")

    assert _last(case)["data"] == {"rule": "SML-1", "reason": "T", "until": "2026-08-01", "approved_by": "tm1"}


def test_correct_amends(case: Desk) -> None:
    """`correct SEQ --set` amends: history shows both."""
    case.must("map R1 --strengths T --on 2026-02-24")
    result = case.must("correct 4 --set at=2026-02-25 --reason typo --by sw1")

    rows = case.type("history R1 --json").json
    assert "R1: correct, " in result.out
    assert rows[1]["corrected_by"] == 5
    assert rows[2]["data"] == {"of": 4, "set": {"at": "2026-02-25"}, "reason": "typo"}


def test_correct_sets_lists_and_parts(case: Desk) -> None:
    """--set comes again for each value of a list; FIELD.PART sets one part of a table and leaves the rest."""
    case.must("visit R1 --seen child")
    case.must("correct 4 --set seen=child --set seen=family --reason T")
    listed = _last(case)
    case.must(f"allocate R1 --to sw1 --by sw1 --rationale skills-experience=T --rationale s47_risk=U {WAIVER}")
    seq = _last(case)["seq"]
    case.must(f"correct {seq} --set rationale.skills-experience=NEW --reason T")
    parts = _last(case)

    assert listed["data"]["set"] == {"seen": ["child", "family"]}
    assert parts["data"]["set"] == {"rationale": {"skills_experience": "NEW", "s47_risk": "U"}}


def test_correct_of_staff_names_them(desk: Desk) -> None:
    """A correction of what the register holds says whose entry it is, also of a correction."""
    first, second = desk.must("correct 1 --set unit=B --reason T"), desk.must("correct 3 --void --reason T")

    assert first.out.startswith("tm1: correct, ")
    assert second.out.startswith("tm1: correct, ")


def test_correct_voids(case: Desk) -> None:
    """`correct SEQ --void` takes back: what needed it is refused again."""
    case.must("map R1 --strengths T --on 2026-02-24")
    case.must("correct 4 --void --reason typo")

    assert case.type("allocate R1 --to sw1 --on 2026-02-25").code == 3


def test_when_a_step_happened(case: Desk) -> None:
    """--on and --at stand as given; without them the clock, or --today."""
    for typed, expected in (
        ("--on 2026-02-24", "2026-02-24"),
        ("--at 2026-02-24T09:30:00+01:00", "2026-02-24T09:30:00+01:00"),
        ("", "2026-03-02T09:30:00+00:00"),
        ("--today 2026-02-26", "2026-02-26"),
    ):
        case.must(f"note R1 --text T {typed}")
        assert expected == _last(case)["at"]
        assert _last(case)["recorded"] == "2026-03-02T09:30:00+00:00"


def test_staff_life(desk: Desk) -> None:
    """Join, change, train, go away, leave: the register as of each day."""
    desk.must("staff join kw1 --role social-worker --unit B --on 2025-01-06")
    desk.must("staff change kw1 --unit C --qualified --on 2025-06-02")
    desk.must("staff train kw1 --topic uk_law --topic direct_work --on 2025-07-01")
    desk.must("staff away kw1 --until 2025-08-10 --cover sw1 --on 2025-08-01")
    desk.must("staff leave kw1 --on 2026-02-27")

    before = desk.type("staff show kw1 --json --today 2025-01-07").json
    after = desk.type("staff show kw1 --json --today 2025-07-02").json

    assert (before["role"], before["unit"], before["qualified"]) == ("social_worker", "B", False)
    assert (after["unit"], after["qualified"], after["training"]) == ("C", True, ["direct_work", "uk_law"])
    assert desk.type("staff show kw1 --json").json["in_post"] is False


def test_apply(case: Desk) -> None:
    """One verdict a line, in order; good lines stand; malformed ones are named by line; exit 2."""
    lines = [
        '{"kind":"note","case":"R1","at":"2026-02-24","by":"sw1","data":{"text":"T"}}',
        "",
        '{"kind":"note","case":"R1","data":{"txt":"T"}}',
        "{broken",
        '{"kind":"allocate","case":"R1","at":"2026-02-24","data":{"to":"sw1"}}',
        '{"kind":"refer","data":{"source":"1A","born":"2015-06-01"}}',
    ]

    result = case.type("apply -", stdin="\n".join(lines) + "\n")

    rows = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 2
    assert [(r["line"], r["accepted"]) for r in rows] == [(1, True), (3, False), (4, False), (5, False), (6, True)]
    assert list(rows[0]) == ["line", "case", "accepted", "seq", "findings", "error"]
    assert rows[1]["error"].endswith("Did you mean 'text'?")
    assert rows[3]["findings"][0]["rule"] == "SML-1"
    assert rows[4]["case"] == "C-000001"
    assert "line 4: " in result.err


def test_apply_refused_is_exit_3(case: Desk) -> None:
    """Without a malformed line, a refusal is exit 3."""
    line = '{"kind":"allocate","case":"R1","at":"2026-02-24","data":{"to":"sw1"}}\n'

    assert case.type("apply", stdin=line).code == 3


def test_apply_atomic(case: Desk) -> None:
    """--atomic: all lines or none."""
    good = '{"kind":"note","case":"R1","data":{"text":"T"}}\n'
    before = (case.folder / "cases.jsonl").read_bytes()

    result = case.type("apply --atomic", stdin=good + "{broken\n")

    assert result.code == 2
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["accepted"], row["seq"], row["error"] is None) for row in rows] == [
        (False, None, True),
        (False, None, False),
    ]
    assert result.err.count("nothing was recorded") == 1
    assert before == (case.folder / "cases.jsonl").read_bytes()


def test_apply_of_a_file_twice(case: Desk) -> None:
    """A line with a key counts once, however often it comes."""
    (case.folder / "events.jsonl").write_text('{"kind":"note","case":"R1","key":"k1","data":{"text":"T"}}\n')

    assert case.type("apply events.jsonl").code == 0
    assert case.type("apply events.jsonl").code == 0
    assert len(case.type("history R1 --json").json) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are no bytes there")
def test_text_typed_in_a_locale_without_letters(case: Desk) -> None:
    """UTF-8 on the command line is UTF-8 in the log, even where the locale is plain ASCII."""
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    args = [sys.executable, "-m", "cinctl", "note", "R1", "--text", "naïve ☂"]
    subprocess.run([arg.encode() for arg in args], cwd=case.folder, env=env, check=True, stdout=subprocess.DEVNULL)

    assert _last(case)["data"]["text"] == "naïve ☂"
