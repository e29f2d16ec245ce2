"""`audit` as a gate: what it is judged by, what fails, baselines, selection, statistics, masked ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.formats.reports import REPORTS

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

KEY = "thirty-two bytes are quite enough"
SUM = "2 cases, 7 events: 0 deny, 3 warn, 0 waived\n"


@pytest.fixture(name="late")
def _late(case: Desk) -> Desk:
    """R1 of unit A, led by sw1, with a late decision and a visit not alone; R2, of unit B, with a late decision."""
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-26")
    case.must("map R1 --strengths T --needs T --next-steps T --by tm1 --on 2026-02-26")
    case.must("allocate R1 --to sw1 --by tm1 --on 2026-02-26")
    case.must("update R1 --unit A --by tm1 --on 2026-02-26")
    case.must("visit R1 --seen child --by sw1 --on 2026-02-27")
    case.must("refer R2 --source 1A --born 2015-06-01 --need N1 --unit B --on 2026-02-24")
    return case


def _rows(result: Any) -> list[tuple[str, str]]:
    return [(row["rule"], row["case"]) for row in result.json["findings"]]


def test_the_fixture_is_what_it_says(late: Desk) -> None:
    """Three warnings, and the object names its schema."""
    result = late.type("audit --json")

    assert [("SML-2", "R1"), ("SML-3", "R1"), ("SML-2", "R2")] == _rows(result)
    assert (SUM, "cinctl/audit/1") == (result.err, result.json["schema"])


def test_a_line_names_its_schema(late: Desk) -> None:
    """So does each line of -f jsonl, unless its columns are picked."""
    lines = late.type("audit -f jsonl").out.splitlines()

    assert {"cinctl/finding/1"} == {json.loads(line)["schema"] for line in lines}


# What it is judged by


def test_a_pinned_protocol(late: Desk) -> None:
    """A hash, or its first eight digits, lets the audit run; any other is exit 5 with both hashes, and no answer."""
    full = late.type("audit --json").json["protocol"]["hash"]
    other = f"{int(full[0], 16) ^ 1:x}{full[1:]}"

    assert [0, 0] == [late.type(f"audit --protocol-hash {text}").code for text in (full, full[:8].upper())]
    refused = late.type(f"audit --json --protocol-hash {other}")
    assert (5, "") == refused[:2]
    assert full in refused.err
    assert other in refused.err


def test_a_changed_rule_is_another_protocol(late: Desk) -> None:
    """Whoever softens a rule in the file does not pass a pinned build."""
    pin = late.type("audit --json").json["protocol"]["hash"]
    path = late.folder / "small.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("1 working day", "9 working days"), encoding="utf-8")

    assert 5 == late.type(f"audit --protocol-hash {pin}").code


# Baselines


def test_a_baseline_is_a_ratchet(late: Desk) -> None:
    """What is known does not fail, what is new does, and what has gone is told."""
    assert 1 == late.type("audit --fail-on warn --write-baseline known.json").code
    assert 0 == late.type("audit --fail-on warn --baseline known.json").code

    late.must("correct 8 --set alone=true --reason typo --by sw1")
    late.must("visit R2 --seen child --by tm1 --on 2026-03-02")
    result = late.type("audit --fail-on warn --baseline known.json --json")

    assert 1 == result.code
    assert [("SML-2", False, True), ("SML-2", False, True), ("SML-3", False, False)] == [
        (row["rule"], row["waived"], row["known"]) for row in result.json["findings"]
    ]
    assert (1, 2) == (result.json["counts"]["warn"], result.json["counts"]["known"])
    [gone] = result.json["baseline"]["vanished"]
    assert ("SML-3", "R1") == (gone["rule"], gone["case"])
    assert {"protocol": "small", "known": 2, "new": 1, "vanished": [gone]} == result.json["baseline"]
    assert f"baseline: 2 known, 1 new, 1 vanished\nvanished: SML-3 R1 {gone['fingerprint']}\n" in result.err


def test_a_baseline_is_the_same_whatever_is_asked(late: Desk) -> None:
    """Neither day, order, limit nor format changes its bytes: only what is found does."""
    late.type("audit --write-baseline a.json")
    late.type("audit --write-baseline b.json --max-findings 0 -f sarif -o x --today 2026-03-09")

    text = (late.folder / "a.json").read_text(encoding="utf-8")
    assert text == (late.folder / "b.json").read_text(encoding="utf-8")
    assert [
        ("SML-2", "R1", "decide next steps, due 2026-02-24"),
        ("SML-2", "R2", "decide next steps, due 2026-02-25"),
        ("SML-3", "R1", "the child is seen alone, 2026-02-27"),
    ] == [(e["rule"], e["case"], e["message"]) for e in json.loads(text)["fingerprints"]]


def test_a_baseline_that_is_written_anew_shrinks(late: Desk) -> None:
    """The file that is read may be the one that is written: it loses what has gone, and takes in nothing new."""
    late.type("audit --write-baseline known.json")
    late.must("correct 8 --set alone=true --reason typo --by sw1")
    late.must("visit R2 --seen child --by tm1 --on 2026-03-02")

    result = late.type("audit --fail-on warn --baseline known.json --write-baseline known.json")

    assert 1 == result.code
    assert result.err.endswith("baseline of 2 findings written to known.json\n")
    assert "baseline: 2 known, 1 new, 0 vanished" in late.type("audit --baseline known.json").err


def test_what_is_waived_is_not_known(late: Desk) -> None:
    """A waived finding stays out of a baseline, so that it stands again once its waiver has run out."""
    late.must("waive R1 --rule SML-3 --reason T --until 2026-03-02 --approved-by tm1 --by tm1")

    late.type("audit --write-baseline known.json")

    assert "SML-3" not in (late.folder / "known.json").read_text(encoding="utf-8")


def test_nothing_vanishes_by_being_left_out(late: Desk) -> None:
    """What a filter leaves out is not gone; nor is what is of another case than those that were named."""
    late.type("audit --write-baseline known.json")

    for narrowed in ("--select SML-2", "--unit B", "--since 2026-03-01", "R2"):
        assert "0 vanished" in late.type(f"audit {narrowed} --baseline known.json").err


def test_a_baseline_of_another_protocol_warns(late: Desk) -> None:
    """It is used all the same, and stderr says whose it is."""
    late.type("audit --write-baseline known.json")
    path = late.folder / "known.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"small"', '"large"'), encoding="utf-8")

    result = late.type("audit --fail-on warn --baseline known.json")

    assert 0 == result.code
    assert "the baseline is of 'large'; the protocol here is 'small'" in result.err


def test_many_that_vanished(late: Desk) -> None:
    """Twenty lines are enough for stderr, and forge nothing; the object has them all, without the words of the file."""
    hostile = "\n::error::x##[error]forged"
    entries = [{"fingerprint": f"{n:016x}", "rule": "SML-2", "case": hostile, "message": "secret"} for n in range(25)]
    told = {"protocol": "small", "fingerprints": entries}
    (late.folder / "known.json").write_text(json.dumps(told), encoding="utf-8")

    result = late.type("audit --baseline known.json --json")

    assert 20 == result.err.count("\nvanished: SML-2 ")
    assert "\n::" not in result.err
    assert "##[" not in result.err
    assert "and 5 more that --json lists" in result.err
    assert 25 == len(result.json["baseline"]["vanished"])
    assert "secret" not in result.out + result.err


def test_the_table_says_what_is_known(late: Desk) -> None:
    """With a baseline the table has a column for it."""
    late.type("audit R1 --write-baseline known.json")

    table = late.type("audit --baseline known.json").out.splitlines()

    assert table[0].endswith("known")
    assert ["yes", "yes", "no"] == [line.split()[-1] for line in table[2:]]


# Selection


@pytest.mark.parametrize(
    ("options", "found", "left_out"),
    [
        ("--select SML-2", [("SML-2", "R1"), ("SML-2", "R2")], "left out by --select SML-2: 1 warn"),
        ("--select SML --ignore SML-2", [("SML-3", "R1")], "left out by --select SML, --ignore SML-2: 2 warn"),
        ("--ignore SML-2,SML-3", [], "left out by --ignore SML-2,SML-3: 3 warn"),
        ("--unit B", [("SML-2", "R2")], "left out by --unit B: 2 warn"),
        ("--unit A --unit B", [("SML-2", "R1"), ("SML-3", "R1"), ("SML-2", "R2")], "left out by --unit A,B: nothing"),
        ("--since 2026-02-27", [("SML-3", "R1")], "left out by --from 2026-02-27: 2 warn"),
        ("--from 2026-02-27", [("SML-3", "R1")], "left out by --from 2026-02-27: 2 warn"),
    ],
)
def test_selection(late: Desk, options: str, found: list[tuple[str, str]], left_out: str) -> None:
    """Only what was asked for is told and counted; stderr and the object say what was left out."""
    result = late.type(f"audit --json {options}")

    assert found == _rows(result)
    assert len(found) == result.json["counts"]["warn"]
    assert 3 - len(found) == result.json["filters"]["left_out"]["warn"]
    assert f"{left_out}\n" in result.err


def test_selection_is_part_of_the_verdict(late: Desk) -> None:
    """What is left out fails nothing."""
    assert [1, 0] == [late.type(f"audit --fail-on warn --ignore {rules}").code for rules in ("SML-2", "SML-2,SML-3")]


def test_a_unit_without_findings_is_known(late: Desk) -> None:
    """A unit that somebody is of may be asked for, though nothing is found of it."""
    late.must("staff join sw2 --role social_worker --unit C --on 2026-01-05")

    assert (0, []) == (late.type("audit --unit C").code, late.type("audit --unit C --json").json["findings"])
    assert "Did you mean 'C'?" in late.type("audit --unit c").err


# Statistics

COUNTS = [
    ("rule", "SML-2", 2, 2),
    ("rule", "SML-3", 1, 1),
    ("unit", "A", 2, 2),
    ("unit", "B", 1, 1),
    ("lead", "sw1", 2, 2),
    ("lead", None, 1, 1),
]


def test_statistics(late: Desk) -> None:
    """Counts by rule, unit and lead, most first: beside the findings in the object, in their place in rows."""
    whole = late.type("audit --statistics --json").json
    rows = [json.loads(line) for line in late.type("audit --statistics -f jsonl").out.splitlines()]

    assert COUNTS == [(row["by"], row["name"], row["findings"], row["warn"]) for row in whole["statistics"]]
    assert whole["statistics"] == rows
    assert 3 == len(whole["findings"])
    assert "by,name,findings,deny,warn,waived" == late.type("audit --statistics -f csv").out.splitlines()[0]
    assert "| lead | sw1 | 2 |" in late.type("audit --statistics -f markdown").out


def test_statistics_count_what_is_known(late: Desk) -> None:
    """With a baseline there is a count for it, and nobody counts twice."""
    late.type("audit R1 --write-baseline known.json")

    rows = late.type("audit --statistics --baseline known.json --json").json["statistics"]

    assert ("rule", "SML-2", 2, 1, 1) == tuple(rows[0][name] for name in ("by", "name", "findings", "warn", "known"))


# Masked ids


@pytest.mark.parametrize("form", [*REPORTS, "table", "json", "jsonl", "csv", "tsv", "ids"])
def test_a_mask_hides_every_id(late: Desk, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """No id of a case or practitioner, and no fingerprint that ids could be tried out on, is in any answer."""
    late.must("waive R1 --rule SML-3 --reason T --until 2026-08-01 --approved-by tm1 --by tm1")
    plain = late.type("audit --json").json["findings"]
    monkeypatch.setenv("CINCTL_MASK_KEY", KEY)

    for extra in ("", " --statistics"):
        result = late.type(f"audit R1 R2 --mask -f {form}{extra}")

        for secret in ("R1", "R2", "sw1", "tm1", *(row["fingerprint"] for row in plain)):
            assert secret not in result.out + result.err


def test_a_mask_is_the_same_in_one_run(late: Desk) -> None:
    """Without a key a random one is used, the same for every answer of the run; the next run has another."""
    masked = [late.type("audit --mask -f ids -o ids.txt --json") for _ in range(2)]
    ids = (late.folder / "ids.txt").read_text(encoding="utf-8").split()

    assert "ids are hashed by a random key" in masked[1].err
    assert ids == list(dict.fromkeys(row["case"] for row in masked[1].json["findings"]))
    assert masked[0].json["findings"] != masked[1].json["findings"]


def test_a_key_from_a_file(late: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key file masks by itself, gives the hashes that the same key gives from the environment, and is kept."""
    (late.folder / "key").write_text(f"{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("CINCTL_MASK_KEY", KEY)

    from_file = late.type("audit --mask-key-file key --json")

    assert late.type("audit --mask --json").out == from_file.out
    assert (SUM, 2) == (from_file.err, late.type("audit --mask-key-file key -f ids -o key").code)


@pytest.mark.parametrize("key", ["", "short"])
def test_a_key_that_could_be_guessed(late: Desk, key: str) -> None:
    """A key of a few bytes is refused."""
    (late.folder / "key").write_text(key, encoding="utf-8")

    result = late.type("audit --mask-key-file key")

    assert 2 == result.code
    assert "give it 16 or more" in result.err


def test_a_masked_baseline(late: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A baseline can be kept masked: it holds under the same key, whether this run masks or reads a plain one."""
    late.type("audit --write-baseline plain.json")
    monkeypatch.setenv("CINCTL_MASK_KEY", KEY)
    late.type("audit --mask --write-baseline masked.json")
    masked = (late.folder / "masked.json").read_text(encoding="utf-8")

    assert "R1" not in masked
    for name in ("plain.json", "masked.json"):
        assert "baseline: 3 known, 0 new, 0 vanished" in late.type(f"audit --mask --baseline {name}").err
    for flags in ("", "--mask --mask-key-file small.toml"):
        result = late.type(f"audit {flags} --baseline masked.json")
        assert "without the same key" in result.err
        assert "0 known, 3 new, 3 vanished" in result.err


def test_what_vanished_is_masked(late: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a mask not even what has gone from a plain baseline is named."""
    late.type("audit --write-baseline plain.json")
    late.must("correct 8 --set alone=true --reason typo --by sw1")
    monkeypatch.setenv("CINCTL_MASK_KEY", KEY)

    result = late.type("audit --mask --baseline plain.json --json")

    assert "1 vanished\nvanished: SML-3 case-" in result.err
    assert "R1" not in result.out + result.err
