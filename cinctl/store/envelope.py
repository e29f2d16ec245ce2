"""One line of the log: how it is written, and what must hold for it to be read.

    {"v":1,"seq":1,"kind":..,"case":..,"at":..,"recorded":..,"by":..,"under":..,["key":..,]"data":{..},"salt":"..","hash":".."}

The hash is SHA-256 over the hash of the line before (64 zeros for the first), the bytes before `,"data":`, and the hex
digest of salt and data. A redacted line has `"digest":".."` in place of data and salt, and the chain still holds.
Everything is taken over the bytes as they stand in the line; the patterns below leave no byte of it uncompared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cinctl.digests import for_many, sha256
from cinctl.errors import UsageError

VERSION = 1
START = b"0" * 64

# Far below what the JSON reader can take, wherever it is called from: what was written must never be unreadable.
DEEPEST = 100

_REQUIRED = ("kind", "case", "at", "recorded", "by", "under")
_KNOWN = {*_REQUIRED, "key", "data"}

PLAIN = rb'[^"\\\x00-\x1f]*'
ESCAPE = rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
STRING = rb'"' + PLAIN + rb"(?:" + ESCAPE + PLAIN + rb')*"'
STRING_OR_NULL = rb"(?:null|" + STRING + rb")"
_HEAD = re.compile(
    rb'\{"v":1,"seq":([1-9][0-9]{0,17}),"kind":%b,"case":(%b),"at":%b,"recorded":%b,"by":%b,"under":%b(?:,"key":%b)?'
    rb'(?=,"data":\{|,"digest":")' % (STRING, STRING_OR_NULL, STRING, STRING, STRING_OR_NULL, STRING_OR_NULL, STRING)
)
# The same, for lines whose head is ASCII without an escape and whose payload is there: nearly all of them.
ASCII = rb'"[ !#-\[\]-\x7f]*+"'
ASCII_OR_NULL = rb"(?:" + ASCII + rb"|null)"
_USUAL_HEAD = (
    rb'\{"v":1,"seq":([1-9][0-9]{0,17}),"kind":%b,"case":%b,"at":%b,"recorded":%b,"by":%b,"under":%b(?:,"key":%b)?'
    rb',"data":(?=\{)' % (ASCII, ASCII_OR_NULL, ASCII, ASCII, ASCII_OR_NULL, ASCII_OR_NULL, ASCII)
)
_DATA = b',"data":'
_PLAIN_START = b'{"v":%d,' % VERSION
HEX = b"0123456789abcdef"
# These are compiled when they are first needed, which for most commands is never.
_SALTED = rb',"salt":"[0-9a-f]{32}","hash":"[0-9a-f]{64}"\}\Z'
SALTED_LENGTH = 117
_REDACTED = rb',"digest":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}'
_VERSION = rb'\{"v":([0-9]{1,18})(?![0-9])'
_WRONG_HASH = "its hash does not follow from it and from the line before"
_SEQ = rb'\{"v":1,"seq":([0-9]{1,18}),'


class BrokenLine(Exception):
    """A line does not hold; *reason* says why, as the end of a sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NewerLine(BrokenLine):
    """A line was written by a later version of cinctl than this."""


class ForeignLine(BrokenLine):
    """The file was not written by cinctl at all."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_scan = json.JSONDecoder(parse_constant=_no_constant).scan_once  # type: ignore[attr-defined]
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def compose(envelope: Mapping[str, Any], seq: int, previous: bytes, salt: bytes) -> tuple[bytes, bytes, dict[str, Any]]:
    """Return the line (with its newline) for *envelope* at *seq*, its hash, and the envelope as it will be read.

    Raises:
        UsageError: something in it cannot be written as JSON.
        ValueError: it is no envelope.
    """
    if not _KNOWN.issuperset(envelope):
        raise ValueError(f"not part of an envelope: {sorted(set(envelope) - _KNOWN)}")
    front: dict[str, Any] = {"v": VERSION, "seq": seq, **{name: envelope[name] for name in _REQUIRED}}
    if envelope.get("key") is not None:
        front["key"] = envelope["key"]
    try:
        head = _encode(front)[:-1].encode()
        data = _encode(envelope["data"]).encode()
    except (UnicodeEncodeError, ValueError, RecursionError) as error:
        raise UsageError(f"{envelope['kind']}: this cannot be written down: {_plain(error)}") from error
    if data.count(b"{") + data.count(b"[") > DEEPEST and _depth(envelope["data"]) > DEEPEST:
        raise UsageError(f"{envelope['kind']}: this cannot be written down: it is nested too deeply")
    salt_hex = salt.hex().encode()
    digest = sha256(salt_hex + data).hexdigest().encode()
    hashed = sha256(previous + head + digest).hexdigest().encode()
    line = b'%b,"data":%b,"salt":"%b","hash":"%b"}' % (head, data, salt_hex, hashed)
    try:
        # Nothing is written that could not be read again.
        return line + b"\n", *parse(line, seq, previous)
    except BrokenLine as broken:
        raise ValueError(f"not an envelope: {broken.reason}: {line!r}") from broken


def parse(line: bytes, seq: int, previous: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return the hash and the envelope of *line* (without its newline); `data` is None where it was redacted.

    Raises:
        BrokenLine: it is not line *seq* after a line with hash *previous*.
    """
    hashed, end, data = check(line, seq, previous)
    envelope: dict[str, Any] = _scan(line[:end].decode() + "}", 0)[0]
    envelope["data"] = data
    if data is None:
        envelope["digest"] = line[end + 11 : end + 75].decode()
    else:
        envelope["salt"] = line[-SALTED_LENGTH + 9 : -SALTED_LENGTH + 41].decode()
    envelope["hash"] = hashed.decode()
    return hashed, envelope


def check(line: bytes, seq: int, previous: bytes) -> tuple[bytes, int, dict[str, Any] | None]:
    """Return the hash of *line*, where its head ends, and its data; as `parse`, without reading the head as JSON."""
    found = _HEAD.match(line)
    if found is None or found[1] != b"%d" % seq:
        raise _misfit(line, seq)
    end = found.end()
    head = line[:end]
    payload, salt = line[end + 8 : -SALTED_LENGTH], line[-108:-76]
    if not line.startswith(_DATA, end):
        return _check_redacted(line, head, previous), end, None
    digest = sha256(salt + payload).hexdigest().encode()
    hashed = sha256(previous + head + digest).hexdigest().encode()
    # One comparison for the hash and every byte of the framing round it.
    if line[-SALTED_LENGTH:] != b',"salt":"%b","hash":"%b"}' % (salt, hashed) or salt.strip(HEX):
        raise BrokenLine(_WRONG_HASH if re.search(_SALTED, line[end:]) else "it does not end in a salt and a hash")
    try:
        if not head.isascii():
            head.decode()
        text = payload.decode()
        data, stop = _scan(text, 0)
    except (ValueError, StopIteration, RecursionError) as error:
        raise BrokenLine(f"it is not JSON ({_plain(error)})") from error
    if stop != len(text):
        raise BrokenLine("its data is not one JSON object")
    return hashed, end, data


def run(lines: Sequence[bytes], seq: int, previous: bytes) -> tuple[int, bytes]:
    """Return how many of *lines*, each with its newline, hold as line *seq* and on, and the hash of the last of them.

    This is `check` for the usual line, without its calls. The line that stops it may hold all the same: `check` says.
    """
    match, scan, digest_of = re.compile(_USUAL_HEAD).match, _scan, for_many()
    salts: list[bytes] = []
    head = previous
    try:
        for line in lines:
            found = match(line)
            if found is None or found[1] != b"%d" % (seq + len(salts)):
                break
            end = found.end()
            salt, payload = line[-109:-77], line[end:-118]
            digest = digest_of(salt + payload).hexdigest().encode()
            hashed = digest_of(head + line[: end - 8] + digest).hexdigest().encode()
            if line[-118:] != b',"salt":"%b","hash":"%b"}\n' % (salt, hashed):
                break
            text = payload.decode()
            if scan(text, 0)[1] != len(text):
                break
            head = hashed
            salts.append(salt)
    except (ValueError, StopIteration, RecursionError):
        pass  # what is no JSON ends the run
    if b"".join(salts).strip(HEX):
        return 0, previous
    return len(salts), head


def _check_redacted(line: bytes, head: bytes, previous: bytes) -> bytes:
    tail = re.fullmatch(_REDACTED, line[len(head) :])
    if tail is None:
        raise BrokenLine("it does not end in a digest and a hash")
    hashed: bytes = sha256(previous + head + tail[1]).hexdigest().encode()
    if hashed != tail[2]:
        raise BrokenLine(_WRONG_HASH)
    try:
        head.decode()
    except UnicodeDecodeError as error:
        raise BrokenLine(f"it is not JSON ({_plain(error)})") from error
    return hashed


def without_payload(line: bytes) -> bytes:
    """Return *line* (without its newline), which holds, with the digest of its salt and data in their place."""
    head, _, data = parts(line)
    digest = sha256(line[-108:-76] + data).hexdigest().encode()
    return b'%b,"digest":"%b"%b' % (head, digest, line[-75:])


def parts(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the head, the case and the data of *line* (without its newline), which holds, as they are spelt in it."""
    found = _HEAD.match(line)
    if found is None or not line.startswith(_DATA, found.end()):
        raise ValueError("the line has no payload")
    return found[0], found[2], line[found.end() + 8 : -SALTED_LENGTH]


def look(first: bytes) -> None:
    """Raise when the *first* bytes of a file, some dozens of them, show that it is no store of this version."""
    opening = b'{"v":'
    if first.startswith(opening):
        if (broken := _newer(first)) is not None:
            raise broken
    elif not opening.startswith(first.rstrip(b"\0")):
        raise ForeignLine("it does not begin as one")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list | tuple)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _misfit(line: bytes, seq: int) -> BrokenLine:
    """Say why a line is not one of ours, or not the one that comes next."""
    if (newer := _newer(line)) is not None:
        return newer
    if found := re.match(_SEQ, line):
        if int(found[1]) != seq:
            return BrokenLine(f"its seq is {int(found[1])} where {seq} comes next")
    elif seq == 1 and not re.match(_VERSION, line):
        return ForeignLine("its first line is none that cinctl writes")
    return BrokenLine("it is not as cinctl writes a line")


def _newer(line: bytes) -> NewerLine | None:
    found = None if line.startswith(_PLAIN_START) else re.match(_VERSION, line)
    if found is None or int(found[1]) <= VERSION:
        return None
    return NewerLine(f"it has lines of version {int(found[1])}, and this one reads version {VERSION}")


def _plain(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeError):
        return "it is not valid Unicode text"
    return str(error) or "it ends too soon"
