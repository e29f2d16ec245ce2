"""XML from outside, read as a stream of small trees in bounded memory, whatever the file tries.

Nothing is ever fetched or expanded: a document type declaration, the home of entities, is refused. Every limit
is far above what a return needs. Only local names count: a namespace prefix is dropped unlooked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import attrs

from cinctl.errors import UsageError

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

CHUNK = 64 * 1024
MAX_TEXT = 64 * 1024  # characters in one run of text
MAX_TOKEN = 512 * 1024  # bytes in one tag, comment or the like
MAX_RECORD = 1024 * 1024  # characters of text in one record
MAX_ELEMENTS = 20_000  # in one record
MAX_DEPTH = 32
MAX_ATTRIBUTES = 32
MAX_NAME = 128
MAX_NAMES = 1_000  # the parser keeps every name that it has seen, so their number must have an end

STRAY = "#text"
"""The name of an element that stands for text between elements."""

_NONE: Mapping[str, str] = {}
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "windows-1252"}
)


@attrs.define(eq=False)
class Element:
    """One element: local name, line of its tag, its text with the blanks around it removed, and what is in it.

    *attributes* counts its attributes but for namespace declarations; *given* has them by local name where they were
    asked for. An element that holds others has no text of
    its own: text between them stands among *children* as elements named `STRAY`.
    """

    name: str
    line: int
    text: str = ""
    attributes: int = 0
    given: Mapping[str, str] = _NONE
    children: list[Element] = attrs.field(factory=list)

    @property
    def is_leaf(self) -> bool:
        """True when it holds no other element: a data element."""
        return self.name != STRAY and all(child.name == STRAY for child in self.children)

    def all(self, name: str) -> list[Element]:
        """Return the elements of that name directly in it."""
        return [child for child in self.children if child.name == name]

    def walk(self) -> Iterator[Element]:
        """Yield it and everything in it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


def records(
    source: BinaryIO, *, name: str, containers: tuple[str, ...], whole: bool = False
) -> Iterator[tuple[str, Element]]:
    """Yield each record of an XML file with the name of what it stands in, as soon as it has been read.

    *containers* are the nested elements that hold records, root first: with `("Message", "Children")`, every other
    element directly in Message or in its Children is a record. A container that is empty is yielded as a record.
    *whole*: elements are to have their attributes, and the blanks around their text.

    Raises:
        UsageError: the file is not such XML, or goes beyond a limit. It says *name* and the line.
    """
    builder = _Builder(name, containers, whole)
    while chunk := source.read(CHUNK):
        builder.feed(chunk)
        yield from builder.take()
    builder.finish()
    yield from builder.take()


class _Builder:
    """Turns what the parser reports into records, and holds it to the limits."""

    def __init__(self, name: str, containers: tuple[str, ...], whole: bool) -> None:
        self._name = name
        self._whole = whole
        self._containers = containers
        self._path: list[Element] = []
        self._inside = 0  # how many of the path's elements are containers
        self._ready: list[tuple[str, Element]] = []
        self._text: list[str] = []
        self._text_line = 0
        self._run = self._size = self._count = 0
        self._names: set[str] = set()
        self._fed = self._idle = 0
        self._parser = self._make_parser()

    def _make_parser(self) -> XMLParserType:
        from xml.parsers import expat

        parser = expat.ParserCreate()
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._nothing
        parser.ProcessingInstructionHandler = self._nothing
        return parser

    # --- feeding ---

    def feed(self, chunk: bytes) -> None:
        """Parse *chunk*."""
        self._fed += len(chunk)
        self._idle += len(chunk)
        self._parse(chunk, False)
        # What the parser cannot report yet it keeps: the one place where a file could still fill memory.
        if self._idle > MAX_TOKEN:
            self._fail("a tag or comment is too long")

    def finish(self) -> None:
        """Hold the file to having ended where it should."""
        if not self._fed:
            raise UsageError(f"{self._name}: the file is empty")
        self._parse(b"", True)

    def take(self) -> list[tuple[str, Element]]:
        """Return the records that are complete, and let go of them."""
        ready, self._ready = self._ready, []
        return ready

    def _parse(self, chunk: bytes, last: bool) -> None:
        from xml.parsers.expat import ErrorString, ExpatError

        try:
            self._parser.Parse(chunk, last)
        except ExpatError as error:
            raise UsageError(
                f"{self._name}: line {error.lineno}: not well-formed XML ({ErrorString(error.code)})"
            ) from None
        except (LookupError, ValueError):
            self._fail("its encoding cannot be read; save it as UTF-8")

    def _fail(self, what: str) -> NoReturn:
        raise UsageError(f"{self._name}: line {self._parser.CurrentLineNumber}: {what}")

    # --- what the parser reports ---

    def _nothing(self, *_: str) -> None:
        self._idle = 0

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._idle = 0
        if encoding and encoding.lower() not in _ENCODINGS:
            self._fail(f"its encoding, {encoding[:40]!a}, is not one that is read here; save it as UTF-8")

    def _doctype(self, *_: object) -> None:
        self._fail("has a document type declaration (DOCTYPE); a return needs none and none is read")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._idle = 0
        line = self._parser.CurrentLineNumber
        self._check_names(tag, attributes)
        self._flush()
        element = Element(name=tag.rpartition(":")[2], line=line, attributes=_data_attributes(attributes))
        if self._whole and attributes:
            element.given = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if not self._path:
            self._check_root(element.name)
        if self._enters(element.name):
            self._inside += 1
            if self._path:
                self._path[-1].children = [element]
        else:
            self._grow(element)
        self._path.append(element)
        if len(self._path) > MAX_DEPTH:
            self._fail(f"elements are nested more than {MAX_DEPTH} deep")

    def _enters(self, tag: str) -> bool:
        depth = len(self._path)
        return depth == self._inside and depth < len(self._containers) and self._containers[depth] == tag

    def _grow(self, element: Element) -> None:
        if len(self._path) == self._inside:
            self._count = self._size = 0
            self._path[-1].children = [element]  # only the latest: a container's records are not kept
        else:
            self._path[-1].children.append(element)
        self._count += 1
        if self._count > MAX_ELEMENTS:
            self._fail(f"one record holds more than {MAX_ELEMENTS:,} elements")

    def _end(self, _tag: str) -> None:
        self._idle = 0
        self._flush()
        element = self._path.pop()
        if element.children and element.is_leaf:
            element.text, element.children = element.children[0].text, []
        parent = self._path[-1].name if self._path else ""
        if len(self._path) < self._inside:
            self._inside -= 1
            if not element.children:
                self._ready.append((parent, element))
        elif len(self._path) == self._inside:
            self._ready.append((parent, element))

    def _characters(self, text: str) -> None:
        self._idle = 0
        self._run += len(text)
        if self._run > MAX_TEXT:
            self._fail(f"one text is longer than {MAX_TEXT:,} characters")
        if not self._text_line and not text.isspace():
            self._text_line = self._parser.CurrentLineNumber
        self._text.append(text)

    def _flush(self) -> None:
        """Put the text read since the last tag where it belongs."""
        text = "".join(self._text) if self._text_line else ""
        text = text if self._whole else text.strip()
        line, self._text_line, self._run = self._text_line, 0, 0
        self._text.clear()
        if not text:
            return
        self._size += len(text)
        if self._size > MAX_RECORD:
            self._fail(f"one record holds more than {MAX_RECORD:,} characters")
        stray = Element(name=STRAY, line=line, text=text)
        if len(self._path) == self._inside:
            self._size = 0
            self._ready.append((self._path[-1].name, stray))
        else:
            self._path[-1].children.append(stray)

    def _check_root(self, name: str) -> None:
        if name != self._containers[0]:
            self._fail(f"the root element is {name}, not {self._containers[0]}")

    def _check_names(self, tag: str, attributes: dict[str, str]) -> None:
        self._names.update((tag, *attributes))
        if len(attributes) > MAX_ATTRIBUTES:
            self._fail(f"an element has more than {MAX_ATTRIBUTES} attributes")
        if any(len(name) > MAX_NAME for name in (tag, *attributes)):
            self._fail(f"a name is longer than {MAX_NAME} characters")
        if len(self._names) > MAX_NAMES:
            self._fail(f"there are more than {MAX_NAMES:,} different names of elements and attributes")


def _data_attributes(attributes: dict[str, str]) -> int:
    return sum(name != "xmlns" and not name.startswith("xmlns:") for name in attributes)
