"""Hold exported census returns against the sector's own validator: docs/census.md is to explain each rule that fires.

    python tools/interop_census.py PYTHON

PYTHON is that of an environment with `csc-validator-be-cin` (see `make interop`). Stores are filled by `demo`, by hand
and from synthetic returns, and exported; each rule that fires is to stand in the table of the page, with the sort of
store on which it does, and each in the table is to fire.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "census.md"
RULESETS = {"2026": "cin2025_26"}
TODAY = "2026-03-31"
PROTOCOLS = ("working-together-2023", "bristol", "hampshire", "torbay")
_ROW = re.compile(r"^\| (\d{3,4}Q?) \| ([a-z, ]+) \| (.+) \|$", re.MULTILINE)


def explained(text: str) -> dict[str, set[str]]:
    """Return, for each sort of store, the rules that the table in *text* explains."""
    found: dict[str, set[str]] = {}
    for rule, sorts, _ in _ROW.findall(text):
        for sort in sorts.split(", "):
            found.setdefault(sort, set()).add(rule)
    return found


class Desk:
    """The command line on one store under one protocol, in a folder of its own."""

    def __init__(self, folder: Path, protocol: str) -> None:
        folder.mkdir()
        self.folder = folder
        self._given = ("--protocol", protocol, "--today", TODAY)

    def run(self, *args: str, stdin: str = "") -> str:
        """Run `cinctl ARGS` and return what it prints. Raises CalledProcessError with its messages."""
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CINCTL_")}
        done = subprocess.run(
            [sys.executable, "-m", "cinctl", *self._given, *args],
            cwd=self.folder, env={**kept, "PYTHONPATH": path}, input=stdin, text=True, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"cinctl {' '.join(args)}: exit {done.returncode}\n{done.stderr}{done.stdout[-2000:]}")
        return done.stdout

    def export(self, *more: str) -> Path:
        """Write the return of the year and say where it is."""
        self.run("export", "census", "--year", "2026", "--la", "899", "-o", "return.xml", *more)
        return self.folder / "return.xml"


def characteristics(cases: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a `child` event, as `apply` takes it, for each of *cases*: made up by the place in the list.

    A case that was closed before it was referred, as some of a demo are on purpose, takes no further step.
    """
    for place, case in enumerate(cases):
        if case["state"] == "closed" and case["closed"] <= case["referred"]:
            continue
        small = (case["born"] or case["expected"]) > "2020-08-31"
        data = {
            "sex": "U" if case["born"] is None else "FM"[place % 2],
            "ethnicity": ("WBRI", "WBRI", "APKN", "BAFR", "MWBC")[place % 5],
            "upn_unknown": "UN7" if case["state"] == "no_further_action" else ("UN1" if small else "UN3"),
            "disabilities": ["LD", "AUT"] if place % 9 == 0 else ["NONE"],
        }
        yield json.dumps({"kind": "child", "case": case["case"], "at": case["referred"], "data": data}) + "\n"


def demos(folder: Path) -> Iterator[Path]:
    """Yield the returns of a synthetic authority under each bundled protocol."""
    for protocol in PROTOCOLS:
        desk = Desk(folder / protocol, protocol)
        desk.run("demo", "--cases", "200")
        desk.run("apply", "-", stdin="".join(characteristics(json.loads(desk.run("list", "--json")))))
        yield desk.export("--characteristics")


def bare(folder: Path) -> Iterator[Path]:
    """Yield the return of a synthetic authority without what is told of a child only on request."""
    desk = Desk(folder / "bare", PROTOCOLS[0])
    desk.run("demo", "--cases", "200")
    yield desk.export()


def returns(folder: Path) -> Iterator[Path]:
    """Yield synthetic returns, imported and exported again."""
    for seed, children in ((1, 1000), (2, 400), (7, 400)):
        made = folder / f"{seed}.xml"
        tool = [sys.executable, str(ROOT / "tools" / "make_census_return.py"), "--output", str(made)]
        subprocess.run([*tool, "--seed", str(seed), "--children", str(children)], check=True, stdout=subprocess.DEVNULL)
        desk = Desk(folder / f"return-{seed}", PROTOCOLS[0])
        desk.run("init", "--protocol", PROTOCOLS[0])
        desk.run("import", "census", "--characteristics", str(made))
        yield desk.export("--characteristics")


def typed(folder: Path) -> Iterator[Path]:
    """Yield the return of cases typed by hand, with what no demo has: enquiries, conferences, plans, reopening."""
    desk = Desk(folder / "typed", str(ROOT / "tests" / "data" / "census" / "anything_goes.toml"))
    desk.run("init", "--protocol", str(ROOT / "tests" / "data" / "census" / "anything_goes.toml"))
    lines = (ROOT / "tests" / "data" / "census" / "typed.jsonl").read_text(encoding="utf-8")
    desk.run("apply", "-", "--atomic", stdin=lines)
    desk.run("apply", "-", stdin="".join(characteristics(json.loads(desk.run("list", "--json")))))
    yield desk.export("--characteristics")


SORTS: dict[str, Callable[[Path], Iterator[Path]]] = {
    "demo": demos,
    "bare": bare,
    "return": returns,
    "typed": typed,
}


def judged(python: str, paths: Iterable[Path]) -> tuple[Counter[str], set[str]]:
    """Return which rules fire on the returns at *paths*, and which of the validator's rules failed by themselves."""
    tool = str(ROOT / "tools" / "run_cin_validator.py")
    told = subprocess.run(
        [python, "-W", "ignore", tool, RULESETS["2026"], *map(str, paths)],
        check=True, text=True, capture_output=True, cwd=tempfile.gettempdir(),
    )  # fmt: skip
    fired: Counter[str] = Counter()
    crashed: set[str] = set()
    for one in json.loads(told.stdout).values():
        fired.update(one["fired"])
        crashed.update(one["crashed"])
    return fired, crashed


def main() -> int:
    """Judge every sort of store; return 1 when something is unexplained."""
    python, known = os.path.abspath(sys.argv[1]), explained(PAGE.read_text(encoding="utf-8"))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for sort, make in SORTS.items():
            paths = list(make(Path(folder)))
            fired, crashed = judged(python, paths)
            unknown = sorted(set(fired) - known.get(sort, set()))
            idle = sorted(known.get(sort, set()) - set(fired))
            failed = failed or bool(unknown or idle or crashed)
            told = ", ".join(f"{rule} {n}" for rule, n in sorted(fired.items())) or "no rule fires"
            sys.stdout.write(f"{sort}: {len(paths)} returns: {told}\n")
            for what, rules in (
                (f"not explained in {PAGE.relative_to(ROOT)}", unknown),
                ("explained, and does not fire", idle),
                ("the validator's own rule failed", sorted(crashed)),
            ):
                if rules:
                    sys.stdout.write(f"  {what}: {', '.join(rules)}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
