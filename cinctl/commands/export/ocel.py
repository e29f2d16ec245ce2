"""`cinctl export ocel`: events with their cases, children, practitioners and units, for process mining."""

from __future__ import annotations

from typing import Any

from cinctl.commands._telling import put
from cinctl.commands.export._destination import check_output, output_option
from cinctl.commands.export._outward import Naming, each_case, naming_options, tell_done
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made("ocel", examples=("cinctl export ocel -o cases.json", "cinctl export ocel --mask-key-file key -o cases.json"))
@output_option()
@naming_options()
@pass_session
def export_ocel(session: Session, /, output: str | None, **asked: Any) -> None:
    """Write every event with the objects that it touches, as an object-centric event log (OCEL 2.0, JSON).

    Objects are cases, children, families, practitioners, units and the service. Ids are hashed unless told otherwise,
    and no free text leaves. Times are in UTC; what is dated without a time stands at noon and says so ('timed' is
    false).
    """
    from cinctl.exports.mining import OBJECT_TYPES, ObjectLog, event_types
    from cinctl.formats.ocel import document

    naming = Naming(session, asked)
    check_output(session, output, kept=(naming.key_file,))
    book = session.book()
    outward = naming.outward(book)
    ids = outward.ids(book.case_ids())
    log = ObjectLog(book, outward, lambda: each_case(book, ids))
    kinds = event_types(characteristics=naming.characteristics)
    put(output, document(kinds, OBJECT_TYPES, log.events(), log.objects()))
    where = output or "stdout"
    tell_done(outward, [(where, log.cases, "case"), (where, log.events_told, "event")])


command = export_ocel
