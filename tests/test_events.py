"""The classes of events: what a kind says of its fields, and the attrs class that it becomes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

import attrs
import pytest

from cinctl.events import KINDS, Kind, as_data
from cinctl.events.lead import Allocate, Refer
from cinctl.events.spec import kind, text


@pytest.mark.parametrize("found", KINDS.values(), ids=KINDS)
def test_kind_becomes_an_attrs_class(found: Kind) -> None:
    """The class has the fields of its kind, in their order and all of them optional, and is made once."""
    names = [attribute.name.rstrip("_") for attribute in attrs.fields(found.cls)]

    assert [*found.fields] == [field.name for field in found.fields.values()] == names
    assert {} == as_data(found.cls())
    assert found.cls is found.cls


def test_class_can_be_made_before_its_kind_is_asked() -> None:
    """The first instance makes the attrs class; values go by the names of the fields, and no others."""
    before = dict(KINDS)
    try:

        @kind("example")
        class Example:
            """Say something."""

            said: str | None = text("what")

        assert "what" == KINDS["example"].fields["said"].help
        assert not attrs.has(Example)
        assert {"said": "this"} == as_data(Example(said="this"))  # type: ignore[call-arg]
        assert {} == as_data(Example())
        assert Example is KINDS["example"].cls
        with pytest.raises(TypeError, match="unexpected keyword argument 'sed'"):
            Example(sed="this")  # type: ignore[call-arg]
    finally:
        KINDS.clear()
        KINDS.update(before)


def test_data_of_an_event() -> None:
    """Absent fields are left out, dates are ISO text, and a name that Python reserves loses its underscore."""
    allocated, referred = Allocate(), Refer()
    allocated.to, allocated.from_, allocated.agreed_by_lead = "kw1", "sw1", False
    referred.born, referred.agencies = date(2020, 2, 29), []

    assert {"to": "kw1", "from": "sw1", "agreed_by_lead": False} == as_data(allocated)
    assert {"born": "2020-02-29", "agencies": []} == as_data(referred)


def test_kinds_are_had_without_attrs() -> None:
    """To import the kinds and read their fields is on the way of every command, and imports nothing slow."""
    code = (
        "import sys; from cinctl.events import KINDS; assert KINDS['allocate'].fields['to'].required\n"
        "print(*{'attr', 'attrs', 'cattrs', 'inspect', 'dataclasses', 'pathlib'} & set(sys.modules))"
    )
    path = os.pathsep.join(filter(None, sys.path))
    told = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )

    assert (told.stderr, told.stdout) == ("", "\n")
