"""`cinctl verify`: whether the log is whole and nobody altered it."""

from __future__ import annotations

from cinctl.commands._answer import View, answers
from cinctl.errors import StoreError
from cinctl.shell import Session, command, pass_session
from cinctl.terminal import tell

__all__ = ["command"]

COLUMNS = ("store", "ok", "lines", "head", "torn", "fault_line", "fault")


@command("verify", examples=("cinctl verify", "cinctl --store cases.jsonl verify --json"))
@answers(COLUMNS)
@pass_session
def verify_store(session: Session, view: View) -> None:
    """Check that the log is whole and nobody altered it.

    The chain of hashes shows any change to a line. That lines were cut off the end, or the whole file was written
    anew, shows only beside a copy of the head kept elsewhere.
    """
    from cinctl.store.verify import verify

    path = session.settings.store
    report = verify(path)
    torn, fault = report.torn, report.fault
    row = {
        "store": str(path),
        "ok": report.ok,
        "lines": report.lines,
        "head": report.head,
        "torn": torn.length if torn else None,
        "fault_line": fault.line if fault else None,
        "fault": fault.reason if fault else None,
    }
    view.show([row], one=True)
    if torn:
        tell(f"{path} ends in a torn line, never acknowledged ({torn.length} bytes from byte {torn.offset} on)")
    if fault:
        raise StoreError(f"{path}: line {fault.line} does not hold: {fault.reason}")


command = verify_store
