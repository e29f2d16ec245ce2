"""Free text stays on the record: whatever people wrote in any field of any kind, no report for CI repeats a word of it.

The protocol of this test finds something in every field that can hold words, with a reason that quotes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cinctl.cli import run
from cinctl.events import KINDS, Field, Kind
from cinctl.formats.reports import REPORTS
from cinctl.session import Session
from cinctl.store.log import Log

HEAD = '[protocol]\nid = "curious"\n\n[codes.tier]\nhigh = { title = "High" }\n'
WORDS = ("text", "code")
LEFT_OUT = {"correct", "redact", "import"}  # they amend or announce others, and no gate judges them
# Where somebody else's words are part of what an answer is about: units are counted, rules and codes have to exist.
NOT_PLANTED = {("waive", "rule")}


def _planted(kind: str, field: str) -> str:
    return f"planted-{kind}-{field.replace('_', '-')}"


def _fields() -> Iterator[tuple[Kind, Field]]:
    for kind in KINDS.values():
        for field in kind.fields.values():
            if kind.name not in LEFT_OUT and field.type in WORDS and (kind.name, field.name) not in NOT_PLANTED:
                yield kind, field


def _protocol() -> str:
    """Return a protocol with a gate for each field, which asks that nothing be in it."""
    made = [HEAD]
    for kind, field in _fields():
        fact = f"event.{field.name}" + (".inner" if field.mapping else "")
        made.append(
            f'[[gate]]\nid = "Q-{kind.name}-{field.name}"\non = "{kind.name}"\nlevel = "warn"\n'
            f'require = {{ "{fact}" = {{ absent = true }} }}\nsay = "the field is left blank"\n'
        )
    return "\n".join(made)


def _value(kind: Kind, field: Field) -> Any:
    words = _planted(kind.name, field.name)
    if field.mapping:
        return {"inner": words}
    return [words] if field.many else words


def _lines() -> Iterator[dict[str, Any]]:
    """Yield a line of each kind, with words in every field that can hold any, after a referral and a practitioner."""
    yield _line("staff.join", None, {"staff": "sw1"})
    yield _line("refer", "R1", {"source": "1A", "born": "2015-06-01"})
    for kind in KINDS.values():
        data = {field.name: _value(kind, field) for other, field in _fields() if other is kind}
        if kind.name == "waive":
            data |= {"rule": "Q-note-text", "until": "2026-08-01", "approved_by": "sw1"}
        if kind.subject == "staff":
            data["staff"] = "sw1"
        if data and kind.name not in LEFT_OUT:
            yield _line(next(kind.full_names()), "R1" if kind.subject == "case" else None, data)


def _line(kind: str, case: str | None, data: dict[str, Any]) -> dict[str, Any]:
    told = {"kind": kind, "case": case, "at": "2026-02-24", "recorded": "2026-02-24T09:00:00+00:00"}
    return {**told, "by": "sw1", "under": "curious@12345678", "data": data}


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with such a store and protocol."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "curious.toml").write_text(_protocol(), encoding="utf-8")
    with Log.create(tmp_path / "cases.jsonl").writing(5) as writer:
        writer.append(_lines())
    return tmp_path


def _audit(*args: str) -> int:
    return run(["--protocol", "curious.toml", "--today", "2026-03-02", "audit", "--fail-on", "never", *args], Session())


def _found(text: str) -> set[str]:
    return {f"{kind.name} {field.name}" for kind, field in _fields() if _planted(kind.name, field.name) in text}


def test_the_words_are_there_to_be_told(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The object, which is for those who may read the record, quotes what is found: most of all that was planted."""
    assert 0 == _audit("--json")

    assert len(_found(capsys.readouterr().out)) > 0.8 * len([*_fields()])


@pytest.mark.parametrize("flags", [(), ("--mask",), ("--select", "Q"), ("--max-findings", "3")])
def test_no_report_repeats_a_word(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    """Reports, the job summary, a baseline and stderr hold rules, ids and dates, and none of what was planted."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setenv("CINCTL_MASK_KEY", "thirty-two bytes are quite enough")
    outputs = [arg for form in REPORTS for arg in ("-f", form, "-o", f"out.{form}")]

    assert 0 == _audit(*outputs, "--write-baseline", "known.json", *flags)

    told = capsys.readouterr()
    texts = [(desk / f"out.{form}").read_text(encoding="utf-8") for form in REPORTS]
    texts += [(desk / name).read_text(encoding="utf-8") for name in ("summary.md", "known.json")]
    assert all("Q-" in text for text in texts)
    assert set() == set().union(*map(_found, [*texts, told.out, told.err]))
    assert not any("planted" in text for text in texts)


def test_a_mask_keeps_words_out_of_every_format(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under a mask not even the object quotes the record, where a name would undo it; only units are as recorded."""
    for form in ("json", "jsonl", "csv", "table"):
        assert 0 == _audit("--mask", "-f", form)

        assert {"govern unit", "staff unit"} >= _found(capsys.readouterr().out)
