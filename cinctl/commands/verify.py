"""`cinctl verify`: whether the log is whole, nobody altered it, and it still holds what was sealed or copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import StoreError
from cinctl.option_types import FILE, WORD
from cinctl.progress import file_progress
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import tell

if TYPE_CHECKING:
    from cinctl.store.verify import VerifyReport

__all__ = ["command"]

COLUMNS = ("store", "ok", "lines", "head", "torn", "fault_line", "fault")

_Wrong = str | None


@command(
    "verify",
    examples=(
        "cinctl verify",
        "cinctl --store cases.jsonl verify --json",
        "cinctl verify --seal today.seal",
        "cinctl verify --seal today.seal --allowed-signers signers --signer tm1@authority.example",
        "cinctl verify --extends backup/cases.jsonl",
    ),
)
@click.option("--seal", metavar="FILE", type=FILE, help="It must still hold what 'cinctl seal' recorded there.")
@click.option(
    "--allowed-signers", "signers", metavar="FILE", type=FILE, help="With --seal: who may sign, as ssh-keygen has it."
)
@click.option("--signer", metavar="ID", type=WORD, help="With --seal: which of them must have signed.")
@click.option("--extends", metavar="OLD", type=FILE, help="It must begin with every line of this older copy.")
@answers(COLUMNS, schema="cinctl/verify/1")
@pass_session
def verify_store(
    session: Session, view: View, seal: str | None, signers: str | None, signer: str | None, extends: str | None
) -> None:
    """Check that the log is whole and nobody altered it.

    The chain of hashes shows any change to a line. That lines were cut off the end, or the whole file was written
    anew, shows only beside a seal or an older copy kept elsewhere. A payload that was removed lawfully since, by
    'cinctl redact', is no change to either.
    """
    ctx = click.get_current_context()
    if (signers is None) != (signer is None):
        raise click.UsageError("--allowed-signers and --signer go together", ctx)
    if signers is not None and seal is None:
        raise click.UsageError("--allowed-signers needs --seal", ctx)
    path = str(session.settings.store)
    checks: list[Callable[[], tuple[VerifyReport, _Wrong]]] = []
    if seal is not None:
        checks.append(lambda: _sealed(path, seal, signers, signer))
    if extends is not None:
        checks.append(lambda: _extending(path, extends))
    for check in checks or [lambda: _plain(path)]:
        report, wrong = check()
        if wrong or report.fault:
            break
    _answer(view, path, report, wrong)


def _answer(view: View, path: str, report: VerifyReport, wrong: _Wrong) -> None:
    torn, fault = report.torn, report.fault
    reason = f"line {fault.line} does not hold: {fault.reason}" if fault else wrong
    row = {
        "store": path,
        "ok": reason is None,
        "lines": report.lines,
        "head": report.head,
        "torn": torn.length if torn else None,
        "fault_line": fault.line if fault else None,
        "fault": fault.reason if fault else wrong,
    }
    view.show([row], one=True)
    tell_of(path, report)
    if reason is not None:
        raise StoreError(f"{path}: {reason}")


def tell_of(path: str, report: VerifyReport) -> None:
    """Say on stderr that others can read the log, or that it ends in a torn line."""
    from cinctl.store.faults import exposure

    if exposed := exposure(path):
        tell(exposed)
    if torn := report.torn:
        tell(f"{path} ends in a torn line, never acknowledged ({torn.length} bytes from byte {torn.offset} on)")


def _plain(path: str) -> tuple[VerifyReport, _Wrong]:
    from cinctl.store.verify import verify

    with file_progress(path, "verify") as reach:
        return verify(path, reach), None


def _sealed(path: str, file: str, signers: str | None, signer: str | None) -> tuple[VerifyReport, _Wrong]:
    from cinctl.store import seal

    wanted, content = seal.read(file)
    if signers is not None and signer is not None:
        seal.check_signature(file, content, signers=signers, signer=signer)
    with file_progress(path, "verify") as reach:
        return seal.check(path, wanted, reach)


def _extending(path: str, older: str) -> tuple[VerifyReport, _Wrong]:
    from cinctl.store.extends import extends

    with file_progress(path, "verify") as reach:
        return extends(path, older, reach)


command = verify_store
