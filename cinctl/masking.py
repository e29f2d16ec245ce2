"""Ids as keyed hashes: the same id is the same hash under the same key, and nobody without the key can try ids out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from cinctl.errors import UsageError

__all__ = ["SHORTEST_KEY", "Mask"]

SHORTEST_KEY = 16
_MOST_KEPT = 50_000
"""So many hashes are kept, for ids that come again and again; beyond them all are made anew."""


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

    def child(self, id_: str) -> str:
        """Return *id_*, the authority's reference of a child, as exports name it."""
        return self._id("child", id_)

    def family(self, id_: str) -> str:
        """Return *id_*, which siblings share, as exports name it."""
        return self._id("family", id_)

    def upn(self, number: str) -> str:
        """Return *number*, a unique pupil number, as exports name it."""
        return self._id("upn", number)

    def event(self, seq: int) -> str:
        """Return the place of an event in the log as exports name it: hashed, for the order would tell of ids."""
        return self._id("event", str(seq))

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
            if len(self._seen) >= _MOST_KEPT:
                self._seen.clear()
            given = f"{sort}\0{text}".encode("utf-8", "surrogatepass")
            found = self._seen[sort, text] = hmac.digest(self._key, given, "sha256").hex()[:16]
        return found
