"""The key under which ids are hashed: from a file, from the environment, else a random one."""

from __future__ import annotations

from cinctl.errors import UsageError
from cinctl.masking import Mask
from cinctl.session import Session
from cinctl.terminal import open_input, tell

__all__ = ["MASK_KEY", "key_lasts", "mask_from"]

MASK_KEY = "CINCTL_MASK_KEY"
_MAX_KEY = 64 * 1024


def key_lasts(session: Session, file: str | None) -> bool:
    """Return whether the same key can be had again: it is in *file* or in the environment."""
    return file is not None or bool(session.environ.get(MASK_KEY, ""))


def mask_from(session: Session, file: str | None) -> Mask:
    """Return a mask with the key that *file* holds, else the environment, else a random one, which is said.

    Raises UsageError when there is no such file, or the key could be guessed.
    """
    if file is not None:
        with open_input(file) as stream:
            key = stream.read(_MAX_KEY + 1)
        if len(key) > _MAX_KEY:
            raise UsageError(f"'{file}' is no key: it holds more than {_MAX_KEY >> 10} KiB")
        return Mask(key.strip())
    given = session.environ.get(MASK_KEY, "")
    if given:
        return Mask(given.encode("utf-8", "surrogateescape"))
    import secrets

    tell(f"ids are hashed by a random key, and will be others next time: --mask-key-file FILE or {MASK_KEY} keeps them")
    return Mask(secrets.token_bytes(32))
