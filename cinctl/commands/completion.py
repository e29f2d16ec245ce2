"""`cinctl completion`: TAB in bash, zsh and fish."""

from __future__ import annotations

import click

from cinctl.shell import Choice, command
from cinctl.terminal import emit

__all__ = ["command"]


@command(
    "completion",
    examples=(
        "cinctl completion bash > ~/.local/share/bash-completion/completions/cinctl",
        "source <(cinctl completion zsh)",
    ),
)
@click.argument("shell", metavar="bash|zsh|fish", type=Choice(("bash", "zsh", "fish")))
def print_script(shell: str) -> None:
    """Print a completion script for a shell."""
    from click.shell_completion import ShellComplete, get_completion_class

    from cinctl.cli import cli

    found = get_completion_class(shell)
    assert found is not None
    # not the class's own source(), which for bash runs bash to ask for its version
    emit(ShellComplete.source(found(cli, {}, "cinctl", "_CINCTL_COMPLETE")).strip("\n") + "\n")


command = print_script
