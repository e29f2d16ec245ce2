"""What came of an `audit`: judged, then told in files, on stdout and on stderr."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from cinctl import outfile
from cinctl.baseline import Known, written
from cinctl.commands._answer import View
from cinctl.commands._audit_options import COLUMNS, Wanted, is_report
from cinctl.commands._outputs import Sink
from cinctl.commands._telling import from_here, put, put_report
from cinctl.errors import ConfigError, UsageError, did_you_mean
from cinctl.formats.report import Report, counted
from cinctl.render import Row, dump, pick
from cinctl.reporting import SCHEMA, Tally, report_of, summary
from cinctl.selection import units
from cinctl.session import Session
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.casebook import Casebook

__all__ = ["Telling"]

TABLE = ("level", "rule", "who", "at", "message", "late_days", "waived")
SPARE = ("late_days", "at")
STATISTICS = ("by", "name", "findings", "deny", "warn", "waived")
FINDING_SCHEMA = "cinctl/finding/1"
_VANISHED_SHOWN = 20


class Telling:
    """One audit: judged, then told wherever it is to go."""

    def __init__(self, session: Session, wanted: Wanted, cases: Sequence[str] | None, fail_on: str) -> None:
        self.session, self.wanted, self.cases, self.fail_on = session, wanted, cases, fail_on
        self.tally = Tally(selection=wanted.selection, baseline=wanted.baseline, mask=wanted.mask, cases=cases)
        self.header: dict[str, Any] = {}

    @property
    def code(self) -> int:
        """The exit code: that of the verdict, whatever the formats."""
        return int(self.tally.fails(self.fail_on))

    def judge(self) -> None:
        """Judge the history. Raises UsageError and ConfigError for what only the protocol and store can tell."""
        from cinctl.discretion import vital_rules
        from cinctl.workspace.auditing import audit_store

        self._check_protocol()
        self.tally.undated = vital_rules(self.session.workspace.rules)
        made = audit_store(self.session.workspace, self.cases, self.wanted.jobs)
        for notice in made.book.notices:
            tell(notice)
        for finding in made.findings:
            self.tally.take(finding)
        self._check_units(made.book)
        self.header = self._header(made.header())

    def _check_protocol(self) -> None:
        protocol, wanted = self.session.workspace.protocol, self.wanted
        if wanted.protocol_hash is not None and not protocol.hash.startswith(wanted.protocol_hash):
            raise ConfigError(
                f"{protocol.id} is not the protocol asked for: its hash is {protocol.hash}, "
                f"--protocol-hash says {wanted.protocol_hash}"
            )
        editions = self.session.workspace.rules.editions
        wanted.selection.check(rule for edition in editions for rule in edition.rule_ids())
        if wanted.baseline is not None and wanted.baseline.protocol != protocol.id:
            tell(f"the baseline is of '{wanted.baseline.protocol}'; the protocol here is '{protocol.id}'")

    def _check_units(self, book: Casebook) -> None:
        """Raise UsageError for a unit that nobody is of; one that any finding is of is known."""
        unknown = [unit for unit in self.wanted.selection.units if unit not in self.tally.units]
        if unknown:
            known = units(book, self.session.workspace.today)
            for unit in unknown:
                if unit not in known:
                    raise UsageError(
                        f"--unit: '{unit}' is not the unit of any case or practitioner.{did_you_mean(unit, known)}"
                    )

    def _header(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """Return how the audit was made, and its counts: all that stands before the findings."""
        told = {"schema": SCHEMA, **made}
        told["filters"] = self.tally.filters()
        told["counts"] = self.tally.counts(made["counts"])
        if self.wanted.baseline is not None:
            new = told["counts"]["deny"] + told["counts"]["warn"]
            told["baseline"] = {
                "protocol": self.wanted.baseline.protocol,
                "known": told["counts"]["known"],
                "new": new,
                "vanished": self.tally.vanished(),
            }
        return told

    # Telling

    def tell(self) -> None:
        """Write the baseline, then every file, then stdout; then say on stderr what a reader should know."""
        wanted = self.wanted
        if wanted.write_baseline is not None:
            outfile.write(wanted.write_baseline, written(self._protocol_id, self._known, wanted.mask.check))
        for sink in sorted(wanted.sinks, key=lambda sink: sink.path is None):
            if is_report(sink.form, wanted.columns):
                self._tell_report(sink)
            else:
                self._tell_rows(sink)
        for line in self._remarks():
            tell(line)
        if self.tally.taken and any(sink.form == "table" and sink.path is None for sink in wanted.sinks):
            self._hint()

    def _hint(self) -> None:
        if self.session.hints:
            from cinctl.commands._hints import tell_explain

            tell_explain(self.session, (row["rule"] for row in self.tally.rows()))

    @cached_property
    def _known(self) -> list[Known]:
        return list(self.tally.known())

    @property
    def _protocol_id(self) -> str:
        return str(self.header["protocol"]["id"])

    def _tell_report(self, sink: Sink) -> None:
        put_report(self.session, sink, self.report)

    @cached_property
    def report(self) -> Report:
        """The audit as every report tells it."""
        from cinctl.formats.rules import rule_texts

        rules = partial(
            rule_texts, self.session.workspace.rules, self.tally.selection.takes, cases_only=self.cases is not None
        )
        return report_of(
            self.tally,
            self.header,
            rules,
            log=from_here(os.fspath(self.session.settings.store)),
            exit_code=self.code,
            limit=self.wanted.limit,
            statistics=self.wanted.statistics,
        )

    def _tell_rows(self, sink: Sink) -> None:
        if sink.form == "json":
            put(sink.path, [dump(self._object()) + "\n"])
            return
        wanted = self.wanted
        if wanted.statistics and sink.form != "ids":
            columns = STATISTICS if wanted.baseline is None else (*STATISTICS, "known")
            self._show(self._view(sink, columns, columns), sink, self.tally.statistics())
        else:
            table = TABLE if wanted.baseline is None else (*TABLE, "known")
            self._show(self._view(sink, COLUMNS, table), sink, self._limited(self._rows(sink)))

    def _show(self, view: View, sink: Sink, rows: Sequence[Row]) -> None:
        if sink.path is not None:
            outfile.write(sink.path, view.pieces(rows, sort=False))
        else:
            view.show(rows, sort=False)

    def _view(self, sink: Sink, known: Sequence[str], table: Sequence[str]) -> View:
        view = View(self.session, known, table, sink.form, self.wanted.columns or None, self.wanted.sort, "case")
        view.spare = SPARE
        return view

    def _rows(self, sink: Sink) -> Iterable[Row]:
        rows: Iterable[Row] = self.tally.rows()
        if sink.form in ("table", "markdown") and not self.wanted.columns:
            rows = [{**row, "who": _who(row)} for row in rows]
        elif sink.form == "jsonl":
            rows = [{"schema": FINDING_SCHEMA, **row} for row in rows]
        return self._view(sink, COLUMNS, TABLE).sorted(rows)

    def _limited(self, rows: Iterable[Row]) -> list[Row]:
        return list(rows)[: self.wanted.limit]

    def _object(self) -> dict[str, Any]:
        """Return the audit as one object, its findings in the order and with the columns that were asked for."""
        told = dict(self.header)
        if self.wanted.statistics:
            told["statistics"] = self.tally.statistics()
        if self._not_shown:
            told["not_shown"] = self._not_shown
        view = self._view(Sink("json", None), COLUMNS, COLUMNS)
        rows = self._limited(view.sorted(self.tally.rows()))
        told["findings"] = [pick(row, self.wanted.columns) for row in rows] if self.wanted.columns else rows
        return told

    @property
    def _not_shown(self) -> int:
        limit = self.wanted.limit
        return 0 if limit is None else max(0, len(self.tally.taken) - limit)

    def _remarks(self) -> Iterator[str]:
        header = self.header
        yield summary(header["counts"])
        left_out = header["filters"].get("left_out")
        if left_out is not None:
            by = ", ".join(_option(name, value) for name, value in self.tally.selection.filters().items())
            yield f"left out by {by}: {counted(left_out) or 'nothing'}"
        if self._not_shown:
            more = plural(self._not_shown, "finding")
            yield f"{self._not_shown} more {more} not shown (--max-findings {self.wanted.limit})"
        if "baseline" in header:
            yield from _of_baseline(header["baseline"])
        if self.wanted.write_baseline is not None:
            count = len(self._known)
            yield f"baseline of {count} {plural(count, 'finding')} written to {self.wanted.write_baseline}"


def _of_baseline(told: Mapping[str, Any]) -> Iterator[str]:
    gone = told["vanished"]
    yield f"baseline: {told['known']} known, {told['new']} new, {len(gone)} vanished"
    for entry in gone[:_VANISHED_SHOWN]:
        line = f"vanished: {entry['rule']} {entry['case'] or 'staff or service'} {entry['fingerprint']}"
        # A runner of GitHub takes this mark for a command wherever it stands in a line.
        yield line.replace("##[", "#\\x23[")
    if len(gone) > _VANISHED_SHOWN:
        yield f"and {len(gone) - _VANISHED_SHOWN} more that --json lists"


def _option(name: str, value: Any) -> str:
    return f"--{name} {','.join(value) if isinstance(value, list) else value}"


def _who(row: Row) -> str | None:
    """Return whose finding *row* is: the case's, else a practitioner's, else a unit's."""
    who: str | None = row["case"] or row.get("staff") or row.get("unit")
    return who
