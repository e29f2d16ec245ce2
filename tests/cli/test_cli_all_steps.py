"""Every kind of event has its command: phases, cases where there may be none, and what a table must not show."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click
import pytest

from cinctl.cli import COMMANDS, cli
from cinctl.events import KINDS
from cinctl.render import FORMATS

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

STEPS = [
    ("consent R1 --for assessment --answer given --given-by mother --has-pr", "consent.assessment"),
    ("consent R1 --for plan --answer declined", "consent.plan"),
    ("consent R1 --for fgc --answer withdrawn", "consent.fgc"),
    ("endorse R1 --to sw1 --rationale T --proposed-by sw1 --by tm1", "endorse"),
    ("handover R1 --start", "handover.start"),
    ("handover R1 --complete --none-outstanding", "handover.complete"),
    ("summarise R1 --text T --agency school", "summarise"),
    ("update R1 --need N2 --agency school --agency health --unit B --disabled", "update"),
    ("change R1 --what T", "change"),
    ("legal R1 --start --status pre-proceedings", "legal.start"),
    ("legal R1 --end --status pre-proceedings", "legal.end"),
    ("enquire R1 --start --with-police", "enquire.start"),
    ("enquire R1 --conclude --outcome substantiated --conference-needed", "enquire.conclude"),
    ("conference R1 --initial --core-group T", "conference.initial"),
    ("conference R1 --review", "conference.review"),
    ("coregroup R1 --led-by sw1 --agency school", "coregroup"),
    ("service R1 --refer --service family-solutions --route panel", "service.refer"),
    ("service R1 --answer accepted", "service.answer"),
    ("service R1 --start", "service.start"),
    ("service R1 --end", "service.end"),
    ("dissent R1 --partner school --issue T --policy T", "dissent"),
    ("feedback R1 --received --type complaint --from family", "feedback.received"),
    ("feedback --received --type compliment", "feedback.received"),
    ("feedback --answered --answer T", "feedback.answered"),
    ("fileaudit R1 --audit --practitioner sw1 --tags kw_led", "fileaudit.audit"),
    ("fileaudit --audit", "fileaudit.audit"),
    ("fileaudit --action T --owner sw1", "fileaudit.action"),
    ("fileaudit --done", "fileaudit.done"),
    ("govern --what locality-meeting --unit A --attendees tm1", "govern.locality_meeting"),
    ("govern --what allocations_meeting", "govern.allocations_meeting"),
    ("govern --report --board T", "govern.report"),
    ("child R1 --sex F --disabilities LD --disabilities AUT", "child"),
]


@pytest.mark.parametrize(("line", "kind"), STEPS, ids=[line for line, _ in STEPS])
def test_how_each_step_is_typed(case: Desk, line: str, kind: str) -> None:
    """What stands in the log; a step whose line names no case belongs to none."""
    result = case.type(f"{line} --json")

    assert result.code == 0, result.err
    event = result.json["event"]
    assert kind == event["kind"]
    assert ("R1" if " R1 " in f"{line} " else None) == event["case"]


def test_every_kind_has_a_command() -> None:
    """Whatever a person records has a command of its name."""
    assert set(KINDS) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_has_two_meanings(name: str) -> None:
    """No field is hidden behind an option that means something else."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None

    names = Counter(name for param in command.params for name in (*param.opts, *param.secondary_opts))
    assert {} == {name: count for name, count in names.items() if count > 1}


def test_answer_and_action_are_told_once(case: Desk) -> None:
    """Where a phase is told by its own text, that text is the option, and lands in the data."""
    answer = case.type("service R1 --answer declined --reason full --json").json["event"]
    action = case.type("fileaudit R1 --action T --owner sw1 --json").json["event"]

    assert answer["data"] == {"answer": "declined", "reason": "full"}
    assert action["data"] == {"owner": "sw1", "action": "T"}


def test_reopen(case: Desk) -> None:
    """A closed case opens again."""
    case.must("close R1 --reason RC7")
    case.must("reopen R1 --reason T")

    assert case.type("show R1 --json").json["closed"] is None


WRONG = [
    ("handover R1", "needs one of --start, --complete"),
    ("handover R1 --start --complete", "takes only one of --start, --complete"),
    ("service R1 --start --answer accepted", "takes only one of --refer, --answer, --start, --end"),
    ("consent R1", "needs --for assessment|plan|fgc"),
    ("consent R1 --for plans", "Did you mean 'plan'?"),
    ("govern", "needs --what locality-meeting|"),
    ("govern --what localitymeeting", "Did you mean 'locality-meeting'?"),
    ("govern R1 --what report", "unexpected extra argument"),
    ("coregroup", "needs CASE..."),
    ("feedback R2 --received", "R2"),
    ("govern --what report --attendees tm2", "Did you mean 'tm1'?"),
    ("feedback --received --waive SML-1 --waive-reason T --waive-until 2026-08-01 --waive-approved-by tm1", "waiver"),
]


@pytest.mark.parametrize(("line", "told"), WRONG, ids=[line for line, _ in WRONG])
def test_what_means_nothing_is_wrong_usage(case: Desk, line: str, told: str) -> None:
    """A missing, doubled or misspelt phase is exit 2 and one line."""
    result = case.type(line)

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert told in result.err


def test_case_may_be_left_out_or_piped(case: Desk) -> None:
    """An empty pipe means no case, and so no step; only leaving CASE out means that there is none."""
    assert case.type("feedback - --received", stdin="")[:2] == (0, "")
    assert case.must("feedback --received").out.startswith("service: feedback.received")
    assert case.type("fileaudit - --audit", stdin="R1\n").out.startswith("R1: fileaudit.audit")


CHILD = "child R1 --sex F --ethnicity WBRI --upn A123456789012 --note secretly"
PRIVATE = ("WBRI", "A123456789012", "secretly", "B210987654321")


def _with_child(case: Desk) -> Desk:
    case.must(f"{CHILD} --on 2026-02-24")
    case.must("correct 4 --set upn=B210987654321 --reason secretly --by sw1")
    return case


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "command", ["history R1", "show R1", "timeline R1", "list", "next R1", "due", "audit --fail-on never"]
)
def test_characteristics_are_in_no_answer(case: Desk, command: str, form: str) -> None:
    """What `child` records is in no table, CSV or markdown, nor in JSON unasked, corrections of it included."""
    out = _with_child(case).must(f"{command} -f {form}").out

    assert [] == [word for word in PRIVATE if word in out]


def test_characteristics_are_there_when_asked_for(case: Desk) -> None:
    """Nothing is lost: the log holds it, and history prints it in JSON on request."""
    plain = _with_child(case).type("history R1 --json").json
    full = case.type("history R1 --json --characteristics").json

    assert [row["data"] for row in plain[1:]] == [None, {"of": 4}]
    assert full[1]["data"]["ethnicity"] == "WBRI"
    assert full[2]["data"]["set"] == {"upn": "B210987654321"}
    assert [row["seq"] for row in plain] == [row["seq"] for row in full]


@pytest.mark.parametrize("form", ["", "-f table", "-f csv", "-f tsv", "-f markdown", "-f ids"])
def test_characteristics_are_for_programs(case: Desk, form: str) -> None:
    """Other formats do not take the request."""
    result = _with_child(case).type(f"history R1 --characteristics {form}")

    assert (result.code, result.out) == (2, "")


def _steps(desk: Desk, line: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(desk.must(line).out)
    return rows


def test_next_tells_each_step(case: Desk) -> None:
    """A row a step: refused by which rules and why, or what it must say; no step that opens or mends a record."""
    rows = _steps(case, "next R1 --json")
    by_step = {row["step"]: row for row in rows}

    assert all(list(row) == ["case", "step", "refused", "rules", "why", "satisfy"] for row in rows)
    assert by_step["allocate"]["rules"] == ["SML-1"]
    assert by_step["reopen"]["refused"] is True
    assert by_step["coregroup"]["refused"] is False
    assert {"refer", "correct", "redact", "import", "child", "govern.report", "staff.join"}.isdisjoint(by_step)


def test_next_fits_a_screen(bare: Desk) -> None:
    """Its table stays within 100 columns, each thing asked for on a line of its own."""
    bare.must("init --protocol bristol")
    bare.must("refer R1 --source 1A --born 2015-06-01 --on 2026-02-23")

    lines = bare.must("next R1").out.splitlines()

    assert max(map(len, lines)) <= 100
    assert lines[0].split("  ")[0] == "step"
    assert len(_steps(bare, "next R1 --json")) < len(lines)


def test_next_in_an_order(case: Desk) -> None:
    """--sort orders the steps, not the lines within them; --columns brings the stable names back."""
    first = case.must("next R1 --sort=-step").out.splitlines()[2]
    table = case.must("next R1 --columns step,refused").out.splitlines()

    assert first.startswith("waive ")
    assert table[0].split() == ["step", "refused"]


def test_next_of_several_cases(case: Desk) -> None:
    """With several cases each row says which."""
    case.must("refer R2 --source 1A --born 2015-06-01")
    out = case.must("next R1 R2").out

    assert out.splitlines()[0].startswith("case")
    assert "\nR2 " in out


CLOCKS = """
[[clock]]
id = "SML-4"
for = "practitioner"
starts = "staff.join"
stops = "staff.train"
within = "4 weeks"
owner = "subject"
say = "train"

[[clock]]
id = "SML-5"
for = "service"
starts = "govern.framework"
stops = "govern.report"
every = "1 year"
owner = "@manager"
say = "report"
"""


def test_due_of_staff_and_service(case: Desk) -> None:
    """What a practitioner or the service owes stands beside the cases, its case null and its owner told."""
    path = case.folder / "small.toml"
    path.write_text(path.read_text(encoding="utf-8") + CLOCKS, encoding="utf-8")
    case.must("govern --what framework --on 2025-01-06")

    rows = {row["rule"]: row for row in case.type("due --json").json}
    table = case.must("due --columns case,rule,owner").out

    assert (rows["SML-4"]["case"], rows["SML-5"]["case"]) == (None, None)
    assert rows["SML-5"]["owner"] == "manager"
    assert {"tm1", "sw1"} == {row["owner"] for row in case.type("due --rule SML-4 --json").json}
    assert "SML-4   sw1" in table
    assert case.must("due -f ids").out == "R1\n"
    assert [row["rule"] for row in case.type("due R1 --json").json] == ["SML-2"]
