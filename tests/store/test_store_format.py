"""The format: the same bytes anywhere, made in one place, and no version but those that are known."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cinctl.store
from cinctl.errors import StoreError
from cinctl.store.log import Log
from cinctl.store.verify import verify

STORE = Path(cinctl.store.__file__).parent
COMPOSE = """
import sys
from cinctl.store.envelope import START, compose
names = sorted({"Zo\\xeb", "b", "a", "\\U0001f46a"})
data = {"text": "Zo\\xeb \\u2028 \\x7f \\" \\\\ \\n / <", "n": [1, -0.0, 1e22, 2**70, True, None], "set": names, "": {}}
front = {"kind": "note", "case": "C-1", "at": "2026-03-02", "recorded": "r", "by": "Zo\\xeb", "under": None, "key": "k"}
sys.stdout.buffer.write(compose({**front, "data": data}, 7, START, b"s" * 16)[0])
"""
LINE = (
    '{"v":1,"seq":7,"kind":"note","case":"C-1","at":"2026-03-02","recorded":"r","by":"Zoë","under":null,"key":"k",'
    '"data":{"text":"Zoë \u2028 \x7f \\" \\\\ \\n / <","n":[1,-0.0,1e+22,1180591620717411303424,true,null],'
    '"set":["Zoë","a","b","👪"],"":{}},"salt":"73737373737373737373737373737373",'
    '"hash":"HASH"}\n'
)


def composed(**environ: str) -> bytes:
    """Compose one line in a process of its own."""
    paths = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-c", COMPOSE],
        env={**os.environ, "PYTHONPATH": paths, **environ},
        capture_output=True,
        check=True,
    ).stdout


def test_bytes_are_the_same_whatever_surrounds_them() -> None:
    """Neither hash seed, nor locale, nor time zone, nor the encoding of the streams has a say."""
    made = [
        composed(PYTHONHASHSEED="0"),
        composed(PYTHONHASHSEED="1", LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
        composed(PYTHONHASHSEED="77", LC_ALL="de_DE.ISO-8859-1", PYTHONIOENCODING="latin-1", TZ="Asia/Tokyo"),
    ]

    assert made[0] == made[1] == made[2]


def test_bytes_are_those_of_the_format() -> None:
    """Keys in order, no white space, no escape but where JSON asks for one: as the documentation says."""
    line = composed().decode()
    found = json.loads(line)

    assert line == LINE.replace("HASH", found["hash"])


def test_no_other_json_library_has_a_say() -> None:
    """The store imports the standard library and itself: what else is installed changes nothing."""
    found: set[str] = set()
    for file in STORE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")

    outside = {name for name in found if not name.startswith("cinctl")}
    assert {name.partition(".")[0] for name in outside} <= set(sys.stdlib_module_names)


def test_lines_are_made_in_one_place() -> None:
    """`compose` alone writes a hash into a line, and only what it made, or stood there before, is written."""
    calls: dict[str, set[str]] = {}
    for file in STORE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                calls.setdefault(node.func.id, set()).add(file.stem)

    assert calls["compose"] == {"log", "redact"}
    assert calls["_encode"] == {"envelope"}
    assert calls["write_all"] == {"log", "files"}


@pytest.mark.parametrize(
    "text",
    [
        '{ "kind" : "note", "case" : "R1", "data" : { "text" : "Zo\\u00eb \\/ \\u0041" } }',
        '{"kind":"note","case":"R1","data":{"text":"Zoë / A"}}',
        '\t{"data":{"text":"Zo\\u00EB / \\u0041"},\r "case":"\\u0052\\u0031","kind":"note"}',
    ],
)
def test_how_another_program_spells_json_does_not_get_in(tmp_path: Path, text: str) -> None:
    """Whatever its separators and escapes, a line that `apply` is given is written as cinctl writes it."""
    from cinctl.cli import run

    (tmp_path / "in.jsonl").write_text(text.replace("\r", " ").replace("\n", " ") + "\n", encoding="utf-8")
    (tmp_path / "cases.jsonl").touch(mode=0o600)
    (tmp_path / "p.toml").write_text('[protocol]\nid = "p"\n', encoding="utf-8")
    shared = ["--store", str(tmp_path / "cases.jsonl"), "--protocol", str(tmp_path / "p.toml")]
    opened = ["refer", "R1", "--source", "1A", "--born", "2015-06-01", "--on", "2026-02-23"]
    assert run([*shared, *opened]) == 0
    assert run([*shared, "apply", str(tmp_path / "in.jsonl")]) == 0

    last = (tmp_path / "cases.jsonl").read_bytes().splitlines()[-1]
    assert ',"data":{"text":"Zoë / A"},"salt":'.encode() in last
    assert b'"case":"R1"' in last


@pytest.mark.parametrize("version", [2, 10, 999_999_999])
def test_a_newer_version_is_refused(tmp_path: Path, version: int) -> None:
    """On the first line or a later one, by reading, writing and verifying; nothing is touched."""
    path = tmp_path / "cases.jsonl"
    event: dict[str, Any] = {"kind": "note", "case": None, "at": "2026-03-02", "recorded": "r", "by": None}
    with Log.create(path).writing(5) as writer:
        writer.append([{**event, "under": None, "data": {}}] * 2)
    first, second = path.read_bytes().splitlines(keepends=True)
    newer = b'{"v":%d,' % version
    for content in (newer + first[7:] + second, first + newer + second[7:]):
        path.write_bytes(content)
        with pytest.raises(StoreError, match=f"newer version of cinctl: it has lines of version {version}"):
            list(Log.open(path).read())
        fault = verify(path).fault
        assert fault is not None
        assert f"lines of version {version}" in fault.reason
        assert content == path.read_bytes()


@pytest.mark.parametrize("version", [b"0", b"01", b"-1", b"1.0", b'"1"'])
def test_what_is_no_version_is_refused(tmp_path: Path, version: bytes) -> None:
    """There has been no version before the first."""
    path = tmp_path / "cases.jsonl"
    event: dict[str, Any] = {"kind": "note", "case": None, "at": "2026-03-02", "recorded": "r", "by": None}
    with Log.create(path).writing(5) as writer:
        writer.append([{**event, "under": None, "data": {}}])
    path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v":' + version))

    assert not verify(path).ok
