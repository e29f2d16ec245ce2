"""The config and the protocol: found where, and whether they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cinctl.doctor import FAIL, OK, WARN, Check, exists, short
from cinctl.errors import CinctlError
from cinctl.terminal import plural

if TYPE_CHECKING:
    from cinctl.session import Session

__all__ = ["CHECKS"]


def _config(session: Session) -> Iterator[Check]:
    from cinctl import config

    named = session.given.get("config") or session.environ.get("CINCTL_CONFIG")
    path = named or config.find(os.getcwd(), session.environ)
    if path is None:
        advice = "'cinctl init --protocol ID' writes one; flags and environment do as well"
        yield Check("config", OK, "none, here or above", advice)
        return
    where = short(path, session)
    if not exists(path):
        yield Check("config", FAIL, f"{where} is not there", "name another with --config or CINCTL_CONFIG")
        return
    try:
        found = config.load(path)
        _ = session.settings
    except CinctlError as fault:
        yield Check(
            "config",
            FAIL,
            f"{where}: {_first(str(fault), path, session)}",
            "put it right: config.example.toml shows every key",
        )
        return
    except OSError as fault:
        yield Check("config", FAIL, f"{where}: {fault.strerror}", "let it be read")
        return
    keys = ", ".join(key for key in found if key in config.KEYS)
    yield Check("config", OK, f"{where}{f' ({keys})' if keys else ''}")


def _protocol(session: Session) -> Iterator[Check]:
    from cinctl.lintreport import look

    try:
        settings = session.settings
    except CinctlError:
        yield Check("protocol", WARN, "not known while the config is wrong")
        return
    if settings.protocol is None and settings.config_tables is None:
        advice = "choose one: 'cinctl protocol list', then 'cinctl init --protocol ID'"
        yield Check("protocol", WARN, "none is chosen", advice)
        return
    workspace = session.workspace
    looked = look(None, lambda: workspace.protocol, settings.protocol)
    if looked.errors:
        told = _first("\n".join(looked.errors), "", session)
        yield Check("protocol", FAIL, f"does not hold: {told}", "'cinctl protocol lint' tells all of it")
        return
    found = f"{workspace.protocol.id}, hash {workspace.protocol.hash[:8]}"
    warnings = sum(row["level"] == "warning" for row in looked.rows)
    told = f"{found}, loads, {warnings or 'no'} {plural(warnings, 'warning')}"
    yield Check("protocol", OK, told, "'cinctl protocol lint' tells them" if warnings else None)


def _first(text: str, path: str, session: Session) -> str:
    """Return the first line of *text*, without *path* and the user's home, and how many more there are."""
    lines = text.splitlines()
    told = lines[0].removeprefix(f"{path}: ")
    home = (session.environ.get("HOME") or "").rstrip(os.sep)
    if home:
        told = told.replace(home + os.sep, f"~{os.sep}")
    return told + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "")


CHECKS = (("config", _config), ("protocol", _protocol))
