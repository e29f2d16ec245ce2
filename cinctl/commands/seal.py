"""`cinctl seal`: record the head of the log's chain, to be kept elsewhere."""

from __future__ import annotations

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.verify import tell_of
from cinctl.option_types import FILE
from cinctl.session import Session, pass_session
from cinctl.shell import command

__all__ = ["command"]

COLUMNS = ("file", "store", "format", "lines", "head", "bytes", "sealed", "cinctl", "signature")


@command(
    "seal",
    examples=(
        "cinctl seal",
        "cinctl seal -o /mnt/elsewhere/2026-03-02.seal",
        "cinctl seal -o today.seal --key ~/.ssh/id_ed25519",
    ),
)
@click.option(
    "-o", "--output", metavar="FILE", type=FILE, help="Where to write it. [default the store's path, .seal-LINES]"
)
@click.option("--key", metavar="FILE", type=FILE, help="Sign it with this private SSH key, by ssh-keygen.")
@answers(COLUMNS, schema="cinctl/seal/1")
@pass_session
def seal_store(session: Session, view: View, output: str | None, key: str | None) -> None:
    """Record the head of the log's chain, to be kept elsewhere.

    The log is verified first. 'cinctl verify --seal FILE' then finds that its end was cut off or that it was written
    anew, which the chain alone does not show. Keep the seal, and FILE.sig, where those who write to the log do not.
    """
    from cinctl import __version__
    from cinctl.progress import file_progress
    from cinctl.store import seal
    from cinctl.workspace import now_text

    path = str(session.settings.store)
    with file_progress(path, "seal") as watch:
        report, made = seal.take(path, sealed=now_text(session.now), cinctl=__version__, watch=watch)
    file = output or f"{path}.seal-{made.lines}"
    seal.write(file, made, key)
    view.show([{"file": file, "store": path, **made._asdict(), "signature": f"{file}.sig" if key else None}], one=True)
    tell_of(path, report)


command = seal_store
