"""What `cinctl help TOPIC` tells: pages of plain text, 80 columns wide, which are Markdown as they stand.

Tables are made from where the facts live in the code. An indented line that holds `cinctl` is a command that runs as it
stands in a store under the protocol `bristol` with a case R1 and the practitioners csw1, tm1, sm1 and kw1.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["TOPICS", "page", "table"]

TOPICS: dict[str, str] = {
    "formats": "Table, JSON, CSV and the others; columns and order.",
    "exit-codes": "What a command's exit code means.",
    "environment": "Every environment variable, and what wins over what.",
    "dates": "Which day counts, how dates are typed, and working days.",
    "pipes": "Feeding one command to another; loops, cron, jq.",
    "store": "The log, what lies beside it, and how it is kept safe.",
    "protocol": "Choosing, reading, writing and checking a protocol.",
    "stories": "Stories: the tests of a protocol, told as a case's life.",
}
"""Every topic, and one line about it."""

_WIDTH = 78


def page(topic: str) -> str:
    """Return the page of *topic*, ending in a line break. Raises KeyError where there is none."""
    if topic not in TOPICS:
        raise KeyError(topic)
    from importlib import import_module

    text: str = import_module(f"cinctl.topics.{topic.replace('-', '_')}").text()
    return text.strip("\n") + "\n"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return *rows* of a word and what it means, indented, the meaning wrapped beside the word."""
    from textwrap import wrap

    rows = list(rows)
    room = max(len(word) for word, _ in rows) + 2
    lines = []
    for word, meaning in rows:
        first, *rest = wrap(meaning, _WIDTH - 4 - room)
        lines += [f"    {word:{room}}{first}", *(f"    {'':{room}}{line}" for line in rest)]
    return "\n".join(lines)
