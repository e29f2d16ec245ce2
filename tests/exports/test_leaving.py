"""What leaves the authority: no id, no free text, no day of birth, no characteristic, unless it is asked for."""

from __future__ import annotations

import shutil
import stat
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from cinctl.events import KINDS
from cinctl.exports.leaving import columns_of, field_columns
from tests.cli.conftest import Desk
from tests.exports.full import (
    BORN,
    BORN_BEFORE,
    CASES,
    CHILD,
    DIED,
    EIGHTEEN,
    FAMILY,
    LISTED,
    MARK,
    OPEN,
    OTHER_CHILD,
    OTHER_EIGHTEEN,
    STAFF,
    TEXT,
    UPN,
    Full,
    contents,
    rows,
)

FORMS = ("xes -o out", "ocel -o out", "csv -o out", "ssd -o out", "parquet -o out")
forms = pytest.mark.parametrize("form", FORMS)


def _out(full: Full, line: str) -> str:
    if line.startswith("parquet"):
        pytest.importorskip("pyarrow")
    result = full.export(line)
    assert (0, "") == (result.code, result.out), result.err
    return _told(full.folder / "out", line)


def _told(out: Path, line: str) -> str:
    """Return as text all that the export *line* wrote to *out*."""
    return _parquet(out) if line.startswith("parquet") else "\n".join(contents(out).values())


def _parquet(folder: Path) -> str:
    from pyarrow.parquet import read_table

    return "\n".join(str(read_table(path).to_pylist()) for path in sorted(folder.iterdir()))


@forms
@pytest.mark.parametrize("more", ["", " --characteristics"])
def test_no_id_and_no_text_leaves(full: Full, form: str, more: str) -> None:
    """Ids of cases, children, families and staff, UPNs, what was written and unlisted words: none is anywhere."""
    out = _out(full, form + more)

    assert MARK not in out.lower()
    assert "staff-" in out


@forms
def test_no_day_of_birth_or_death_leaves(full: Full, form: str) -> None:
    """Not as such, not as the day of the event that tells of it, not as an eighteenth birthday that is due."""
    out = _out(full, form + " --characteristics")

    for day in (BORN, DIED, EIGHTEEN, BORN_BEFORE, OTHER_EIGHTEEN):
        year, month, number = map(int, day.split("-"))
        for spelt in (day, f"{year}, {month}, {number})", f"{number} {date(year, month, number):%b} {year}"):
            assert spelt not in out
    assert "2025-12" in out
    assert "2015-06" in out
    assert DIED[:7] in out


@forms
def test_characteristics_leave_only_when_asked_for(full: Full, form: str) -> None:
    """Sex, ethnicity, disability and why there is no UPN."""
    without, asked = _out(full, form), _out(full, form + " --characteristics")

    assert [] == [code for code in LISTED.values() if code in without]
    assert [] == [code for code in LISTED.values() if code not in asked]
    assert "disabled" not in without
    assert form.startswith("ssd") or "disabled" in asked


@forms
def test_no_code_and_no_rule_tells_of_a_disability(bare: Desk, form: str) -> None:
    """The limb that a decision met, and what is to be done for a disabled child, are there only when asked for."""
    if form.startswith("parquet"):
        pytest.importorskip("pyarrow")
    bare.must("init --protocol working-together-2023")
    bare.must("staff join sw1 --role social_worker --unit A --qualified --on 2020-01-06")
    bare.must("refer R1 --source 1A --born 2015-06-01 --disabled --on 2026-02-23")
    bare.must("decide R1 --outcome section-17 --limb disabled --next-steps T --by sw1 --on 2026-02-24")
    bare.must("assess R1 --start --by sw1 --on 2026-02-24")
    bare.must("waive R1 --rule WT-24 --reason T --until 2026-08-01 --approved-by sw1 --on 2026-02-24")
    bare.must("assess R1 --complete --finding T --decision T --next-steps T --by sw1 --on 2026-02-26")
    told = {}
    for more in ("", " --characteristics"):
        result = bare.run("export", *f"{form}{more} --identifiable".split())
        assert 0 == result.code, result.err
        out = bare.folder / "out"
        told[more] = _told(out, form)
        if form.startswith(("csv", "parquet")):
            assert (not more) == ("left out, as their rules look at a disability: " in result.err)
        shutil.rmtree(out) if out.is_dir() else out.unlink()

    assert "disabled" not in told[""]
    assert "WT-24" not in told[""]
    assert form.startswith("ssd") or (
        "disabled" in told[" --characteristics"] and "WT-24" in told[" --characteristics"]
    )


@forms
def test_identifiable_has_ids_and_still_no_text(full: Full, form: str) -> None:
    """Asked for, ids and days of birth stand as they are; what was written stays."""
    result = full.export(form.replace("parquet", "csv") + " --identifiable --characteristics")
    out = unescape("\n".join(contents(full.folder / "out").values()))

    assert "this is not to leave the authority" in result.err
    assert TEXT not in out
    for id_ in (*CASES, OPEN, OTHER_CHILD, *STAFF, CHILD, FAMILY, UPN):
        assert id_[:6] in out
    assert BORN in out


@forms
def test_the_same_key_gives_the_same_bytes(full: Full, form: str) -> None:
    """Whoever has the key can make the same export again, and follow a child from one to the next."""
    if form.startswith("parquet"):
        pytest.importorskip("pyarrow")
    assert 0 == full.export(form).code
    first = contents(full.folder / "out")
    (full.folder / "key").write_text("thirty-two bytes are quite enough\n", encoding="utf-8")

    assert 0 == full.export(f"{form} --mask-key-file key").code
    assert first == contents(full.folder / "out")


def test_a_key_of_the_moment_is_said(full: Full) -> None:
    """Without a key that lasts, the next export hashes otherwise, and that is said."""
    full.environ = {}

    first, second = full.export("xes"), full.export("xes")

    assert "ids are hashed by a random key" in first.err
    assert first.out != second.out
    assert MARK not in first.out + second.out


def test_a_key_and_nobody_hashed(full: Full) -> None:
    """To name everybody and to hash them contradict each other."""
    result = full.export("xes --identifiable --mask-key-file key")

    assert 2 == result.code
    assert "leave one of them out" in result.err


@forms
def test_a_key_that_cannot_be(full: Full, form: str) -> None:
    """A key that is not there, or could be guessed, is wrong usage; nothing is written."""
    if form.startswith("parquet"):
        pytest.importorskip("pyarrow")
    (full.folder / "short").write_text("key\n", encoding="utf-8")

    said = [full.export(f"{form} --mask-key-file {name}") for name in ("nowhere", "short")]

    assert [2, 2] == [result.code for result in said]
    assert "there is no file 'nowhere'" in said[0].err
    assert "the mask key has 3 bytes" in said[1].err
    assert not (full.folder / "out").exists()


@pytest.mark.parametrize("form", ["xes", "ocel"])
def test_the_key_is_not_written_over(full: Full, form: str) -> None:
    """The file that holds the key is kept."""
    (full.folder / "key").write_text("thirty-two bytes are quite enough", encoding="utf-8")

    result = full.export(f"{form} --mask-key-file key -o key")

    assert 2 == result.code
    assert "would overwrite what is being read" in result.err


def test_the_order_tells_nothing(full: Full) -> None:
    """Cases stand in the order of their hashes: the first of a numbered series is not the first in the file."""
    full.export("csv -o out")
    cases = [row["case"] for row in rows(full.folder / "out" / "cases.csv")]

    assert sorted(cases) == cases
    assert len(CASES) + 1 == len(set(cases))


def test_what_stayed_is_said(full: Full) -> None:
    """Words that the protocol does not list may be anything: they stay, and the lists that lack them are named."""
    result = full.export("xes -o out")

    assert "left out, as the protocol does not list them: words of " in result.err
    assert "purpose" in result.err


@pytest.mark.parametrize("form", ["xes -o out", "ocel -o out"])
def test_a_file_is_its_owners_alone(full: Full, form: str) -> None:
    """Mode 0600."""
    full.export(form)

    assert 0o600 == stat.S_IMODE((full.folder / "out").stat().st_mode)


@pytest.mark.parametrize("form", ["csv", "ssd"])
def test_a_folder_is_its_owners_alone(full: Full, form: str) -> None:
    """Mode 0700, and 0600 for what is in it; each file is named with its rows."""
    result = full.export(f"{form} -o out")
    files = sorted((full.folder / "out").iterdir())

    assert 0o700 == stat.S_IMODE((full.folder / "out").stat().st_mode)
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    for file in files:
        assert f"out/{file.name}: {len(rows(file))} row" in result.err


def test_every_text_that_may_leave_says_what_it_holds() -> None:
    """A column is no free text: it is a code, an id, a date, a flag or a number, or its spec says what it holds."""
    for kind in KINDS.values():
        names = {column.name for column in columns_of(kind.name, characteristics=True)}
        free = {f.name for f in kind.fields.values() if f.type == "text" and f.holds is None}
        fields = {f.name for f in kind.fields.values()}
        assert set() == free & names
        assert {"note"} <= free | ({"note"} - fields)


def test_one_name_is_one_type() -> None:
    """Whatever kind of event fills a column, what stands in it is of one type."""
    found = field_columns(characteristics=True)
    types = {column.name: column.type for column in found}

    assert len(found) == len(types)
    for kind in KINDS:
        if kind not in ("correct", "redact", "import"):
            for column in columns_of(kind, characteristics=True):
                assert types[column.name] == column.type


def test_the_columns_of_ids_are_those_of_the_specs() -> None:
    """The few texts that name something, as the specs have them: another is not to slip in unseen."""
    held = {(f.name, f.holds) for kind in KINDS.values() for f in kind.fields.values() if f.type == "text" and f.holds}

    assert {
        *((name, name) for name in ("child", "family", "unit", "rule", "upn")),
        ("former_upn", "upn"),
    } == held


@forms
def test_a_case_of_which_nothing_counts_is_none(late: Desk, form: str) -> None:
    """Every event voided: it is in no export, and not counted."""
    if form.startswith("parquet"):
        pytest.importorskip("pyarrow")
    [seq] = [e["seq"] for e in late.must("history R3 --json").json]
    late.must(f"correct {seq} --void --reason wrong --by tm1")

    result = late.run("export", *f"{form} --identifiable".split())
    out = late.folder / "out"

    assert 0 == result.code
    assert "R3" not in _told(out, form)
    assert "2 cases" in result.err or form.startswith(("ssd", "csv", "parquet"))


@forms
def test_the_day_of_a_closure_for_death_does_not_leave(late: Desk, form: str) -> None:
    """RC2 says that the child died: it stands in its month, and so does all that ended by it."""
    if form.startswith("parquet"):
        pytest.importorskip("pyarrow")
    late.must("map R1 --strengths T --by tm1 --on 2026-02-26")
    late.must("allocate R1 --to sw1 --supervisor tm1 --by tm1 --on 2026-02-26")
    late.must("plan R1 --start --by sw1 --on 2026-02-26")
    late.must("close R1 --reason RC2 --by tm1 --on 2026-02-28")
    late.must("close R2 --reason RC7 --by tm1 --on 2026-02-27")
    told = {}
    for more in ("", " --identifiable"):
        result = late.run("export", *f"{form}{more}".split())
        assert 0 == result.code, result.err
        out = late.folder / "out"
        told[more] = _told(out, form)

    for day in ("2026-02-28", "2026, 2, 28"):
        assert day not in told[""]
    assert any(day in told[" --identifiable"] for day in ("2026-02-28", "2026, 2, 28"))
    assert any(day in told[""] for day in ("2026-02-27", "2026, 2, 27"))
