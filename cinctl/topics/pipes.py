"""`cinctl help pipes`."""

from __future__ import annotations

__all__ = ["text"]


def text() -> str:
    """Return the page."""
    return """
Pipes
=====

Every command that takes cases takes several, or `-` to read them from stdin:
ids, a line each, or JSON with a `case` in it, as any command answers. So any
answer feeds any other command:

    cinctl due --overdue -f ids | cinctl show -
    cinctl due --overdue --json | cinctl next -
    cinctl list --open -f ids | cinctl audit - --fail-on never

Steps on many cases
-------------------

One command is one batch: all of it is recorded, or nothing. `--dry-run` says
what would happen; `--keep-going` records what is accepted and refuses the
rest.

    cinctl list -f ids | cinctl note - --text "moved office" --by csw1 --dry-run
    cinctl list -f ids | cinctl note - --text "moved office" --by csw1

`refer` opens one case and prints its id:

    case=$(cinctl refer --source 6 --born 2019-05-01) && cinctl show "$case"

A loop pays for one process each time; `apply` records a stream in one, a JSON
line for each step, and answers with a verdict for each:

    echo '{"kind":"note","case":"R1","by":"kw1","data":{"text":"rang"}}' \\
        | cinctl apply -

Nobody at the keyboard
----------------------

For cron, `--exit-code` makes what is late the exit code. Writers wait for one
another; `--lock-timeout` says how long.

    cinctl due --overdue --exit-code > late.txt || cat late.txt
    cinctl --lock-timeout 5 note R1 --text "nightly check" --by csw1

With jq, where it is installed:

    cinctl due --json | jq -r '.[] | select(.status == "overdue") | .case'

A text may come from a file or from stdin: `--text @FILE`, `--text @-`; `@@` is
a plain @.

    echo "rang the school" | cinctl note R1 --text @- --by kw1

See also: cinctl help formats, cinctl help exit-codes
"""
