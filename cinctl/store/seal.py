"""Seals: what the head of a chain was, to be kept elsewhere, so that cutting off its end or writing it anew is found.

A seal is a JSON file; a signature beside it (`FILE.sig`) is made and checked by `ssh-keygen -Y`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

from cinctl.errors import StoreError, SystemRefusedError, UsageError
from cinctl.store.envelope import VERSION
from cinctl.store.faults import refusals
from cinctl.store.files import create_private
from cinctl.store.platform import sync_file
from cinctl.store.verify import Survey, VerifyReport, Watch, survey

SEAL_VERSION = 1
NAMESPACE = "cinctl-seal"

_LARGEST = 1 << 16


class Seal(NamedTuple):
    """What a seal records of a store: the format's version, its lines, their last hash, its bytes; when and by what.

    The bytes are for people: a payload removed since makes a store shorter, and its chain holds all the same.
    """

    format: int
    lines: int
    head: str
    bytes: int
    sealed: str
    cinctl: str


def take(path: str, *, sealed: str, cinctl: str, watch: Watch | None = None) -> tuple[VerifyReport, Seal]:
    """Verify the store at *path* and return the report, and the seal of what holds.

    Raises StoreError where there is none or it does not hold, SystemRefusedError when it cannot be read.
    """
    found = survey(path, watch=watch)
    report = found.report
    if report.fault:
        raise StoreError(f"{path}: line {report.fault.line} does not hold: {report.fault.reason}; it was not sealed")
    with refusals(path, "could not be synced, and was not sealed"):
        # Its last writer may have died before seeing to that, and a power cut would take a line that the seal names.
        sync_file(path)
    return report, Seal(VERSION, report.lines, report.head, found.end, sealed, cinctl)


def write(file: str, seal: Seal, key: str | None = None) -> None:
    """Write *seal* to *file*, which must not be there, private; with the SSH *key*, its signature to `file.sig`.

    Raises:
        UsageError: one of them is there already, or there is no such key.
        SystemRefusedError: the system said no, or ssh-keygen did; neither is there then.
    """
    content = json.dumps({"seal": SEAL_VERSION, **seal._asdict()}).encode() + b"\n"
    files = {file: content}
    if key is not None:
        if not os.path.isfile(key):
            raise UsageError(f"there is no file '{key}': --key takes the file of a private SSH key")
        _check_absent([file, _signature(file)])
        # Before anything is written: where it fails, nothing stays behind.
        files[_signature(file)] = _sign(content, key)
    _check_absent(files)
    made: list[str] = []
    try:
        with refusals(file, "not written"):
            for name, text in files.items():
                create_private(name, text)
                made.append(name)
    except BaseException:
        for name in made:
            os.unlink(name)
        raise


def read(file: str) -> tuple[Seal, bytes]:
    """Return the seal in *file*, and its bytes. Raises UsageError when there is none, StoreError when it is no seal."""
    try:
        with refusals(file, "cannot be read"), open(file, "rb") as stream:
            content = stream.read(_LARGEST)
    except SystemRefusedError as refused:
        if isinstance(refused.__cause__, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            raise UsageError(f"there is no file '{file}'") from None
        raise
    return _parse(file, content), content


def check(path: str, seal: Seal, watch: Watch | None = None) -> tuple[VerifyReport, str | None]:
    """Verify the store at *path*; return the report, and what the seal shows to be wrong with it, or None."""
    found = survey(path, seal.lines, watch)
    return found.report, None if found.report.fault else _compare(found, seal)


def _compare(found: Survey, seal: Seal) -> str | None:
    lines = found.report.lines
    if lines < seal.lines:
        missing = seal.lines - lines
        return (
            f"{seal.lines} lines were sealed on {seal.sealed}, and it has {lines}: "
            f"{'its last line was' if missing == 1 else f'{missing} lines were'} cut off"
        )
    if found.marked != seal.head:
        return (
            f"its line {seal.lines} is not the one that was sealed on {seal.sealed}: it was written anew since, "
            "or is another store"
        )
    return None


def check_signature(file: str, content: bytes, *, signers: str, signer: str) -> None:
    """Raise StoreError unless *signer*, as the file *signers* knows them, signed *content*, what *file* holds."""
    signature = _signature(file)
    if not os.path.isfile(signers):
        raise UsageError(f"there is no file '{signers}': --allowed-signers takes one as ssh-keygen(1) describes it")
    if not os.path.isfile(signature):
        raise StoreError(f"{file} is not signed: there is no {signature}")
    done = _ssh_keygen(["verify", "-f", signers, "-I", signer, "-n", NAMESPACE, "-s", signature], content)
    if done.returncode:
        raise StoreError(f"{file} is not shown to be signed by {signer}: {_said(done)}")


def _parse(file: str, content: bytes) -> Seal:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not _is_whole_number(found.get("seal")):
        raise StoreError(f"{file} is not a seal of cinctl")
    if found["seal"] > SEAL_VERSION:
        raise StoreError(f"{file} is from a newer version of cinctl: a seal of version {found['seal']}")
    return _checked(file, found)


def _checked(file: str, found: dict[str, Any]) -> Seal:
    numbers = all(_is_whole_number(found.get(name)) for name in ("format", "lines", "bytes"))
    texts = all(isinstance(found.get(name), str) for name in ("head", "sealed", "cinctl"))
    if not numbers or not texts or not re.fullmatch("[0-9a-f]{64}", found["head"]):
        raise StoreError(f"{file} is not a seal of cinctl: it is damaged")
    return Seal(*(found[name] for name in Seal._fields))


def _is_whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_absent(files: Sequence[str] | dict[str, bytes]) -> None:
    for name in files:
        if os.path.lexists(name):
            raise UsageError(f"{name} is there already, and a seal is never written over: name another with --output")


def _signature(file: str) -> str:
    return f"{file}.sig"


def _sign(content: bytes, key: str) -> bytes:
    done = _ssh_keygen(["sign", "-f", key, "-n", NAMESPACE], content)
    if done.returncode or not done.stdout:
        raise SystemRefusedError(f"{key}: not signed, nothing was written: {_said(done)}")
    return done.stdout


def _ssh_keygen(arguments: Sequence[str], content: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SystemRefusedError("ssh-keygen is not installed, and it signs and checks seals (it is part of OpenSSH)")
    with refusals(program, "cannot be run"):
        return subprocess.run([program, "-Y", *arguments], input=content, capture_output=True, check=False)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """What ssh-keygen said, in one line."""
    text = (done.stderr.strip() or done.stdout.strip()).decode("utf-8", "replace")
    return f"ssh-keygen said: {'; '.join(text.splitlines())}" if text else f"ssh-keygen left with {done.returncode}"
