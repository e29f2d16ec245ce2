"""Where the lines of each case stand in a log: one pass over it, the chain checked, no payload kept."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Container, Sequence

from cinctl.digests import for_many
from cinctl.store.envelope import ASCII, ASCII_OR_NULL, HEX, STRING, STRING_OR_NULL, check

EVERY = 512
"""From one mark to the next it is so many lines: so many at most are passed over to find one by its number."""

# A line whose head is ASCII without an escape and whose payload is there, as nearly all are.
_USUAL = (
    rb'\{"v":1,"seq":([1-9][0-9]{0,17}),"kind":(%b),"case":(%b),"at":"([-0-9T:.+]{10,40}+)","recorded":%b,"by":%b,'
    rb'"under":%b(?:,"key":%b)?,"data":(?=\{)' % (ASCII, ASCII_OR_NULL, ASCII, ASCII_OR_NULL, ASCII_OR_NULL, ASCII)
)
_HEAD = rb'\{"v":1,"seq":[0-9]+,"kind":(%b),"case":(%b),"at":(%b)' % (STRING, STRING_OR_NULL, STRING)
_NO_CASE = b"null"


class Survey:
    """What one pass over a log finds. A walk feeds it lines: many at once by `run`, any single one by `take`.

    *places* maps a case, as its bytes stand in the log, to where its lines begin. *desk* are the lines of the kinds
    *aside* (as their bytes stand in the log, quotes included): seq, and where each begins. What happened on the day
    *since* or later, and *is_late* says so of its time, is counted in *late*, and else left out.
    """

    def __init__(
        self,
        aside: Container[bytes] = (),
        since: bytes = b"~",
        is_late: Callable[[str], bool] | None = None,
        watch: Callable[[int], None] | None = None,
    ) -> None:
        self.places: dict[bytes, array[int]] = {}
        self.desk: list[tuple[int, int]] = []
        self.late = 0
        self.marks = array("Q")
        self._aside = aside
        self._since = since
        self._is_late = is_late
        self._watch = watch
        self._end = 0

    def run(self, lines: Sequence[bytes], seq: int, previous: bytes) -> tuple[int, int, bytes]:
        """Take in *lines*, each with its newline, up to the first that is not as most lines are, or does not hold.

        The first of them is line *seq*, the hash before it *previous*. Returns how many they were, how many bytes they
        take, and the hash of the last. This is `take` without its calls.
        """
        match, digest_of = re.compile(_USUAL).match, for_many()
        places, aside, since = self.places, self._aside, self._since
        begun, place, first, head = self._end, self._end, seq, previous
        for line in lines:
            found = match(line)
            if found is None:
                break
            number, kind, case, at = found.groups()
            end = found.end()
            salt = line[-109:-77]
            digest = digest_of(salt + line[end:-118]).hexdigest().encode()
            hashed = digest_of(head + line[: end - 8] + digest).hexdigest().encode()
            if line[-118:] != b',"salt":"%b","hash":"%b"}\n' % (salt, hashed) or int(number) != seq or salt.strip(HEX):
                break
            if seq % EVERY == 1 or at >= since or kind in aside or case not in places:
                self._keep(kind, case, at, seq, place)
            else:
                places[case].append(place)
            head = hashed
            seq += 1
            place += len(line)
        self._end = place
        if self._watch is not None:
            self._watch(place)
        return seq - first, place - begun, head

    def take(self, line: bytes, seq: int, previous: bytes) -> tuple[bytes, None]:
        """Take in one line, without its newline, and return its hash. Raises BrokenLine when it does not hold."""
        hashed, end, _ = check(line, seq, previous)
        found = re.match(_HEAD, line[:end])
        assert found is not None
        # Each spelt as cinctl would write it: another may have used escapes that it need not have.
        kind, case, at = map(_plainly, found.groups())
        self._keep(kind, case, at[1:-1], seq, self._end)
        self._end += len(line) + 1
        return hashed, None

    def _keep(self, kind: bytes, case: bytes, at: bytes, seq: int, place: int) -> None:
        if seq % EVERY == 1:
            self.marks.append(place)
        if at >= self._since and self._is_late is not None and self._is_late(at.decode()):
            self.late += 1
            return
        if case != _NO_CASE:
            places = self.places.get(case)
            if places is None:
                places = self.places[case] = array("Q")
            places.append(place)
        if kind in self._aside:
            self.desk.append((seq, place))


def _plainly(text: bytes) -> bytes:
    return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "surrogatepass") if b"\\" in text else text
