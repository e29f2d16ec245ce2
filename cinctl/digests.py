"""Digests that are had in next to no time: for many lines `hashlib` is quicker, which has to load OpenSSL first."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from importlib import import_module
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


Sha256 = Callable[[bytes], Any]


def _at_hand() -> Sha256:
    for module in ("_sha2", "_sha256"):
        try:
            found: Sha256 = import_module(module).sha256
        except (ImportError, AttributeError):
            continue
        return found
    return for_many()


def for_many() -> Sha256:
    """Return the function that is quickest once it is loaded."""
    from hashlib import sha256

    return sha256


sha256 = _at_hand()
