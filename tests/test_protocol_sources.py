"""Which files a protocol was made from, and whether any of them has changed since."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cinctl.digests import digest
from cinctl.protocol import load, load_tables, load_tables_with_sources, load_with_sources
from cinctl.protocol.source import FOLDER

REGISTERS = {FOLDER / "clauses" / f"{name}.toml" for name in ("TOR", "BRI", "WT", "TSS", "HAM")}
BUNDLED = FOLDER.resolve()


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _real(*paths: Path) -> tuple[str, ...]:
    return tuple(sorted(os.path.realpath(path) for path in {*paths, *REGISTERS}))


def test_bundled_protocol_comes_from_bundled_files() -> None:
    """Its own file, those it extends, and the registers that its rules are cited from; sorted, and real."""
    protocol, sources = load_with_sources("bristol")

    files = (BUNDLED / f"{name}.toml" for name in ("bristol", "working-together-2023", "core"))
    assert _real(*files) == sources
    assert protocol is load("bristol")


def test_files_behind_a_file(tmp_path: Path) -> None:
    """What a file extends and what it supersedes count, and so does what these extend."""
    base = _write(tmp_path, "base.toml", '[protocol]\nid = "base"\n')
    old = _write(tmp_path, "old.toml", '[protocol]\nid = "ours"\nextends = "working-together-2023"\n')
    head = '[protocol]\nid = "ours"\nextends = "base.toml"\nsupersedes = "old.toml"\neffective_from = 2026-01-01\n'
    ours = _write(tmp_path, "ours.toml", head)

    _, sources = load_with_sources("ours.toml", base=tmp_path)
    national = BUNDLED / "working-together-2023.toml"
    assert set(_real(ours, old, base, national, BUNDLED / "core.toml")) <= set(sources)
    assert {Path(path).name for path in sources} - {path.name for path in REGISTERS} == {
        *("ours.toml", "old.toml", "base.toml", "working-together-2023.toml", "core.toml")
    }


def test_config_counts_where_it_is_a_file(tmp_path: Path) -> None:
    """Tables of a config come from its file; tables of no file come from what they extend alone."""
    config = _write(tmp_path, "cinctl.toml", '[protocol]\nid = "ours"\n')
    tables = {"protocol": {"id": "ours"}}

    protocol, sources = load_tables_with_sources(tables, file=str(config), base=tmp_path)
    assert os.path.realpath(config) in sources
    assert protocol == load_tables(tables, file=str(config), base=tmp_path)
    _, sources = load_tables_with_sources(tables, file="protocol_patch", base=tmp_path)
    assert _real(BUNDLED / "core.toml") == sources


def test_digest_tells_whether_a_file_has_changed(tmp_path: Path) -> None:
    """It is the same for the same files, another for any change in one, and nothing once one is gone."""
    _write(tmp_path, "base.toml", '[protocol]\nid = "base"\n')
    _write(tmp_path, "ours.toml", '[protocol]\nid = "ours"\nextends = "base.toml"\n')
    sources = load_with_sources("ours.toml", base=tmp_path)[1]
    before = digest(sources)

    assert before == digest(sources) != digest(sources[1:])
    _write(tmp_path, "base.toml", '[protocol]\nid = "base"\n#\n')
    assert digest(sources) not in (before, None)
    _write(tmp_path, "base.toml", '[protocol]\nid = "base"\n')
    assert before == digest(sources)
    (tmp_path / "base.toml").unlink()
    assert digest(sources) is None


def test_digest_knows_which_file_holds_what(tmp_path: Path) -> None:
    """The same bytes in other files, or cut elsewhere between two files, are not the same."""
    one, two = tmp_path / "one", tmp_path / "two"
    found = set()
    contents = [("ab", "c"), ("a", "bc"), ("", "abc"), ("c", "ab"), ("abc", ""), (str(two), ""), ("", str(two))]
    for first, second in contents:
        _write(tmp_path, "one", first)
        _write(tmp_path, "two", second)
        found.add(digest([str(one), str(two)]))

    assert len(contents) == len(found)


def test_digest_of_what_is_no_file(tmp_path: Path) -> None:
    """A folder, a name that no file can have, and a pipe that nobody writes to have none."""
    assert digest([str(tmp_path)]) is None
    assert digest(["a\0b"]) is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert digest([str(tmp_path / "pipe")]) is None


def test_digest_without_a_hash_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python has no blake2b by itself, the one of hashlib gives the same."""
    path = str(_write(tmp_path, "one", "text"))
    before = digest([path])

    monkeypatch.setitem(sys.modules, "_blake2", None)
    assert before == digest([path]) is not None


def test_link_that_leads_elsewhere_is_seen(tmp_path: Path) -> None:
    """A protocol that was come to by a link is another once the link leads to another file."""
    _write(tmp_path, "a.toml", '[protocol]\nid = "a"\n')
    _write(tmp_path, "b.toml", '[protocol]\nid = "b"\n')
    link = tmp_path / "ours.toml"
    try:
        link.symlink_to("a.toml")
    except OSError:
        pytest.skip("links cannot be made here")
    protocol, sources = load_with_sources("ours.toml", base=tmp_path)
    before = digest(sources)

    assert os.path.realpath(tmp_path / "a.toml") in sources
    link.unlink()
    link.symlink_to("b.toml")
    assert digest(sources) not in (before, None)
    assert ("a", "b") == (protocol.id, load("ours.toml", base=tmp_path).id)


def test_way_to_a_file_needs_no_folder_to_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundled protocol can be loaded from a folder that is gone, as its files are found without it."""

    def gone() -> str:
        raise FileNotFoundError("no such folder")

    monkeypatch.setattr("os.getcwd", gone)
    monkeypatch.setattr("cinctl.protocol.loading._loaded", {})

    assert str(BUNDLED / "hampshire.toml") in load_with_sources("hampshire")[1]
