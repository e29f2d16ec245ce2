"""Two versions of a protocol, and one history under another protocol than it was recorded by."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cinctl.cli import run
from cinctl.session import Session
from tests.histories import History

OLD = """
[protocol]
id = "ours-2025"
extends = "bristol"
effective_from = 2025-01-01

[params]
inception = 2025-09-01
"""
NEW = """
[protocol]
id = "ours-2026"
extends = "bristol"
supersedes = "old.toml"
effective_from = 2026-01-01

[params]
inception = 2025-09-01

[sets]
lead = ["social_worker"]

[[clock]]
id = "BRI-40"
starts = "allocate"
stops = "lead_supervised"
every = "2 weeks"
owner = "supervisor"
say = "formal supervision of the lead, every two weeks"
"""
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return a store with a trained Key Worker, beside two versions of a protocol."""
    made = History(tmp_path)
    made.write("old.toml", OLD)
    made.write("new.toml", NEW)
    topics = "uk_law systemic_practice signs_of_safety case_recording parental_substance_misuse"
    topics += " assessment_and_analysis direct_work planning_and_reviews child_development working_together"
    made.step("staff.train", "2024-02-02", case=None, staff="kw1", topic=topics.split())
    return made


def audited(history: History, protocol: str, today: str) -> dict[str, Any]:
    """Return what `cinctl audit --json` under *protocol* answers."""
    told = ["--store", str(history.store), "--protocol", protocol, "--today", today]
    path = history.folder / "audit.json"
    with path.open("w", encoding="utf-8") as out, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        assert run([*told, "audit", "--json", "--fail-on", "never"], Session(environ={}, now=NOW)) == 0
    answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answer


def test_a_step_is_judged_by_the_version_in_force_on_its_day(history: History) -> None:
    """A Key Worker may take a case on New Year's Eve and no more on New Year's Day."""
    new = str(history.folder / "new.toml")
    history.taken_on("2025-12-30")
    before = history.led_by("kw1", "2025-12-31")
    history.led_by("sw1", "2025-12-31", from_="kw1")
    after = history.led_by("kw1", "2026-01-01", from_="sw1")
    assert history.against(before, new) == set()
    assert history.against(after, new) == {"WT-01", "WT-40", "WT-46"}
    assert history.against(after, str(history.folder / "old.toml")) == set()


def test_what_is_due_keeps_the_version_that_it_began_under(history: History) -> None:
    """A month between supervisions goes on for whoever led before; two weeks is for who leads from then on."""
    new = str(history.folder / "new.toml")
    history.taken_on("2025-12-15")
    history.led_by("sw1", "2025-12-17")
    assert history.due(new, "2026-01-05")["BRI-40"] == "2026-01-17"
    history.step("close", "2026-01-05", "sw1", reason="RC7", signed_by="tm1")
    history.step("reopen", "2026-01-06", "tm1")
    history.led_by("sw1", "2026-01-07")
    assert history.due(new, "2026-01-07")["BRI-40"] == "2026-01-21"


def test_what_the_service_owes_keeps_the_version_that_it_began_under(history: History) -> None:
    """A clock of the service that both versions state runs on from the first of them, by its rule."""
    new = history.folder / "new.toml"
    rule = '[[clock]]\nid = "BRI-58"\nfor = "service"\nstarts = "protocol"\nstops = "govern.locality_meeting"\n'
    rule += 'every = "2 weeks"\nowner = "@manager"\nsay = "hold the locality meeting"\n'
    new.write_text(f"{NEW}\n{rule}", encoding="utf-8")
    assert history.due(str(new), "2026-01-02")["BRI-58"] == "2025-09-08"


def test_what_is_older_than_every_version_is_not_judged(history: History) -> None:
    """It is counted, and no rule finds anything in it."""
    new = str(history.folder / "new.toml")
    step = history.taken_on("2024-12-30", by="kw1")
    assert history.against(step, new) == set()
    assert audited(history, new, "2025-01-31")["counts"]["not_judged"] > 0


def test_audit_asks_what_another_protocol_would_have_said(history: History) -> None:
    """The store stays as it is; the answer says by which protocol it was judged."""
    history.taken_on("2025-06-02")
    step = history.led_by("kw1", "2025-06-03")
    bytes_before = history.store.read_bytes()
    answers = {name: audited(history, name, "2025-06-03") for name in ("bristol", "working-together-2023")}
    assert {name: answer["protocol"]["id"] for name, answer in answers.items()} == {n: n for n in answers}
    found = {name: {f["rule"] for f in a["findings"] if f["seq"] == step} for name, a in answers.items()}
    assert "WT-01" not in found["bristol"]
    assert "WT-01" in found["working-together-2023"]
    assert history.store.read_bytes() == bytes_before


def test_an_audit_under_a_protocol_that_lacks_a_role_says_so(history: History) -> None:
    """CORE-11: one finding for each post in a role that the other protocol does not know, and none for the rest."""
    for name, lacking in (("bristol", {"ccw1", "scp1"}), ("working-together-2023", {"ccw1", "kw1", "scp1"})):
        found = [f for f in audited(history, name, "2025-01-31")["findings"] if f["rule"] == "CORE-11"]
        assert {f["staff"] for f in found} == lacking
        assert {f["level"] for f in found} == {"warn"}
