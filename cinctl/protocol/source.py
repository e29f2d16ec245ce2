"""One protocol file as it was read: its tables, and the line on which each of their keys stands."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from cinctl.errors import FaultLine, ProtocolError, SystemRefusedError, did_you_mean

_PACKAGE = Path(__file__).resolve().parent.parent
FOLDER = _PACKAGE / "protocols"
CLAUSES = FOLDER / "clauses"
CORE = "core"
MOST_BYTES = 4_000_000

Path_ = tuple[str | int, ...]
Signature = tuple[int, ...] | None


class NamingError(ProtocolError):
    """What names a protocol names none that can be had there; the fault belongs to whoever names it."""


class Place(NamedTuple):
    """Where a protocol is to be read. *shown* is what complaints call it, *base* what it names others beside."""

    path: Path
    shown: str
    base: Path
    bundled: bool = False

    @property
    def key(self) -> str:
        """One spelling for one file, so that a ring is seen however it is spelt."""
        return os.path.realpath(self.path)

    @property
    def way(self) -> str:
        """The path as it was come to, from the root: another than the key where a link is on the way."""
        return os.fspath(self.path) if self.path.is_absolute() else os.path.join(os.getcwd(), self.path)


class SourceFile(NamedTuple):
    """A file's tables and the lines of their keys: `("gate", 3, "when")` is the key `when` of the fourth `[[gate]]`.

    *columns* says for each of these lines where on it the key, or the head of the table, begins.
    """

    tables: dict[str, Any]
    shown: str
    base: Path
    lines: dict[Path_, int]
    signatures: dict[str, Signature]
    columns: Mapping[int, int] = MappingProxyType({})

    def line(self, path: Path_) -> int:
        """Return the line of *path*, or of the nearest table around it that the file has; 0 for none."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 0

    def fault(self, path: Path_, text: str, check: str) -> FaultLine:
        """Return a complaint as a user reads it: file, line, text, with control characters made visible."""
        line = self.line(path)
        seen = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
        place = f"{self.shown}:{line}" if line else self.shown
        return FaultLine(f"{place}: {seen}", check, self.columns.get(line))


def bundled() -> list[str]:
    """Return the ids of the protocols that come with the tool; `core`, which all of them extend, is not one."""
    names = (name.removesuffix(".toml") for name in _bundled_files() if name.endswith(".toml"))
    return sorted(name for name in names if name != CORE)


def _bundled_files() -> Iterable[str]:
    try:
        return os.listdir(FOLDER)
    except OSError:
        # Inside a zipped application the folder is no folder.
        from importlib.resources import files

        return [entry.name for entry in files("cinctl").joinpath("protocols").iterdir()]


def bundled_place(name: str) -> Place:
    """Return the place of the bundled file *name*."""
    return Place(path=FOLDER / f"{name}.toml", shown=f"{name}.toml", base=FOLDER, bundled=True)


def find(ref: str | os.PathLike[str], base: Path, beside: str = "") -> Place:
    """Return the place that *ref* means: a bundled id, else a path from *base*.

    *beside* is the shown name of the file that says *ref*.

    Raises:
        NamingError: it is neither; one fault, without file and line.
    """
    text = os.fspath(ref)
    known = bundled()
    if text == CORE or text in known:
        return bundled_place(text)
    path = base / text
    if not _exists(path):
        hint = did_you_mean(text.removesuffix(".toml"), known)
        what = "protocol file" if _looks_like_path(text) else "protocol"
        fault = f"there is no {what} {text!r} (bundled: {', '.join(known)}; else a path).{hint}"
        raise NamingError([FaultLine(fault, "unknown-protocol")])
    shown = os.path.normpath(os.path.join(os.path.dirname(beside), text)).replace(os.sep, "/")
    return Place(path=path, shown=shown, base=path.parent)


def _exists(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False


def _looks_like_path(text: str) -> bool:
    return text.endswith(".toml") or "/" in text or os.sep in text


def signature(path: Path | str) -> Signature:
    """Return what changes when a file does; None for a file that has no status, as inside a zipped application."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def read(place: Place) -> SourceFile:
    """Read the file at *place*.

    Raises:
        ProtocolError: it is absent, no file, unreadable, not text, or not TOML; one fault.
    """
    before = signature(place.path)
    text = _text(place)
    tables = _tables(text, place.shown)
    lines, columns = places_in(text)
    return SourceFile(
        tables=tables,
        shown=place.shown,
        base=place.base,
        lines=lines,
        signatures=dict.fromkeys(_names_of(place), before),
        columns=columns,
    )


def _names_of(place: Place) -> tuple[str, ...]:
    """Return the real path of *place*, and where links lead there, the way to it."""
    plain = os.path.normpath(place.way)
    return (place.key,) if plain == place.key else (place.key, place.way)


def parse(place: Place) -> dict[str, Any]:
    """Return the tables of the file at *place* alone, without their lines. Raises what `read` does."""
    return _tables(_text(place), place.shown)


def _text(place: Place) -> str:
    try:
        return _bytes(place).decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        complaint = "there is no such file"
    except NotADirectoryError:
        complaint = "there is no such file"
    except PermissionError as error:
        raise SystemRefusedError(f"{place.shown}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        fault = f"{place.shown}:{line}: is not text in UTF-8, as TOML must be"
        raise ProtocolError([FaultLine(fault, "syntax")]) from None
    except OSError as error:
        complaint = f"cannot be read: {error.strerror or error}"
    except ValueError:
        complaint = "is not a name that a file can have"
    raise _unreadable(place, complaint)


def _unreadable(place: Place, complaint: str) -> ProtocolError:
    return ProtocolError([FaultLine(f"{place.shown}: {complaint}", "unreadable-file")])


def _bytes(place: Place) -> bytes:
    if place.bundled and not os.path.isdir(FOLDER):
        return _from_archive(place)
    found = os.stat(place.path)
    if stat.S_ISDIR(found.st_mode):
        raise _unreadable(place, "is a folder, not a protocol file")
    if not stat.S_ISREG(found.st_mode):
        raise _unreadable(place, "is not a regular file")
    if found.st_size > MOST_BYTES:
        raise _unreadable(place, f"is too large for a protocol ({found.st_size:,} bytes)")
    with open(place.path, "rb") as file:
        return file.read()


def _from_archive(place: Place) -> bytes:
    from importlib.resources import files

    return files("cinctl").joinpath(*place.path.relative_to(_PACKAGE).parts).read_bytes()


def _tables(text: str, shown: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        text = f"{shown}: is not TOML that can be read: nested too deeply"
        raise ProtocolError([FaultLine(text, "syntax")]) from None
    except ValueError as error:
        raise ProtocolError([_syntax_fault(str(error), text, shown)]) from None


def _syntax_fault(message: str, text: str, shown: str) -> FaultLine:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if found is None:
        return FaultLine(f"{shown}: is not TOML: {message}", "syntax")
    what, line, column = found.groups()
    if line is None:
        *lines, last = text.split("\n")
        return FaultLine(
            f"{shown}:{len(lines) + 1}: is not TOML: {what}, at the end of the file", "syntax", len(last) + 1
        )
    return FaultLine(f"{shown}:{line}: is not TOML: {what}, at column {column}", "syntax", int(column))


_STRING = r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'"
_TOKEN = re.compile(rf"{_STRING}|#[^\n]*|[\[\]{{}}]|\n", re.DOTALL)
_KEY_PART = re.compile(r'\s*(?:"((?:\\.|[^"\\\n])*)"|\'([^\'\n]*)\'|([A-Za-z0-9_-]+))\s*')
_START = re.compile(r"[ \t]*(?:(#)|(\[\[)|(\[)|(?=[^\s#]))")


def lines_of(text: str) -> dict[Path_, int]:
    """Return the line of every table and key that has one to itself, for *text* that is known to be TOML."""
    return places_in(text)[0]


def places_in(text: str) -> tuple[dict[Path_, int], dict[int, int]]:
    """Return what `lines_of` does, and the column in which each of these lines begins, both counted from 1."""
    lines: dict[Path_, int] = {}
    columns: dict[int, int] = {}
    arrays: dict[Path_, int] = {}
    table: Path_ = ()
    for line, start in _statements(text):
        found = _START.match(text, start)
        if found is None or found[1]:
            continue
        columns[line] = (found.end() - len(found[2] or found[3] or "")) - start + 1
        keys, _ = _key(text, found.end())
        if found[2] or found[3]:
            table = _header(keys, arrays, many=bool(found[2]))
            lines[table] = line
            _outwards(lines, table, line)
        else:
            lines.setdefault((*table, *keys), line)
            _outwards(lines, (*table, *keys), line)
    return lines, columns


def _outwards(lines: dict[Path_, int], path: Path_, line: int) -> None:
    """A table that is never given a line of its own stands where the first of its keys does."""
    for end in range(1, len(path)):
        lines.setdefault(path[:end], line)


def _header(keys: tuple[str, ...], arrays: dict[Path_, int], many: bool) -> Path_:
    path: Path_ = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in arrays:
            path = (*path, arrays[path])
    path = (*path, keys[-1])
    if many:
        arrays[path] = arrays.get(path, -1) + 1
        path = (*path, arrays[path])
    return path


def _key(text: str, at: int) -> tuple[tuple[str, ...], int]:
    keys = []
    while found := _KEY_PART.match(text, at):
        quoted, literal, bare = found.groups()
        keys.append(_unescaped(quoted) if quoted is not None else literal if literal is not None else bare)
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return tuple(keys), at


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    import tomllib

    return str(tomllib.loads(f'key = "{text}"')["key"])


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield line and offset of every line that begins a statement: not inside a string, an array or a table."""
    line, depth = 1, 0
    yield 1, 0
    for token in _TOKEN.finditer(text):
        found = token[0]
        if found == "\n":
            line += 1
            if depth == 0:
                yield line, token.end()
        elif found in "[{":
            depth += 1
        elif found in "]}":
            depth -= 1
        else:
            line += found.count("\n")
