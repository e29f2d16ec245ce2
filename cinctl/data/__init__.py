"""Data that ships with the package: the lists of bank holidays, each in a generated module of its own."""

from __future__ import annotations

LISTS = ("england-and-wales",)
"""The names that a protocol's `calendar.bank_holidays` may take."""


def bank_holidays(name: str) -> tuple[int, int, list[str]]:
    """Return the first year, the last year and the days (ISO 8601, in order) of the list *name*, one of `LISTS`."""
    from importlib import import_module

    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    return module.FIRST_YEAR, module.LAST_YEAR, module.DAYS.split()
