"""What exports that leave the authority share: who is named in them, and one case in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._masking import MASK_KEY, mask_from
from cinctl.errors import UsageError
from cinctl.masking import Mask
from cinctl.option_types import FILE
from cinctl.progress import progress
from cinctl.session import Session
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.casebook import Casebook
    from cinctl.exports.leaving import Outward

__all__ = ["Naming", "each_case", "naming_options", "tell_done"]


class Naming:
    """What --identifiable, --mask-key-file and --characteristics say. Raises UsageError for a key that cannot be."""

    def __init__(self, session: Session, asked: dict[str, Any]) -> None:
        self.identifiable: bool = asked["identifiable"]
        self.characteristics: bool = asked["characteristics"]
        self.key_file: str | None = asked["mask_key_file"]
        if self.identifiable and self.key_file is not None:
            raise UsageError("--identifiable names everybody and --mask-key-file nobody: leave one of them out")
        # A key that cannot be is found before a long history is read.
        self._mask = Mask() if self.identifiable else mask_from(session, self.key_file)

    def outward(self, book: Casebook) -> Outward:
        """Return what shows the events of *book* as they may leave."""
        from cinctl.exports.leaving import Outward

        return Outward(self._mask, book.rules, characteristics=self.characteristics)


def naming_options() -> Callable[[Any], Any]:
    """Give a command --identifiable, --mask-key-file and --characteristics; `Naming` reads them."""
    options = (
        click.option("--identifiable", is_flag=True, help="Leave ids and days of birth as they are, not hashed."),
        click.option(
            "--mask-key-file", type=FILE, metavar="FILE", help=f"Hash by the key in this file. [key: env {MASK_KEY}]"
        ),
        click.option("--characteristics", is_flag=True, help="With sex, ethnicity, disability and UPN."),
    )

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def each_case(book: Casebook, ids: Sequence[str]) -> Iterator[str]:
    """Yield those of *ids* of which any event counts, each let go of once the next is asked for.

    How far it is shows on a terminal.
    """
    with progress(len(ids), "exporting") as reach:
        for done, id_ in enumerate(ids):
            reach(done)
            if book.effective(book.track(id_).events):
                yield id_
            book.let_go(id_)


def tell_done(outward: Outward, written: Sequence[tuple[str, int, str]]) -> None:
    """Say on stderr what was written (where, how many, of what), whether it names anybody, and what stayed."""
    if not any(count for _, count, _ in written):
        tell(f"{_places(written)}: nothing in the store counts yet, so there is nothing in it")
    else:
        for where in dict.fromkeys(where for where, _, _ in written):
            told = (f"{count:,} {plural(count, thing)}" for place, count, thing in written if place == where)
            tell(f"{where}: {', '.join(told)}")
        tell("ids are hashed" if outward.mask.on else "ids stand as they are: this is not to leave the authority")
    if outward.withheld:
        lists = ", ".join(sorted(outward.withheld))
        tell(f"left out, as the protocol does not list them: words of {lists}; --identifiable takes them along")
    if outward.kept_back:
        kept = " and ".join(f"{count:,} {plural(count, thing)}" for thing, count in sorted(outward.kept_back.items()))
        tell(f"left out, as their rules look at a disability: {kept}; --characteristics takes them along")


def _places(written: Sequence[tuple[str, int, str]]) -> str:
    return ", ".join(dict.fromkeys(where for where, _, _ in written))
