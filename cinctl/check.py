"""Whether a step means something before anyone judges it: its kind, its fields and their types, the ids it names.

What is wrong here is wrong usage (exit 2). What a protocol forbids is for its gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from cinctl.calendar import parse_date
from cinctl.errors import UsageError, did_you_mean
from cinctl.events import KINDS, Field
from cinctl.facts.model import present
from cinctl.rules import Edition
from cinctl.staff import Register

LONGEST_ID = 64


def valid_id(id_: str) -> bool:
    """Return whether *id_* can name a case or a practitioner: printable, no spaces, not like an option."""
    return 0 < len(id_) <= LONGEST_ID and id_.isprintable() and not any(c.isspace() for c in id_) and id_[0] not in "-@"


def check_id(id_: object, what: str) -> str:
    """Return *id_* when it can name a case or practitioner. Raises UsageError."""
    if not isinstance(id_, str) or not valid_id(id_):
        raise UsageError(
            f"{id_!r} cannot be {what}: ids are 1 to {LONGEST_ID} printable characters without spaces, "
            "and begin with neither '-' nor '@'"
        )
    return id_


def full_kind(name: object) -> str:
    """Return the kind as the log spells it, the usual phase added where one is usual. Raises UsageError."""
    if not isinstance(name, str) or not name:
        raise UsageError("the line has no kind")
    base, _, phase = name.partition(".")
    kind = KINDS.get(base)
    if kind is None:
        raise UsageError(f"there is no kind '{name}'.{did_you_mean(name, [*KINDS, *_full_names()])}")
    if kind.phases and not phase:
        if kind.default_phase is None:
            raise UsageError(f"'{name}' needs a phase: {', '.join(kind.full_names())}")
        return f"{base}.{kind.default_phase}"
    if phase and phase not in kind.phases:
        raise UsageError(f"there is no kind '{name}'.{did_you_mean(name, _full_names())}")
    return name


def _full_names() -> list[str]:
    return [full for kind in KINDS.values() for full in kind.full_names()]


class Checker:
    """Brings the fields of a step into the shape that the log holds.

    *knows_event* says whether a `seq` is in the log. Code lists, roles and topics are those of *edition*.
    """

    def __init__(self, edition: Edition, register: Register, knows_event: Callable[[int], bool]) -> None:
        self.edition = edition
        self.register = register
        self.knows_event = knows_event

    def data(self, full: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return *data* with every value typed, in the order of the class. Raises UsageError."""
        kind = KINDS[full.partition(".")[0]]
        if not isinstance(data, Mapping):
            raise UsageError(f"data of '{full}' must be a table of fields")
        for name in data:
            if name not in kind.fields:
                raise UsageError(f"'{full}' has no field '{name}'.{did_you_mean(str(name), kind.fields)}")
        made = {
            name: self.value(field, data[name], joining=full == "staff.join" and name == "staff")
            for name, field in kind.fields.items()
            if data.get(name) is not None
        }
        self.complete(full, made)
        if full == "correct":
            made.setdefault("set", None)
            made = {k: v for k, v in made.items() if v is not None}
        return made

    def complete(self, full: str, made: Mapping[str, Any]) -> None:
        """Raise UsageError when *made* lacks what a step of kind *full* means nothing without."""
        for field in KINDS[full.partition(".")[0]].fields.values():
            if field.required and present(made.get(field.name)) is None:
                raise UsageError(f"'{full}' needs {field.option}: {field.help}")
        if full == "refer" and ("born" in made) == ("expected" in made):
            raise UsageError(
                "'refer' needs exactly one of --born and --expected: the child's date of birth, or the expected one"
            )

    def value(self, field: Field, value: Any, *, joining: bool = False) -> Any:
        """Return *value* as the log holds it in *field*. Raises UsageError naming the field and what it takes."""
        if field.mapping:
            return self._map(field, value)
        if field.many:
            items = value if isinstance(value, list | tuple) else [value]
            return list(dict.fromkeys(self._one(field, item, joining) for item in items))
        return self._one(field, value, joining)

    def _map(self, field: Field, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise UsageError(f"{field.option} takes parts with texts, PART=TEXT")
        if field.name == "set":
            return dict(value)
        parts = {str(part).replace("-", "_"): text for part, text in value.items()}
        wrong = next((part for part, text in parts.items() if not isinstance(text, str)), None)
        if wrong is not None:
            raise UsageError(f"{field.option}: '{wrong}' takes text, not {parts[wrong]!r}")
        return parts

    def _one(self, field: Field, value: Any, joining: bool) -> Any:
        return _TYPES[field.type](self, field, value, joining)

    def _text(self, field: Field, value: Any, _joining: bool) -> str:
        if not isinstance(value, str):
            raise UsageError(f"{field.option} takes text, not {value!r}")
        return value

    def _code(self, field: Field, value: Any, joining: bool) -> str:
        text = self._text(field, value, joining)
        known = self.edition.codes(field.codes or "")
        if not known:
            return text.replace("-", "_")
        meaning = "" if field.help == field.name else f": {field.help}"
        return pick(text, known, f"{field.option}{meaning}")

    def _date(self, field: Field, value: Any, _joining: bool) -> str:
        if isinstance(value, date):
            return value.isoformat()
        try:
            return parse_date(str(value)).isoformat()
        except ValueError as fault:
            raise UsageError(f"{field.option}: {fault}") from None

    def _flag(self, field: Field, value: Any, _joining: bool) -> bool:
        if isinstance(value, bool):
            return value
        if value in ("true", "yes", "false", "no"):
            return value in ("true", "yes")
        raise UsageError(f"{field.option} is true or false, not {value!r}")

    def _number(self, field: Field, value: Any, _joining: bool) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
            return int(value)
        raise UsageError(f"{field.option} takes a whole number, not {value!r}")

    def _event(self, field: Field, value: Any, joining: bool) -> int:
        seq = self._number(field, value, joining)
        if not self.knows_event(seq):
            raise UsageError(f"{field.option}: there is no event {seq} in the store")
        return seq

    def _staff(self, field: Field, value: Any, joining: bool) -> str:
        if joining:
            return check_id(value, "a practitioner's id")
        return self.person(value, field.option)

    def person(self, id_: object, option: str) -> str:
        """Return *id_* when it is in the staff register. Raises UsageError."""
        if not isinstance(id_, str) or id_ not in self.register:
            known = list(self.register)
            hint = did_you_mean(str(id_), known) or " Add them with 'cinctl staff join'."
            raise UsageError(f"{option}: '{id_}' is not in the staff register.{hint}")
        return id_


_TYPES: dict[str, Callable[..., Any]] = {
    "text": Checker._text,
    "code": Checker._code,
    "date": Checker._date,
    "flag": Checker._flag,
    "number": Checker._number,
    "event": Checker._event,
    "staff": Checker._staff,
}


def pick(text: str, known: Iterable[str], what: str) -> str:
    """Return the one of *known* that *text* spells, hyphens doing for underscores. Raises UsageError."""
    names = {name.lower(): name for name in known}
    found = names.get(text.lower()) or names.get(text.lower().replace("-", "_"))
    if found is None:
        shown = [name.replace("_", "-") for name in names.values()]
        together = ", ".join(shown)
        # A list of short codes fits a line however many there are, and no suggestion can stand in for it.
        listed = f" It is one of: {together}." if len(shown) <= 12 or len(together) <= 160 else ""
        raise UsageError(f"{what}: there is no '{text}'.{listed}{did_you_mean(text, shown)}")
    return found
