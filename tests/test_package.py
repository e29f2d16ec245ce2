"""What is built: the sdist holds what the tests need, the wheel holds cinctl and no more, and runs where it lands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from cinctl import __version__

ROOT = Path(__file__).resolve().parent.parent

INSTALL = ("install", "--no-deps", "--no-index", "--ignore-installed", "--quiet")
LIFE = (
    "init --protocol bristol",
    "staff join csw1 --role consultant_social_worker --unit A --qualified --on 2020-01-06",
    "refer R1 --source 1A --born 2015-06-01 --need N1 --on 2026-02-23",
    "decide R1 --outcome no-further-action --next-steps advice --level level-3 --by csw1 --on 2026-02-24",
    "inform R1 --who referrer --about referral --by csw1 --on 2026-02-24",
    "close R1 --reason RC8 --decision T --evidence T --signed-by csw1 --by csw1 --on 2026-02-25",
    "verify",
)


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and from it the wheel, as an index would."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module", name="wheel")
def _wheel(built: Path) -> Path:
    """Return the wheel."""
    return built / f"cinctl-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="module", name="installed")
def _installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, which borrows nothing but what cinctl depends on."""
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scheme = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
    # A .pth inside a folder that a .pth names is not read: so the clone itself, installed editable, stays out of sight.
    (Path(scheme) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(folder)}))
    python = str(scripts / "python")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, *INSTALL, str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return scripts


def _names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_holds_cinctl_and_no_more(wheel: Path) -> None:
    """Nothing called commands, store or tests lands in anyone's site-packages."""
    names = _names(wheel)

    homes = {name.partition("/")[0] for name in names}
    assert {"cinctl", f"cinctl-{__version__}.data", f"cinctl-{__version__}.dist-info"} == homes
    assert [] == [name for name in names if "test_" in name or name.endswith((".pyc", ".xml"))]


def test_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    """Modules, bundled protocols, clause registers and the mark that says that it is typed: all of them, and once."""
    names = [name for name in _names(wheel) if name.startswith("cinctl/")]
    there = [path.relative_to(ROOT).as_posix() for path in (ROOT / "cinctl").rglob("*") if path.is_file()]

    assert sorted(name for name in there if "__pycache__" not in name) == sorted(names)
    assert {"cinctl/py.typed", "cinctl/protocols/bristol.toml", "cinctl/protocols/clauses/BRI.toml"} <= set(names)


def test_wheel_holds_the_manual(wheel: Path) -> None:
    """Beside it go the manual pages, and nothing else, to where man(1) looks."""
    start = f"cinctl-{__version__}.data/data/share/man/man1/"
    names = [name.removeprefix(start) for name in _names(wheel) if name.startswith(f"cinctl-{__version__}.data/")]

    assert sorted(names) == sorted(path.name for path in (ROOT / "docs" / "man").iterdir())


def test_manual_is_installed(installed: Path) -> None:
    """After the install the pages stand in share/man/man1 of the environment, and man(1), where it is, shows one."""
    folder = installed.parent / "share" / "man"
    assert (folder / "man1" / "cinctl.1").is_file()
    if shutil.which("man") is None:
        pytest.skip("there is no man here")
    env = {**os.environ, "MANPATH": str(folder), "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["man", "-P", "cat", "cinctl-protocol-lint"], env=env, capture_output=True, encoding="utf-8", check=False
    )

    assert 0 == done.returncode, done.stderr
    assert "cinctl-protocol-lint - Check protocols" in " ".join(done.stdout.split())


def test_wheel_depends_on_little(wheel: Path) -> None:
    """Five packages at run time, and none that only development needs."""
    with ZipFile(wheel) as archive:
        about = archive.read(f"cinctl-{__version__}.dist-info/METADATA").decode()
    needs = {
        line.partition(": ")[2] for line in about.splitlines() if line.startswith("Requires-Dist") if ";" not in line
    }

    assert {"attrs", "cattrs", "click", "tabulate", "tomli-w"} == {need.partition(">")[0] for need in needs}
    assert "License-Expression: MIT" in about


def test_sdist_holds_what_the_tests_need(built: Path) -> None:
    """From the sdist alone one can build, test, and check: tests, docs, tools, examples, and every file once."""
    with tarfile.open(built / f"cinctl-{__version__}.tar.gz") as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]

    wanted = [
        "Makefile",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "pyproject.toml",
        "config.example.toml",
        "mkdocs.yml",
        ".ci/run",
    ]
    for folder in ("cinctl", "docs", "examples", "tests", "tools"):
        found = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        wanted += [path.relative_to(ROOT).as_posix() for path in found]
    assert [] == sorted(set(wanted) - set(names) - {"tests/test_repository.py"})
    assert [] == [name for name in names if name.startswith(("commands/", "store/", ".venv", "demo/"))]


def test_installed_command_runs_anywhere(installed: Path, tmp_path: Path) -> None:
    """From another folder, in New Zealand, without a locale, the installed command takes a case to its closure."""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    env |= {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}

    def cinctl(line: str) -> str:
        done = subprocess.run(
            [str(installed / "cinctl"), "--today", "2026-02-26", *line.split()],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert 0 == done.returncode, f"{line}: {done.stderr}"
        return done.stdout

    assert f"cinctl {__version__}\n" == cinctl("--version")
    assert "bristol\nhampshire\ntorbay\nworking-together-2023\n" == cinctl("protocol list -f ids")
    for line in LIFE:
        cinctl(line)
    assert "closed" in cinctl("show R1")
    cinctl("audit --fail-on deny")
    assert "§" in cinctl("protocol explain BRI-29 --columns rule,section,say")


def test_installed_command_is_not_the_clone(installed: Path, tmp_path: Path) -> None:
    """What the test above runs is the wheel."""
    code = "import cinctl, cinctl.commands, sys; print(cinctl.__file__); import importlib.util as u; "
    code += "print(u.find_spec('commands'), u.find_spec('store'))"
    done = subprocess.run(
        [str(installed / "python"), "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    where, others = done.stdout.splitlines()

    assert installed.parent.resolve() in Path(where).resolve().parents
    assert "None None" == others
