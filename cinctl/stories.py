"""Stories: a protocol, a cast, dated steps and what should come of each. The unit tests of whoever writes a protocol.

A step's command line runs as a user would type it, against a store of the story's own.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinctl.errors import CinctlError, UsageError, did_you_mean
from cinctl.outcome import Outcome

if TYPE_CHECKING:
    from cinctl.coverage import Seen
    from cinctl.protocol import Rule

_KEYS = ("title", "protocol", "protocol_patch", "staff", "step")
_STEP_KEYS = ("on", "run", "expect", "due", "not_due", "audit", "note")
_EXPECTATIONS = ("accepted", "refused", "exit")
_AUDITED = ("has", "hasnt", "only")
_DUE = (
    *("case", "rule", "clause", "what", "owner", "lead", "unit", "start", "due", "status", "late_days", "late"),
    *("late_unit", "covers"),
)
_NOW = datetime(2000, 1, 1, tzinfo=UTC)


def run(paths: Iterable[Path], pattern: str | None = None) -> Iterator[Outcome]:
    """Tell every story in *paths*, files or flat folders, whose file name or title *pattern* matches.

    Raises UsageError when a path is neither, holds no story, or the pattern is no regular expression.
    """
    try:
        wanted = re.compile(pattern) if pattern else None
    except re.error as fault:
        raise UsageError(f"--filter: '{pattern}' is not a regular expression: {fault}") from None
    for path in paths:
        for file in _files(path):
            outcome = Outcome(file.name, file.stem)
            story = _load(file, outcome)
            if wanted is not None and not (wanted.search(file.name) or wanted.search(outcome.title)):
                continue
            if story is not None:
                _tell(story, file, outcome)
            yield outcome


def _files(path: Path) -> Sequence[Path]:
    if path.is_dir():
        found = sorted(path.glob("*.toml"))
        if not found:
            raise UsageError(f"there is no story in '{path}'")
        return found
    if not path.is_file():
        raise UsageError(f"there is no story '{path}'")
    return [path]


def _load(file: Path, outcome: Outcome) -> dict[str, Any] | None:
    import tomllib

    try:
        story = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        outcome.failures.append(f"not a story: {fault}")
        return None
    outcome.title = str(story.get("title", file.stem))
    outcome.failures += _faults(story)
    return None if outcome.failures else story


def _faults(story: Mapping[str, Any]) -> Iterator[str]:
    yield from _unexpected(story, _KEYS, "the story")
    if "protocol" not in story:
        yield "the story names no protocol"
    if not story.get("step"):
        yield "the story has no step"
    for number, step in enumerate(story.get("step", ()), 1):
        where = f"step {number}"
        yield from _unexpected(step, _STEP_KEYS, where)
        if not isinstance(step.get("on"), date):
            yield f"{where}: 'on' must be a date"
        if sum(key in step for key in ("run", "due", "not_due", "audit")) == 0:
            yield f"{where}: it has none of run, due, not_due, audit"
        yield from _untypable(step.get("run"), where)
        for row in (*step.get("due", ()), *step.get("not_due", ())):
            yield from _unexpected(row, _DUE, f"{where}: due")
        if isinstance(step.get("audit"), dict):
            yield from _unexpected(step["audit"], _AUDITED, f"{where}: audit")
        if isinstance(step.get("expect"), dict):
            yield from _unexpected(step["expect"], _EXPECTATIONS, f"{where}: expect")
        elif step.get("expect", "accepted") not in ("accepted", "refused"):
            yield f'{where}: \'expect\' is "accepted", "refused" or a table'


def _untypable(line: Any, where: str) -> Iterator[str]:
    if line is not None and not isinstance(line, str):
        yield f"{where}: 'run' must be a command line"
        return
    try:
        shlex.split(line or "")
    except ValueError as fault:
        yield f"{where}: 'run' cannot be read as a command line: {str(fault).lower()}"


def _rules_named(story: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every rule or clause that the story expects something of, and where."""
    for number, step in enumerate(story.get("step", ()), 1):
        for table in (step.get("audit"), step.get("expect")):
            for value in table.values() if isinstance(table, dict) else ():
                yield from ((name, f"step {number}") for name in (value if isinstance(value, list) else ()))
        for row in (*step.get("due", ()), *step.get("not_due", ())):
            if "rule" in row:
                yield str(row["rule"]), f"step {number}"


def _unexpected(table: Mapping[str, Any], known: Sequence[str], where: str) -> Iterator[str]:
    for key in table:
        if key not in known:
            yield f"{where}: unexpected key '{key}' (allowed: {', '.join(known)}).{did_you_mean(key, known)}"


# Telling


def _tell(story: Mapping[str, Any], file: Path, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory(prefix="cinctl-story-") as folder:
        try:
            stage = _Stage(story, file, Path(folder) / "cases.jsonl", outcome.seen)
            outcome.protocol = stage.named
            outcome.failures += stage.unknown_rules(story)
            stage.cast(story.get("staff", {}))
        except CinctlError as fault:
            outcome.failures += str(fault).splitlines()
            return
        for number, step in enumerate(story.get("step", ()), 1):
            what = step.get("run") or ("audit" if "audit" in step else "due")
            outcome.failures += [f"step {number}, {step['on']}, {what}: {failure}" for failure in stage.step(step)]


class _Stage:
    """The store, the protocol and the command line of one story."""

    def __init__(self, story: Mapping[str, Any], file: Path, store: Path, seen: Seen) -> None:
        from cinctl.protocol import load, patch
        from cinctl.store.log import Log

        self._store, self._seen = store, seen
        reference = story["protocol"]
        self.named = self._protocol = load(reference, base=file.parent)
        if "protocol_patch" in story:
            self._protocol = patch(reference, story["protocol_patch"], base=file.parent)
        Log.create(store)

    def unknown_rules(self, story: Mapping[str, Any]) -> Iterator[str]:
        """Yield each rule that the story expects something of, and that its protocol does not have."""
        protocol = self._protocol
        rules: list[Rule] = [*protocol.gates.values(), *protocol.clocks.values()]
        known = {"effective_from", *(name for rule in rules for name in (rule.id, *rule.clauses))}
        for name, where in _rules_named(story):
            # What a clause merely permits has no rule, and a story may hold that nothing is found of it.
            if name not in known and name not in protocol.disabled and protocol.clause(name) is None:
                yield f"{where}: {protocol.id} has no rule or clause '{name}'.{did_you_mean(name, known)}"

    def cast(self, staff: Mapping[str, Mapping[str, Any]]) -> None:
        """Put the story's practitioners into the register, each on the day they joined."""
        from cinctl.history import Draft

        for id_, entry in staff.items():
            data = {k: v for k, v in entry.items() if k not in ("joined", "topic")}
            joined = entry.get("joined")
            if not isinstance(joined, date):
                raise UsageError(f"staff.{id_}: 'joined' must be a date")
            drafts = [Draft("staff.join", None, joined.isoformat(), data={"staff": id_, **data})]
            if "topic" in entry:
                drafts.append(
                    Draft("staff.train", None, joined.isoformat(), data={"staff": id_, "topic": entry["topic"]})
                )
            for verdict in self._workspace(date.max).record(drafts):
                if not verdict.accepted:
                    raise UsageError(f"staff.{id_}: {verdict.error or '; '.join(verdict.refusals)}")

    def _workspace(self, today: date) -> Any:
        from cinctl.workspace import Settings, Workspace

        workspace = Workspace(Settings(store=self._store, today=today, now=_NOW))
        workspace.__dict__["protocol"] = self._protocol
        return workspace

    def _type(self, argv: Sequence[str], today: date) -> tuple[int, str, str]:
        from cinctl.cli import run as run_command
        from cinctl.session import Session

        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run_command(argv, Session(environ={}, now=_NOW, workspace=self._workspace(today)))
        return code, out.getvalue(), err.getvalue()

    def step(self, step: Mapping[str, Any]) -> Iterator[str]:
        """Run one step and yield each way in which it did not go as told."""
        if "run" in step:
            yield from self._run(step)
        if "due" in step or "not_due" in step:
            yield from self._due(step)
        if "audit" in step:
            yield from self._audit(step)

    def _run(self, step: Mapping[str, Any]) -> Iterator[str]:
        argv = shlex.split(step["run"])
        if argv[:1] == ["cinctl"]:
            argv = argv[1:]
        code, out, err = self._type([*argv, "--json"], step["on"])
        if code in (0, 1, 3):
            self._seen.take(_answer(out))
        expect = step.get("expect", "accepted")
        if isinstance(expect, dict) and "exit" in expect:
            if code != expect["exit"]:
                yield f"expected exit {expect['exit']}, came exit {code}: {err.strip()}"
            return
        refused = expect == "refused" or (isinstance(expect, dict) and "refused" in expect)
        if code not in (0, 3):
            yield f"expected {'a refusal' if refused else 'acceptance'}, came exit {code}: {err.strip()}"
        elif refused != (code == 3):
            yield f"expected it {'refused' if refused else 'accepted'}, came: {err.strip() or 'accepted'}"
        elif isinstance(expect, dict):
            wanted = expect["refused" if refused else "accepted"]
            yield from _lacking(wanted, _found(out, denied=refused))

    def _due(self, step: Mapping[str, Any]) -> Iterator[str]:
        code, out, err = self._type(["due", "--json"], step["on"])
        if code:
            yield f"exit {code}: {err.strip()}"
            return
        rows = json.loads(out)
        expected = step.get("due", ())
        self._seen.take_due(rows, lambda row: any(_matches(row, wanted) for wanted in expected))
        for wanted in expected:
            if not any(_matches(row, wanted) for row in rows):
                yield f"expected {_shown(wanted)}, came {_nearest(rows, wanted)}"
        for unwanted in step.get("not_due", ()):
            if any(_matches(row, unwanted) for row in rows):
                yield f"expected nothing like {_shown(unwanted)}, and there is"

    def _audit(self, step: Mapping[str, Any]) -> Iterator[str]:
        code, out, err = self._type(["audit", "--json", "--fail-on", "never"], step["on"])
        if code:
            yield f"exit {code}: {err.strip()}"
            return
        answer = json.loads(out)
        self._seen.take(answer)
        found = [_names(f) for f in answer["findings"] if not f["waived"]]
        wanted = step["audit"]
        yield from _lacking(wanted.get("has", ()), found)
        every = {name for names in found for name in names}
        for rule in wanted.get("hasnt", ()):
            if rule in every:
                yield f"expected no finding of {rule}, and there is"
        if "only" in wanted:
            rest = sorted(names[0] for names in found if not set(names) & set(wanted["only"]))
            if rest:
                yield f"expected findings of {wanted['only']} only, came also {rest}"
            yield from _lacking(wanted["only"], found)


def _answer(out: str) -> Any:
    """Return what a command printed as JSON; None where that is none, as of one that answers in a form of its own."""
    try:
        return json.loads(out)
    except ValueError:
        return None


def _names(finding: Mapping[str, Any]) -> list[str]:
    return [finding["rule"], *finding["clauses"]]


def _found(out: str, *, denied: bool) -> list[list[str]]:
    """Return the rules and clauses of the findings that the steps on stdout came with."""
    answer = json.loads(out)
    verdicts = answer if isinstance(answer, list) else [answer]
    findings = [f for v in verdicts for f in v["findings"]]
    return [_names(f) for f in findings if not denied or (f["level"] == "deny" and not f["waived"])]


def _lacking(wanted: Sequence[str], found: Sequence[Sequence[str]]) -> Iterator[str]:
    every = {name for names in found for name in names}
    for rule in wanted:
        if rule not in every:
            came = ", ".join(names[0] for names in found) or "none"
            yield f"expected {rule}, came {came}"


def _matches(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(row.get(key) == _plain(value) for key, value in wanted.items())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _shown(wanted: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_plain(value)}" for key, value in wanted.items())


def _nearest(rows: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]) -> str:
    near = [r for r in rows if r["rule"] == wanted.get("rule") and r["case"] == wanted.get("case", r["case"])]
    return "; ".join(_shown({key: row.get(key) for key in wanted}) for row in near) or "no such obligation"
