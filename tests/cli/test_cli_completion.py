"""TAB: names, options, and what the cache beside the log and its protocol know; else nothing, and never an error."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from cinctl.cli import cli
from cinctl.commands._completing import carried
from tests.cli.test_cli_help import EVERY

if TYPE_CHECKING:
    from tests.cli.conftest import Desk


def complete(desk: Desk, line: str, shell: str = "bash") -> list[str]:
    """Return what TAB offers at the end of *line*: each thing with its sort, as the script of *shell* reads it."""
    words = line.split(" ")
    with desk.patch.context() as patch:
        patch.setenv("_CINCTL_COMPLETE", f"{shell}_complete")
        patch.setenv("COMP_WORDS", line)
        patch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
        result = desk.run()
    assert (0, "") == (result.code, result.err)
    return result.out.splitlines()


def offered(desk: Desk, line: str) -> list[str]:
    """Return the words that TAB offers in bash."""
    return [found.removeprefix("plain,") for found in complete(desk, line)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cinctl st", {"stepdown", "strategy", "staff"}),
        ("cinctl staff j", {"join"}),
        ("cinctl export o", {"ocel"}),
        ("cinctl due --ov", {"--overdue"}),
        ("cinctl list -f j", {"json", "jsonl"}),
        ("cinctl audit --fail-on ", {"deny", "warn", "never"}),
        ("cinctl show R", {"R1"}),
        ("cinctl next --json R", {"R1"}),
        ("cinctl redact --case R", {"R1"}),
        ("cinctl note R1 --by t", {"tm1"}),
        ("cinctl note R1 --by=t", {"tm1"}),
        ("cinctl allocate R1 --to ", {"sw1", "tm1"}),
        ("cinctl allocate R1 --waive S", {"SML-1", "SML-3", "SML-2"}),
        ("cinctl staff show s", {"sw1"}),
        ("cinctl staff join x --role s", {"social-worker"}),
        ("cinctl staff join x --role social_", {"social_worker"}),
        ("cinctl due --lead s", {"sw1"}),
        ("cinctl due --rule SML-2", {"SML-2"}),
        ("cinctl due --unit ", {"A"}),
        ("cinctl due --owner t", {"tm1", "team-manager"}),
        ("cinctl decide R1 --outcome n", {"no-further-action"}),
        ("cinctl decide R1 --outcome no_", {"no_further_action"}),
        ("cinctl protocol explain SML-1", {"SML-1"}),
        ("cinctl --protocol to", {"torbay"}),
        ("cinctl protocol lint b", {"bristol"}),
    ],
)
def test_words(case: Desk, line: str, words: set[str]) -> None:
    """Names and choices come from the code, ids from the store, rules and codes from the protocol in force."""
    case.must("update R1 --unit A --by tm1 --on 2026-02-23")
    case.must("due")

    assert words == set(offered(case, line)) - {"CORE-01"}


@pytest.mark.parametrize(
    "line", ["cinctl --store c", "cinctl import census r", "cinctl audit -o a", "cinctl --config c"]
)
def test_files_are_for_the_shell(case: Desk, line: str) -> None:
    """Where a file stands the shell completes as it always does."""
    assert [f"file,{line.rpartition(' ')[2]}"] == complete(case, line)


def test_meanings_where_the_shell_shows_them(case: Desk) -> None:
    """In zsh and fish one sees what a code or a rule means: the protocol's words, nothing of a case."""
    case.must("due")

    assert ["plain", "section-17", "Child in Need"] == complete(case, "cinctl decide R1 --outcome section-1", "zsh")
    assert ["plain,section-17\tChild in Need"] == complete(case, "cinctl decide R1 --outcome section-1", "fish")
    assert ["plain", "R1", "_"] == complete(case, "cinctl show R", "zsh")
    assert ["plain,R1"] == complete(case, "cinctl show R", "fish")


def test_store_named_on_the_line(case: Desk) -> None:
    """--store before what is completed counts, wherever it stands; and so does CINCTL_STORE."""
    case.must("due")
    case.must("--store other.jsonl init --config other.toml --protocol small.toml")
    case.must("--store other.jsonl --protocol small.toml refer X9 --source 1A --born 2015-06-01 --on 2026-02-23")

    assert ["X9"] == offered(case, "cinctl --store other.jsonl show ")
    assert ["X9"] == offered(case, "cinctl show --store other.jsonl ")
    assert ["X9"] == offered(case, "cinctl --config other.toml show ")
    assert ["R1"] == offered(case, "cinctl show ")
    case.patch.setenv("CINCTL_STORE", "other.jsonl")
    assert ["X9"] == offered(case, "cinctl show ")


def test_protocol_named_on_the_line(case: Desk) -> None:
    """Rules are those of the protocol in force; where the cache was made under another, none are offered."""
    case.must("due")

    assert "SML-2" in offered(case, "cinctl due --rule ")
    assert [] == offered(case, "cinctl --protocol bristol due --rule ")


def test_rules_of_due_are_clocks(case: Desk) -> None:
    """What TAB offers after `due --rule`, `due` takes: no gate is among it."""
    rules = offered(case, "cinctl due --rule ")

    assert {"SML-2"} <= set(rules)
    assert "SML-1" in offered(case, "cinctl protocol explain ")
    assert [0] * len(rules) == [case.type(f"due --rule {rule}").code for rule in rules]


def test_protocol_that_changed(case: Desk) -> None:
    """Once a file of the protocol has changed its old rules are not offered; ids still are."""
    case.must("due")
    with open(case.folder / "small.toml", "a", encoding="utf-8") as file:
        file.write("\n# changed\n")

    assert [] == offered(case, "cinctl due --rule ")
    assert ["R1"] == offered(case, "cinctl show ")


ODD = ["$(reboot)", "`x`", "a:b", "a=b", "a*", "a?", "[a]", "a;b", "a|b", "a&b", "a'b", 'a"b', "a\\b", "~root", "#a",
       "!1", "{a,b}", "a,b", "a<b", "a>b", "a^b", "a%b", "\u2066a"]  # fmt: skip


@pytest.mark.parametrize("id_", ODD)
def test_ids_that_a_shell_would_act_on(id_: str) -> None:
    """An id that no shell carries as it is, is not offered."""
    assert not carried(id_)


@pytest.mark.parametrize("id_", ["R1", "C-000001", "2026/17", "é1", "a_b", "1.2", "a+b"])
def test_ids_that_are_carried(id_: str) -> None:
    """Letters of any script, digits, and the marks that mean nothing to a shell."""
    assert carried(id_)


def test_odd_ids_are_left_out(case: Desk) -> None:
    """They are in the store, and typed in quotes; TAB leaves them out."""
    assert 0 == case.run("refer", "$(reboot)", "--source", "1A", "--born", "2015-06-01", "--on", "2026-02-23").code
    case.must("due")

    assert ["R1"] == offered(case, "cinctl show ")


def test_many_ids(case: Desk) -> None:
    """Of very many the first are offered, and the last: their common beginning is that of all."""
    lines = (
        f'{{"kind":"refer","case":"Q{n:04}","at":"2026-02-23","by":"tm1","data":{{"source":"1A","born":"2015-06-01"}}}}'
        for n in range(600)
    )
    assert 0 == case.run("apply", "-", stdin="\n".join(lines)).code
    case.must("due")
    found = offered(case, "cinctl show Q")

    assert [f"Q{n:04}" for n in (*range(500), 599)] == found
    assert ["Q0599"] == offered(case, "cinctl show Q0599")
    assert 100 == len(offered(case, "cinctl show Q04"))


def test_without_a_cache_nothing_is_offered_or_made(case: Desk) -> None:
    """No cache, no ids: TAB makes none, and reads no log."""
    case.must("due")
    (case.folder / "cases.jsonl.cache").unlink()

    assert [] == offered(case, "cinctl show ")
    assert [] == offered(case, "cinctl due --rule ")
    assert not (case.folder / "cases.jsonl.cache").exists()


def test_cache_behind_the_log_will_do(case: Desk) -> None:
    """What was appended since does not make the ids untrue that the cache knows."""
    case.must("due")
    kept = (case.folder / "cases.jsonl.cache").read_bytes()
    case.must("refer R2 --source 1A --born 2015-06-01 --on 2026-02-23")
    (case.folder / "cases.jsonl.cache").write_bytes(kept)

    assert ["R1"] == offered(case, "cinctl show ")


def test_cache_of_another_log_will_not(case: Desk) -> None:
    """Ids of a log that was replaced are not offered."""
    case.must("due")
    log = case.folder / "cases.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"R1"', b'"R7"'))

    assert [] == offered(case, "cinctl show ")


@pytest.mark.parametrize("fault", ["text", "cut", "folder", "locked", "foreign"])
def test_cache_that_is_no_good(case: Desk, fault: str) -> None:
    """Whatever befell the cache: nothing is offered, nothing said, nothing written, nobody waited for."""
    case.must("due")
    path = case.folder / "cases.jsonl.cache"
    held = None
    if fault == "text":
        path.write_bytes(b"no database" * 1000)
    elif fault == "cut":
        path.write_bytes(path.read_bytes()[:4096])
    elif fault == "folder":
        path.unlink()
        path.mkdir()
    elif fault == "locked":
        held = sqlite3.connect(path, isolation_level=None)
        held.execute("BEGIN EXCLUSIVE")
    else:
        with sqlite3.connect(path) as db:
            db.execute("UPDATE meta SET value = 'somebody else' WHERE name = 'maker'")
        db.close()
    before = path.read_bytes() if path.is_file() and held is None else None

    assert [] == offered(case, "cinctl show ")
    assert ["due"] == offered(case, "cinctl due")[:1]
    if held is not None:
        held.close()
    elif before is not None:
        assert before == path.read_bytes()


_DIES = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN IMMEDIATE")
db.executemany("INSERT INTO keys VALUES (?, ?, ?)", ((n, n, n) for n in range(5000)))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_place_of_the_cache_is_not_waited_for(case: Desk) -> None:
    """Where a pipe stands that nobody writes to, TAB offers nothing, at once, and `due` answers from the log."""
    cache = case.folder / "cases.jsonl.cache"
    case.must("due")
    cache.unlink()
    os.mkfifo(cache)

    assert [] == offered(case, "cinctl show R")
    assert ["R1"] == [row["case"] for row in case.must("due --json").json]


@pytest.mark.skipif(os.name == "nt", reason="nobody is killed like that on Windows")
def test_cache_whose_writer_died(case: Desk) -> None:
    """What a process left half done in the cache is not undone by TAB, which writes nothing: it is left for others."""
    case.must("due")
    path = case.folder / "cases.jsonl.cache"
    subprocess.run([sys.executable, "-c", _DIES, str(path)], check=False)
    names = (path, path.with_name(f"{path.name}-journal"))
    before = [name.read_bytes() for name in names]

    assert [] == offered(case, "cinctl show ")
    assert before == [name.read_bytes() for name in names]
    case.must("due")
    assert ["R1"] == offered(case, "cinctl show ")


@pytest.mark.parametrize(
    "line",
    [
        "cinctl nonsense ",
        "cinctl nonsense x --by ",
        "cinctl show --no-such ",
        "cinctl --store ",
        "cinctl --store nowhere.jsonl show ",
        "cinctl --today never show ",
        "cinctl --config nowhere.toml show ",
        "cinctl show 'R",
        "cinctl decide R1 --outcome=",
        "cinctl note R1 --by t\u00e9",
    ],
)
def test_lines_that_mean_nothing(case: Desk, line: str) -> None:
    """A line that is wrong, or not whole, is no error."""
    complete(case, line)
    complete(case, line, "zsh")
    complete(case, line, "fish")


def test_config_that_is_no_good(case: Desk) -> None:
    """Nor is a config that cannot be read."""
    case.must("due")
    (case.folder / "cinctl.toml").write_text("= no\n", encoding="utf-8")

    assert [] == offered(case, "cinctl show ")
    assert ["show"] == offered(case, "cinctl sho")


def test_environment_of_the_shell_script_is_not_whole(case: Desk) -> None:
    """Called by hand, without what a shell's script says, it offers nothing."""
    case.patch.setenv("_CINCTL_COMPLETE", "bash_complete")
    result = case.run()
    case.patch.setenv("_CINCTL_COMPLETE", "tcsh_complete")

    assert (0, "", "") == result
    assert (0, "", "") == case.run()


def _takers() -> list[tuple[tuple[str, ...], str]]:
    return [
        (path, option.opts[-1])
        for path, command in EVERY.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag and not option.hidden
    ]


def test_every_option_can_be_asked(case: Desk) -> None:
    """TAB after any option of any command is no error, and offers no id of a child, a family or a text."""
    case.must("due")
    for path, option in _takers():
        for word in offered(case, " ".join(["cinctl", *path, option, ""])):
            assert carried(word) or word.startswith(("file,", "dir,")), (path, option, word)


def test_cases_are_offered_wherever_one_stands(case: Desk) -> None:
    """Every command that takes cases completes them."""
    case.must("due")
    takers = [
        path for path, c in EVERY.items() if any("CASE" in (p.metavar or "") for p in c.params if p.name == "cases")
    ]

    assert len(takers) > 30
    for path in takers:
        assert ["R1"] == offered(case, " ".join(["cinctl", *path, ""])), path


SHELLS = {
    "bash": """
source <(cinctl completion bash)
COMP_WORDS=(cinctl show R); COMP_CWORD=2; COMPREPLY=()
_cinctl_completion cinctl R show
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "zsh": """
compdef() { :; }
compadd() { while [[ $1 != -a ]]; do shift; done; print -l -- ${(P)2}; }
commands[cinctl]=1
eval "$(cinctl completion zsh)"
words=(cinctl show R); CURRENT=3
_cinctl_completion
""",
    "fish": """
cinctl completion fish | source
complete -C 'cinctl show R'
""",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_in_a_real_shell(case: Desk, tmp_path: Path, shell: str) -> None:
    """The script that is printed works in that shell, where it is installed."""
    if shutil.which(shell) is None or os.name == "nt":
        pytest.skip(f"there is no {shell} here")
    case.must("due")
    folder = tmp_path / "bin"
    folder.mkdir()
    paths = os.pathsep.join(filter(None, sys.path))
    (folder / "cinctl").write_text(f'#!/bin/sh\nPYTHONPATH="{paths}" exec "{sys.executable}" -m cinctl "$@"\n')
    (folder / "cinctl").chmod(0o755)
    script = tmp_path / "script"
    script.write_text(SHELLS[shell], encoding="utf-8")
    done = subprocess.run(
        [shell, *{"zsh": ["-f"], "fish": ["--no-config"]}.get(shell, ["--norc"]), str(script)],
        cwd=case.folder,
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ["R1"] == done.stdout.split(), done.stderr


def test_root_is_asked_too() -> None:
    """What the tests above go through begins with the whole tool."""
    assert () in EVERY
    assert cli is EVERY[()]
