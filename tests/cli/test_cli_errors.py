"""What goes wrong, in one line and with the right exit code; what is misspelt, with a suggestion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.errors import (
    CalendarError,
    CinctlError,
    ConfigError,
    ProtocolError,
    RefusedError,
    StoreError,
    SystemRefusedError,
    UsageError,
)
from cinctl.session import Session

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

WRONG = [
    ("dew", "Did you mean 'due'?"),
    ("stepdwon R1", "Did you mean 'stepdown'?"),
    ("staff jion x", "Did you mean 'join'?"),
    ("protocol lnt", "Did you mean 'lint'?"),
    ("import censuss f.xml", "Did you mean 'census'?"),
    ("due --overdu", "Did you mean '--overdue'?"),
    ("--stor x due", "Did you mean '--store'?"),
    ("allocate R1 --superviser x", "Did you mean '--supervisor'?"),
    ("due -f tabel", "Did you mean 'table'?"),
    ("audit --fail-on denny", "Did you mean 'deny'?"),
    ("approve R1 --what pln", "Did you mean 'plan'?"),
    ("completion bsh", "Did you mean 'bash'?"),
    ("due --columns cas", "Did you mean 'case'?"),
    ("list --sort -stat", "Did you mean 'state'?"),
    ("list --state opn", "Did you mean 'open'?"),
    ("due --rule SML-22", "Did you mean 'SML-2'?"),
    ("show R11", "Did you mean 'R1'?"),
    ("history R11", "Did you mean 'R1'?"),
    ("next R11", "Did you mean 'R1'?"),
    ("due R11", "Did you mean 'R1'?"),
    ("audit R11", "Did you mean 'R1'?"),
    ("staff show tm11", "Did you mean 'tm1'?"),
    ("note R11 --text T", "Did you mean 'R1'?"),
    ("note R1 --text T --by tm11", "Did you mean 'tm1'?"),
    ("decide R1 --outcome sectoin-17 --by tm1", "Did you mean 'section-17'?"),
    ("staff join x --role socal-worker", "Did you mean 'social-worker'?"),
    ("correct 3 --set outcom=x --reason T", "."),
    ("protocol explain SML-33", "Did you mean 'SML-3'?"),
]


@pytest.mark.parametrize(("line", "ending"), WRONG, ids=[line for line, _ in WRONG])
def test_misspelling_is_told_with_the_nearest(case: Desk, line: str, ending: str) -> None:
    """A misspelt command, option, choice, column, code or id: exit 2, one line, the nearest at its end."""
    before = (case.folder / "cases.jsonl").read_bytes()

    result = case.type(line)

    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert result.err.rstrip("\n").endswith(ending)
    assert before == (case.folder / "cases.jsonl").read_bytes()


MEANINGLESS = [
    ("refer R9", "needs --source"),
    ("refer R9 --source 1A", "--born or --expected"),
    ("refer R9 --source 1A --born 2015-06-01 --expected 2026-06-01", "exclude each other"),
    ("refer R8 R9 --source 1A --born 2015-06-01", "at most one case"),
    ("refer R1 --source 1A --born 2015-06-01", "already"),
    ("allocate R1", "needs --to"),
    ("allocate", "needs CASE..."),
    ("assess R1", "needs one of --start, --complete"),
    ("assess R1 --start --complete", "only one of --start, --complete"),
    ("escalate R1 --to tm1", "needs one of --raise, --agree, --decline"),
    ("approve R1", "needs --what"),
    ("note R1", "needs --text"),
    ("correct 3", "needs --reason"),
    ("correct 3 --reason T", "needs --set or --void"),
    ("correct 3 --reason T --void --set at=2026-02-24", "exclude each other"),
    ("correct x --void --reason T", "'x' is not a whole number"),
    ("correct 3 --reason T --set at", "FIELD=VALUE"),
    ("allocate R1 --to sw1 --rationale T", "PART=TEXT"),
    ("allocate R1 --to sw1 --rationale a=T --rationale a=T", "there twice"),
    ("visit R1 --on 2026-02-30", "'2026-02-30' is not a date"),
    ("visit R1 --on 20260224", "'20260224' is not a date"),
    ("visit R1 --at 2026-02-24T09:30:00", "'2026-02-24T09:30:00' is not a date-time with an offset"),
    ("visit R1 --at 2026-02-24", "'2026-02-24' is not a date-time with an offset"),
    ("visit R1 --on 2026-02-24 --at 2026-02-24T09:30:00+00:00", "exclude each other"),
    ("visit R1 --on 2026-03-03", "after today"),
    ("visit R1 --by ghost", "ghost"),
    ("note R1 --text @nowhere.txt", "there is no file 'nowhere.txt' (a leading @ names a file; @@ is a plain @)"),
    ("note R1 --text @.", "'.' is a folder, not a file"),
    ("note R1 --text T --note T", "--text and --note are the same; say it once"),
    ("due --within 9999y", "ends past the year 9999"),
    ("due --columns ,", "--columns names no field"),
    ("due --sort ,", "--sort names no field"),
    ("audit --from 2026-03-01 --until 2026-02-01", "--from 2026-03-01 lies after --until 2026-02-01"),
    ("correct 3 --set at=2026-02-24 --set at=2026-02-25 --reason T", "'at' is there twice"),
    ("correct 3 --set rationale.a=T --set rationale.a=U --reason T", "'rationale.a' is there twice"),
    ("correct 3 --set on=2026-02-24 --reason T", "has no field 'on'. Did you mean 'at'?"),
    ("note R1 --text T --waive SML-1", "a waiver needs --waive-reason, --waive-until, --waive-approved-by too"),
    ("note R1 --text T --waive-reason T", "a waiver needs --waive, --waive-until, --waive-approved-by too"),
    ("waive R1 --rule SML-1 --reason T --until 2026-08-01", "needs --approved-by"),
    ("due --within soon", "--within"),
    ("due --mine", "CINCTL_ACTOR"),
    ("explain SML-1", "no such command 'explain'. Did you mean 'protocol explain'?"),
    ("join sw9 --role social_worker", "no such command 'join'. Did you mean 'staff join'?"),
    ("due --json -f csv", "exclude each other"),
    ("--today tomorrow due", "'tomorrow' is not a date"),
    ("--lock-timeout soon due", "'soon' is not a number of seconds"),
    ("--lock-timeout nan due", "'nan' is not a number of seconds"),
    ("apply nowhere.jsonl", "there is no file 'nowhere.jsonl'"),
    ("import census nowhere.xml", "there is no file 'nowhere.xml'"),
    ("import staff .", "'.' is a folder, not a file"),
    ("show - -", "stdin can be read for one thing only"),
    ("note - --text @-", "stdin can be read for one thing only"),
    ("demo", "holds something already"),
    ("verify surplus", "surplus"),
]


@pytest.mark.parametrize(("line", "words"), MEANINGLESS, ids=[line for line, _ in MEANINGLESS])
def test_wrong_usage_is_one_line(case: Desk, line: str, words: str) -> None:
    """What means nothing is exit 2 and one line that says why; nothing is printed, nothing recorded."""
    before = (case.folder / "cases.jsonl").read_bytes()

    result = case.type(line)

    assert (result.code, result.out) == (2, ""), result.err
    assert result.err.count("\n") == 1
    assert words in result.err
    assert before == (case.folder / "cases.jsonl").read_bytes()


def test_empty_store_option_is_wrong_usage(case: Desk) -> None:
    """An unset variable after --store does not silently mean the usual store."""
    result = case.run("--store", "", "list")

    assert result.code == 2
    assert "must not be empty" in result.err


def test_refusal_is_exit_3_and_cites_its_clause(case: Desk) -> None:
    """What the protocol forbids is exit 3, one line a rule with source and section, and not recorded."""
    before = (case.folder / "cases.jsonl").read_bytes()

    result = case.type("allocate R1 --to sw1 --by tm1 --on 2026-02-24")

    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("refused by SML-1 (Small §1): a team mapping takes place before allocation")
    assert result.err.count("\n") == 1
    assert before == (case.folder / "cases.jsonl").read_bytes()


@pytest.mark.parametrize(
    "line", ["list", "due", "audit", "show R1", "verify", "note R1 --text T", "apply -", "history R1"]
)
def test_absent_store_is_exit_4(desk: Desk, line: str) -> None:
    """Every command but those that make the store says that there is none."""
    result = desk.type(f"--store elsewhere.jsonl {line}")

    assert (result.code, result.out) == (4, "")
    assert result.err.count("\n") == 1
    assert "elsewhere.jsonl" in result.err
    assert not (desk.folder / "elsewhere.jsonl").exists()


def test_broken_stores_are_exit_4(case: Desk) -> None:
    """A folder, bytes that are no log, a log that was altered, and one of a newer version."""
    (case.folder / "binary").write_bytes(b"\x00\xff\x13" * 50 + b"\n")
    (case.folder / "altered").write_bytes((case.folder / "cases.jsonl").read_bytes().replace(b"sw1", b"sw2"))
    (case.folder / "newer").write_bytes((case.folder / "cases.jsonl").read_bytes().replace(b'{"v":1', b'{"v":9'))

    for name in (".", "binary", "altered", "newer"):
        assert case.run("--store", name, "list").code == 4, name


@pytest.mark.parametrize(
    "line", ["list", "due", "audit", "init", "refer --source 1A --born 2015-06-01", "protocol explain"]
)
def test_no_protocol_is_exit_5(bare: Desk, line: str) -> None:
    """No protocol is the default: without one chosen, exit 5 and how to choose."""
    (bare.folder / "cases.jsonl").touch()

    result = bare.type(line)

    assert (result.code, result.out) == (5, "")
    assert "no protocol is chosen" in result.err


def test_wrong_folder_is_told_as_such(bare: Desk) -> None:
    """Where no config is in reach, the first advice is to go where the cases are, not to begin a new store."""
    result = bare.type("due")

    assert (result.code, result.out) == (5, "")
    assert "there is no cinctl.toml in this folder or above it. Go to the folder of your cases" in result.err


def test_config_without_a_protocol_is_named(bare: Desk) -> None:
    """A config that is there and names no protocol is told by its path: nobody is sent to another folder."""
    (bare.folder / "cinctl.toml").write_text('store = "cases.jsonl"\n', encoding="utf-8")

    result = bare.type("due")

    assert (result.code, result.out) == (5, "")
    assert "cinctl.toml names none" in result.err
    assert "Go to the folder" not in result.err


def test_unknown_protocol_is_exit_5(bare: Desk) -> None:
    """A misspelt bundled protocol is told with the nearest."""
    result = bare.type("--protocol bristo list")

    assert result.code == 5
    assert result.err.endswith("Did you mean 'bristol'?\n")


def test_faults_of_a_protocol_are_told_at_once(desk: Desk) -> None:
    """Each fault of a protocol file has its own line; exit 5."""
    text = (desk.folder / "small.toml").read_text(encoding="utf-8")
    (desk.folder / "small.toml").write_text(text.replace('level = "warn"\n', 'levl = "warn"\n') + "\n[colour]\n")

    result = desk.type("list")

    assert result.code == 5
    assert result.err.count("\n") == 2
    assert "Did you mean 'level'?" in result.err


def test_date_outside_the_calendar_is_exit_5(desk: Desk) -> None:
    """A date whose bank holidays nobody knows is refused, with the year and what is lacking."""
    result = desk.type("refer R1 --source 1A --born 1980-06-01 --on 1985-02-25")

    assert result.code == 5
    assert "1985" in result.err
    assert "bank holiday" in result.err


@pytest.mark.skipif(sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="needs a mode")
def test_permission_is_exit_6(case: Desk) -> None:
    """A store that may not be read is the system's no."""
    (case.folder / "cases.jsonl").chmod(0)

    assert case.type("list").code == 6


class _Broken(Session):
    """A session in which everything fails with one error."""

    def __init__(self, fault: BaseException) -> None:
        super().__init__(environ={})
        self.__dict__["fault"] = fault

    @property
    def settings(self) -> Any:
        """Fail."""
        raise self.__dict__["fault"]


FAULTS: Mapping[str, tuple[BaseException, int]] = {
    "usage": (UsageError("x"), 2),
    "refused": (RefusedError(["refused by X: y"]), 3),
    "store": (StoreError("x"), 4),
    "config": (ConfigError("x"), 5),
    "protocol": (ProtocolError(["x"]), 5),
    "calendar": (CalendarError("x"), 5),
    "system": (SystemRefusedError("x"), 6),
    "space": (OSError(28, "No space left on device"), 6),
    "permission": (PermissionError(13, "Permission denied", "f"), 6),
    "memory": (MemoryError(), 6),
    "bug": (KeyError("R1 secret"), 70),
    "root": (CinctlError("x"), 70),
    "interrupt": (KeyboardInterrupt(), 130),
    "pipe": (BrokenPipeError(32, "Broken pipe"), 141),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_error_has_its_exit_code(bare: Desk, name: str) -> None:
    """Errors become exit codes in one place, with at most one line and never a traceback."""
    fault, code = FAULTS[name]

    result = bare.run("verify", session=_Broken(fault))

    assert code == result.code
    assert (0 if code in (130, 141) else 1) == result.err.count("\n")
    assert "Traceback" not in result.err
    assert "secret" not in result.err


def test_bug_keeps_a_traceback_without_values(bare: Desk, tmp_path: Path) -> None:
    """CINCTL_DEBUG keeps where a bug happened, and nothing that a case says."""
    bare.patch.setattr(tempfile, "tempdir", str(tmp_path))
    bare.patch.setenv("CINCTL_DEBUG", "1")

    result = bare.run("verify", session=_Broken(KeyError("R1 secret")))

    (kept,) = tmp_path.glob("cinctl-*.txt")
    assert str(kept) in result.err
    text = kept.read_text(encoding="utf-8")
    assert "KeyError" in text
    assert "verify.py" in text
    assert "secret" not in text


def _start(desk: Desk, *args: str, **more: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cinctl", *args], cwd=desk.folder, stderr=subprocess.PIPE, env=dict(os.environ), **more
    )


@pytest.mark.skipif(sys.platform == "win32", reason="pipes there tell no errno")
@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_closed_pipe_is_exit_141(case: Desk, form: str) -> None:
    """The reader went away: exit 141 and not a word."""
    reader, writer = os.pipe()
    os.close(reader)

    process = _start(case, "list", "-f", form, stdout=writer)
    os.close(writer)

    assert process.communicate()[1] == b""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    "args", [["list"], ["--version"], ["-h"], ["refer", "R2", "--source", "1A", "--born", "2015-06-01"]]
)
def test_full_disk_under_stdout_is_exit_6(case: Desk, args: list[str]) -> None:
    """An answer that cannot be written is the system's no, once, in one line."""
    with open("/dev/full", "wb") as full:
        process = _start(case, *args, stdout=full)
        err = process.communicate()[1].decode()

    assert (process.returncode, err.count("\n")) == (6, 1), err


def test_real_process_leaves_with_the_code(bare: Desk) -> None:
    """`python -m cinctl` ends with the code that `run` returns."""
    process = _start(bare, "list", stdout=subprocess.PIPE)
    process.communicate()

    assert process.returncode == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
@pytest.mark.usefixtures("heard")
def test_interrupt_is_exit_130(case: Desk) -> None:
    """Ctrl-C while it waits for input: exit 130, not a word, nothing recorded."""
    os.mkfifo(case.folder / "pipe")
    before = (case.folder / "cases.jsonl").read_bytes()
    process = _start(case, "note", "R1", "--text", "@pipe", stdout=subprocess.PIPE)

    with open(case.folder / "pipe", "wb"):  # opens once the other side reads
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()

    assert (process.returncode, out, err) == (130, b"", b"")
    assert before == (case.folder / "cases.jsonl").read_bytes()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_apply_on_a_terminal_does_not_wait(case: Desk) -> None:
    """Where a pipe is expected and a person sits, it says so and ends."""
    master, slave = os.openpty()
    process = _start(case, "apply", stdin=slave, stdout=subprocess.PIPE)
    err = process.communicate()[1]
    os.close(master)
    os.close(slave)

    assert process.returncode == 2
    assert b"cinctl apply -h" in err
