"""What a report is made from: how an audit was made, the rules it held a history to, and its findings as entries.

What `protocol lint` finds is told in the same reports: its rules are the checks, its entries are about rules, each at
its own place. An entry holds ids, codes, dates and the protocol's own words. It has no place for what somebody wrote on
a case, so that no format can print it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import attrs

from cinctl.terminal import visible, visible_json

__all__ = ["Entry", "Report", "RuleText", "counted", "dumped", "shown", "xml_text"]

DENY, WARN, NOTE, WAIVED, KNOWN = "deny", "warn", "note", "waived", "known"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_MARKUP = re.compile("[&<>\"']")


class Entry(NamedTuple):
    """One finding, as a report tells it.

    *standing* is its level, or `waived` or `known` (in the baseline) where it stands no more. *waiver* says until when
    and by whom it was waived. *line* is its line of the log, None where there is none; *path* is another file that it
    is of, and *column* where it begins there. *hint* says how to put it right.
    """

    rule: str
    level: str
    standing: str
    who: str
    about: str
    say: str
    how: str
    line: int | None
    at: str | None
    due: str | None
    late_days: int | None
    hindsight: bool
    waiver: str
    fingerprint: str
    path: str | None = None
    column: int | None = None
    hint: str = ""

    @property
    def text(self) -> str:
        """What departs from the protocol, in the words of the protocol, with dates."""
        return f"{self.say}: {self.how}" if self.how else self.say

    @property
    def why_it_stands_no_more(self) -> str:
        """Why it does not count, or nothing where it does."""
        return {WAIVED: self.waiver, KNOWN: "known: in the baseline"}.get(self.standing, "")


class RuleText(NamedTuple):
    """One rule of the protocol, in words. *cite* names source and section of its first clause."""

    id: str
    level: str
    say: str
    cite: str
    source: str
    url: str | None
    clauses: tuple[tuple[str, str], ...]
    satisfy: str


@attrs.define(slots=False, kw_only=True)
class Report:
    """An audit to be told. *header* says how it was made; *entries* are in its order, without those that were left out.

    *found* are the rules that have any finding, shown or not; *left_out* counts by standing the findings that were not
    to be shown. *log* is the store's path as a reader of the report knows it, *summary* the one line for people.
    *command* is what was run; *columns* head a table of the entries, and *words* are other words for standings.
    """

    version: str
    header: Mapping[str, Any]
    entries: Sequence[Entry]
    found: Collection[str]
    left_out: Mapping[str, int]
    log: str
    summary: str
    exit_code: int
    statistics: Sequence[Mapping[str, Any]] | None = None
    rules_of: Callable[[], Sequence[RuleText]] = tuple
    command: str = "audit"
    columns: Sequence[str] = ("standing", "rule", "about", "what", "line")
    words: Mapping[str, str] = attrs.field(factory=dict)

    @cached_property
    def rules(self) -> dict[str, RuleText]:
        """The rules that were judged, by id, in the protocol's order."""
        return {rule.id: rule for rule in self.rules_of()}

    @cached_property
    def clean(self) -> list[RuleText]:
        """The rules without any finding."""
        return [rule for rule in self.rules.values() if rule.id not in self.found]

    @property
    def protocol(self) -> str:
        """The id of the protocol, or the ids of several."""
        header = self.header
        found = header["protocols"] if "protocols" in header else [header["protocol"]]
        return ", ".join(str(protocol["id"]) for protocol in found)

    @property
    def title(self) -> str:
        """What heads the report."""
        return f"cinctl {self.command}: {self.protocol}"

    def path(self, entry: Entry) -> str:
        """Return the file that *entry* is of."""
        return self.log if entry.path is None else entry.path

    def place(self, entry: Entry) -> str:
        """Return where *entry* is to be seen: file, line and column as far as it has them."""
        parts = [part for part in (entry.line, entry.column) if part is not None]
        return ":".join(map(str, (self.path(entry), *parts)))

    def word(self, standing: str) -> str:
        """Return what this report calls *standing*."""
        return self.words.get(standing, standing)

    def cells(self, entry: Entry) -> Sequence[object]:
        """Return *entry* as a row under *columns*."""
        more = [more for more in (entry.hint, entry.why_it_stands_no_more) if more]
        what = "; ".join([f"{entry.text}{self.cite(entry.rule)}", *more])
        where = entry.line if entry.path is None else self.place(entry)
        return self.word(entry.standing), entry.rule, entry.who, what, where

    def cite(self, rule: str) -> str:
        """Return source and section of *rule*, in brackets with a blank before, or nothing."""
        known = self.rules.get(rule)
        return f" ({known.cite})" if known is not None and known.cite else ""

    @property
    def left_out_words(self) -> str:
        """What --max-findings kept from being shown, or nothing: `12 more findings (2 deny, 10 warn)`."""
        total = sum(self.left_out.values())
        return f"{total} more {'finding' if total == 1 else 'findings'} ({counted(self.left_out)})" if total else ""


def counted(counts: Mapping[str, int]) -> str:
    """Return *counts* in words, without what there is none of: `2 deny, 10 warn`."""
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number)


def dumped(value: Any, indent: int | None = None) -> str:
    """Return *value* as JSON in which nothing hides, and nothing is that XML or YAML could not hold."""
    text = visible_json(json.dumps(value, ensure_ascii=False, indent=indent))
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def xml_text(text: str) -> str:
    """Return *text* for XML or HTML, as content or in an attribute: markup escaped, what is unseen or illegal spelt."""
    plain = _NOT_XML.sub(lambda m: f"\\u{ord(m.group()):04x}", visible(text))
    return _MARKUP.sub(lambda m: _XML[m.group()], plain)


shown = visible
"""What a line of a report shows of a text: nothing in it moves the cursor, hides, or ends the line."""
