"""Condition tables of the protocol language, compiled: every condition is true or false, and can say why.

A table holds when every line in it holds; an array of tables holds when any table does; an empty one holds.
`absent`, `not`, `none_of` and `differs_from` are the exact complements of `present`, equality, `any_of` and `same_as`,
and so hold of an absent fact. Every other operator is false when either side is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from cinctl.calendar import Duration
from cinctl.comparing import Test, all_test, among, any_test, equality, inclusion, listed, membership, same, size_of
from cinctl.errors import FaultLine, did_you_mean
from cinctl.facts import Fact, FactError, Get, Moment, Reads, Scope, compile_fact

OPERATORS = (
    *("present", "absent", "not", "any_of", "none_of", "same_as", "differs_from", "on_or_before", "on_or_after"),
    *("within", "includes", "includes_all", "at_least", "at_most"),
)
_NEGATIVE = frozenset({"absent", "not", "none_of", "differs_from"})
_OF_DATES = frozenset({"on_or_before", "on_or_after", "within"})
_OF_LISTS = frozenset({"includes", "includes_all"})

Table = tuple["Line", ...]


class Line(NamedTuple):
    """One line of a condition table: a fact, an operator (`is` for a literal), its operand, and the compiled test.

    *holds* returns whether the line holds at a moment. *other* is the fact that the operand names, where it names one.
    """

    fact: Fact
    operator: str
    operand: Any
    holds: Test
    reads: Reads
    own: bool
    other: Fact | None = None


class Conditions:
    """Compiled condition tables. No tables: always true. *holds* returns whether any of them holds at a moment."""

    __slots__ = ("_reads", "holds", "tables")

    def __init__(self, tables: tuple[Table, ...]) -> None:
        self.tables = tables
        self.holds = any_test([all_test([line.holds for line in table]) for table in tables])
        self._reads: Reads | None = None

    @property
    def reads(self) -> Reads:
        """Everything that the tables read."""
        if self._reads is None:
            self._reads = frozenset().union(*(line.reads for table in self.tables for line in table))
        return self._reads

    @property
    def lines(self) -> list[Line]:
        """Every line of every table."""
        return [line for table in self.tables for line in table]

    def failing(self, moment: Moment) -> list[Line]:
        """Return the lines that do not hold: all of a single table, of several tables the first of each."""
        if len(self.tables) == 1:
            return [line for line in self.tables[0] if not line.holds(moment)]
        firsts = (next((line for line in table if not line.holds(moment)), None) for table in self.tables)
        return [line for line in firsts if line is not None]

    def certainly(self, moment: Moment) -> bool | None:
        """Return whether the tables hold whatever the step's own fields say: True, False, or None when it depends."""
        if not self.tables:
            return True
        verdicts = [_certainly(table, moment) for table in self.tables]
        if any(v is True for v in verdicts):
            return True
        return False if all(v is False for v in verdicts) else None


ALWAYS = Conditions(())


def _certainly(table: Sequence[Line], moment: Moment) -> bool | None:
    unsure = False
    for line in table:
        if line.own:
            unsure = True
        elif not line.holds(moment):
            return False
    return None if unsure else True


class Vocabulary(NamedTuple):
    """What the words in a condition may mean: the facts in scope, the sets, and the code lists."""

    scope: Scope
    sets: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Iterable[str]]


def compile_conditions(
    tables: Iterable[Mapping[str, Any]], words: Vocabulary, kinds: Iterable[str], faults: list[str]
) -> Conditions:
    """Compile *tables* as looked at from events of the full *kinds*; what is wrong is added to *faults*."""
    kinds = tuple(kinds)
    made = []
    for table in tables:
        lines: list[Line] = []
        for name, value in table.items():
            try:
                fact = compile_fact(name, words.scope, kinds)
                lines += _lines(fact, value, words, kinds)
            except ValueError as fault:
                check = "unknown-fact" if isinstance(fault, FactError) else "condition"
                faults.append(FaultLine(str(fault), check))
        made.append(tuple(lines))
    return Conditions(tuple(made))


def _lines(fact: Fact, value: Any, words: Vocabulary, kinds: tuple[str, ...]) -> list[Line]:
    if isinstance(value, dict):
        if not value:
            raise ValueError(f"'{fact.name}': an empty operator table says nothing")
        return [_operator(fact, operator, operand, words, kinds) for operator, operand in value.items()]
    if isinstance(value, list) or (isinstance(value, str) and value.startswith("@")):
        return [_operator(fact, "any_of", value, words, kinds)]
    _check_literals(fact, [value], words)
    return [Line(fact, "is", value, equality(fact.get, value), fact.reads, fact.own)]


def _operator(fact: Fact, operator: str, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Line:
    if operator not in OPERATORS:
        raise ValueError(f"'{fact.name}': '{operator}' is not an operator.{did_you_mean(operator, OPERATORS)}")
    _check_type(fact, operator)
    test, other = _COMPILERS[operator](fact, operand, words, kinds)
    reads, own = fact.reads, fact.own
    if other is not None:
        reads, own = reads | other.reads, own or other.own
    return Line(fact, operator, operand, test, reads, own, other)


def _check_type(fact: Fact, operator: str) -> None:
    if operator in _OF_DATES and fact.type != "date":
        raise ValueError(f"'{fact.name}' is a {fact.type}, and '{operator}' compares dates")
    if operator in _OF_LISTS and fact.type not in ("list", "map"):
        raise ValueError(f"'{fact.name}' is a {fact.type}, and '{operator}' looks into lists")
    if operator in ("at_least", "at_most") and fact.type not in ("number", "list", "map", "time"):
        raise ValueError(f"'{fact.name}' is a {fact.type}, and '{operator}' compares numbers or the length of a list")


_LITERALS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "code": (str,),
    "person": (str,),
    "list": (str,),
    "map": (str,),
    "date": (date,),
    "number": (int,),
    "event": (int,),
    "flag": (bool,),
    "time": (str,),
}


def _check_literals(fact: Fact, values: Iterable[Any], words: Vocabulary) -> None:
    for value in values:
        odd = isinstance(value, datetime) or (fact.type == "number" and isinstance(value, bool))
        if odd or not isinstance(value, _LITERALS[fact.type]):
            raise ValueError(f"'{fact.name}' is a {fact.type}; it can never be {value!r}")
        known = list(words.codes.get(fact.codes or "", ()))
        if known and isinstance(value, str) and value not in known:
            raise ValueError(
                f"'{fact.name}': '{value}' is not in the code list '{fact.codes}'.{did_you_mean(value, known)}"
            )


# Operands

Compiled = tuple[Test, Fact | None]


def _values(
    fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]
) -> tuple[frozenset[Any] | Get, Fact | None]:
    """Return a list operand: literals or a set `@manager` as they are, a fact `@case.agencies` as its accessor."""
    if isinstance(operand, str) and operand.startswith("@"):
        name = operand[1:]
        if name in words.sets:
            return frozenset(words.sets[name]), None
        if "." not in name:
            raise ValueError(f"'{fact.name}': there is no set '{operand}'.{did_you_mean(name, words.sets)}")
        other = compile_fact(name, words.scope, kinds)

        def get(moment: Moment) -> Any:
            value = other.get(moment)
            if value is None:
                return None
            items = listed(value)
            return frozenset(items) if items is not None else frozenset((value,))

        return get, other
    literals = operand if isinstance(operand, list) else [operand]
    spread: list[Any] = []
    for literal in literals:
        if isinstance(literal, str) and literal.startswith("@"):
            if literal[1:] not in words.sets:
                raise ValueError(f"'{fact.name}': there is no set '{literal}'.{did_you_mean(literal[1:], words.sets)}")
            spread += words.sets[literal[1:]]
        else:
            _check_literals(fact, [literal], words)
            spread.append(literal)
    return frozenset(spread), None


def _presence(wanted: bool) -> Callable[..., Compiled]:
    def make(fact: Fact, operand: Any, _words: Vocabulary, _kinds: tuple[str, ...]) -> Compiled:
        if operand is not True:
            raise ValueError(f"'{fact.name}': 'present' and 'absent' take true, not {operand!r}")
        get = fact.get
        return ((lambda m: get(m) is not None) if wanted else (lambda m: get(m) is None)), None

    return make


def _any_of(wanted: bool) -> Callable[..., Compiled]:
    def make(fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Compiled:
        values, other = _values(fact, operand, words, kinds)
        if isinstance(values, frozenset):
            return membership(fact.get, values, wanted), other
        get, find = fact.get, values

        def test(moment: Moment) -> bool:
            literals = find(moment)
            return (literals is not None and among(get(moment), literals)) is wanted

        return test, other

    return make


def _not(fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Compiled:
    if not isinstance(operand, dict):
        return _any_of(wanted=False)(fact, operand, words, kinds)
    if not operand:
        raise ValueError(f"'{fact.name}': 'not' negates nothing")
    lines = [_operator(fact, operator, inner, words, kinds) for operator, inner in operand.items()]
    others = [line.other for line in lines if line.other is not None]
    other = None
    if others:
        # One stands for all: what they read, and whether any of them is the step's own say.
        reads = frozenset().union(*(o.reads for o in others))
        other = others[0]._replace(reads=reads, own=any(o.own for o in others))
    holds = all_test([line.holds for line in lines])
    return (lambda m: not holds(m)), other


def _other_fact(fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Fact:
    if not isinstance(operand, str):
        raise ValueError(f"'{fact.name}': the operand must be the name of a fact, not {operand!r}")
    return compile_fact(operand.removeprefix("@"), words.scope, kinds)


_LISTS = frozenset({"list", "map"})
_SORTS = {
    "text": "text",
    "time": "text",
    "code": "text",
    "person": "text",
    "date": "date",
    "number": "number",
    "event": "number",
} | {"flag": "flag"}


def _sameness(wanted: bool) -> Callable[..., Compiled]:
    def make(fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Compiled:
        other = _other_fact(fact, operand, words, kinds)
        if _SORTS.get(fact.type, "list") not in (_SORTS.get(other.type, "list"), "list") and other.type not in _LISTS:
            raise ValueError(f"'{fact.name}' is a {fact.type}, and '{other.name}', a {other.type}, is never the same")
        get, get_other = fact.get, other.get

        def test(moment: Moment) -> bool:
            value, compared = get(moment), get_other(moment)
            if value.__class__ is str and compared.__class__ is str:
                return (value == compared) is wanted
            return same(value, compared) is wanted

        return test, other

    return make


def _ordered(later: bool) -> Callable[..., Compiled]:
    def make(fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Compiled:
        if isinstance(operand, datetime):
            raise ValueError(f"'{fact.name}' is compared with dates, not with the date-time {operand}")
        get = fact.get
        if isinstance(operand, date):
            return (lambda m: (v := get(m)) is not None and (v >= operand if later else v <= operand)), None
        other = _other_fact(fact, operand, words, kinds)
        if other.type != "date":
            raise ValueError(f"'{fact.name}' is compared with '{other.name}', which is a {other.type} and no date")
        get_bound = other.get

        def test(moment: Moment) -> bool:
            value, bound = get(moment), get_bound(moment)
            if value is None or bound is None:
                return False
            return bool(value >= bound if later else value <= bound)

        return test, other

    return make


def _within(fact: Fact, operand: Any, _words: Vocabulary, _kinds: tuple[str, ...]) -> Compiled:
    if not isinstance(operand, str):
        raise ValueError(f"'{fact.name}': 'within' takes a duration such as '4 weeks', not {operand!r}")
    duration, get = Duration.parse(operand), fact.get

    def test(moment: Moment) -> bool:
        value, on = get(moment), moment.event.on
        return value is not None and value <= on <= duration.after(value, moment.calendar)

    return test, None


def _includes(every: bool) -> Callable[..., Compiled]:
    def make(fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Compiled:
        values, other = _values(fact, operand, words, kinds)
        get = fact.get
        if isinstance(values, frozenset):
            return inclusion(get, values, every), other
        find = values

        def test(moment: Moment) -> bool:
            value, wanted = get(moment), find(moment)
            if value is None or wanted is None:
                return False
            items = set(listed(value) or ())
            return wanted <= items if every else bool(wanted & items)

        return test, other

    return make


def _clock_time(fact: Fact, operand: Any) -> str:
    """Return *operand*, a time of day as `HH:MM`, which sorts as text does."""
    try:
        return time.fromisoformat(str(operand)).strftime("%H:%M")
    except ValueError:
        raise ValueError(f"'{fact.name}' is compared with a time such as '09:00', not {operand!r}") from None


def _bounded(least: bool) -> Callable[..., Compiled]:
    def make(fact: Fact, operand: Any, words: Vocabulary, kinds: tuple[str, ...]) -> Compiled:
        get = fact.get
        if fact.type == "time":
            clock = _clock_time(fact, operand)
            return (lambda m: (v := get(m)) is not None and (v >= clock if least else v <= clock)), None
        if isinstance(operand, int) and not isinstance(operand, bool):
            return (lambda m: (n := size_of(get(m))) is not None and (n >= operand if least else n <= operand)), None
        other = _other_fact(fact, operand, words, kinds)
        if other.type not in ("number", "list", "map"):
            raise ValueError(f"'{fact.name}' is compared with '{other.name}', which is a {other.type} and no number")

        def test(moment: Moment) -> bool:
            size, bound = size_of(get(moment)), size_of(other.get(moment))
            if size is None or bound is None:
                return False
            return size >= bound if least else size <= bound

        return test, other

    return make


_COMPILERS: dict[str, Callable[..., Compiled]] = {
    "present": _presence(wanted=True),
    "absent": _presence(wanted=False),
    "any_of": _any_of(wanted=True),
    "none_of": _any_of(wanted=False),
    "not": _not,
    "same_as": _sameness(wanted=True),
    "differs_from": _sameness(wanted=False),
    "on_or_after": _ordered(later=True),
    "on_or_before": _ordered(later=False),
    "within": _within,
    "includes": _includes(every=False),
    "includes_all": _includes(every=True),
    "at_least": _bounded(least=True),
    "at_most": _bounded(least=False),
}


def may_be_vacuous(conditions: Conditions) -> list[Line]:
    """Return negative lines on facts that may be absent with no `present` beside them; lint warns of these."""
    found = []
    for table in conditions.tables:
        sure = {line.fact.name for line in table if line.operator not in _NEGATIVE}
        found += [
            line
            for line in table
            if line.operator in _NEGATIVE and line.operator != "absent" and line.fact.name not in sure
        ]
    return found
