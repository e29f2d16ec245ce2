"""What to do next: one line on stderr, on a terminal alone, and never a guess."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Result

DECIDE = "decide R1 --outcome section-17 --by tm1 --on 2026-02-24"
CENSUS = Path(__file__).resolve().parent.parent.parent / "examples" / "census_2026_synthetic.xml"


@pytest.fixture(name="shown")
def _shown(case: Desk) -> Desk:
    """A store with a case, R1, and somebody at a terminal."""
    return _seen(case)


def _seen(desk: Desk) -> Desk:
    desk.patch.setattr("cinctl.session.read_by_a_person", lambda: True)
    return desk


def _hint(result: Result) -> str:
    """Return the one line of stderr that tells what is next, or an empty text."""
    found = [line for line in result.err.splitlines() if line.startswith("next")]
    assert len(found) <= 1
    return found[0] if found else ""


def test_step_tells_what_the_case_owes(shown: Desk) -> None:
    """After a step: what is due on that case, by when, how late, whose, by which rule, and how to go on."""
    result = shown.must("note R1 --text x --by sw1 --on 2026-02-23")

    told = "decide next steps, was due Tue 24 Feb 2026, 4 working days late (SML-2, manager)"
    assert f"next on R1: {told}: cinctl next R1" == _hint(result)
    assert "next" not in result.out


def test_step_on_a_day_that_was_asked_for(shown: Desk) -> None:
    """The hint is as of --today, and its command says so too."""
    hint = _hint(shown.must("--today 2026-02-23 note R1 --text x --by sw1"))

    assert "by Tue 24 Feb 2026, in 1 working day (" in hint
    assert hint.endswith(": cinctl --today 2026-02-23 next R1")


def test_nothing_owed_is_nothing_told(shown: Desk) -> None:
    """Where the case owes nothing there is no hint."""
    assert "" == _hint(shown.must(DECIDE))


def test_several_cases_are_one_line(shown: Desk) -> None:
    """Steps on several cases end in one hint, about the most urgent of them."""
    shown.must("refer R2 --source 1A --born 2015-06-01 --on 2026-02-25")
    shown.must("refer R3 --source 1A --born 2015-06-01 --on 2026-02-20")
    hint = _hint(shown.must("note R1 R2 R3 --text x --by sw1"))

    assert hint.startswith("next, of 3 cases first on R3: decide next steps, was due Mon 23 Feb 2026")
    assert hint.endswith(": cinctl due R1 R2 R3")


@pytest.mark.parametrize("more", ["--json", "-f ids", "-f table", "--columns case", "--dry-run"])
def test_for_programs_nothing_is_told(shown: Desk, more: str) -> None:
    """Whoever says how to print the answer, or tries a step out, is told no hint."""
    assert "" == _hint(shown.must(f"note R1 --text x --by sw1 {more}"))


def test_nobody_at_a_terminal_is_told_nothing(case: Desk) -> None:
    """In a pipe or a job there is no hint."""
    assert "" == case.must("note R1 --text x --by sw1").err


@pytest.mark.parametrize(("value", "told"), [("0", False), ("false", False), ("1", True), ("", True)])
def test_environment_switches_off(shown: Desk, value: str, told: bool) -> None:
    """CINCTL_HINTS=0 is the end of hints."""
    shown.patch.setenv("CINCTL_HINTS", value)

    assert told is bool(_hint(shown.must("note R1 --text x --by sw1")))


def test_config_switches_off(shown: Desk) -> None:
    """`hints = false` in the config does so too, and the environment wins over it."""
    config = shown.folder / "cinctl.toml"
    config.write_text(config.read_text(encoding="utf-8") + "hints = false\n", encoding="utf-8")

    assert "" == _hint(shown.must("note R1 --text x --by sw1"))
    shown.patch.setenv("CINCTL_HINTS", "1")
    assert _hint(shown.must("note R1 --text x --by sw1"))


def test_config_takes_true_and_false_only(shown: Desk) -> None:
    """Anything else in its place is a fault of the config."""
    config = shown.folder / "cinctl.toml"
    config.write_text(config.read_text(encoding="utf-8") + 'hints = "no"\n', encoding="utf-8")
    result = shown.type("due")

    assert 5 == result.code
    assert "'hints' must be true or false" in result.err


def test_refusal_tells_where_to_read_on(shown: Desk) -> None:
    """After a refusal: how to read the rule, and what can be done instead."""
    result = shown.type("allocate R1 --to sw1 --by tm1")

    assert 3 == result.code
    assert "next: what SML-1 asks: cinctl protocol explain SML-1; what can be done now: cinctl next R1" == _hint(result)
    assert 0 == shown.type("protocol explain SML-1").code
    assert 0 == shown.type("next R1").code


def test_wrong_usage_has_words_of_its_own(shown: Desk) -> None:
    """A step that means nothing is followed by no hint."""
    result = shown.type("note R9 --text x --by sw1")

    assert 2 == result.code
    assert "" == _hint(result)


def test_hint_names_the_store_that_was_named(shown: Desk) -> None:
    """What was said of store and protocol belongs to the next command as well; odd names are quoted for the shell."""
    (shown.folder / "cases.jsonl").rename(shown.folder / "two words.jsonl")
    result = shown.run("--store", "two words.jsonl", "note", "R1", "--text", "x", "--by", "sw1")

    assert _hint(result).endswith(": cinctl --store 'two words.jsonl' next R1")


def test_hint_quotes_an_id(shown: Desk) -> None:
    """An id that a shell would act on is quoted."""
    result = shown.run("refer", "$(reboot)", "--source", "1A", "--born", "2015-06-01", "--on", "2026-02-25")

    assert _hint(result).endswith(": cinctl next '$(reboot)'")


def test_birthday_is_not_hinted_at(bare: Desk) -> None:
    """A clock that ends at a birthday is in `due`; no hint tells it to whoever looks over a shoulder."""
    bare.must("init --protocol bristol")
    bare.must("staff join csw1 --role consultant_social_worker --unit A --qualified --on 2020-01-06")
    _seen(bare).must("refer R1 --source 1A --born 2008-03-10 --need N1 --on 2026-02-23")
    decided = "--outcome section-17 --limb disabled --level level-4 --next-steps x --by csw1 --on 2026-02-24"
    result = bare.must(f"decide R1 {decided}")

    assert "BRI-03.eighteen" == bare.run("due", "R1", "--json").json[0]["rule"]
    assert _hint(result).startswith("next on R1: complete the assessment")


def test_who_covers_is_told_as_in_due(shown: Desk) -> None:
    """While the lead is away, the hint names who covers, and for whom."""
    with (shown.folder / "small.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[[clock]]\nid = "SML-9"\nstarts = "allocate"\nstops = "visit"\nwithin = "5 days"\n'
            'owner = "lead"\nsay = "visit the child"\n'
        )
    shown.must(DECIDE)
    shown.must("map R1 --strengths T --needs T --next-steps T --by tm1 --on 2026-02-24")
    shown.must("staff away sw1 --from 2026-03-01 --until 2026-03-09 --cover tm1")
    hint = _hint(shown.must("allocate R1 --to sw1 --rationale need=T --by tm1 --on 2026-02-26"))

    assert "next on R1: visit the child, by Tue 3 Mar 2026, in 1 day (SML-9, tm1 for sw1): cinctl next R1" == hint


def test_cache_that_cannot_tell_means_no_hint(shown: Desk) -> None:
    """On a day before what was recorded last nothing is told: the cache alone does not know that day."""
    shown.must("refer R2 --source 1A --born 2015-06-01 --on 2026-02-27")

    assert "" == _hint(shown.must("--today 2026-02-25 note R1 --text x --by sw1"))


def test_hint_that_cannot_be_made(shown: Desk) -> None:
    """A step that was recorded is done, exit 0, whatever goes wrong with its hint."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    shown.patch.setattr("cinctl.commands._hints._owed", broken)
    result = shown.must("note R1 --text x --by sw1")

    assert "" == result.err


def test_after_init(bare: Desk) -> None:
    """After `init`: who acts comes first, then the first case; where a store is there already, what is due."""
    first, again = _seen(bare).must("init --protocol bristol"), bare.must("init --protocol bristol")

    assert "next: cinctl staff join -h, cinctl refer -h" == _hint(first)
    assert "next: cinctl due" == _hint(again)


def test_after_init_elsewhere(bare: Desk) -> None:
    """A config elsewhere is named, as it has to be."""
    result = _seen(bare).must("init --protocol bristol --config there/c.toml")

    assert _hint(result).startswith(f"next: cinctl --config {bare.folder}")


def test_after_import(bare: Desk) -> None:
    """After an import: what is late, and what departs from the protocol; after a second one, which adds nothing, no."""
    bare.must("init --protocol bristol")
    _seen(bare)
    first, again = (bare.run("--today", "2026-03-31", "import", "census", str(CENSUS)) for _ in range(2))

    assert "next: cinctl --today 2026-03-31 due --overdue, cinctl --today 2026-03-31 audit --statistics" == _hint(first)
    assert "" == _hint(again)


def test_after_import_of_staff(shown: Desk) -> None:
    """After the staff register: the register."""
    (shown.folder / "s.csv").write_text("staff,role,unit,joined\nsw7,social_worker,A,2024-01-08\n", encoding="utf-8")

    assert "next: cinctl staff list" == _hint(shown.must("import staff s.csv"))


def test_after_audit(shown: Desk) -> None:
    """After an audit that found something: how to read the first of the rules; not after a report for programs."""
    result = shown.type("audit")

    assert "next: what SML-2 asks: cinctl protocol explain SML-2" == _hint(result)
    assert "" == _hint(shown.type("audit -f github"))
    assert "" == _hint(shown.type("audit --json"))


def test_clean_audit_needs_no_hint(desk: Desk) -> None:
    """Where nothing was found there is nothing to explain."""
    assert "" == _hint(_seen(desk).must("audit"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("through_a_pipe", [False, True])
def test_on_a_real_terminal(case: Desk, through_a_pipe: bool) -> None:
    """Both streams on a terminal are needed: in `x=$(cinctl ...)` nobody reads the answer."""
    import pty

    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "cinctl", "--today", "2026-03-02", *["note", "R1", "--text", "x", "--by", "sw1"]]
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        line,
        stdout=subprocess.PIPE if through_a_pipe else theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    try:
        told = os.read(ours, 65536).decode()
    except OSError:
        told = ""
    os.close(ours)

    assert 0 == done.returncode
    assert ("next on R1:" in told) is not through_a_pipe
