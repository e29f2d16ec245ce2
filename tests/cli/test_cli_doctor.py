"""`doctor`: what is wrong with an installation, whatever is wrong with it, and nothing of any case."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.doctor import machine, store
from cinctl.session import Session
from cinctl.store import drives

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ALWAYS = {"python", "cinctl", "dependencies", "command", "clock", "bank holidays", "text", "terminal", "completion",
          "ssh-keygen", "config", "protocol", "store"}  # fmt: skip


def checked(desk: Desk, *args: str, now: datetime = NOW) -> dict[str, Any]:
    """Return what `doctor` says, a row for each check by its name; the exit code tells whether any failed."""
    result = desk.run("doctor", "--json", *args, session=Session(now=now))
    rows = {row["check"]: row for row in result.json}
    assert int(any(row["status"] == "fail" for row in rows.values())) == result.code, result.out
    assert len(rows) == len(result.json)
    assert set(rows) >= ALWAYS
    return rows


def statuses(rows: dict[str, Any], *names: str) -> list[str]:
    """Return how each of the checks stands."""
    return [rows[name]["status"] for name in names]


def test_sound_store(case: Desk) -> None:
    """Where everything is in order nothing fails, and the chain is walked only when asked for."""
    case.must("due")
    rows, whole = checked(case), checked(case, "--verify")

    names = ("config", "protocol", "store", "private", "last line", "cache", "lock", "space")
    assert ["ok"] * len(names) == statuses(rows, *names)
    assert rows["cache"]["found"].startswith("fresh")
    assert "chain" not in rows
    assert "holds, 3 lines" == whole["chain"]["found"]


def test_table_and_counts(case: Desk) -> None:
    """For people a table, and on stderr how many checks failed."""
    result = case.run("doctor")

    assert result.out.startswith("check ")
    assert " checks: 0 failed, " in result.err


def test_nothing_of_a_case(desk: Desk) -> None:
    """No id of a case or of a person is told, nor any word of the record, in any format."""
    desk.must("refer SECRET-1 --source 1A --born 2015-06-01 --child KID-1 --family FAM-1 --on 2026-02-23")
    desk.run("note", "SECRET-1", "--text", "PRIVATE WORDS", "--by", "sw1")
    told = "".join(desk.run("doctor", "--verify", "-f", form).out for form in ("table", "json", "csv", "markdown"))

    for word in ("SECRET", "KID-1", "FAM-1", "PRIVATE", "sw1", "tm1"):
        assert word not in told


def test_home_is_a_tilde(case: Desk) -> None:
    """The home folder, which holds somebody's name, stands as ~."""
    case.patch.setenv("HOME", str(case.folder.parent))
    result = case.run("doctor", "--json")

    assert f"~/{case.folder.name}/cases.jsonl" in result.out
    assert str(case.folder) not in result.out


def test_bare_folder(bare: Desk) -> None:
    """Without config, protocol and store: warnings that say how to begin, and exit 0."""
    rows = checked(bare)

    assert ["ok", "warn", "warn"] == statuses(rows, "config", "protocol", "store")
    assert "cinctl init" in rows["store"]["advice"]


@pytest.mark.parametrize("name", ["HOME", "PATH", "SHELL"])
def test_without_an_environment(case: Desk, name: str) -> None:
    """Nothing of the environment is needed."""
    case.patch.delenv(name, raising=False)

    assert "ok" == checked(case)["store"]["status"]


def test_config_that_is_no_good(case: Desk) -> None:
    """A broken config fails; what depends on it is told not to be known."""
    (case.folder / "cinctl.toml").write_text("store = 3\nsotre = 4\n", encoding="utf-8")
    rows = checked(case, "--verify")

    assert ["fail", "warn", "warn"] == statuses(rows, "config", "protocol", "store")
    assert "(and 1 more)" in rows["config"]["found"]


def test_config_that_is_not_there(bare: Desk) -> None:
    """One that is named, and is not there, fails."""
    assert "fail" == checked(bare, "--config", "none.toml")["config"]["status"]


def test_day_that_is_none(case: Desk) -> None:
    """A CINCTL_TODAY that is no date is a fault of the settings; nothing raises."""
    case.patch.setenv("CINCTL_TODAY", "soon")
    rows = checked(case)

    assert "fail" == rows["config"]["status"]
    assert "CINCTL_TODAY" in rows["config"]["found"]


def test_protocol_that_is_no_good(case: Desk) -> None:
    """A protocol that does not hold fails, with its first fault and where to read the rest."""
    text = (case.folder / "small.toml").read_text(encoding="utf-8")
    (case.folder / "small.toml").write_text(text.replace('on = "visit"', 'on = "vist"'), encoding="utf-8")
    rows = checked(case)

    assert "fail" == rows["protocol"]["status"]
    assert "vist" in rows["protocol"]["found"]
    assert "protocol lint" in rows["protocol"]["advice"]


def test_protocol_that_is_not_there(case: Desk) -> None:
    """One that is not there fails too."""
    assert "fail" == checked(case, "--protocol", "nowhere.toml")["protocol"]["status"]


def test_store_that_is_gone(case: Desk) -> None:
    """Where a config names a store and there is none, that is a failure: it may have been lost."""
    (case.folder / "cases.jsonl").unlink()

    assert "fail" == checked(case, "--verify")["store"]["status"]


@pytest.mark.parametrize("content", [b"not a log\n", b"\x00\xff", b"{}\n"])
def test_store_that_is_foreign(case: Desk, content: bytes) -> None:
    """A file that is no store fails."""
    (case.folder / "cases.jsonl").write_bytes(content)

    assert "fail" == checked(case, "--verify")["store"]["status"]


def test_store_that_is_a_folder(case: Desk) -> None:
    """So does a folder in its place."""
    (case.folder / "cases.jsonl").unlink()
    (case.folder / "cases.jsonl").mkdir()

    assert "fail" == checked(case)["store"]["status"]


@pytest.mark.parametrize(("check", "name"), [("store", "cases.jsonl"), ("config", "cinctl.toml")])
def test_what_nobody_here_may_look_at_is_not_said_to_be_missing(check: str, name: str, case: Desk) -> None:
    """In a folder that is closed to the user a store or a config may be there: nobody is told to make one."""
    looked = os.lstat

    def refused(path: Any, **more: Any) -> os.stat_result:
        if os.fspath(path).endswith(name):
            raise PermissionError(13, "Permission denied")
        return looked(path, **more)

    case.patch.setattr("os.lstat", refused)
    case.patch.setenv("CINCTL_CONFIG", "cinctl.toml")
    row = checked(case)[check]

    assert ("fail", "the system said no: Permission denied") == (row["status"], row["found"])


def test_torn_tail(case: Desk) -> None:
    """A line that was cut short at the end is a warning, and what sets it aside is told."""
    with open(case.folder / "cases.jsonl", "ab") as file:
        file.write(b'{"v":1,"seq":4,"ki')
    rows = checked(case)

    assert "warn" == rows["last line"]["status"]
    assert "cinctl repair" in rows["last line"]["advice"]


def test_whole_line_without_its_break(case: Desk) -> None:
    """A last line that lacks its newline alone was acknowledged, counts, and is told of as whole."""
    log = case.folder / "cases.jsonl"
    log.write_bytes(log.read_bytes()[:-1])

    row = checked(case)["last line"]
    assert ("ok", "whole, but for its line break") == (row["status"], row["found"])


@pytest.mark.parametrize(
    "spoil", [lambda log: log + b"garbage", lambda log: log[:-30] + b"\n", lambda log: log[:-1] + b" \n"]
)
def test_last_line_that_does_not_hold(case: Desk, spoil: Callable[[bytes], bytes]) -> None:
    """What no crash leaves at the end fails, as it does in every other command."""
    log = case.folder / "cases.jsonl"
    log.write_bytes(spoil(log.read_bytes()))

    assert 4 == case.type("due").code
    assert "fail" == checked(case)["last line"]["status"]
    assert 1 == case.type("doctor").code


@pytest.mark.parametrize("length", [1, 70_000, 200_000])
def test_last_line_after_a_long_one(case: Desk, length: int) -> None:
    """However long the lines at the end are, it is judged by the one before."""
    log = case.folder / "cases.jsonl"
    for text in ("x" * length, "y" * length):
        assert 0 == case.run("note", "R1", "--text", text, "--by", "sw1").code
    row = checked(case)["last line"]
    assert ("ok", "whole") == (row["status"], row["found"])

    log.write_bytes(log.read_bytes()[:-40])
    assert "warn" == checked(case)["last line"]["status"]


def test_store_of_a_newer_version_is_not_to_be_replaced(case: Desk) -> None:
    """With --verify too it is told to be newer, and nobody is sent to look for an older copy."""
    (case.folder / "cases.jsonl").write_bytes(b'{"v":9,"seq":1,"kind":"x"}\n')
    rows = checked(case, "--verify")

    assert "newer version" in rows["chain"]["found"]
    assert rows["chain"]["advice"] is None


def test_chain_that_does_not_hold(case: Desk) -> None:
    """--verify finds the line that was altered, by its number alone."""
    log = case.folder / "cases.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"R1"', b'"R7"'))
    rows = checked(case, "--verify")

    assert "fail" == rows["chain"]["status"]
    assert "line 3 does not hold, 2 before it do" == rows["chain"]["found"]
    assert "chain" not in checked(case)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_store_that_others_can_read(case: Desk) -> None:
    """A log, or a cache beside it, that others can reach fails, with the command that mends it."""
    case.must("due")
    (case.folder / "cases.jsonl.cache").chmod(0o644)
    rows = checked(case)

    assert "fail" == rows["private"]["status"]
    assert rows["private"]["advice"].startswith("chmod 600 ")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_folder_that_anybody_can_write(case: Desk) -> None:
    """A folder into which anybody can put files is a warning."""
    case.folder.chmod(0o777)

    assert "warn" == checked(case)["private"]["status"]


@pytest.mark.skipif(os.name == "nt", reason="flock is of Unix")
def test_lock_that_is_held(case: Desk) -> None:
    """A writer at work is told; it is not waited for."""
    import fcntl

    with open(case.folder / "cases.jsonl", "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "warn" == checked(case)["lock"]["status"]
    assert "ok" == checked(case)["lock"]["status"]


def test_little_room(case: Desk) -> None:
    """A disk that is nearly full is a warning."""
    usage = shutil.disk_usage(case.folder)
    case.patch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1024 * 1024))

    assert "warn" == checked(case)["space"]["status"]


def test_network_drive(case: Desk) -> None:
    """A store on a network drive is a warning."""
    assert "disk" not in checked(case)
    case.patch.setattr(drives, "file_system", lambda _folder: "nfs4")
    rows = checked(case)

    assert "warn" == rows["disk"]["status"]
    assert "nfs4" in rows["disk"]["found"]


def test_a_new_store_on_a_network_drive(bare: Desk) -> None:
    """Who makes a store on a network drive is told so, and it is made."""
    bare.patch.setattr(drives, "file_system", lambda _folder: "cifs")
    result = bare.type("init --protocol bristol")

    assert 0 == result.code
    assert "is on a network drive (cifs): let one machine write" in result.err


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("gone", "there is none"),
        ("text", "not believed"),
        ("behind", "behind the log"),
        ("protocol", "another protocol"),
        ("locked", "not believed"),
    ],
)
def test_cache(case: Desk, fault: str, told: str) -> None:
    """Whatever befell the cache, nothing is lost: told, and fine; it is neither made nor mended here."""
    case.must("due")
    path = case.folder / "cases.jsonl.cache"
    kept = path.read_bytes()
    more: tuple[str, ...] = ()
    held = None
    if fault == "gone":
        path.unlink()
    elif fault == "text":
        path.write_bytes(b"x" * 4096)
    elif fault == "behind":
        case.must("note R1 --text x --by sw1")
        path.write_bytes(kept)
    elif fault == "protocol":
        more = ("--protocol", "bristol")
    else:
        held = sqlite3.connect(path, isolation_level=None)
        held.execute("BEGIN EXCLUSIVE")
    rows = checked(case, *more)
    if held is not None:
        held.close()

    assert "ok" == rows["cache"]["status"]
    assert told in rows["cache"]["found"]
    assert path.exists() is (fault != "gone")


def test_clock_that_is_behind(case: Desk) -> None:
    """A clock that is behind the last line of the store is a warning; one before cinctl was made fails."""
    log = (case.folder / "cases.jsonl").read_text(encoding="utf-8")
    earlier = datetime(2026, 3, 1, tzinfo=UTC)

    assert '"recorded":"2026-03-02T' in log
    assert "clock and store" not in checked(case)
    assert "warn" == checked(case, now=earlier)["clock and store"]["status"]
    assert "fail" == checked(case, now=datetime(1970, 1, 1, tzinfo=UTC))["clock"]["status"]


@pytest.mark.parametrize(("year", "status"), [(2026, "ok"), (2030, "warn"), (2031, "fail")])
def test_bank_holidays_run_out(case: Desk, year: int, status: str) -> None:
    """Bank holidays have to be known for more than a year from today."""
    assert status == checked(case, now=datetime(year, 3, 2, tzinfo=UTC))["bank holidays"]["status"]


def test_dependency_that_is_old_or_missing(bare: Desk) -> None:
    """A package that cinctl needs and that is too old, or not there, fails by name."""
    there = metadata.version

    def version(name: str) -> str:
        if name == "cattrs":
            raise metadata.PackageNotFoundError(name)
        return "8.0.1" if name == "click" else there(name)

    bare.patch.setattr(metadata, "version", version)
    row = checked(bare)["dependencies"]

    assert "fail" == row["status"]
    assert "cattrs is missing" in row["found"]
    assert "click 8.0.1 is older than 8.2" in row["found"]


def test_not_installed_as_a_package(bare: Desk) -> None:
    """Run from a clone without an install, it says so."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    bare.patch.setattr(metadata, "version", missing)
    bare.patch.setattr(metadata, "requires", missing)

    assert ["warn", "warn"] == statuses(checked(bare), "cinctl", "dependencies")


def test_another_version_was_left_behind(bare: Desk) -> None:
    """What runs and what is installed have to be the same."""
    bare.patch.setattr(metadata, "version", lambda _name: "99.0")

    assert "warn" == checked(bare)["cinctl"]["status"]


@pytest.mark.parametrize(
    ("there", "least", "enough"),
    [("8.2", "8.2", True), ("8.2.0", "8.2", True), ("8.1.9", "8.2", False), ("24.1", "24.1.1", False),
     ("25", "24.1", True), ("1.0.0rc1", "1.0", True), ("10.0", "9.9", True)],
)  # fmt: skip
def test_versions(there: str, least: str, enough: bool) -> None:
    """Versions are compared number by number."""
    assert enough is machine.satisfied(there, least)


def test_needs() -> None:
    """What an extra asks for is not needed."""
    asked = ["click>=8.2", "attrs >=23.2", 'pytest>=8.2; extra == "dev"', "plain"]

    assert [("click", "8.2"), ("attrs", "23.2"), ("plain", "0")] == machine.needed(asked)


@pytest.mark.skipif(os.name == "nt", reason="a script of Unix")
def test_command_in_path(bare: Desk, tmp_path: Path) -> None:
    """Without a cinctl in PATH, or with another one there, that is a warning."""
    folder = tmp_path / "bin"
    folder.mkdir()
    bare.patch.setenv("PATH", str(folder))
    missing = checked(bare)["command"]
    (folder / "cinctl").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "cinctl").chmod(0o755)
    other = checked(bare)["command"]

    assert ["warn", "warn"] == [missing["status"], other["status"]]
    assert "another" in other["found"]


@pytest.mark.parametrize(("shell", "file"), [("bash", ".bashrc"), ("zsh", ".zshrc"),
                                             ("fish", ".config/fish/completions/cinctl.fish")])  # fmt: skip
def test_completion_that_is_set_up(bare: Desk, tmp_path: Path, shell: str, file: str) -> None:
    """Whether completion is set up is seen by what the shell reads at its start; it is never a fault."""
    bare.patch.setenv("SHELL", f"/bin/{shell}")
    bare.patch.setenv("HOME", str(tmp_path))
    before = checked(bare)["completion"]
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text('eval "$(cinctl completion x)"\n', encoding="utf-8")

    assert (f"not set up for {shell}", f"set up for {shell}") == (before["found"], checked(bare)["completion"]["found"])
    assert "ok" == before["status"]


def test_check_that_breaks(bare: Desk) -> None:
    """A check that itself goes wrong is told as such, and hides no other."""

    def broken(_session: Session) -> Any:
        raise ZeroDivisionError("SECRET")

    bare.patch.setattr(machine, "CHECKS", (("python", broken), *machine.CHECKS[1:]))
    rows = checked(bare)

    assert "the check itself failed (ZeroDivisionError)" == rows["python"]["found"]


def test_system_that_says_no(case: Desk) -> None:
    """What the system does not allow is told as what it says."""

    def refused(_session: Session) -> Any:
        raise PermissionError(13, "Permission denied", "cases.jsonl")

    case.patch.setattr(store, "CHECKS", (*store.CHECKS[:3], ("last line", refused), *store.CHECKS[4:]))
    rows = checked(case)

    assert ("fail", "the system said no: Permission denied") == (
        rows["last line"]["status"],
        rows["last line"]["found"],
    )
    assert "ok" == rows["lock"]["status"]


def test_file_system_of_a_folder(tmp_path: Path) -> None:
    """On Linux the kind of file system is known, elsewhere none is told."""
    kind = drives.file_system(os.path.realpath(tmp_path))

    assert (kind is not None) is Path("/proc/self/mountinfo").exists()
