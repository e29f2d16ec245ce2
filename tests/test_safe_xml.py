"""Hostile XML gets one clear error, and neither memory nor time."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from cinctl.errors import UsageError
from cinctl.formats.safe_xml import STRAY, Element, records

MEGABYTE = 1024 * 1024
CONTAINERS = ("Message", "Children")


class Endless(io.RawIOBase):
    """A file of more than two gigabytes that is made as it is read."""

    def __init__(self, start: bytes, filler: bytes) -> None:
        filler *= max(1, 32 * 1024 // len(filler))
        self._parts: Iterator[bytes] = chain([start], repeat(filler, 2 * 1024 * MEGABYTE // len(filler)))
        self.given = 0

    def read(self, _size: int = -1) -> bytes:
        """Return some bytes, and count them."""
        part = next(self._parts, b"")
        self.given += len(part)
        return part


def everything(content: bytes) -> list[tuple[str, Element]]:
    """All records of a file."""
    return list(records(io.BytesIO(content), name="f.xml", containers=CONTAINERS))


@pytest.mark.parametrize(
    ("start", "filler", "what"),
    [
        (b"<Message><Children><Child><a>", b"x", "one text is longer than 65,536 characters"),
        (b"<Message><Children><Child><a>", b" ", "one text is longer"),
        (b"<Message><Children><Child><a>", b"\n", "one text is longer"),
        (b"<Message><Children>", b"x", "one text is longer"),
        (b"<Message><Children><Child><a><![CDATA[", b"x", "one text is longer"),
        (b"<Message><Children><Child><a>", b"&lt;", "one text is longer"),
        (b"<Message><Children><Child>", b"<a>x</a>", "one record holds more than 20,000 elements"),
        (b"<Message><Children><Child>", b"<a>" + b"x" * 9999 + b"</a>", "one record holds more than 1,048,576"),
        (b"<Message><Children><Child>", b"text<a/>", "one record holds more than 20,000 elements"),
        (b"<Message><Children>", b"<a>", "nested more than 32 deep"),
        (b"<Message><Children><Child a='", b"x", "a tag or comment is too long"),
        (b"<Message><Children><Child>", b"<", "not well-formed"),
        (b"<Message><Children><", b"x", "a tag or comment is too long"),
        (b"<Message><Children><!--", b"x", "a tag or comment is too long"),
        (b"<Message><Children><?x ", b"x", "a tag or comment is too long"),
        (b"<!DOCTYPE ", b"x", "a tag or comment is too long"),
        (b" ", b" ", "a tag or comment is too long"),
        (b"\0", b"\0", "not well-formed"),
    ],
)
def test_two_gigabytes_of_anything(start: bytes, filler: bytes, what: str) -> None:
    """A file that never ends is given up early, with memory to spare."""
    source = Endless(start, filler)
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match=what):
            list(records(source, name="f.xml", containers=CONTAINERS))  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert source.given < 4 * MEGABYTE
    assert peak < 32 * MEGABYTE


def test_names_without_end() -> None:
    """Names that are all different, which a parser keeps, have an end too."""
    content = b"<Message><Children>" + b"".join(b"<n%d/>" % i for i in range(2000))

    with pytest.raises(UsageError, match="more than 1,000 different names"):
        everything(content)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "f.xml: the file is empty"),
        (b"\n\n", "not well-formed XML"),
        (b"hello", "line 1: not well-formed XML"),
        (b"PK\x03\x04\x14\x00", "not well-formed XML"),
        (b"<Message>\n<Children>\n<Child>", "line 3: not well-formed XML"),
        (b"<Message>\n<Children></Child></Children></Message>", "line 2: not well-formed XML .mismatched tag"),
        (b"<Message/><Message/>", "not well-formed XML"),
        (b"<html><body/></html>", "line 1: the root element is html, not Message"),
        (b"<Message a='1' a='2'/>", "not well-formed XML"),
        (b"<Message>&nbsp;</Message>", "not well-formed XML .undefined entity"),
        (b"<Message>&#0;</Message>", "not well-formed XML"),
        (b"<Message>\xff</Message>", "not well-formed XML"),
        (b"<Message>\xed\xa0\x80</Message>", "not well-formed XML"),
        (b"<?xml version='1.0' encoding='utf-16'?><Message/>", "not well-formed XML"),
        (b"<?xml version='1.0' encoding='klingon'?><Message/>", "its encoding, 'klingon', is not one"),
        (b"<?xml version='1.0' encoding='utf-7'?><Message/>", "its encoding, 'utf-7', is not one"),
        (b"<?xml version='1.0' encoding='unicode_escape'?><Message/>", "its encoding"),
        (b"<Message " + b" ".join(b"a%d='x'" % i for i in range(40)) + b"/>", "more than 32 attributes"),
        (b"<Message><" + b"n" * 200 + b"/></Message>", "a name is longer than 128 characters"),
    ],
)
def test_unfit_files(content: bytes, what: str) -> None:
    """A file that is no such XML is refused with its name and, where it has one, the line."""
    with pytest.raises(UsageError, match=what) as caught:
        everything(content)

    assert str(caught.value).startswith("f.xml: ")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "declaration",
    [
        b"<!DOCTYPE Message>",
        b"<!DOCTYPE Message SYSTEM 'file:///etc/passwd'>",
        b"<!DOCTYPE Message [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        b"<!DOCTYPE Message [<!ENTITY % x SYSTEM 'http://localhost/x.dtd'> %x;]>",
        b"<!DOCTYPE Message [<!ENTITY a '" + b"x" * 9999 + b"'><!ENTITY b '&a;&a;&a;&a;'>]>",
        b"<!DOCTYPE Message [<!ATTLIST Message a CDATA 'x'>]>",
    ],
)
def test_declarations_are_refused(declaration: bytes) -> None:
    """Entities cannot be declared at all, so nothing is fetched and nothing blown up."""
    with pytest.raises(UsageError, match=r"line 1: has a document type declaration \(DOCTYPE\)"):
        everything(declaration + b"<Message>&x;</Message>")


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff<Message><Children><Child>é</Child></Children></Message>".encode(),
        "<?xml version='1.0' encoding='UTF-16'?><Message><Children><Child>é</Child></Children></Message>".encode(
            "utf-16"
        ),
        "<?xml version='1.0' encoding='ISO-8859-1'?><Message><Children><Child>é</Child></Children></Message>".encode(
            "latin-1"
        ),
        "<?xml version='1.0' encoding='Windows-1252'?><Message><Children><Child>é</Child></Children></Message>".encode(
            "cp1252"
        ),
        b"<Message><Children><Child> <!-- c --><![CDATA[\xc3]]>\n</Child></Children></Message>".replace(
            b"\xc3", "é".encode()
        ),
    ],
)
def test_encodings(content: bytes) -> None:
    """A byte order mark, UTF-16 and the eight-bit encodings that returns come in are read."""
    ((parent, record),) = everything(content)

    assert (parent, record.name, record.text) == ("Children", "Child", "é")


def test_records_come_one_by_one() -> None:
    """A record is there as soon as the file has told it, and text between elements is told with its line."""
    content = b"<Message>\n<Header><a>1</a>\nodd\n<b/></Header><Children>\n<Child/>x</Children><Children/></Message>"
    found = everything(content)

    assert [(parent, record.name) for parent, record in found] == [
        ("Message", "Header"),
        ("Children", "Child"),
        ("Children", STRAY),
        ("Message", "Children"),
    ]
    assert [(part.name, part.line, part.text) for part in found[0][1].children] == [
        ("a", 2, "1"),
        (STRAY, 3, "odd"),
        ("b", 4, ""),
    ]


def test_a_long_file_streams() -> None:
    """Reading twenty thousand records keeps none of them."""
    record = b"<Child><a>" + b"x" * 100 + b"</a></Child>\n"
    source = io.BytesIO(b"<Message><Children>" + record * 20_000 + b"</Children></Message>")
    tracemalloc.start()
    try:
        count = sum(1 for _ in records(source, name="f.xml", containers=CONTAINERS))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 20_000
    assert peak < 8 * MEGABYTE
