"""Python, what cinctl depends on, the clock, the calendar, and what stands around it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from cinctl.doctor import FAIL, OK, WARN, Check, short

if TYPE_CHECKING:
    from cinctl.session import Session

__all__ = ["CHECKS", "needed", "satisfied"]

OLDEST_PYTHON = (3, 11)
_OPTIONAL = "pyarrow"
_COMPLETIONS = {
    "bash": (
        "~/.local/share/bash-completion/completions/cinctl",
        "/usr/share/bash-completion/completions/cinctl",
        "/etc/bash_completion.d/cinctl",
        "~/.bashrc",
        "~/.bash_profile",
    ),
    "zsh": ("~/.zshrc", "~/.zfunc/_cinctl", "/usr/share/zsh/site-functions/_cinctl"),
    "fish": ("~/.config/fish/completions/cinctl.fish", "~/.config/fish/config.fish"),
}


def _python(_session: Session) -> Iterator[Check]:
    import platform

    told = f"{platform.python_version()} ({platform.python_implementation()}), {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST_PYTHON:
        yield Check("python", FAIL, told, "install Python {}.{} or newer".format(*OLDEST_PYTHON))
    else:
        yield Check("python", OK, told)


def _cinctl(_session: Session) -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, version

    from cinctl import __version__

    try:
        installed = version("cinctl")
    except PackageNotFoundError:
        yield Check("cinctl", WARN, f"{__version__}, not installed as a package", "pipx install, or pip install, it")
        return
    if installed != __version__:
        found = f"{__version__} runs, {installed} is installed"
        yield Check("cinctl", WARN, found, "install it again: another version was left behind")
    else:
        yield Check("cinctl", OK, __version__)


def _dependencies(_session: Session) -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        wanted = needed(requires("cinctl") or ())
    except PackageNotFoundError:
        yield Check("dependencies", WARN, "not known: cinctl is not installed as a package")
        return
    good, bad = [], []
    for name, least in wanted:
        try:
            there = version(name)
        except PackageNotFoundError:
            bad.append(f"{name} is missing")
            continue
        if satisfied(there, least):
            good.append(f"{name} {there}")
        else:
            bad.append(f"{name} {there} is older than {least}")
    if bad:
        yield Check("dependencies", FAIL, "; ".join(bad), "install cinctl again: pip install --upgrade cinctl")
    else:
        yield Check("dependencies", OK, ", ".join(good))


def needed(requirements: Iterator[str] | list[str] | tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the packages, with the least version of each, that *requirements* name and no extra asks for."""
    import re

    found = []
    for line in requirements:
        match = re.match(r"([A-Za-z0-9._-]+)\s*(?:>=\s*([0-9.]+))?", line)
        if match is not None and "extra ==" not in line:
            found.append((match.group(1), match.group(2) or "0"))
    return found


def satisfied(there: str, least: str) -> bool:
    """Return whether the version *there* is *least* or newer."""
    import re

    def numbers(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", text.split("+")[0])[:4]]

    have, want = numbers(there), numbers(least)
    width = max(len(have), len(want))
    return have + [0] * (width - len(have)) >= want + [0] * (width - len(want))


def _path(session: Session) -> Iterator[Check]:
    import shutil

    found = shutil.which("cinctl", path=session.environ.get("PATH"))
    if found is None:
        advice = "put the folder of the command into PATH ('pipx ensurepath' does), and open a new terminal"
        yield Check("command", WARN, "there is no cinctl in PATH", advice)
    elif not _ours(found):
        yield Check("command", WARN, f"PATH has another one, {short(found, session)}", "remove one of the two")
    else:
        yield Check("command", OK, short(found, session))


def _ours(command: str) -> bool:
    """Return whether the *command* in PATH is the one that runs, or belongs to the Python that runs it."""
    import site

    real = os.path.realpath(command)
    if sys.argv and os.path.realpath(sys.argv[0]) == real:
        return True
    homes = [sys.prefix, getattr(site, "USER_BASE", None) or sys.prefix]
    return any(real.startswith(os.path.realpath(home) + os.sep) for home in homes)


def _clock(session: Session) -> Iterator[Check]:
    from cinctl.calendar import london_date

    now = session.now
    told = f"{now.isoformat(timespec='minutes')}, in London it is {london_date(now.isoformat()).isoformat()}"
    if now.year < 2025:
        yield Check("clock", FAIL, told, "set the clock of this machine")
    else:
        yield Check("clock", OK, told)


def _bank_holidays(session: Session) -> Iterator[Check]:
    from cinctl.calendar import Calendar, london_date
    from cinctl.errors import CalendarError

    today = london_date(session.now.isoformat())
    calendar = Calendar.load()
    last = today.year
    while _knows(calendar, last + 1):
        last += 1
    told = f"known until the end of {last}"
    advice = "install a newer cinctl: limits that end later cannot be counted"
    try:
        calendar.check(today)
    except CalendarError:
        yield Check("bank holidays", FAIL, f"not known for {today.year}", "install a newer cinctl")
        return
    reaches = today + timedelta(days=366)
    yield Check("bank holidays", OK, told) if reaches.year <= last else Check("bank holidays", WARN, told, advice)


def _knows(calendar: object, year: int) -> bool:
    from datetime import date

    from cinctl.calendar import Calendar
    from cinctl.errors import CalendarError

    assert isinstance(calendar, Calendar)
    try:
        calendar.check(date(year, 12, 31))
    except CalendarError:
        return False
    return True


def _text(_session: Session) -> Iterator[Check]:
    import locale

    coding = locale.getencoding()
    files = sys.getfilesystemencoding()
    told = f"locale {coding}, file names {files}; cinctl writes UTF-8"
    utf8 = coding.lower().replace("-", "") == "utf8"
    advice = None if utf8 else "a terminal that shows no UTF-8 shows § and dashes wrongly: set LANG, such as C.UTF-8"
    yield Check("text", OK if utf8 else WARN, told, advice)


def _terminal(session: Session) -> Iterator[Check]:
    stream = sys.stdout
    seen = "a terminal" if stream is not None and stream.isatty() else "no terminal"
    colour = "colour" if session.colour(stream) else "no colour"
    yield Check("terminal", OK, f"stdout is {seen}, {colour}")


def _completion(session: Session) -> Iterator[Check]:
    shell = os.path.basename(session.environ.get("SHELL", ""))
    if shell not in _COMPLETIONS:
        yield Check("completion", OK, f"not looked for: the shell is {shell or 'not known'}")
        return
    if any(_tells(path, session) for path in _COMPLETIONS[shell]):
        yield Check("completion", OK, f"set up for {shell}")
    else:
        yield Check("completion", OK, f"not set up for {shell}", "'cinctl completion -h' shows how")


def _tells(path: str, session: Session) -> bool:
    home = session.environ.get("HOME")
    if path.startswith("~"):
        if not home:
            return False
        path = home + path[1:]
    try:
        with open(path, "rb") as file:
            text = file.read(1 << 20)
    except OSError:
        return False
    return b"_CINCTL_COMPLETE" in text or b"cinctl completion" in text


def _seals(session: Session) -> Iterator[Check]:
    import shutil

    found = shutil.which("ssh-keygen", path=session.environ.get("PATH"))
    advice = None if found else "only signed seals ('seal --key', 'verify --signer') need it: install OpenSSH"
    yield Check("ssh-keygen", OK, "there" if found else "not there", advice)


CHECKS = (
    ("python", _python),
    ("cinctl", _cinctl),
    ("dependencies", _dependencies),
    ("command", _path),
    ("clock", _clock),
    ("bank holidays", _bank_holidays),
    ("text", _text),
    ("terminal", _terminal),
    ("completion", _completion),
    ("ssh-keygen", _seals),
)
