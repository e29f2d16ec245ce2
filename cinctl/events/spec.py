"""What a kind of event is made of: its phases, its fields, and how each field is typed.

Each kind is one attrs class whose fields carry their help, type and code list as metadata. Command options,
the check of a line given to `apply`, the facts a rule may name and the docs table all derive from these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Literal, TypeVar

import attrs

FieldType = Literal["text", "code", "date", "flag", "number", "staff", "event"]
Subject = Literal["case", "staff", "service"]
C = TypeVar("C", bound=type)

_META = "cinctl"


@attrs.frozen
class Field:
    """One field of a kind: its key in `data`, which is its option with underscores for hyphens.

    *type*: `text`; `code` (one of the list named by *codes*, where the protocol has that list); `date` (ISO 8601);
    `flag` (true or false); `number` (whole); `staff` (a practitioner's id); `event` (the `seq` of another event).
    *many*: a list of such values. *mapping*: a table from part to text.
    """

    name: str
    type: FieldType
    help: str
    codes: str | None = None
    many: bool = False
    mapping: bool = False
    required: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The option on the command line, such as `--see-child-by`."""
        return "--" + self.name.replace("_", "-")


@attrs.frozen
class Kind:
    """One kind of event. *phases* maps each phase to its meaning and is empty for a kind without phases.

    *default_phase* is what the command line takes when no phase is given, or None when one must be.
    *subject* says what the event is about: a case, a practitioner, or the service as a whole.
    """

    name: str
    doc: str
    cls: type
    fields: Mapping[str, Field]
    phases: Mapping[str, str]
    default_phase: str | None
    subject: Subject

    def full_names(self) -> Iterator[str]:
        """Yield the kind as the log spells it: `assess.start`, `assess.complete`, or just `refer`."""
        if not self.phases:
            yield self.name
        for phase in self.phases:
            yield f"{self.name}.{phase}"


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    *,
    phases: Mapping[str, str] | None = None,
    default_phase: str | None = None,
    subject: Subject = "case",
) -> Callable[[C], C]:
    """Turn a class into an event class and register it under *name*.

    The class's docstring is the kind's one-line description, shown in help and docs.
    """

    def register(cls: C) -> C:
        made = attrs.define(cls, kw_only=True, eq=False, repr=False, slots=False)
        fields = {}
        for attribute in attrs.fields(made):
            spec = attribute.metadata[_META]
            key = attribute.name.rstrip("_")
            fields[key] = attrs.evolve(spec, name=key)
        KINDS[name] = Kind(
            name=name,
            doc=(cls.__doc__ or "").strip(),
            cls=made,
            fields=fields,
            phases=dict(phases or {}),
            default_phase=default_phase,
            subject=subject,
        )
        return made

    return register


def _field(type_: FieldType, help_: str, **more: Any) -> Any:
    spec = Field(name="", type=type_, help=help_, **more)
    return attrs.field(default=None, metadata={_META: spec})


def text(help_: str, **more: Any) -> Any:
    """Free text; blank counts as absent."""
    return _field("text", help_, **more)


def code(codes: str, help_: str, **more: Any) -> Any:
    """One word of the code list *codes*, where the protocol has that list; any word where it has not."""
    return _field("code", help_, codes=codes, **more)


def day(help_: str, **more: Any) -> Any:
    """A date, ISO 8601."""
    return _field("date", help_, **more)


def flag(help_: str, **more: Any) -> Any:
    """True or false."""
    return _field("flag", help_, **more)


def number(help_: str, **more: Any) -> Any:
    """A whole number."""
    return _field("number", help_, **more)


def staff(help_: str, **more: Any) -> Any:
    """The id of a practitioner in the staff register; a rule may look through it at the person."""
    return _field("staff", help_, **more)


def event(help_: str, **more: Any) -> Any:
    """The `seq` of another event in the log; a rule may look through it at that event."""
    return _field("event", help_, **more)


def as_data(made: Any) -> dict[str, Any]:
    """Return the `data` of an event from an instance of its class: absent fields left out, dates as ISO text."""
    data: dict[str, Any] = {}
    for attribute in attrs.fields(type(made)):
        value = getattr(made, attribute.name)
        if value is not None:
            data[attribute.name.rstrip("_")] = value.isoformat() if isinstance(value, date) else value
    return data


def split(full: str) -> tuple[Kind, str | None]:
    """Return the kind and phase of a name such as `assess.start`. Raises KeyError when there is no such kind."""
    base, _, phase = full.partition(".")
    found = KINDS[base]
    if (phase or None) is None and found.phases:
        raise KeyError(full)
    if phase and phase not in found.phases:
        raise KeyError(full)
    return found, phase or None
