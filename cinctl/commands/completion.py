"""`cinctl completion`: TAB in bash, zsh and fish."""

from __future__ import annotations

import click

from cinctl.option_types import Choice
from cinctl.shell import command
from cinctl.terminal import emit

__all__ = ["command"]


@command(
    "completion",
    examples=(
        "cinctl completion bash > ~/.local/share/bash-completion/completions/cinctl",
        "source <(cinctl completion bash)",
        'eval "$(cinctl completion zsh)"',
        "cinctl completion fish > ~/.config/fish/completions/cinctl.fish",
    ),
)
@click.argument("shell", metavar="bash|zsh|fish", type=Choice(("bash", "zsh", "fish")))
def print_script(shell: str) -> None:
    """Print a completion script for a shell.

    TAB then completes commands, options and choices, and from the store and the protocol: cases, staff, units, rules
    and codes. It looks at the cache beside the log and no more; any command that reads, such as 'cinctl due', makes it
    anew. An id that a shell would act on, as one with a colon or a dollar sign, is left out: type it in quotes.

    bash has to be 4.4 or newer; macOS comes with 3.2.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from cinctl.cli import cli

    found = get_completion_class(shell)
    assert found is not None
    # not the class's own source(), which for bash runs bash to ask for its version
    emit(ShellComplete.source(found(cli, {}, "cinctl", "_CINCTL_COMPLETE")).strip("\n") + "\n")


command = print_script
