"""Read a line that is known to hold: as JSON, without asking again what its hash says."""

from __future__ import annotations

import json
from typing import Any

from cinctl.store.envelope import SALTED_LENGTH

_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_SALT = b',"salt":"'


def decoded(line: bytes) -> dict[str, Any]:
    """Return the parts of *line*, without its newline; salt and hash may be missing, and `data` where it is gone.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        # What nobody asks for need not be read.
        salted = line.startswith(_SALT, len(line) - SALTED_LENGTH)
        text = f"{line[:-SALTED_LENGTH].decode()}}}" if salted else line.decode()
        found, end = _scan(text, 0)
    except (StopIteration, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if end != len(text) or not isinstance(found, dict):
        raise ValueError("it is not one JSON object")
    return found
