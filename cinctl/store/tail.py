"""Whether the end of a log is a line that was cut short, which is what a crash leaves, or something else."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence

from cinctl.store.envelope import ESCAPE, PLAIN, STRING

# A step answers where it ends, or that the bytes ran out inside it, or (None) that they are something else.
_Step = Callable[[bytes, int], "int | None"]
_RAN_OUT = -1

_PART_OF_STRING = rb'"' + PLAIN + rb"(?:" + ESCAPE + PLAIN + rb")*(?:\\(?:u[0-9a-fA-F]{0,3})?)?"
_PART_OF_WORD = rb"n(?:ul?)?|t(?:ru?)?|f(?:a(?:ls?)?)?"
_SCALAR = re.compile(STRING + rb"|null|true|false|[-0-9][-+.0-9eE]*")
_PART_OF_SCALAR = re.compile(_PART_OF_STRING + rb"|" + _PART_OF_WORD)

_ALLOWED = {
    "object": b"{",
    "value": b'"x{[',
    "first value": b'"x{[]',
    "key": b'"',
    "first key": b'"}',
    "colon": b":",
    "after member": b",}",
    "after item": b",]",
}


def begins_line(tail: bytes, seq: int) -> bool:
    """Whether *tail* is a proper prefix of something that could be written as line *seq*."""
    try:
        getincrementaldecoder("utf-8")().decode(tail)
    except UnicodeDecodeError:
        return False
    return any(_runs_out(tail, steps) for steps in _ways(seq))


def _runs_out(tail: bytes, steps: Sequence[_Step]) -> bool:
    at = 0
    for step in steps:
        reached = step(tail, at)
        if reached is None or reached == _RAN_OUT:
            return reached == _RAN_OUT
        at = reached
    return False


def _ways(seq: int) -> list[list[_Step]]:
    """Every shape that a line can have, as steps: with and without a key, whole and redacted."""
    head = [_literal(b'{"v":1,"seq":%d,"kind":' % seq), _text]
    for name in (b"case", b"at", b"recorded", b"by", b"under"):
        head += [_literal(b',"%b":' % name), _text]
    key = [_literal(b',"key":'), _text]
    hashed = [_literal(b'","hash":"'), _hex(64), _literal(b'"}')]
    whole = [_literal(b',"data":'), _data, _literal(b',"salt":"'), _hex(32), *hashed]
    redacted = [_literal(b',"digest":"'), _hex(64), *hashed]
    return [[*head, *keyed, *rest] for keyed in ([], key) for rest in (whole, redacted)]


def _literal(text: bytes) -> _Step:
    def step(tail: bytes, at: int) -> int | None:
        if tail.startswith(text, at):
            return at + len(text)
        return _RAN_OUT if text.startswith(tail[at:]) else None

    return step


def _hex(length: int) -> _Step:
    digits = re.compile(rb"[0-9a-f]{0,%d}" % length)

    def step(tail: bytes, at: int) -> int | None:
        found = digits.match(tail, at)
        end = found.end() if found else at
        if end - at == length:
            return end
        return _RAN_OUT if end == len(tail) else None

    return step


def _text(tail: bytes, at: int) -> int | None:
    """A string or null."""
    if at < len(tail) and tail[at] not in b'"n':
        return None
    return _scalar(tail, at)


def _scalar(tail: bytes, at: int) -> int | None:
    if at == len(tail):
        return _RAN_OUT
    if whole := _SCALAR.match(tail, at):
        return whole.end()
    return _RAN_OUT if _PART_OF_SCALAR.fullmatch(tail, at) else None


def _data(tail: bytes, at: int) -> int | None:
    """A JSON object without white space."""
    want, inside = "object", bytearray()
    while at < len(tail):
        mark = tail[at] if tail[at] in b'{}[]:,"' else ord("x")
        if mark not in _ALLOWED[want]:
            return None
        if mark in b'"x':
            reached = _scalar(tail, at)
            if reached is None or reached == _RAN_OUT:
                return reached
            at = reached
            want = "colon" if want.endswith("key") else _after(inside)
            continue
        at += 1
        if mark in b"{[":
            inside.append(mark)
            want = "first key" if mark == ord("{") else "first value"
        elif mark in b"}]":
            inside.pop()
            if not inside:
                return at
            want = _after(inside)
        else:
            want = "key" if mark == ord(",") and inside[-1] == ord("{") else "value"
    return _RAN_OUT


def _after(inside: bytearray) -> str:
    return "after member" if inside[-1] == ord("{") else "after item"
