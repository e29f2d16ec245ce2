"""The README shows what is so: every command in it is run, and the script in it is the one that ships."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPT = ROOT / "examples" / "ten_cases.sh"


def _shell(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run *args* in *folder* with this environment's cinctl first on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path}
    return subprocess.run(args, cwd=folder, env=env, capture_output=True, text=True, check=False)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_console_blocks_show_what_is_printed() -> None:
    """Each command of the README prints, in a new folder, what stands under it."""
    done = subprocess.run(
        [sys.executable, "tools/run_readme.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stderr


def test_part_of_a_script_is_of_the_one_that_ships() -> None:
    """What the README shows of a script stands so in examples/ten_cases.sh."""
    shown = _blocks("sh")

    assert 1 == len(shown)
    assert shown[0] in SCRIPT.read_text(encoding="utf-8")


def test_script_takes_ten_cases_to_closure(tmp_path: Path) -> None:
    """Ten cases go from referral to closure through pipes, without one finding."""
    done = _shell("sh", str(SCRIPT), folder=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert [f"C-{number:06}" for number in range(1, 11)] == done.stdout.splitlines()[-10:]
    assert "0 deny, 0 warn, 0 waived" in done.stderr


def test_workflow_runs_what_was_run() -> None:
    """The commands of the CI job stand in a console block too, where they are run."""
    shown = "\n".join(_blocks("console"))
    steps = re.findall(r"run: (cinctl .*)", "".join(_blocks("yaml")))

    assert steps
    for step in steps:
        assert f"$ {step}" in shown


def test_language_blocks_are_known() -> None:
    """No block stands in the README that nothing runs or compares."""
    assert {"console", "sh", "yaml", "toml"} == set(re.findall(r"^```([a-z]+)$", README, re.MULTILINE))


def test_rules_are_those_of_the_example_config() -> None:
    """The rules that the README shows stand so in config.example.toml."""
    config = (ROOT / "config.example.toml").read_text(encoding="utf-8")

    for block in _blocks("toml"):
        assert block in config


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_link_leads_somewhere(link: str) -> None:
    """Every relative link leads to a file."""
    assert (ROOT / link).is_file()


def test_morning_prints_what_a_duty_manager_wants(tmp_path: Path) -> None:
    """`make demo` runs this script: the sums of the import, what is overdue, the counts of the audit, twice over."""
    for _ in range(2):
        done = _shell("sh", str(ROOT / "examples" / "morning.sh"), str(tmp_path / "demo"), folder=tmp_path)

        assert 0 == done.returncode, done.stdout + done.stderr
        assert "1,000 children" in done.stdout
        assert "overdue" in done.stdout
        assert re.search(r"^ +\d+ warn\t", done.stdout, re.MULTILINE)
        assert len(done.stdout.splitlines()) <= 70
