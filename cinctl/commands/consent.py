"""`cinctl consent`: consent given, declined or withdrawn."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "consent",
    shape=Shape(phase_option=("--for", "What the consent is to.")),
    examples=(
        "cinctl consent R1 --for assessment --answer given --given-by mother --has-pr --by kw1",
        "cinctl consent R1 --for plan --answer declined --reason 'wants no help' --by kw1",
    ),
)
