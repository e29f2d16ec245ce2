"""`cinctl init`: a starting config and an empty store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cinctl.commands._answer import View, answers
from cinctl.errors import ConfigError, UsageError
from cinctl.shell import Session, command, pass_session

__all__ = ["command"]

COLUMNS = ("config", "store", "protocol", "created")
_HEADER = b"# What these keys mean, and which others there are: config.example.toml in the source of cinctl.\n"


@command(
    "init", examples=("cinctl init --protocol bristol", "cinctl init --protocol ours.toml --store cases/2026.jsonl")
)
@answers(COLUMNS)
@pass_session
def start(session: Session, view: View) -> None:
    """Write a starting config and create the store.

    The config is cinctl.toml in this folder (or --config). What is there already stays as it is.
    """
    path = Path(session.given.get("config") or session.environ.get("CINCTL_CONFIG") or "cinctl.toml").absolute()
    created = []
    if not path.exists():
        text = _starting_config(session, path.parent)
        _write(path, text)
        created.append("config")
    else:
        _check_agrees(session, path)
    session.given["config"] = str(path)
    if _create_store(session):
        created.append("store")
    protocol = session.workspace.protocol
    view.show(
        [{"config": str(path), "store": str(session.settings.store), "protocol": protocol.id, "created": created}],
        one=True,
    )


def _wanted(session: Session) -> dict[str, str]:
    """Return what flags and environment say that a config can hold."""
    said = {
        "protocol": session.given.get("protocol") or session.environ.get("CINCTL_PROTOCOL"),
        "store": session.given.get("store") or session.environ.get("CINCTL_STORE"),
    }
    return {key: value for key, value in said.items() if value}


def _starting_config(session: Session, folder: Path) -> bytes:
    import tomli_w

    from cinctl.config import DEFAULT_STORE, looks_like_a_path

    wanted = _wanted(session)
    if "protocol" not in wanted:
        raise ConfigError("no protocol is chosen: cinctl init --protocol ID (see 'cinctl protocol list')")
    _check_loads(wanted["protocol"])
    if looks_like_a_path(wanted["protocol"]):
        wanted["protocol"] = _relative(wanted["protocol"], folder)
    wanted["store"] = _relative(wanted["store"], folder) if "store" in wanted else DEFAULT_STORE
    return _HEADER + tomli_w.dumps(wanted).encode()


def _relative(path: str, folder: Path) -> str:
    if os.path.isabs(path):
        return path
    return Path(os.path.relpath(path, folder)).as_posix()


def _check_loads(protocol: str) -> None:
    from cinctl.protocol import load

    load(protocol)


def _check_agrees(session: Session, path: Path) -> None:
    """Raise UsageError when the config at *path* says otherwise than the flags; it is never overwritten."""
    from cinctl.config import load

    config: dict[str, Any] = load(path)
    for key, wanted in _wanted(session).items():
        there = config.get(key, "cases.jsonl" if key == "store" else None)
        if isinstance(there, dict):
            there = there.get("id")
        if there != wanted and not _same_path(str(there), wanted, path.parent):
            raise UsageError(f"{path} is there already and its {key} is '{there}', not '{wanted}'; change it there")


def _same_path(there: str, wanted: str, folder: Path) -> bool:
    return os.path.normpath(folder / there) == os.path.normpath(Path.cwd() / wanted)


def _write(path: Path, text: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "xb") as file:
        file.write(text)


def _create_store(session: Session) -> bool:
    from cinctl.store.log import Log

    path = session.settings.store
    if path.exists() and (path.is_dir() or path.stat().st_size):
        Log.open(path)
        return False
    existed = path.exists()
    Log.create(path)
    return not existed


command = start
