"""A newcomer's first minutes, replayed: from a fresh home, with the README alone, to a first list of what is overdue.

The lines are taken from the README as they stand. One thing differs: pip is told to install a wheel that was built
here, and to borrow what cinctl depends on, for tests have no network.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "first-five-minutes.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these lines are for a POSIX shell")


def _section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _install(text: str) -> list[str]:
    """Return the lines that install: the first indented block of *text*."""
    block = re.search(r"\n\n((?:    [^ \n].*\n)+)\n", text)
    assert block
    return [line.strip() for line in block[1].splitlines()]


def _commands(text: str) -> list[str]:
    return re.findall(r"^\$ (.*)$", text, re.MULTILINE)


FIRST = _section(README, "The first five minutes")
LINES = _install(FIRST)


class Account:
    """A fresh account: an empty home, a bare PATH, no settings, and a clone of the repository."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.home = folder / "home"
        self.clone = self.home / "cinctl"
        self.home.mkdir()
        shutil.copytree(ROOT / "examples", self.clone / "examples")
        shutil.copy(ROOT / "config.example.toml", self.clone)
        self.wheels = wheels
        tools = folder / "bin"
        tools.mkdir()
        (tools / "python3").symlink_to(sys.executable)
        self.path = os.pathsep.join([str(tools), "/usr/bin", "/bin"])

    def types(self, lines: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Type *lines* into one new shell in *folder* (unless told the clone), one after the other."""
        env = {"HOME": str(self.home), "PATH": self.path, "LC_ALL": "C.UTF-8", "TERM": "dumb"}
        env |= {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return subprocess.run(
            ["sh"],
            input="\n".join(lines) + "\n",
            cwd=folder or self.clone,
            env=env | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def installs(self) -> None:
        """Type the lines that install."""
        borrowed = sysconfig.get_path("purelib")
        lend = "import sysconfig; print(sysconfig.get_path('purelib'))"
        lines = [line.replace(" install .", " install --quiet cinctl") for line in LINES]
        # A .pth inside a folder that a .pth names is not read: so the clone that is tested stays out of sight.
        lines.insert(
            2, f'echo {shlex.quote(borrowed)} > "$(~/cinctl-env/bin/python -c {shlex.quote(lend)})/borrowed.pth"'
        )
        where = "~/cinctl-env/bin/python -P -c 'import cinctl; print(cinctl.__file__)'"
        done = self.types([*lines, "command -v cinctl", "cinctl --version", where])
        assert f"{self.home}/cinctl-env/bin/cinctl" in done.stdout, done.stdout + done.stderr
        assert Path(done.stdout.splitlines()[-1]).is_relative_to(self.home / "cinctl-env")


@pytest.fixture(scope="module", name="wheels")
def _wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and return the folder that it is in."""
    folder = tmp_path_factory.mktemp("wheels")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module", name="account")
def _account(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Account:
    """Return a fresh account in which the lines that install were typed."""
    account = Account(tmp_path_factory.mktemp("newcomer"), wheels)
    account.installs()
    return account


def test_the_readme_begins_with_it() -> None:
    """The first section of the README installs and ends in a list of what is overdue; nothing is needed before it."""
    assert README.index("\n## ") == README.index("\n## The first five minutes\n")
    assert "python3 -m venv ~/cinctl-env" == LINES[0]
    assert "cinctl due --overdue" in _commands(FIRST)[-1]


def test_the_page_has_the_same_lines() -> None:
    """docs/first-five-minutes.md shows the lines of the README, to install and to look."""
    assert LINES == _install(_section(PAGE, "Install"))
    assert _commands(FIRST) == _commands(_section(PAGE, "A first list"))


def test_newcomer_comes_to_an_overdue_list(account: Account) -> None:
    """From a fresh home, with the lines of the README and no others, a list of overdue work comes out."""
    done = account.types([LINES[-1], *_commands(FIRST)])

    assert 0 == done.returncode, done.stderr
    head, rule, *rows = done.stdout.partition("events")[2].splitlines()[1:]
    assert head.split()[:2] == ["case", "rule"]
    assert set(rule) <= {"-", " "}
    assert rows
    assert all(re.match(r"C-\d{6} +[A-Z]+-\w+ ", row) for row in rows)


def test_newcomer_who_pastes_the_prompt_is_told(account: Account) -> None:
    """What a shell says of a `$` that was pasted along stands in the list of what to do when a line fails."""
    done = account.types([LINES[-1], f"$ {_commands(FIRST)[-1]}"])

    assert 127 == done.returncode
    assert "$: not found" in done.stderr or "$: command not found" in done.stderr
    assert "| `$: command not found` |" in PAGE


def test_newcomer_in_another_folder_is_sent_back(account: Account) -> None:
    """In a folder without cases the first advice is to go where they are; the page has the same words."""
    done = account.types([LINES[-1], "cinctl due --overdue"], account.home)

    assert 5 == done.returncode
    assert "no protocol is chosen: there is no cinctl.toml" in done.stderr
    assert "| `no protocol is chosen: there is no cinctl.toml` |" in PAGE


def test_newcomer_who_begins_twice_is_told(account: Account) -> None:
    """A second demo over the first is refused, in words that the page repeats."""
    lines = [LINES[-1], "mkdir twice && cd twice", "cinctl init --protocol bristol", "cinctl demo --cases 3"]
    done = account.types([*lines, "cinctl demo --cases 3"])

    assert 2 == done.returncode, done.stderr
    assert "holds something already" in done.stderr
    assert "| `holds something already` |" in PAGE


def test_after_make_demo_cinctl_is_at_hand(account: Account) -> None:
    """What `make demo` says at its end works in a terminal whose PATH has no cinctl."""
    shown = account.types([LINES[-1], "sh examples/morning.sh demo"]).stdout
    further = shown.partition("Look further, in this terminal:\n")[2].splitlines()

    done = account.types(further)

    assert 0 == done.returncode, done.stderr
    assert done.stdout.startswith("case ")


FAKE_MAIL = '#!/bin/sh\n{ printf "%s|" "$@"; echo; cat; } >> "$HOME/mailbox"\n'


@pytest.fixture(name="cron")
def _cron(account: Account) -> Account:
    """Return the account with a store of today's and a `mail` that keeps what it is given."""
    mail = Path(account.path.partition(os.pathsep)[0]) / "mail"
    mail.write_text(FAKE_MAIL, encoding="utf-8")
    mail.chmod(0o755)
    shutil.rmtree(account.home / "duty", ignore_errors=True)
    (account.home / "mailbox").unlink(missing_ok=True)
    lines = ["mkdir ~/duty && cd ~/duty", "cinctl init --protocol bristol > /dev/null"]
    done = account.types([LINES[-1], *lines, "cinctl --today 2026-04-20 demo --cases 30 > /dev/null 2>&1"])
    assert 0 == done.returncode, done.stderr
    return account


@pytest.mark.parametrize(
    ("today", "prepare", "code", "subject"),
    [
        ("2026-04-20", "true", 0, "Overdue today"),
        ("2026-04-20", "rm cinctl.toml", 5, "What is overdue could not be told (exit 5)"),
        ("2026-04-20", "rm cases.jsonl; : > cases.jsonl", 0, None),
        ("2026-04-20", "cd .. && rm -r duty", 6, "What is overdue could not be told (exit 6)"),
    ],
    ids=["something overdue", "no config", "nothing overdue", "no folder"],
)
def test_cron_mails_what_is_overdue(cron: Account, today: str, prepare: str, code: int, subject: str | None) -> None:
    """By cron's bare PATH: a mail when something is overdue, another when that could not be told, else none."""
    line = "CINCTL=$HOME/cinctl-env/bin/cinctl sh examples/overdue_mail.sh $HOME/duty duty@authority.example"
    done = cron.types([f"(cd ~/duty && {prepare})", f"export CINCTL_TODAY={today}", line])
    box = cron.home / "mailbox"
    mailed = box.read_text(encoding="utf-8") if box.exists() else None

    assert (code, "") == (done.returncode, done.stdout + done.stderr)
    assert (subject and f"-s|{subject}|duty@authority.example|") == (mailed and mailed.splitlines()[0])
    if subject == "Overdue today":
        assert "BRI-40" in (mailed or "")


def test_cron_mail_tells_a_python_that_does_not_start_from_overdue(cron: Account) -> None:
    """An installation that broke exits with 1 as `due --exit-code` does, and is not mailed as overdue work."""
    broken = "printf '#!/bin/sh\necho Traceback >&2; exit 1\n' > ~/broken; chmod +x ~/broken"
    done = cron.types([broken, "CINCTL=$HOME/broken sh examples/overdue_mail.sh $HOME/duty duty@authority.example"])
    mailed = (cron.home / "mailbox").read_text(encoding="utf-8")

    assert 70 == done.returncode
    assert "-s|What is overdue could not be told (exit 70)|duty@authority.example|\nTraceback\n" == mailed
