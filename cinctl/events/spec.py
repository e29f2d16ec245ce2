"""What a kind of event is made of: its phases, its fields, and how each field is typed.

Each kind is one class whose fields say their help, type and code list. Command options, the check of a line given to
`apply`, the facts a rule may name and the docs table all derive from these. It becomes an attrs class when somebody
asks for one, or makes an instance: to read the fields is all that most commands need, and is on the way of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple, TypeVar

FieldType = Literal["text", "code", "date", "flag", "number", "staff", "event"]
Subject = Literal["case", "staff", "service"]
Holds = Literal["child", "family", "upn", "unit", "rule", "birth", "death", "characteristic"]
C = TypeVar("C", bound=type)


class Field(NamedTuple):
    """One field of a kind: its key in `data`, which is its option with underscores for hyphens.

    *type*: `text`; `code` (one of the list named by *codes*, where the protocol has that list); `date` (ISO 8601);
    `flag` (true or false); `number` (whole); `staff` (a practitioner's id); `event` (the `seq` of another event).
    *many*: a list of such values. *mapping*: a table from part to text.

    *holds* says of a value what its type does not: that it names a child, a family, a unit or a rule, or is a day of
    birth or death, a UPN or another characteristic of the child. Text that holds none of these is free text. *tells*
    says so of single codes: with what they tell, such as a closure's that the child died.
    """

    name: str
    type: FieldType
    help: str
    codes: str | None = None
    many: bool = False
    mapping: bool = False
    required: bool = False
    aliases: tuple[str, ...] = ()
    holds: Holds | None = None
    tells: tuple[tuple[str, Holds], ...] = ()

    @property
    def option(self) -> str:
        """The option on the command line, such as `--see-child-by`."""
        return "--" + self.name.replace("_", "-")


class Kind(NamedTuple):
    """One kind of event. *phases* maps each phase to its meaning and is empty for a kind without phases.

    *default_phase* is what the command line takes when no phase is given, or None when one must be.
    *subject* says what the event is about: a case, a practitioner, or the service as a whole. *body* is the class as it
    was written.
    """

    name: str
    doc: str
    body: type
    fields: Mapping[str, Field]
    phases: Mapping[str, str]
    default_phase: str | None
    subject: Subject

    @property
    def cls(self) -> type:
        """The attrs class, whose instances are events of this kind."""
        return _defined(self.body)

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
        specs = [(key.rstrip("_"), spec) for key, spec in vars(cls).items() if isinstance(spec, Field)]
        KINDS[name] = Kind(
            name=name,
            doc=(cls.__doc__ or "").strip(),
            body=cls,
            fields={key: Field(key, *spec[1:]) for key, spec in specs},
            phases=dict(phases or {}),
            default_phase=default_phase,
            subject=subject,
        )
        setattr(cls, "__init__", _make_first)  # noqa: B010 - no type has an __init__ that may be assigned
        return cls

    return register


def _make_first(made: Any, **values: Any) -> None:
    """Stand in for the `__init__` that attrs writes, until the first instance is made."""
    _defined(type(made))
    made.__init__(**values)


def _defined(cls: type) -> type:
    """Return *cls* as an attrs class, all of whose fields may be left out."""
    import attrs

    if attrs.has(cls):
        return cls
    fields = {name: attrs.field(default=None) for name, spec in vars(cls).items() if isinstance(spec, Field)}
    return attrs.define(cls, these=fields, init=True, kw_only=True, eq=False, repr=False, slots=False)


def _field(type_: FieldType, help_: str, **more: Any) -> Any:
    return Field(name="", type=type_, help=help_, **more)


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
    fields = [name for name, spec in vars(type(made)).items() if isinstance(spec, Field)]
    given = {name.rstrip("_"): value for name in fields if (value := getattr(made, name)) is not None}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in given.items()}


def split(full: str) -> tuple[Kind, str | None]:
    """Return the kind and phase of a name such as `assess.start`. Raises KeyError when there is no such kind."""
    base, _, phase = full.partition(".")
    found = KINDS[base]
    if (phase or None) is None and found.phases:
        raise KeyError(full)
    if phase and phase not in found.phases:
        raise KeyError(full)
    return found, phase or None
