"""Files and folders that only their owner can read, and that survive a power cut."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import suppress

from cinctl.store import platform


def create_private(path: str, content: bytes = b"") -> None:
    """Make the file at *path*, private and on disk when this returns.

    Raises:
        FileExistsError: there is one.
        OSError: the system said no; there is no such file then.
    """
    fd = os.open(path, platform.CREATE_NEW, platform.PRIVATE_FILE)
    try:
        try:
            write_all(fd, content)
            platform.sync(fd)
        finally:
            os.close(fd)
        platform.sync_folder(folder_of(path))
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


def create_beside(path: str, content: bytes) -> str:
    """Make a private file at *path*, or where there is one at *path*-2, *path*-3 and so on, and return where."""
    for name in _names(path):
        with suppress(FileExistsError):
            create_private(name, content)
            return name
    raise AssertionError("there is always one more name")


def make_folders(folder: str) -> None:
    """Make the folders that are not there yet, private; those that are stay as they are."""
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    if above != folder:
        make_folders(above)
    with suppress(FileExistsError):
        os.mkdir(folder, platform.PRIVATE_FOLDER)
        platform.sync_folder(above)


def folder_of(path: str) -> str:
    """Return the folder that holds the file which *path* leads to."""
    return os.path.dirname(os.path.realpath(path))


def write_all(fd: int, content: bytes) -> None:
    """Write all of *content*, in as many calls as the system makes of it."""
    rest = memoryview(content)
    while rest:
        count = os.write(fd, rest)
        if count <= 0:
            raise OSError(errno.EIO, "nothing could be written")
        rest = rest[count:]


def _names(path: str) -> Iterator[str]:
    yield path
    for number in itertools.count(2):
        yield f"{path}-{number}"
