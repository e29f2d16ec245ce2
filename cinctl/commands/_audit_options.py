"""What `audit` was asked for: its options, checked as far as they can be before anything is judged."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from cinctl import outfile
from cinctl.baseline import Baseline
from cinctl.commands._answer import field_names
from cinctl.commands._kept import kept_files
from cinctl.commands._masking import MASK_KEY, key_lasts, mask_from
from cinctl.commands._outputs import Sink, sinks
from cinctl.errors import UsageError
from cinctl.formats.reports import REPORTS
from cinctl.masking import Mask
from cinctl.render import check_columns
from cinctl.selection import Selection
from cinctl.session import Session
from cinctl.terminal import open_input, tell

__all__ = ["COLUMNS", "Wanted", "is_report", "words"]

COLUMNS = (
    "rule", "clause", "clauses", "level", "case", "seq", "at", "message", "due", "late_days", "waived", "hindsight",
    "staff", "unit", "fingerprint", "known",
)  # fmt: skip
_HASH = re.compile(r"[0-9a-f]{8,64}")


@attrs.frozen(kw_only=True)
class Wanted:
    """The options of one audit, checked as far as they can be before anything is judged."""

    sinks: list[Sink]
    columns: list[str]
    sort: list[str]
    selection: Selection
    limit: int | None
    baseline: Baseline | None
    write_baseline: str | None
    protocol_hash: str | None
    statistics: bool
    mask: Mask
    jobs: int | None = None

    @classmethod
    def from_options(cls, session: Session, asked: dict[str, Any]) -> Wanted:
        """Return what *asked* adds up to. Raises UsageError for what means nothing; no store is read."""
        found = sinks(asked)
        columns, sort = field_names(asked["columns"], "--columns"), field_names(asked["sort"], "--sort")
        _check_fields(found, columns, sort, asked["statistics"])
        for path, option in _targets(found, asked["write_baseline"]):
            outfile.check_target(path, option, _kept(session, asked, option))
        mask = _mask(session, asked["masked"], asked["mask_key_file"], asked["write_baseline"])
        return cls(
            sinks=found,
            columns=columns,
            sort=sort,
            selection=Selection(
                select=words(asked["select"], "--select"),
                ignore=words(asked["ignore"], "--ignore"),
                units=tuple(asked["units"]),
                since=asked["since"],
                until=asked["until"],
            ),
            limit=asked["max_findings"],
            baseline=_baseline(asked["baseline"], mask),
            write_baseline=asked["write_baseline"],
            protocol_hash=_hash(asked["protocol_hash"]),
            statistics=asked["statistics"],
            mask=mask,
            jobs=asked["jobs"],
        )


def _check_fields(found: Sequence[Sink], columns: Sequence[str], sort: Sequence[str], statistics: bool) -> None:
    check_columns(columns, COLUMNS, "--columns")
    check_columns([name.removeprefix("-") for name in sort], COLUMNS, "--sort")
    if (columns or sort) and statistics:
        raise UsageError("--statistics has columns and an order of its own: leave out --columns and --sort")
    if (columns or sort) and all(is_report(sink.form, columns) for sink in found):
        raise UsageError(f"--columns and --sort mean nothing to {' and '.join(sink.form for sink in found)}")


def is_report(form: str, columns: Sequence[str]) -> bool:
    """Return whether *form* is a report; Markdown with columns is a table of them, as of any command."""
    return form in REPORTS and not (form == "markdown" and columns)


def _targets(found: Sequence[Sink], baseline: str | None) -> Iterator[tuple[str, str]]:
    paths = [sink.path for sink in found if sink.path is not None]
    yield from ((path, "-o") for path in paths)
    if baseline is not None:
        if baseline in paths:
            raise UsageError(f"-o {baseline} is the file of --write-baseline: two answers cannot be one file")
        yield baseline, "--write-baseline"


def _kept(session: Session, asked: Mapping[str, Any], option: str) -> Iterator[str | os.PathLike[str] | None]:
    """Yield the files that no answer may overwrite. A baseline may be written over the one that was read."""
    yield from kept_files(session, asked["mask_key_file"])
    if option != "--write-baseline":
        yield asked["baseline"]


def words(values: Sequence[str], option: str) -> tuple[str, ...]:
    """Return the rules that *values* list with commas. Raises UsageError when they list none."""
    found = tuple(name.strip() for value in values for name in value.split(",") if name.strip())
    if values and not found:
        raise UsageError(f"{option} names no rule")
    return found


def _hash(text: str | None) -> str | None:
    if text is None:
        return None
    digits = text.lower()
    if not _HASH.fullmatch(digits):
        raise UsageError(f"--protocol-hash '{text}' is not 8 to 64 hexadecimal digits; 'cinctl protocol show' has them")
    return digits


def _mask(session: Session, masked: bool, file: str | None, baseline: str | None) -> Mask:
    if not masked and file is None:
        return Mask()
    if baseline is not None and not key_lasts(session, file):
        raise UsageError(
            f"--write-baseline with --mask needs a key that lasts: --mask-key-file FILE, or set {MASK_KEY}"
        )
    return mask_from(session, file)


def _baseline(path: str | None, mask: Mask) -> Baseline | None:
    if path is None:
        return None
    with open_input(path) as stream:
        found = Baseline.read(stream.read(), path)
    if found.mask is not None and found.mask != mask.check:
        what = "another key" if mask.on else "--mask"
        tell(f"--baseline {path} was written with {what}: nothing in it will be found again without the same key")
    return found
