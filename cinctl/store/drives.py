"""Whether a folder lies on a network drive, where locks and syncs are not to be relied on."""

from __future__ import annotations

import re

__all__ = ["file_system", "network_drive"]

_NETWORKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph", "lustre"}
)


def network_drive(folder: str) -> str | None:
    """Return the kind of network drive that *folder*, a real path, is on; None where it is on none, or nobody says."""
    kind = file_system(folder)
    return kind if kind in _NETWORKS else None


def file_system(folder: str) -> str | None:
    """Return the kind of file system that *folder*, a real path, is on, where Linux says so."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    best, kind = "", None
    for line in lines:
        before, _, after = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), before.split(" ")[4])
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, after.split(" ")[0]
    return kind
