"""The reports that an audit can be told in, by name. Each module has `render(report)`, and is loaded when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cinctl.formats.report import Report

__all__ = ["REPORTS", "rendered"]

REPORTS: dict[str, str] = {
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit XML: a denial fails, a warning passes, what is waived is skipped",
    "tap": "TAP 14, a test point for each finding and each clean rule",
    "github": "annotations of GitHub Actions, and its job summary",
    "gitlab": "GitLab's code quality report",
    "markdown": "a page in Markdown",
    "html": "one self-contained HTML page",
}


def rendered(name: str, report: Report) -> Iterator[str]:
    """Yield *report* in the format *name*, piece by piece."""
    pieces: Iterator[str] = import_module(f"cinctl.formats.{name}").render(report)
    return pieces
