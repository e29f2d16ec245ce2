"""`cinctl init`: a starting config and an empty store."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from cinctl.commands._answer import View, answers
from cinctl.errors import ConfigError, UsageError
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import tell

__all__ = ["command"]

COLUMNS = ("config", "store", "protocol", "created")
_HEADER = b"# What these keys mean, and which others there are: config.example.toml in the source of cinctl.\n"


@command(
    "init", examples=("cinctl init --protocol bristol", "cinctl init --protocol ours.toml --store cases/2026.jsonl")
)
@answers(COLUMNS, schema="cinctl/init/1")
@pass_session
def start(session: Session, view: View) -> None:
    """Write a starting config and create the store.

    The config is cinctl.toml in this folder (or --config). What is there already stays as it is. The config is
    written last and whole: what goes wrong before leaves none.
    """
    path = Path(session.given.get("config") or session.environ.get("CINCTL_CONFIG") or "cinctl.toml").absolute()
    if path.exists():
        _check_agrees(session, path)
        session.given["config"] = str(path)
        _ = session.workspace.protocol  # one that does not load leaves no store behind
        created = ["store"] if _create_store(Path(session.settings.store)) else []
    else:
        created = _start(session, path)
        session.given["config"] = str(path)
    protocol = session.workspace.protocol
    view.show(
        [{"config": str(path), "store": str(session.settings.store), "protocol": protocol.id, "created": created}],
        one=True,
    )
    if view.for_people and session.hints:
        from cinctl.commands._hints import tell_lines

        # the config says both, and is found by itself in this folder
        known = ("protocol", "store", *(["config"] if path == Path("cinctl.toml").absolute() else ()))
        lines = (["staff", "join", "-h"], ["refer", "-h"]) if "store" in created else (["due"],)
        tell_lines(session, *lines, known=known)


def _start(session: Session, path: Path) -> list[str]:
    """Make the store, or check the one that is there, then write the config. Return which of them is new."""
    text = _starting_config(session, path.parent)
    store = _first_store(session, path.parent)
    made = _create_store(store)
    try:
        _write(path, text)
    except BaseException:
        if made:
            _drop(store)
        raise
    return ["config", *(["store"] if made else [])]


def _first_store(session: Session, folder: Path) -> Path:
    """Return the store that the config to be written in *folder* will name."""
    from cinctl.config import DEFAULT_STORE

    wanted = _wanted(session)
    return Path.cwd() / wanted["store"] if "store" in wanted else folder / DEFAULT_STORE


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
    if not config.get("protocol"):
        raise UsageError(_mend(session, path, bool(config)))
    for key, wanted in _wanted(session).items():
        there = config.get(key, "cases.jsonl" if key == "store" else None)
        if isinstance(there, dict):
            there = there.get("id")
        if there != wanted and not _same_path(str(there), wanted, path.parent):
            raise UsageError(f"{path} is there already and its {key} is '{there}', not '{wanted}'; change it there")


def _mend(session: Session, path: Path, says_anything: bool) -> str:
    """Return what is wrong with a config that names no protocol, and what to do about it."""
    what = "names no protocol" if says_anything else "is empty"
    protocol = _wanted(session).get("protocol", "ID")
    return (
        f'{path} is there already and {what}: add the line protocol = "{protocol}" to it, '
        "or remove it and run 'cinctl init' again"
    )


def _same_path(there: str, wanted: str, folder: Path) -> bool:
    return os.path.normpath(folder / there) == os.path.normpath(Path.cwd() / wanted)


def _write(path: Path, text: bytes) -> None:
    """Write *text* to *path*, all of it or nothing: it has that name only once it is whole and on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(beside, "xb") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            _drop(beside)
            raise
    try:
        beside.replace(path)
    except BaseException:
        _drop(beside)
        raise


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _create_store(path: Path) -> bool:
    """Make a store at *path* and return True, or return False when there is one. Raises what `Log.open` does."""
    from cinctl.store.log import Log

    if path.exists() and (path.is_dir() or path.stat().st_size):
        Log.open(path)
        return False
    existed = path.exists()
    for notice in Log.create(path).notices:
        tell(notice)
    return not existed


command = start
