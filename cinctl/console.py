"""What a Windows console has to be asked for: that it acts on escape sequences rather than printing them."""

from __future__ import annotations

import sys
from typing import TextIO

__all__ = ["acts_on_escapes"]

_ENABLE_VIRTUAL_TERMINAL_PROCESSING = 4


def acts_on_escapes(stream: TextIO) -> bool:
    """Say whether the terminal that *stream* is acts on escape sequences; a Windows console is asked to first."""
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        console = ctypes.windll.kernel32
        handle, mode = msvcrt.get_osfhandle(stream.fileno()), ctypes.c_ulong()
        if not console.GetConsoleMode(handle, ctypes.byref(mode)):
            return False
        return bool(console.SetConsoleMode(handle, mode.value | _ENABLE_VIRTUAL_TERMINAL_PROCESSING))
    return True
