"""The GitHub action: its steps are run as a runner would run them, on a synthetic authority and on hostile files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from cinctl.cli import run
from tests.formats.readers import junit, sarif

ROOT = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}
INSTALL, RUN = "Install cinctl", "Run cinctl"
TODAY = "2026-04-20"
STORY = ROOT / "examples" / "story.toml"
_EXPRESSION = re.compile(r"\$\{\{ (\w+)\.([\w.-]+) \}\}")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the action's steps are for bash")


class Done(NamedTuple):
    """What came of the step: its exit code, what it printed, its outputs, the job summary, and annotations made."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    annotations: list[str]


def _annotations(log: str) -> list[str]:
    """Return the commands that a runner would obey, of those that make annotations; none between stop and token."""
    found, token = [], None
    for line in log.splitlines():
        text = line.strip()
        if token is not None:
            token = None if text == f"::{token}::" else token
        elif text.startswith("::stop-commands::"):
            token = text.removeprefix("::stop-commands::")
        elif re.match(r"::(error|warning|notice|debug|add-mask|set-output|save-state)[ :]", text) or "##[" in text:
            found.append(text)
    assert token is None, "commands are still off at the end of the step"
    return found


def _resolved(value: str, inputs: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: inputs[match[2]], value)


def _step(name: str, folder: Path, env: Mapping[str, str]) -> Done:
    """Run a step in *folder* as a runner does: its script in a file, bash without start-up files, errors fatal."""
    temp = folder.parent / "temp"
    temp.mkdir(exist_ok=True)
    files = {name: temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
    for file in files.values():
        file.write_text("", encoding="utf-8")
    (temp / "step.sh").write_text(STEPS[name]["run"], encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CINCTL_", "GITHUB_", "INPUT_"))}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(temp / "step.sh")],
        cwd=folder,
        env={
            **kept,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "RUNNER_TEMP": str(temp),
            "GITHUB_ACTION_PATH": str(ROOT),
            **{key: str(file) for key, file in files.items()},
            **env,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    log = done.stdout.decode()
    text = {key: file.read_text(encoding="utf-8") for key, file in files.items()}
    outputs = dict(line.partition("=")[::2] for line in text["GITHUB_OUTPUT"].splitlines())
    return Done(done.returncode, log, outputs, text["GITHUB_STEP_SUMMARY"], _annotations(log))


def act(folder: Path, **given: str) -> Done:
    """Run the action in *folder* with the inputs *given*, `_` for `-`, and the others by default."""
    inputs = {name: spec["default"] for name, spec in ACTION["inputs"].items()}
    for name, value in given.items():
        assert name.replace("_", "-") in inputs
        inputs[name.replace("_", "-")] = value
    return _step(RUN, folder, {name: _resolved(value, inputs) for name, value in STEPS[RUN]["env"].items()})


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a config and the log of a synthetic authority, some of whose cases depart from the protocol."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert 0 == run(["--protocol", "bristol", "--today", TODAY, "init"])
    assert 0 == run(["--today", TODAY, "demo", "--cases", "30"])
    return folder


def test_nothing_is_interpolated_into_a_script() -> None:
    """Inputs reach a script by its environment alone: an expression in it would run what an input holds."""
    assert {INSTALL, RUN} == set(STEPS)
    for step in STEPS.values():
        assert "bash" == step["shell"]
        assert "${{" not in step["run"]


def test_every_input_is_used_and_told() -> None:
    """Each input has a default and says what it is for, and each is passed on; nothing else is."""
    passed = {match[2] for value in STEPS[RUN]["env"].values() for match in _EXPRESSION.finditer(value)}
    set_up = ACTION["runs"]["steps"][0]

    assert "actions/setup-python@v5" == set_up["uses"]
    assert set(ACTION["inputs"]) == passed | {"python-version"}
    assert [] == [name for name, spec in ACTION["inputs"].items() if not spec["description"] or "default" not in spec]
    assert all(isinstance(spec["default"], str) for spec in ACTION["inputs"].values())
    assert [] == [name for name in STEPS[RUN]["env"] if f"${name}" not in STEPS[RUN]["run"]]


def test_every_output_is_set(folder: Path) -> None:
    """What the action promises to say is what its step says."""
    promised = {name: _EXPRESSION.fullmatch(spec["value"]) for name, spec in ACTION["outputs"].items()}

    assert all(match is not None and match[2] == f"run.outputs.{name}" for name, match in promised.items())
    assert set(promised) == set(act(folder, today=TODAY).outputs)


def test_audit_that_fails(folder: Path) -> None:
    """Denials fail the step: SARIF and JUnit are written and named, annotations made, the job summary filled."""
    done = act(folder, today=TODAY)
    results = sarif((folder / done.outputs["sarif"]).read_text(encoding="utf-8"))["results"]
    cases = junit((folder / done.outputs["junit"]).read_text(encoding="utf-8"))

    assert 1 == done.code
    assert {
        "exit-code": "1",
        "sarif": "cinctl-reports/audit.sarif",
        "junit": "cinctl-reports/audit.xml",
        "reports": "cinctl-reports",
    } == done.outputs
    assert 2 == len([one for one in results if one["level"] == "error" and "suppressions" not in one])
    assert 2 == len([case for case in cases if case.outcome == "failed"])
    assert 2 == len([line for line in done.annotations if line.startswith("::error title=CORE-02")])
    assert done.annotations[-1].startswith("::notice title=cinctl audit")
    assert "CORE-02" in done.summary


def test_audit_that_passes(folder: Path) -> None:
    """What a baseline knows does not fail; reports are those that were asked for, where they were asked for."""
    assert 0 == run(["--today", TODAY, "audit", "--fail-on", "never", "--write-baseline", "known.json"])
    formats = "junit, tap\nmarkdown html json  gitlab"
    done = act(
        folder, today=TODAY, baseline="known.json", formats=formats, output_dir="to here/reports", fail_on="warn"
    )

    assert (0, "0", "") == (done.code, done.outputs["exit-code"], done.outputs["sarif"])
    assert "to here/reports/audit.xml" == done.outputs["junit"]
    assert ["audit.html", "audit.json", "audit.md", "audit.tap", "audit.xml", "gl-code-quality-report.json"] == sorted(
        os.listdir(folder / "to here" / "reports")
    )
    assert ["notice"] == [line.split()[0].strip(":") for line in done.annotations]


def test_audit_is_narrowed_and_masked(folder: Path) -> None:
    """--select, --ignore, --fail-on, --mask and --protocol-hash are passed on."""
    masked = act(folder, today=TODAY, select="CORE,BRI", ignore="BRI-68", fail_on="never", mask="true", formats="")
    other = act(folder, today=TODAY, protocol_hash="00000000", formats="sarif")

    assert 0 == masked.code
    assert "left out by --select CORE,BRI, --ignore BRI-68" in masked.log
    assert "C-0000" not in masked.log
    assert {"exit-code": "5"} == other.outputs
    assert [
        "::error title=cinctl audit::exit code 5; the log of this step says why, docs/exit-codes.md what it means"
    ] == (other.annotations)
    assert "is not the protocol asked for" in other.log


def test_verify(folder: Path) -> None:
    """A log that holds passes; one that was altered fails with exit 4, an annotation and a line in the summary."""
    whole = act(folder, command="verify")
    log = folder / "cases.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"at":"20', b'"at":"19', 1))
    altered = act(folder, command="verify", store="cases.jsonl")

    assert (0, {"exit-code": "0", "sarif": "", "junit": "", "reports": ""}) == (whole.code, whole.outputs)
    assert re.search(r"### cinctl verify\n\n\| store +\| ok +\|", whole.summary)
    assert (4, "4") == (altered.code, altered.outputs["exit-code"])
    assert 1 == len(altered.annotations)
    assert "line 1 does not hold" in altered.log
    assert "Exit code 4." in altered.summary


def test_lint_and_test(folder: Path) -> None:
    """Protocols and stories that hold pass; what is wrong with others is in the log and in the summary."""
    shutil.copy(STORY, folder / "story.toml")
    shutil.copy(ROOT / "config.example.toml", folder.parent)  # the protocol that the story is about
    text = STORY.read_text(encoding="utf-8").replace("refused = [", 'refused = ["BRI-99", ')
    (folder / "failing.toml").write_text(text, encoding="utf-8")
    (folder / "broken.toml").write_text('[protocol]\nid = "broken"\n[[gate]]\n', encoding="utf-8")

    assert 0 == act(folder, command="lint").code
    assert 0 == act(folder, command="lint", paths="bristol\n  hampshire").code
    broken = act(folder, command="lint", paths="broken.toml bristol")
    assert (5, "5") == (broken.code, broken.outputs["exit-code"])
    assert "broken.toml" in broken.summary
    assert 0 == act(folder, command="test", paths="story.toml").code
    failing = act(folder, command="test", paths="story.toml failing.toml")
    assert (1, "1") == (failing.code, failing.outputs["exit-code"])
    assert "BRI-99" in failing.summary
    assert ["::error title=cinctl test::exit code 1"] == [line.partition(";")[0] for line in failing.annotations]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"command": "rm"}, "command is one of audit, verify, lint and test"),
        ({"formats": "sarif,pdf"}, "formats are of sarif"),
        ({"output_dir": "a\nexit-code=0"}, "output-dir must be one line of text"),
        ({"output_dir": ""}, "output-dir must be one line of text"),
        ({"command": "test"}, "test needs paths"),
        ({"mask": "yes"}, "mask is true or false"),
    ],
)
def test_inputs_that_mean_nothing(folder: Path, inputs: dict[str, str], told: str) -> None:
    """They fail with exit 2, and are told by an annotation in words of the action's own."""
    done = act(folder, **inputs)

    assert (2, {"exit-code": "2"}) == (done.code, done.outputs)
    assert [told] == [re.sub(r"^::error title=cinctl action::", "", line)[: len(told)] for line in done.annotations]


HOSTILE = "$(touch owned) `touch owned`; touch owned\n::error::forged ##[error]forged"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *(("audit", name) for name in ACTION["inputs"] if name not in ("paths", "python-version")),
        *(("lint", "paths"), ("test", "paths"), ("lint", "protocol"), ("verify", "store"), ("verify", "config")),
    ],
)
def test_no_input_is_run(folder: Path, command: str, name: str) -> None:
    """Whatever an input holds is taken for a value: nothing in it is run, and no annotation forged."""
    given = {"command": command, "today": TODAY, name.replace("-", "_"): HOSTILE}
    done = act(folder, **given)

    assert not (folder / "owned").exists()
    assert [] == [line for line in done.annotations if "forged" in line]
    assert "forged" not in "".join(done.outputs.values())


def test_no_file_forges_an_annotation(folder: Path) -> None:
    """A story and a protocol that hold a runner's commands are quoted, and not obeyed."""
    text = STORY.read_text(encoding="utf-8")
    title = re.sub(r"^title = .*$", r'title = "T\\n::error::forged ##[error]forged"', text, count=1, flags=re.MULTILINE)
    (folder / "story.toml").write_text(title.replace("refused = [", 'refused = ["BRI-99", '), encoding="utf-8")
    (folder / "p.toml").write_text(
        '[protocol]\nid = "p"\n["::error::forged"]\n"##[error]forged" = 1\n', encoding="utf-8"
    )
    done = [act(folder, command="test", paths="story.toml"), act(folder, command="lint", paths="p.toml")]

    assert [1, 5] == [one.code for one in done]
    assert all("forged" in one.log for one in done)
    assert [1, 1] == [len(one.annotations) for one in done]
    assert [] == [line for one in done for line in one.annotations if "forged" in line]


def test_it_installs_what_it_stands_in(tmp_path: Path) -> None:
    """The first script makes an environment, installs this checkout into it, and puts it on the path of later steps."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    # What cinctl depends on, and what builds it, is borrowed, so that no index is asked.
    alone = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    done = _step(INSTALL, folder, {**alone, "PYTHONPATH": sysconfig.get_path("purelib")})
    assert 0 == done.code, done.log
    path = (tmp_path / "temp" / "github_path").read_text(encoding="utf-8").strip()
    told = subprocess.run(
        [Path(path) / "cinctl", "--version"],
        env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert str(tmp_path / "temp" / "cinctl") == str(Path(path).parent)
    assert told.stdout.startswith("cinctl ")
