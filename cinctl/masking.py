"""Ids as keyed hashes: the same id is the same hash under the same key, and nobody without the key can try ids out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cinctl.errors import UsageError

__all__ = ["SHORTEST_KEY", "Mask"]

SHORTEST_KEY = 16


class Mask:
    """Hashes ids under *key*; with None they stay as they are. Raises UsageError for a key that could be guessed."""

    def __init__(self, key: bytes | None = None) -> None:
        if key is not None and len(key) < SHORTEST_KEY:
            raise UsageError(
                f"the mask key has {len(key)} bytes: give it {SHORTEST_KEY} or more, such as 32 random ones"
            )
        self._key = key
        self._seen: dict[tuple[str, str], str] = {}

    @property
    def on(self) -> bool:
        """Whether ids are hashed."""
        return self._key is not None

    @property
    def check(self) -> str | None:
        """What tells one key from another, and tells nothing of it; None without a key."""
        return self._hash("key", "") if self.on else None

    def case(self, id_: str) -> str:
        """Return *id_*, a case's, as reports name it."""
        return self._id("case", id_)

    def staff(self, id_: str) -> str:
        """Return *id_*, a practitioner's, as reports name it."""
        return self._id("staff", id_)

    def fingerprint(self, digits: str) -> str:
        """Return *digits*, a finding's fingerprint; hashed anew, for whoever knows a rule could try all ids out."""
        return self._hash("finding", digits) if self.on and digits else digits

    def row(self, row: Mapping[str, Any], message: str) -> dict[str, Any]:
        """Return a finding's *row* with *message* in place of its own, which may name somebody."""
        if not self.on:
            return dict(row)
        told = {**row, "message": message, "fingerprint": self.fingerprint(row["fingerprint"])}
        for name, masked in (("case", self.case), ("staff", self.staff)):
            if told.get(name) is not None:
                told[name] = masked(told[name])
        return told

    def _id(self, sort: str, id_: str) -> str:
        return f"{sort}-{self._hash(sort, id_)}" if self.on else id_

    def _hash(self, sort: str, text: str) -> str:
        found = self._seen.get((sort, text))
        if found is None:
            assert self._key is not None
            given = f"{sort}\0{text}".encode("utf-8", "surrogatepass")
            found = self._seen[sort, text] = hmac.new(self._key, given, sha256).hexdigest()[:16]
        return found
