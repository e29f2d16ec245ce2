"""SARIF: valid by its schema, a rule object for each rule, stable fingerprints, suppressions, places in the log."""

from __future__ import annotations

import re

import pytest

from cinctl.terminal import visible
from tests.formats.readers import HOSTILE, RULES, SAY, entry, report, sarif, text


def test_a_rule_object_for_each_rule() -> None:
    """Each rule is there once, with its words, clause, source, help and level, found or not."""
    rules = sarif(text("sarif", report([entry()])))["tool"]["driver"]["rules"]

    assert [rule.id for rule in RULES] == [rule["id"] for rule in rules]
    assert SAY == rules[0]["shortDescription"]["text"]
    assert ["X-1"] == rules[0]["properties"]["clauses"]
    assert "Example" == rules[0]["properties"]["source"]
    assert "https://example.org/x" == rules[0]["helpUri"]
    assert "Clause X-1: direction comes first" in rules[0]["help"]["text"]
    assert ["error", "warning", "warning"] == [rule["defaultConfiguration"]["level"] for rule in rules]


def test_a_result_points_into_the_log() -> None:
    """A result names its rule, its level, a relative path under a base, the line, and the finding's fingerprint."""
    run = sarif(text("sarif", report([entry(number=7), entry(standing="warn", rule="X-2", number=8)])))
    first, second = run["results"]
    place = first["locations"][0]["physicalLocation"]

    assert ("X-1", 0, "error") == (first["ruleId"], first["ruleIndex"], first["level"])
    assert ("X-2", 1, "warning") == (second["ruleId"], second["ruleIndex"], second["level"])
    assert {"uri": "cases.jsonl", "uriBaseId": "%SRCROOT%"} == place["artifactLocation"]
    assert {"startLine": 7} == place["region"]
    assert {"findingFingerprint/v1": f"{7:016x}"} == first["partialFingerprints"]
    assert "%SRCROOT%" in run["originalUriBaseIds"]
    assert "cinctl-audit/example/" == run["automationDetails"]["id"]
    assert ("cinctl", "0.1.0") == (run["tool"]["driver"]["name"], run["tool"]["driver"]["version"])


def test_what_is_waived_is_suppressed() -> None:
    """A waived finding is a result with an accepted, external suppression that says until when and by whom."""
    [first, second] = sarif(text("sarif", report([entry(standing="waived"), entry(number=2)])))["results"]

    assert [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "waived until 2026-08-01, approved by sm1 (event 9)",
        }
    ] == first["suppressions"]
    assert "suppressions" not in second


def test_what_the_baseline_knows_is_unchanged() -> None:
    """With a baseline each result says whether it is new."""
    told = report([entry(standing="known"), entry(number=2)])
    header = {**told.header, "baseline": {"known": 1, "new": 1, "vanished": []}}

    run = sarif(text("sarif", report(told.entries, header=header)))

    assert ["unchanged", "new"] == [result["baselineState"] for result in run["results"]]


def test_nothing_found() -> None:
    """A log of no results is one too."""
    assert [] == sarif(text("sarif", report([])))["results"]


def test_a_finding_without_a_line_has_no_region() -> None:
    """What stands on no line of the log, as a service's clock from the first day, points to the file."""
    [result] = sarif(text("sarif", report([entry(line=None)])))["results"]

    assert "region" not in result["locations"][0]["physicalLocation"]


@pytest.mark.parametrize("who", HOSTILE)
def test_no_id_means_anything(who: str) -> None:
    """Whatever an id holds, the log is valid, the message is no link and no placeholder, and nothing in it hides."""
    content = text("sarif", report([entry(who)], log=f"{who}.jsonl"))
    [result] = sarif(content)["results"]
    message = result["message"]["text"]

    assert who == result["locations"][0]["logicalLocations"][0]["name"]
    assert None is re.search(r"(?<!\\)(?:\\\\)*\]\(", message)
    assert "{0}" not in message.replace("{{0}}", "")
    assert visible(content.replace("\n", "")) == content.replace("\n", "")
