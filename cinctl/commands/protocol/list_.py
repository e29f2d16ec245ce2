"""`cinctl protocol list`: the protocols that come with the tool."""

from __future__ import annotations

from cinctl.commands._answer import View, answers
from cinctl.commands.protocol._named import SUMMARY
from cinctl.shell import command as made

__all__ = ["command"]


@made("list", examples=("cinctl protocol list",))
@answers(SUMMARY, ("id", "title", "status", "extends", "gates", "clocks"), ids="id")
def list_protocols(view: View) -> None:
    """List the bundled protocols."""
    from cinctl.explain import summary
    from cinctl.protocol import bundled, load

    view.show(summary(load(name)) for name in bundled())


command = list_protocols
