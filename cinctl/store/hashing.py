"""SHA-256, had in next to no time: for many lines the one of `hashlib` is quicker, which has to load OpenSSL first."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

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
