"""Whether files are still what they were, told in next to no time."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import Any


def digest(paths: Iterable[str]) -> str | None:
    """Return a digest of the names and contents of the files at *paths*; None when one of them cannot be read."""
    hasher = _blake2b()
    for path in paths:
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                return None
            with open(path, "rb", buffering=0) as file:
                content = file.read()
        except (OSError, ValueError):
            return None
        name = os.fsencode(path)
        hasher.update(b"%d %d\n%b%b" % (len(name), len(content), name, content))
    return str(hasher.hexdigest())


def _blake2b() -> Any:
    """Return a hash that is had without loading OpenSSL, where this Python has it by itself."""
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    return blake2b(digest_size=32)
