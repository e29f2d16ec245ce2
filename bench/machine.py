"""The kind of machine that was measured on: enough to compare by, nothing to find it by."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe(folder: Path) -> dict[str, str | int]:
    """Return the kind of CPU, how many cores, the Python, the system, and the file system that holds *folder*."""
    return {
        "cores": cores(),
        "cpu": cpu(),
        "file_system": file_system(folder, _read("/proc/self/mounts")),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
    }


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu() -> str:
    """Return the model of the CPU, or what the platform calls it."""
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def file_system(folder: Path, mounts: str) -> str:
    """Return the type of the file system that holds *folder*, by the table *mounts*."""
    found, best = "unknown", -1
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split(" ")
        if folder.is_relative_to(place) and len(place) >= best:
            found, best = kind, len(place)
    return found


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
