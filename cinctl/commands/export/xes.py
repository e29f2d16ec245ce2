"""`cinctl export xes`: cases as the traces of an event log, for process mining."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cinctl.commands._telling import put
from cinctl.commands.export._destination import check_output, output_option
from cinctl.commands.export._outward import Naming, each_case, naming_options, tell_done
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

if TYPE_CHECKING:
    from cinctl.exports.leaving import Outward, Value
    from cinctl.formats.xes import Trace

__all__ = ["command"]


@made("xes", examples=("cinctl export xes -o cases.xes", "cinctl export xes --mask-key-file key -o cases.xes"))
@output_option()
@naming_options()
@pass_session
def export_xes(session: Session, /, output: str | None, **asked: Any) -> None:
    """Write every case as a trace of an event log in XES (IEEE 1849), for process mining.

    Ids are hashed unless told otherwise, and no free text leaves. Times are in UTC; what is dated without a time stands
    at noon and says so ('timed' is false).
    """
    from cinctl.exports.mining import traces
    from cinctl.formats.xes import document

    naming = Naming(session, asked)
    check_output(session, output, kept=(naming.key_file,))
    book = session.book()
    outward = naming.outward(book)
    ids = outward.ids(book.case_ids())
    counted = _Counted()
    put(output, document(_about(session, outward), counted.of(traces(book, outward, each_case(book, ids)))))
    where = output or "stdout"
    tell_done(outward, [(where, counted.cases, "case"), (where, counted.events, "event")])


command = export_xes


class _Counted:
    """Counts the traces that pass through, and their events."""

    def __init__(self) -> None:
        self.cases = self.events = 0

    def of(self, traces: Iterator[Trace]) -> Iterator[Trace]:
        """Yield *traces* as they are."""
        for trace in traces:
            self.cases += 1
            yield trace._replace(events=self._events(trace.events))

    def _events(self, events: Any) -> Iterator[Any]:
        for event in events:
            self.events += 1
            yield event


def _about(session: Session, outward: Outward) -> dict[str, Value]:
    protocol = session.workspace.protocol
    return {
        "concept:name": "cinctl",
        "protocol": protocol.id,
        "protocol_hash": protocol.hash,
        "as_of": session.settings.day,
        "pseudonymised": outward.mask.on,
    }
