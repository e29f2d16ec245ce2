"""What others put into their repositories: hooks for pre-commit, and the jobs of docs/ci.md."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cinctl.cli import run
from tests.formats.readers import junit

ROOT = Path(__file__).resolve().parent.parent
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
BLOCKS = [
    yaml.safe_load(block)
    for block in re.findall(
        r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
]
TODAY = "2026-04-20"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a log, a protocol, a story about it, and TOML files that are neither."""
    folder = tmp_path / "repository"
    (folder / "protocols").mkdir(parents=True)
    (folder / "stories").mkdir()
    monkeypatch.chdir(folder)
    assert 0 == run(["--protocol", "bristol", "--today", TODAY, "init"])
    assert 0 == run(["--today", TODAY, "demo", "--cases", "10"])
    (folder / "protocols" / "ours.toml").write_text(
        '[protocol]\nid = "ours"\ntitle = "Ours"\nextends = "bristol"\n', encoding="utf-8"
    )
    shutil.copy(ROOT / "config.example.toml", folder)
    shutil.copy(ROOT / "examples" / "story.toml", folder / "stories")
    (folder / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return folder


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "CINCTL_TODAY": TODAY}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)


def _hook(folder: Path, name: str) -> subprocess.CompletedProcess[str] | None:
    """Run a hook as pre-commit would on all files; None where none of them is for it."""
    hook = HOOKS[name]
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    wanted = [file for file in files if re.search(hook.get("files", ""), file)]
    if "toml" in hook.get("types", ()):
        wanted = [file for file in wanted if file.endswith(".toml")]
    named = wanted if hook.get("pass_filenames", True) else []
    return _run(folder, *shlex.split(hook["entry"]), *hook.get("args", ()), *named) if wanted else None


def test_hooks_are_whole() -> None:
    """Each hook says what pre-commit needs to know, and is run in an environment of its own."""
    assert {"cinctl-lint", "cinctl-stories", "cinctl-verify"} == set(HOOKS)
    assert [] == [name for name, hook in HOOKS.items() if not {"id", "name", "description", "entry"} <= set(hook)]
    assert {"python"} == {hook["language"] for hook in HOOKS.values()}


@pytest.mark.parametrize("name", HOOKS)
def test_hook_passes(folder: Path, name: str) -> None:
    """On files that hold, each hook finds some that are for it, and passes."""
    done = _hook(folder, name)

    assert done is not None
    assert 0 == done.returncode, done.stdout + done.stderr


def test_lint_hook_fails(folder: Path) -> None:
    """A protocol that does not hold fails it, and is named; other TOML files are none of its business."""
    with (folder / "protocols" / "ours.toml").open("a", encoding="utf-8") as file:
        file.write("[[gate]]\n")
    done = _hook(folder, "cinctl-lint")

    assert done is not None
    assert 5 == done.returncode
    assert "protocols/ours.toml:5" in done.stdout
    assert "pyproject.toml" not in done.stdout + done.stderr


def test_stories_hook_fails(folder: Path) -> None:
    """A change of the protocol that a story does not expect fails it."""
    config = folder / "config.example.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('"2 working days"', '"9 working days"'), "utf-8")
    done = _hook(folder, "cinctl-stories")

    assert done is not None
    assert 1 == done.returncode
    assert "FAIL story.toml" in done.stdout


def test_verify_hook_fails(folder: Path) -> None:
    """A log with an altered line fails it."""
    log = folder / "cases.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"at":"20', b'"at":"19', 1))
    done = _hook(folder, "cinctl-verify")

    assert done is not None
    assert 4 == done.returncode
    assert "line 1 does not hold" in done.stderr


def test_hooks_of_the_guide_are_there() -> None:
    """docs/ci.md names hooks that there are."""
    named = [hook["id"] for block in BLOCKS if "repos" in block for repo in block["repos"] for hook in repo["hooks"]]

    assert list(HOOKS) == named


def test_action_of_the_guide_takes_that() -> None:
    """What docs/ci.md gives the action are inputs of it, and what it takes from it are outputs."""
    steps = [step for block in BLOCKS if isinstance(block, list) for step in block]
    uses = [step for step in steps if "/cinctl@" in step.get("uses", "")]
    taken = {name for step in steps for name in re.findall(r"steps\.cinctl\.outputs\.([\w-]+)", str(step))}
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")

    assert uses
    assert [] == [name for step in uses for name in step["with"] if name not in ACTION["inputs"]]
    assert taken
    assert taken <= set(ACTION["outputs"])
    assert [] == [name for name in ACTION["inputs"] if f"`{name}`" not in text and name != "python-version"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="a job's script is for bash")
def test_job_for_gitlab_runs(folder: Path) -> None:
    """The script of the job, line by line, writes the reports that the job hands on, in their formats."""
    (job,) = [block["audit"] for block in BLOCKS if isinstance(block, dict) and "audit" in block]
    script = [line for line in job["script"] if line.startswith("cinctl ")]
    (install,) = (line for line in job["script"] if line not in script)
    assert re.fullmatch(r"pip install git\+https://\S+/cinctl@v\S+", install)
    assert 0 == _run(folder, *["cinctl", "audit", "--fail-on", "never", "--write-baseline", "known.json"]).returncode
    done = _run(folder, "bash", "-eo", "pipefail", "-c", "\n".join(script))
    reports = job["artifacts"]["reports"]

    assert 0 == done.returncode, done.stderr
    assert "always" == job["artifacts"]["when"]
    assert junit((folder / reports["junit"]).read_text(encoding="utf-8"))
    assert isinstance(yaml.safe_load((folder / reports["codequality"]).read_text(encoding="utf-8")), list)
