"""The written procedure, made from the one that is held to: who may do what, what a step needs, what follows by when.

It is told in sections, each a heading, paragraphs and at most one table; a format writes them down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cinctl.compiled import GateRule
from cinctl.events import KINDS
from cinctl.explain import summary
from cinctl.looking import asked_when, params_of
from cinctl.notes import rules_of
from cinctl.protocol import Clock, Protocol, Rule
from cinctl.rules import Edition
from cinctl.words import satisfy, satisfy_lines

__all__ = ["Section", "sections"]

_OWNERS = {
    "lead": "the lead",
    "supervisor": "the supervisor",
    "manager": "the manager",
    "subject": "the practitioner",
    "lead_at_start": "who leads when it begins",
    None: "",
}


class Section(NamedTuple):
    """One part of the procedure. *level* is that of its heading, 2 or 3; *columns* head the rows of its table."""

    level: int
    title: str
    text: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def sections(edition: Edition) -> Iterator[Section]:
    """Yield the procedure of *edition*, part by part."""
    protocol = edition.protocol
    yield _about(protocol)
    yield from _people(edition)
    yield from _caseloads(protocol)
    yield from _steps(edition)
    yield _clocks(edition)
    yield from _codes(protocol)
    yield from _to_learn_and_fill_in(protocol)
    yield from _sources(protocol)


def _word(name: str) -> str:
    return name.replace("_", " ")


def _table(level: int, title: str, text: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Section:
    """Return a section with a table, which says so where there is nothing in it."""
    told = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows)
    return Section(level, title, (text,) if told else ("None.",), tuple(columns) if told else (), told)


def _about(protocol: Protocol) -> Section:
    known = summary(protocol)
    days_off = f"{protocol.calendar.bank_holidays}, {len(protocol.calendar.closures)} closures of our own"
    rows = [
        ("status", known["status"]),
        ("in force from", known["effective_from"] or "always"),
        ("agreed by", ", ".join(protocol.agreed_by)),
        ("published", known["published_on"]),
        ("to be reviewed", known["review_on"]),
        ("rests on", ", ".join(protocol.extends)),
        ("takes the place of", known["supersedes"]),
        ("bank holidays", days_off),
        ("protocol", f"{protocol.id}, {protocol.hash}"),
    ]
    kept = [row for row in rows if row[1]]
    text = "This page is made from the protocol that cinctl holds casework to: what it says is what is checked."
    return _table(2, "About this procedure", text, ("what", "is"), kept)


# Who


def _people(edition: Edition) -> Iterator[Section]:
    protocol = edition.protocol
    in_sets = {name: [_word(s) for s, members in protocol.sets.items() if name in members] for name in protocol.roles}
    yield _table(
        2,
        "Roles",
        "Who works on cases, and which groups of the rules below they belong to.",
        ("role", "title", "belongs to", "clauses"),
        [(name, r.title, ", ".join(in_sets[name]), ", ".join(r.clauses)) for name, r in protocol.roles.items()],
    )
    yield _table(
        2,
        "Who may do what",
        "What the rules ask of the people of a step.",
        ("step", "who", "where", "if not", "rule"),
        [_who(edition, gate) for gate in edition.gate_rules.values() if _of_people(gate)],
    )


def _caseloads(protocol: Protocol) -> Iterator[Section]:
    """Yield a section on the limits of caseload, where there are any."""
    spec = protocol.caseload
    told = [("a practitioner", spec.practitioner), *((_title_of(protocol, r), n) for r, n in spec.roles.items())]
    told += [("a unit", spec.unit), *((f"unit {name}", limit) for name, limit in spec.units.items())]
    if any(limit is not None for _, limit in told):
        text = spec.say or "How many open cases are the most. Nobody is refused a case for it; 'cinctl caseload' tells."
        cited = ", ".join(spec.clauses)
        rows = [(who, limit, cited) for who, limit in told if limit is not None]
        yield _table(2, "Caseloads", text, ("who", "open cases, at most", "clauses"), rows)


def _title_of(protocol: Protocol, role: str) -> str:
    return protocol.roles[role].title if role in protocol.roles else _word(role)


def _of_people(gate: GateRule) -> bool:
    return any(line.fact.holder is not None for line in gate.require.lines)


def _who(edition: Edition, gate: GateRule) -> tuple[str, ...]:
    told = (satisfy_lines(line for line in table if line.fact.holder is not None) for table in gate.require.tables)
    steps = ", ".join(map(_step_word, gate.gate.on))
    where = satisfy(gate.when) or "always"
    return steps, "; or ".join(filter(None, told)), where, _if_not(gate.gate), _rule(edition.protocol, gate.gate)


def _step_word(kind: str) -> str:
    return kind.replace(".", " ").replace("_", " ")


def _if_not(rule: Rule) -> str:
    return "refused" if rule.level == "deny" else "a finding"


def _rule(protocol: Protocol, rule: Rule) -> str:
    marks = [rule.id, protocol.cite(rule) if rule.clauses else ""]
    marks += [f"assumption {rule.assumption}"] if rule.assumption else []
    marks += [f"external: {rule.external}"] if rule.external else []
    return ", ".join(filter(None, marks))


# Steps


def _steps(edition: Edition) -> Iterator[Section]:
    yield Section(2, "Steps", ("Each step, with what it needs when it is recorded, and what follows from it.",))
    for kind in KINDS.values():
        for full in kind.full_names():
            needs = edition.gates.get(full, [])
            follows = [clock for clock in edition.protocol.clocks.values() if _starts(edition, clock, full)]
            if needs or follows:
                about = kind.phases.get(full.partition(".")[2]) or kind.doc
                yield from _step(edition, full, about, needs, follows)


def _starts(edition: Edition, clock: Clock, full: str) -> bool:
    hooks = edition.hooks[clock.subject].get(full, ())
    return any(hook.clock.id == clock.id and hook.role == "start" for hook in hooks)


def _step(
    edition: Edition, full: str, about: str, needs: Sequence[GateRule], follows: Sequence[Clock]
) -> Iterator[Section]:
    protocol, title = edition.protocol, _step_word(full)
    yield Section(3, title[:1].upper() + title[1:], (about,))
    if needs:
        yield Section(
            4,
            f"What {title} needs",
            columns=("what", "where", "satisfied by", "if not", "rule"),
            rows=tuple(
                (g.gate.say, satisfy(g.when) or "always", satisfy(g.require), _if_not(g.gate), _rule(protocol, g.gate))
                for g in needs
            ),
        )
    if follows:
        yield Section(
            4,
            f"What follows {title}",
            columns=("what", "where", "by when", "whose", "rule"),
            rows=tuple(
                (c.say, asked_when(c, edition) or "always", _limit(c), _owner(c), _rule(protocol, c)) for c in follows
            ),
        )


def _limit(clock: Clock) -> str:
    if clock.every:
        times = f"{clock.times} times " if clock.times > 1 else ""
        return f"{times}every {clock.every}" + (f", for {clock.lasts}" if clock.lasts else "")
    if clock.within is None:
        return "no time is set"
    return clock.within if clock.within[:1].isdigit() else f"the date of {_word(clock.within)}"


def _owner(clock: Clock) -> str:
    owner = clock.owner
    if owner in _OWNERS:
        return _OWNERS[owner]
    assert owner is not None
    return _word(owner[1:]) if owner.startswith("@") else f"{_word(owner.removeprefix('start.'))} of that step"


def _clocks(edition: Edition) -> Section:
    return _table(
        2,
        "Time limits",
        "All that must follow something. Being late is never refused: it is a finding.",
        ("what", "begins with", "is done by", "by when", "whose", "rule"),
        [
            (c.say, _listed(c.starts), _listed(c.stops), _limit(c), _owner(c), _rule(edition.protocol, c))
            for c in edition.protocol.clocks.values()
        ],
    )


def _listed(triggers: Sequence[Any]) -> str:
    return ", ".join(dict.fromkeys(_step_word(name) for trigger in triggers for name in trigger.on))


# Words


def _codes(protocol: Protocol) -> Iterator[Section]:
    yield Section(2, "Lists of words", ("What a step may say, word by word.",) if protocol.codes else ("None.",))
    for name, codes in protocol.codes.items():
        rows = [(word, code.title, ", ".join(code.clauses)) for word, code in codes.items()]
        yield _table(3, _word(name)[:1].upper() + _word(name)[1:], "", ("word", "meaning", "clauses"), rows)


def _to_learn_and_fill_in(protocol: Protocol) -> Iterator[Section]:
    yield _table(
        2,
        "Training",
        "What practitioners complete.",
        ("training", "topics", "within", "stays valid", "clauses"),
        [
            (_word(name), ", ".join(map(_word, t.topics)), t.within, t.valid_for, ", ".join(t.clauses))
            for name, t in protocol.training.items()
        ],
    )
    yield _table(
        2,
        "To fill in",
        "What the authority must say; a rule that rests on what is not yet filled in is not checked.",
        ("what", "means", "value", "rules"),
        [
            (_word(name), param.say, "not filled in" if param.value is None else param.value, _resting(protocol, name))
            for name, param in protocol.params.items()
        ],
    )
    yield _table(
        2,
        "Rules that do not hold here",
        "Inherited rules that this protocol takes out, and why.",
        ("rule", "why"),
        list(protocol.disabled.items()),
    )


def _resting(protocol: Protocol, name: str) -> str:
    return ", ".join(rule.id for rule in rules_of(protocol) if name in params_of(rule, protocol))


def _sources(protocol: Protocol) -> Iterator[Section]:
    cited = list(dict.fromkeys(clause for rule in rules_of(protocol) for clause in rule.clauses))
    known = [(id_, clause) for id_ in cited if (clause := protocol.clause(id_)) is not None]
    yield _table(
        2,
        "Clauses",
        "The paragraphs that the rules above come from, paraphrased.",
        ("clause", "source", "says"),
        [(id_, protocol.citation(id_) or clause.source, clause.says) for id_, clause in known],
    )
    used = dict.fromkeys(clause.source for _, clause in known)
    sources = [(id_, source) for id_ in used if (source := protocol.source(id_)) is not None]
    yield _table(
        2, "Sources", "The documents.", ("source", "title", "address"), [(i, s.title, s.url) for i, s in sources]
    )
