"""Rows and reports of one answer, each to the file or stdout that it is to go to."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cinctl import outfile
from cinctl.commands._answer import View, field_names
from cinctl.commands._kept import kept_files
from cinctl.commands._outputs import Sink, paired_options, sinks
from cinctl.errors import ConfigError, UsageError
from cinctl.render import FORMATS, Row, check_columns
from cinctl.session import Session
from cinctl.terminal import emit

if TYPE_CHECKING:
    from cinctl.formats.report import Report

__all__ = ["STEP_SUMMARY", "Telling", "from_here", "put", "put_report", "put_text", "row_options"]

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
_SUMMARY_LIMIT = 1024 * 1024 - 1024  # GitHub drops a job summary of more than a mebibyte whole


def row_options(reports: Collection[str]) -> Callable[[Any], Any]:
    """Give a command -f (the general formats and *reports*), -o, --json, --columns and --sort."""
    more = [
        click.Option(["--columns"], metavar="A,B,...", help="Only these fields, in this order."),
        click.Option(["--sort"], metavar="A,-B,...", help="Sort by these fields; - for backwards."),
    ]

    def decorate(function: Any) -> Any:
        params = function.__dict__.setdefault("__click_params__", [])
        params.extend(reversed([*paired_options(tuple(dict.fromkeys((*FORMATS, *reports)))), *more]))
        return function

    return decorate


class Telling:
    """Where and how one answer of rows is wanted: taken out of what was *asked*, and checked before anything is read.

    *known* are the fields, *table* those that a table shows unless told, *ids* the one that `ids` prints; *reports*
    are the formats that are no rows.
    """

    def __init__(
        self,
        session: Session,
        asked: dict[str, Any],
        known: Sequence[str],
        table: Sequence[str],
        *,
        ids: str,
        reports: Collection[str],
    ) -> None:
        self.session, self.known, self.table, self.ids, self.reports = session, known, table, ids, reports
        self.sinks = sinks(asked)
        self.columns = field_names(asked["columns"], "--columns")
        self.sort = field_names(asked["sort"], "--sort")
        check_columns(self.columns, known, "--columns")
        check_columns([name.removeprefix("-") for name in self.sort], known, "--sort")
        if (self.columns or self.sort) and all(map(self.is_report, self.sinks)):
            raise UsageError(f"--columns and --sort mean nothing to {' and '.join(s.form for s in self.sinks)}")
        for sink in self.sinks:
            if sink.path is not None:
                outfile.check_target(sink.path, "-o", _kept(session))

    def is_report(self, sink: Sink) -> bool:
        """Return whether *sink* gets a report; Markdown with columns is a table of rows, as of any command."""
        return sink.form in self.reports and not (sink.form == "markdown" and self.columns)

    def tell(self, rows: Iterable[Row], report: Callable[[Sink], None], empty: str = "") -> None:
        """Write every file, then stdout; *report* puts what goes to a sink that gets a report."""
        rows = list(rows)
        for sink in sorted(self.sinks, key=lambda sink: sink.path is None):
            if self.is_report(sink):
                report(sink)
            elif sink.path is not None:
                outfile.write(sink.path, self._view(sink).pieces(rows))
            else:
                self._view(sink).show(rows, empty=empty)

    @property
    def only_ids(self) -> bool:
        """Whether nothing but ids is told."""
        return all(sink.form == "ids" for sink in self.sinks)

    def _view(self, sink: Sink) -> View:
        return View(self.session, self.known, self.table, sink.form, self.columns or None, self.sort, self.ids)


def _kept(session: Session) -> list[str | os.PathLike[str] | None]:
    """Return the files that no answer of these commands may overwrite: where the config is no good, those named."""
    try:
        return kept_files(session)
    except ConfigError:
        return [session.given.get(name) for name in ("store", "protocol", "config")]


def put(path: str | None, pieces: Iterable[str | bytes]) -> None:
    """Write *pieces* to the file *path*, else to stdout: text as UTF-8, bytes as they are."""
    if path is not None:
        outfile.write(path, pieces)
        return
    for piece in pieces:
        emit(piece)


def put_text(session: Session, output: str | None, pieces: Iterable[str], kept: Iterable[str] = ()) -> None:
    """Write *pieces* to the file *output*, or to stdout for None and `-`; never over what is *kept*, or was named."""
    path = None if output == "-" else output
    if path is not None:
        outfile.check_target(path, "-o", [*_kept(session), *kept])
    put(path, pieces)


def put_report(session: Session, sink: Sink, report: Report) -> None:
    """Write *report* in the format of *sink*; annotations of GitHub have their page in the job summary too."""
    from cinctl.formats.reports import rendered

    put(sink.path, rendered(sink.form, report))
    summary_file = session.environ.get(STEP_SUMMARY)
    if sink.form == "github" and summary_file:
        from cinctl.formats.markdown import render

        outfile.append(summary_file, render(report, _SUMMARY_LIMIT - outfile.size_of(summary_file)))


def from_here(path: str) -> str:
    """Return *path* from here; of a file elsewhere the name alone, which is the same on every machine."""
    here, there = Path.cwd(), Path(os.path.abspath(path))
    return there.relative_to(here).as_posix() if there.is_relative_to(here) else there.name
