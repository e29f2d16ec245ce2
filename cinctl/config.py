"""Where settings come from: flags, then the environment, then the config file, then what is usual.

The config is `cinctl.toml` in this folder or the nearest one above, else in the user's config folder. It either names
a protocol or, with a `[protocol]` table, is a whole one.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from cinctl.errors import ConfigError, UsageError, did_you_mean
from cinctl.workspace.settings import Settings

__all__ = [
    "FILE_NAME",
    "KEYS",
    "PROTOCOL_TABLES",
    "VIEW_KEYS",
    "find",
    "load",
    "looks_like_a_path",
    "settings",
    "user_folder",
    "view_named",
]

FILE_NAME = "cinctl.toml"
KEYS = ("store", "protocol", "actor", "due_soon", "lock_timeout", "hints", "views")
PROTOCOL_TABLES = (
    "sources", "clauses", "calendar", "sets", "roles", "codes", "params", "training", "events", "gate", "clock",
    "disable", "homes", "caseload",
)  # fmt: skip
VIEW_KEYS: dict[str, type] = {
    "overdue": bool, "within": str, "lead": str, "unit": str, "rule": str, "owner": str, "mine": bool,
    "open": bool, "state": str, "by": str, "all": bool, "columns": list, "sort": list, "format": str,
}  # fmt: skip
"""What a view may hold, each with the type of its value: the options of the commands that take views."""
_SAID = {bool: "true or false", str: "text", list: "a list of names"}
_BOM = b"\xef\xbb\xbf"
DEFAULT_STORE = "cases.jsonl"
DEFAULT_LOCK_TIMEOUT = 30.0
DEFAULT_DUE_SOON = "0 days"


Path = str | os.PathLike[str]


def settings(given: Mapping[str, Any], environ: Mapping[str, str], now: datetime, cwd: Path | None = None) -> Settings:
    """Add up flags (*given*), *environ* and the config into the settings of one run.

    Raises ConfigError when the config does not hold together, UsageError for a bad value in the environment.
    """
    here = os.fspath(cwd or os.getcwd())
    path = _path(given.get("config"), environ, here)
    config = load(path) if path else {}
    home = os.path.dirname(path) if path else here
    protocol, tables = _protocol(given, environ, config, home)
    return Settings(
        store=_store(given, environ, config, home, here),
        protocol=protocol,
        config=path,
        config_tables=tables,
        actor=environ.get("CINCTL_ACTOR") or config.get("actor"),
        today=given.get("today") or _today(environ),
        now=now,
        lock_timeout=given.get("lock_timeout", config.get("lock_timeout", DEFAULT_LOCK_TIMEOUT)),
        due_soon=config.get("due_soon", DEFAULT_DUE_SOON),
        hints=_hints(environ, config),
    )


def find(here: Path, environ: Mapping[str, str]) -> str | None:
    """Return the config that holds for the folder *here*, or None."""
    for folder in (*_upwards(os.fspath(here)), user_folder(environ)):
        if folder and os.path.isfile(path := os.path.join(folder, FILE_NAME)):
            return path
    return None


def _upwards(folder: str) -> Iterator[str]:
    """Yield *folder* and every one above it."""
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        yield folder


def user_folder(environ: Mapping[str, str]) -> str | None:
    """Return the folder that holds the user's own config on this platform, or None where there is no home."""
    xdg = environ.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(xdg):
        return os.path.join(xdg, "cinctl")
    if sys.platform == "win32":
        return os.path.join(environ["APPDATA"], "cinctl") if environ.get("APPDATA") else None
    if not environ.get("HOME"):
        return None
    if sys.platform == "darwin":
        return os.path.join(environ["HOME"], "Library", "Application Support", "cinctl")
    return os.path.join(environ["HOME"], ".config", "cinctl")


def view_named(
    name: str, config: str | None, environ: Mapping[str, str], cwd: Path | None = None
) -> tuple[str, dict[str, Any]]:
    """Return the path of the config in force, and what its `[views.NAME]` holds. *config* is what --config says.

    Raises ConfigError when the config does not hold together, UsageError when it has no view *name*.
    """
    path = _path(config, environ, os.fspath(cwd or os.getcwd()))
    if path is None:
        raise UsageError(f"there is no view '@{name}': there is no {FILE_NAME}, where [views.{name}] would stand")
    views: dict[str, dict[str, Any]] = load(path).get("views", {})
    if name not in views:
        known = f" It has {', '.join(f'@{view}' for view in sorted(views))}." if views else ""
        raise UsageError(f"{path} has no view '@{name}'.{did_you_mean(name, views)}{known}")
    return path, views[name]


def _path(config: str | None, environ: Mapping[str, str], here: str) -> str | None:
    """Return the config in force in the folder *here*. Raises ConfigError when the one that is named is not there."""
    named = config or environ.get("CINCTL_CONFIG")
    if not named:
        return find(here, environ)
    path = os.path.join(here, named)
    if not os.path.exists(path):
        raise ConfigError(f"there is no config '{named}'")
    return path


def load(path: Path) -> dict[str, Any]:
    """Read the config at *path*. Raises ConfigError that tells all its faults at once."""
    try:
        with open(path, "rb") as file:
            config = parsed(file.read().removeprefix(_BOM).decode())
    except (ValueError, RecursionError) as fault:
        raise ConfigError(f"{path}: not valid TOML: {fault}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder, not a config") from None
    faults = list(_faults(config))
    if faults:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    return config


def parsed(text: str) -> dict[str, Any]:
    """Return what *text*, TOML, says. Raises ValueError when it is none, RecursionError when it nests too deep."""
    config = _plain(text)
    if config is None:
        # Loading it costs as much as a tenth of `due`: most configs say no more than plain lines do.
        import tomllib

        config = tomllib.loads(text)
    return config


def _plain(text: str) -> dict[str, Any] | None:
    """Return what *text* says where it is comments and lines of `key = "text"`, nothing escaped; else None."""
    config: dict[str, Any] = {}
    for line in text.split("\n"):
        if not line or (line[0] == "#" and line.isprintable()):
            continue
        key, _, value = line.partition(" = ")
        bare = key.isascii() and key.isidentifier() and key not in config
        quoted = len(value) > 1 and value[0] == value[-1] == '"' and value.count('"') == 2
        if not (bare and quoted and value.isprintable() and "\\" not in value):
            return None
        config[key] = value[1:-1]
    return config


def _faults(config: Mapping[str, Any]) -> Iterator[str]:
    whole = isinstance(config.get("protocol"), dict)
    for key, value in config.items():
        if key in PROTOCOL_TABLES and not whole:
            yield f"'{key}' belongs to a protocol, and stands here only beside a [protocol] table"
        elif key not in KEYS and key not in PROTOCOL_TABLES:
            yield f"unknown key '{key}'.{did_you_mean(key, (*KEYS, *PROTOCOL_TABLES))}"
        elif key in _CHECKS:
            yield from _CHECKS[key](key, value)


def _check_text(key: str, value: object) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        yield f"'{key}' must be text on one line"


def _check_protocol(key: str, value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        yield from _check_text(key, value)


def _check_seconds(key: str, value: object) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        yield f"'{key}' must be a number of seconds"


def _check_duration(key: str, value: object) -> Iterator[str]:
    from cinctl.calendar import Duration

    if not isinstance(value, str):
        yield f"'{key}' must be text such as \"3 days\""
        return
    try:
        Duration.parse(value)
    except ValueError as fault:
        yield f"'{key}' must be a duration, such as \"3 days\": {fault}"


def _check_views(key: str, views: object) -> Iterator[str]:
    if not isinstance(views, dict):
        yield f"'{key}' must be tables, such as [views.morning]"
        return
    for name, view in views.items():
        if not name.isprintable() or not re.fullmatch(r"[\w.-]+", name):
            yield f"'{key}.{name}': a view's name is letters, digits, '-', '_' and '.'"
        elif not isinstance(view, dict):
            yield f"'{key}.{name}' must be a table: [views.{name}]"
        else:
            yield from (fault for held in view.items() for fault in _check_held(f"{key}.{name}", *held))


def _check_held(where: str, key: str, value: object) -> Iterator[str]:
    """Yield what is wrong with *key* of a view."""
    wanted = VIEW_KEYS.get(key)
    if wanted is None and key in KEYS:
        yield f"'{key}' is no option of a view: put it at the top of the file, above the first line in brackets"
    elif wanted is None:
        yield f"unknown key '{where}.{key}'.{did_you_mean(key, VIEW_KEYS)}"
    elif not isinstance(value, wanted) or (isinstance(value, list) and not _are_names(value)) or value == "":
        yield f"'{where}.{key}' must be {_SAID[wanted]}"


def _are_names(values: list[object]) -> bool:
    return bool(values) and all(isinstance(value, str) and value.strip() and "," not in value for value in values)


def _check_flag(key: str, value: object) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"'{key}' must be true or false"


_CHECKS: dict[str, Callable[[str, object], Iterator[str]]] = {
    "store": _check_text,
    "protocol": _check_protocol,
    "actor": _check_text,
    "due_soon": _check_duration,
    "lock_timeout": _check_seconds,
    "hints": _check_flag,
    "views": _check_views,
}


def looks_like_a_path(protocol: str) -> bool:
    """Say whether *protocol* names a file rather than a bundled protocol."""
    return protocol.endswith(".toml") or "/" in protocol or os.sep in protocol


def _protocol(
    given: Mapping[str, Any], environ: Mapping[str, str], config: Mapping[str, Any], home: str
) -> tuple[str | None, dict[str, Any] | None]:
    named = given.get("protocol") or environ.get("CINCTL_PROTOCOL")
    if named:
        return named, None
    protocol = config.get("protocol")
    if isinstance(protocol, dict):
        return None, {key: value for key, value in config.items() if key == "protocol" or key in PROTOCOL_TABLES}
    if protocol and looks_like_a_path(protocol):
        return os.path.join(home, protocol), None
    return protocol, None


def _store(
    given: Mapping[str, Any], environ: Mapping[str, str], config: Mapping[str, Any], home: str, here: str
) -> str:
    named = given.get("store") or environ.get("CINCTL_STORE")
    if named:
        return os.path.join(here, named)
    return os.path.join(home, config["store"]) if "store" in config else os.path.join(here, DEFAULT_STORE)


def _hints(environ: Mapping[str, str], config: Mapping[str, Any]) -> bool:
    said = environ.get("CINCTL_HINTS")
    return said.lower() not in ("0", "no", "false", "off") if said else bool(config.get("hints", True))


def _today(environ: Mapping[str, str]) -> date | None:
    text = environ.get("CINCTL_TODAY")
    if not text:
        return None
    from cinctl.calendar import parse_date

    try:
        return parse_date(text)
    except ValueError:
        raise UsageError(f"CINCTL_TODAY: '{text}' is not a date: write it as YYYY-MM-DD") from None
