"""Where the lines of each case stand in a log: one pass over it, the chain checked, no payload kept."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Container
from hashlib import sha256

from cinctl.store.envelope import HEX, SALTED_LENGTH, STRING, check
from cinctl.store.envelope import STRING_OR_NULL as _OR_NULL

EVERY = 512
"""From one mark to the next it is so many lines: so many at most are passed over to find one by its number."""

_PLAIN = rb'"[^"\\\x00-\x1f]*"'
_SKIMMED = re.compile(
    rb'\{"v":1,"seq":([1-9][0-9]{0,17}),"kind":(%b),"case":(%b),"at":"(%b)","recorded":%b,"by":%b,"under":%b'
    rb'(?:,"key":%b)?(?=,"data":\{)'
    % (_PLAIN, rb"(?:null|" + _PLAIN + rb")", rb"[-0-9T:.+]{10,40}", STRING, _OR_NULL, _OR_NULL, STRING)
)
_NO_CASE = b"null"


class Survey:
    """What one pass over a log finds. Feed it to a walk as what takes each line.

    *places* maps a case, as its bytes stand in the log, to where its lines begin. *desk* are the lines of the kinds
    *aside* (as their bytes stand in the log, quotes included): seq, and where each begins. Where *is_late* says so of
    when something happened, the line is counted in *late*, and else left out.
    """

    def __init__(self, aside: Container[bytes] = (), is_late: Callable[[str], bool] | None = None) -> None:
        self.places: dict[bytes, array[int]] = {}
        self.desk: list[tuple[int, int]] = []
        self.late = 0
        self.marks = array("Q")
        self._aside = aside
        self._is_late = is_late
        self._end = 0

    def take(self, line: bytes, seq: int, previous: bytes) -> tuple[bytes, None]:
        """Take in one line and return its hash. Raises BrokenLine when it does not hold."""
        place = self._end
        found = _SKIMMED.match(line)
        if found is None:
            hashed, kind, case, at = self._slowly(line, seq, previous)
        else:
            number, kind, case, at = found.groups()
            end = found.end()
            salt = line[-108:-76]
            digest = sha256(salt + line[end + 8 : -SALTED_LENGTH]).hexdigest().encode()
            head = line[:end]
            hashed = sha256(previous + head + digest).hexdigest().encode()
            if (
                line[-SALTED_LENGTH:] != b',"salt":"%b","hash":"%b"}' % (salt, hashed)
                or int(number) != seq
                or salt.strip(HEX)
                or not head.isascii()
            ):
                # One of these is wrong, or needs a closer look.
                hashed = check(line, seq, previous)[0]
        if self._is_late is not None and self._is_late(at.decode()):
            self.late += 1
        else:
            self._keep(kind, case, seq, place)
        if seq % EVERY == 1:
            self.marks.append(place)
        self._end = place + len(line) + 1
        return hashed, None

    def _keep(self, kind: bytes, case: bytes, seq: int, place: int) -> None:
        if case != _NO_CASE:
            places = self.places.get(case)
            if places is None:
                places = self.places[case] = array("Q")
            places.append(place)
        if kind in self._aside:
            self.desk.append((seq, place))

    @staticmethod
    def _slowly(line: bytes, seq: int, previous: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """Take in what is not as most lines are: one whose payload was removed, or one that does not hold."""
        hashed, end, _ = check(line, seq, previous)
        kind, case, at = head_fields(line[:end])
        return hashed, kind, case, at


_HEAD = re.compile(rb'\{"v":1,"seq":[0-9]+,"kind":(%b),"case":(%b),"at":(%b)' % (STRING, _OR_NULL, STRING))


def head_fields(head: bytes) -> tuple[bytes, bytes, bytes]:
    """Return kind, case and time of a line that holds, from its *head*: each spelt as cinctl would write it."""
    found = _HEAD.match(head)
    assert found is not None
    kind, case, at = (_plainly(text) for text in found.groups())
    return kind, case, at[1:-1]


def _plainly(text: bytes) -> bytes:
    return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "surrogatepass") if b"\\" in text else text
