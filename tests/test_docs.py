"""The pages of docs/ are what the code says, and what is written by hand there runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cinctl.cli import COMMANDS, run
from cinctl.errors import EXIT_CODES, CinctlError
from cinctl.events import KINDS
from cinctl.explain import clause_rows, lint
from cinctl.formats.reports import REPORTS
from cinctl.protocol import load
from cinctl.rules import RuleBook

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def _blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _generator(*args: str, columns: str = "80") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tools/make_docs.py", *args],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": columns},
        capture_output=True,
        text=True,
        check=False,
    )


def test_generated_pages_are_fresh() -> None:
    """`make docs` would change nothing, however narrow the terminal."""
    done = _generator("--check", columns="40")

    assert 0 == done.returncode, done.stderr


def test_stale_page_is_named(tmp_path: Path) -> None:
    """A page that differs, one that is missing and one that nothing makes are each told by name."""
    assert 0 == _generator(str(tmp_path)).returncode
    (tmp_path / "events.md").write_text("# Events\n", encoding="utf-8")
    (tmp_path / "facts.md").unlink()
    (tmp_path / "old.md").write_text("# Old\n", encoding="utf-8")

    done = _generator("--check", str(tmp_path))

    assert 1 == done.returncode
    assert ["events.md", "facts.md", "old.md"] == sorted(re.findall(r"docs/(\S+) is", done.stderr))


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_documented(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command stands in docs/commands.md, and its help has examples."""
    page = (DOCS / "commands.md").read_text(encoding="utf-8")

    assert 0 == run([name, "-h"])
    assert "Examples:" in capsys.readouterr().out
    assert f"\n### cinctl {name}\n" in page


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_documented(name: str) -> None:
    """Every kind of event, and each of its fields, stands in docs/events.md."""
    text = (DOCS / "events.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]

    assert section
    for field in KINDS[name].fields:
        assert f"| `{field}` |" in section


def test_example_of_the_guide_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The protocol in the guide is clean, and the story beside it goes as told."""
    protocol, story = _blocks("protocol-language.md", "toml")[:2]
    (tmp_path / "millbrook.toml").write_text(protocol, encoding="utf-8")
    (tmp_path / "baby.toml").write_text(story, encoding="utf-8")

    assert 0 == run(["protocol", "lint", str(tmp_path / "millbrook.toml")])
    assert 0 == run(["protocol", "test", str(tmp_path / "baby.toml")]), capsys.readouterr().out


def test_verifier_in_the_docs_agrees(tmp_path: Path) -> None:
    """The twelve lines that docs/store.md gives for checking a chain find what `verify` finds."""
    store, check = tmp_path / "cases.jsonl", tmp_path / "check.py"
    check.write_text(_blocks("store.md", "python")[0], encoding="utf-8")
    here = ["--store", str(store), "--protocol", "bristol"]
    assert 0 == run([*here, "--today", "2026-03-02", "demo", "--cases", "3"])

    whole = subprocess.run([sys.executable, check, store], capture_output=True, text=True, check=False)
    lines = store.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b'"at":"20', b'"at":"19')
    store.write_bytes(b"".join(lines))
    altered = subprocess.run([sys.executable, check, store], capture_output=True, text=True, check=False)

    assert f"{len(lines)} lines hold" in whole.stdout, whole.stderr
    assert "line 5 does not hold\n" == altered.stderr
    assert 4 == run([*here, "verify"])


RUN = sorted(path.name for path in DOCS.glob("*.md") if "\n```console\n" in path.read_text(encoding="utf-8"))


def _run_page(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tools/run_readme.py", "--check", *args], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("page", RUN)
def test_the_page_shows_what_is_printed(page: str) -> None:
    """Each command of a page prints, in a new folder, what stands under it."""
    done = _run_page(f"docs/{page}")

    assert 0 == done.returncode, done.stderr


def test_the_pages_for_newcomers_are_run() -> None:
    """The tutorial and the guides are among the pages that are run."""
    assert {"first-five-minutes.md", "tutorial.md", "howto-duty.md", "howto-scripts.md", "ci.md"} <= set(RUN)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_recipes_for_jq_print_what_is_shown() -> None:
    """The blocks that need jq are run where it is."""
    done = _run_page("--also", "shell-session", "docs/howto-scripts.md")

    assert 0 == done.returncode, done.stderr


def test_a_command_goes_on_behind_its_prompt(tmp_path: Path) -> None:
    """Lines behind `> ` and after a backslash belong to the command, stay as they are, and other languages wait."""
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ cat << 'END'\n> a\n> b\n> END\n$ printf '> %s\\n' \\\n  c\n> c\n```\n"
        "```shell-session\n$ echo d\n```\n",
        encoding="utf-8",
    )
    for also in ([], ["--also", "shell-session"]):
        done = subprocess.run(
            [sys.executable, "tools/run_readme.py", *also, str(page)], cwd=ROOT, capture_output=True, check=False
        )
        assert 0 == done.returncode

    assert (
        "```console\n$ cat << 'END'\n> a\n> b\n> END\na\nb\n$ printf '> %s\\n' \\\n  c\n> c\n```\n"
        "```shell-session\n$ echo d\nd\n```\n"
    ) == page.read_text(encoding="utf-8")


def test_scripts_are_those_that_ship() -> None:
    """The scripts on the page are those in examples/, whole."""
    ships = [(ROOT / "examples" / name).read_text(encoding="utf-8") for name in ("ten_cases.sh", "overdue_mail.sh")]

    assert ships == _blocks("howto-scripts.md", "sh")


def test_page_on_limits_counts_right() -> None:
    """How many clauses there are, how many ask nothing, and how many rules wait for a fact, are as the page says."""
    page = " ".join((DOCS / "limits.md").read_text(encoding="utf-8").split())
    rows = list(clause_rows())
    waiting = [note for note in lint(RuleBook(load("bristol")).newest) if note.check == "blank-param"]

    assert f"Each of the {len(rows)} statements" in page
    assert f"{sum(row['level'] == 'context' for row in rows)} are context" in page
    assert 6 == len(waiting)
    assert "day of inception: six rules are not judged" in page


def test_every_variable_is_on_its_page() -> None:
    """Whatever of the environment the code names as its own stands on the page that lists the environment."""
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    named = {
        name
        for path in (ROOT / "cinctl").rglob("*.py")
        for name in re.findall(r"[\"' ](CINCTL_[A-Z_]+)\b", path.read_text(encoding="utf-8"))
    }

    assert {"CINCTL_STORE", "CINCTL_TODAY"} <= named
    assert [] == sorted(name for name in named if f"| `{name}` |" not in page)


def test_the_page_on_ci_names_every_report() -> None:
    """Each format for CI is told of, and what a job of the page runs is run on the page too."""
    page = (DOCS / "ci.md").read_text(encoding="utf-8")
    shown = "\n".join(_blocks("ci.md", "console"))
    steps = re.findall(r"(?:run:|-) (cinctl [^\n]*)", "".join(_blocks("ci.md", "yaml")))

    assert [] == [name for name in REPORTS if f"| `{name}` |" not in page]
    assert steps
    assert [] == [step for step in steps if f"$ {step.strip()}" not in shown]


def _table(page: str) -> dict[int, str]:
    """Return the first two columns of the table of exit codes on a page, which begins with their names."""
    text = (ROOT / page).read_text(encoding="utf-8").partition("| exit code |")[2]
    return {int(code): means for code, means in re.findall(r"^\| (\d+) \| (.*?) \|", text, re.MULTILINE)}


def test_exit_codes_are_the_same_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """The README, docs/exit-codes.md and the help give each exit code, in the words of the code."""
    assert 0 == run(["--help"])
    told = " ".join(capsys.readouterr().out.partition("Exit codes:")[2].split())

    assert EXIT_CODES == _table("README.md")
    assert EXIT_CODES == _table("docs/exit-codes.md")
    assert [] == [code for code, means in EXIT_CODES.items() if f"{code} {means.replace('`', '')}" not in told]


def test_every_error_has_a_code_that_is_told() -> None:
    """No error leaves with a code that no table has, and the page on CI speaks of no other."""
    page = (DOCS / "ci.md").read_text(encoding="utf-8")
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}

    assert {error.exit_code for error in CinctlError.__subclasses__()} < set(EXIT_CODES)
    assert codes
    assert codes < set(EXIT_CODES)
