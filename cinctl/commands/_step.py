"""Make a command out of a kind of event: its options are the fields of the event class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import click

from cinctl.commands._answer import output_options, view_from
from cinctl.commands._cases import case_arguments
from cinctl.commands._verdicts import COLUMNS, SCHEMA, report
from cinctl.events import KINDS, Field, Kind
from cinctl.history import Draft
from cinctl.option_types import DATE, MOMENT, RULE, SEQ, STAFF, TEXT, UNIT, WORD, Choice, Named, read_text
from cinctl.session import Session
from cinctl.shell import Command

__all__ = ["Shape", "step", "when"]

_METAVARS = {
    "text": "TEXT", "code": "CODE", "date": "DATE", "number": "N", "staff": "STAFF", "event": "SEQ",
}  # fmt: skip
_WAIVER = ("rule", "reason", "until", "approved_by")


class Shape(NamedTuple):
    """How a command differs from the usual form of a step.

    *subject*: `cases` (several), `any_cases` (several, or none), `case` (at most one), `staff`, `seq` or `service`
    (no argument). *phase*: fixed, where the command itself says it. *phase_option*: the option that takes the phase
    as its value, with its help. *fields*: those of the kind that it takes, where not all. *one_of*: fields of which
    one is needed, and only one where *not_both*. *same*: another option's name, such as `note`, and the field of
    this kind that it stands for.
    """

    subject: str = "cases"
    phase: str | None = None
    phase_option: tuple[str, str] | None = None
    fields: Sequence[str] | None = None
    one_of: Sequence[str] = ()
    not_both: bool = False
    waivable: bool = True
    same: tuple[str, str] | None = None


_USUAL = Shape()


def step(
    kind: str, *, examples: Iterable[str], name: str | None = None, doc: str | None = None, shape: Shape = _USUAL
) -> Command:
    """Return the command that records events of *kind*."""
    spec = KINDS[kind]
    fields = [_asked(field, shape) for field in spec.fields.values() if _wanted(field, shape)]
    phases = [] if shape.phase else _phase_options(spec, shape)
    options = [*map(_field_option, fields), *_same_option(spec, shape)]
    params = [*_subject(shape), *phases, *options, *_common(shape), *output_options()]
    return Command(
        name or kind,
        params=params,
        callback=_callback(spec, shape, fields),
        help=_help(doc or spec.doc, shape),
        examples=examples,
        groups=_groups(params, phases),
    )


_CASES = "\n\nCASE... are ids, or - for ids (or JSON lines with a case) from stdin"
_ARGUMENTS = {"cases": f"{_CASES}.", "any_cases": f"{_CASES}; without any, it belongs to no case."}


def _help(doc: str, shape: Shape) -> str:
    return doc + _ARGUMENTS.get(shape.subject, "")


def _wanted(field: Field, shape: Shape) -> bool:
    given_as_argument = {"staff": "staff", "seq": "of"}.get(shape.subject)
    return field.name != given_as_argument and (shape.fields is None or field.name in shape.fields)


def _asked(field: Field, shape: Shape) -> Field:
    """Return *field* as an option asks for it: one of several that will do is not required by itself."""
    return field._replace(required=False) if field.name in shape.one_of else field


# -- options ------------------------------------------------------------------------------------------------------


def _subject(shape: Shape) -> list[click.Parameter]:
    if shape.subject == "service":
        return []
    if shape.subject in ("cases", "any_cases"):
        return [case_arguments(required=shape.subject == "cases")]
    if shape.subject == "case":
        return [case_arguments(required=False, metavar="CASE")]
    if shape.subject == "staff":
        return [click.Argument(["subject"], metavar="STAFF", required=True, type=STAFF)]
    return [click.Argument(["subject"], metavar="SEQ", required=True, type=SEQ)]


def _phase_options(spec: Kind, shape: Shape) -> list[click.Parameter]:
    if spec.name == "approve":
        return [
            click.Option(["--what"], type=Choice(("assessment", "plan")), required=True, help="What is approved."),
            click.Option(["--return", "returned"], is_flag=True, help="Send it back instead."),
        ]
    flags: list[click.Parameter] = [
        click.Option(
            [_typed(phase), "phase_" + phase],
            is_flag=True,
            hidden=shape.phase_option is not None,
            help=_sentence(meaning),
        )
        for phase, meaning in _flag_phases(spec)
    ]
    if shape.phase_option is None:
        return flags
    name, text = shape.phase_option
    return [click.Option([name, "phase"], type=_PhaseName(spec), metavar=_choices(spec), help=text), *flags]


def _typed(phase: str) -> str:
    return "--" + phase.replace("_", "-")


def _flag_phases(spec: Kind) -> list[tuple[str, str]]:
    """Return the phases that have a flag: not the usual one, nor one that a field of its name tells of."""
    return [(name, text) for name, text in spec.phases.items() if name not in (spec.default_phase, *spec.fields)]


def _choices(spec: Kind) -> str:
    return "|".join(phase.replace("_", "-") for phase in spec.phases)


class _PhaseName(Choice):
    """One phase of a kind, typed with hyphens or underscores."""

    def __init__(self, spec: Kind) -> None:
        super().__init__([phase.replace("_", "-") for phase in spec.phases])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the phase as the log spells it."""
        return str(super().convert(str(value).replace("_", "-"), param, ctx)).replace("-", "_")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _field_option(field: Field) -> click.Option:
    names = [field.option, *field.aliases, "data_" + field.name]
    text = _sentence(field.help) + (" Repeatable." if field.many or field.mapping else "")
    if field.type == "flag":
        positive = f"{field.option}/--no-{field.option.removeprefix('--')}"
        return click.Option([positive, "data_" + field.name], default=None, help=text)
    return click.Option(
        names,
        type=_type_of(field),
        multiple=field.many or field.mapping,
        required=field.required,
        metavar=_pair_metavar(field) if field.mapping else _METAVARS[field.type],
        help=text,
    )


def _same_option(spec: Kind, shape: Shape) -> list[click.Parameter]:
    if shape.same is None:
        return []
    name, field = shape.same
    text = f"The same as {spec.fields[field].option}."
    return [click.Option(["--" + name, "data_" + name], type=TEXT, metavar="TEXT", help=text)]


def _pair_metavar(field: Field) -> str:
    return "FIELD=VALUE" if field.name == "set" else "PART=TEXT"


def _type_of(field: Field) -> click.ParamType[Any]:
    if field.type == "date":
        return DATE
    if field.type in ("number", "event"):
        return SEQ
    if field.type == "staff":
        return STAFF
    if field.type == "code" and field.codes and not field.mapping:
        return Named(field.codes)
    if field.holds in ("unit", "rule"):
        return UNIT if field.holds == "unit" else RULE
    return TEXT if field.type == "text" and not field.mapping else WORD


def _common(shape: Shape) -> list[click.Parameter]:
    options: list[click.Parameter] = [
        click.Option(["--by"], metavar="STAFF", type=STAFF, help="Who did it. [env CINCTL_ACTOR]"),
        click.Option(["--on"], type=DATE, metavar="DATE", help="When it happened. [default today]"),
        click.Option(["--at"], type=MOMENT, metavar="DATETIME", help="The same to the minute, with its offset."),
        click.Option(["--dry-run"], is_flag=True, help="Judge it, write nothing."),
    ]
    if shape.subject in ("cases", "any_cases"):
        options.append(click.Option(["--keep-going"], is_flag=True, help="Record what is accepted, whatever the rest."))
    return options + (_waiver_options() if shape.waivable else [])


def _waiver_options() -> list[click.Parameter]:
    return [
        click.Option(["--waive"], metavar="RULE", type=RULE, multiple=True, help="Depart from this rule. Repeatable."),
        click.Option(["--waive-reason"], metavar="TEXT", type=TEXT, help="Why, as it must be defended."),
        click.Option(["--waive-until"], metavar="DATE", type=DATE, help="The last day on which that holds."),
        click.Option(["--waive-approved-by"], metavar="STAFF", type=STAFF, help="Who approved it."),
    ]


def _groups(params: Iterable[click.Parameter], phases: Iterable[click.Parameter]) -> dict[str, str]:
    groups = {param.name or "": "Step" for param in phases}
    for param in params:
        name = param.name or ""
        if name.startswith("data_"):
            groups[name] = "What happened"
        elif name in ("by", "on", "at", "dry_run", "keep_going"):
            groups[name] = "Who and when"
        elif name.startswith("waive"):
            groups[name] = "Departing from a rule (all four)"
    return groups


# -- from options to drafts ---------------------------------------------------------------------------------------


def _callback(spec: Kind, shape: Shape, fields: Sequence[Field]) -> Callable[..., None]:
    def callback(**values: Any) -> None:
        ctx = click.get_current_context()
        session = ctx.ensure_object(Session)
        view = view_from(values, session, COLUMNS, COLUMNS, schema=SCHEMA)
        drafts = _drafts(ctx, session, spec, shape, fields, values)
        dry_run, keep_going = values["dry_run"], values.get("keep_going", False)
        verdicts = session.workspace.record(drafts, dry_run=dry_run, keep_going=keep_going)
        session.tell_notices()
        report(view, verdicts, dry_run=dry_run, kept=keep_going, only_id=spec.name == "refer")

    return callback


def _drafts(
    ctx: click.Context, session: Session, spec: Kind, shape: Shape, fields: Sequence[Field], values: Mapping[str, Any]
) -> list[Draft]:
    """Return the step on each case, its waivers with it."""
    data = _data(ctx, fields, values)
    _take_same(ctx, spec, shape, values, data)
    _check_one_of(ctx, spec, shape, data)
    phase = shape.phase or _phase(ctx, spec, shape, values)
    kind = f"{spec.name}.{phase}" if phase else spec.name
    at, by = when(ctx, session, values["on"], values["at"]), values["by"] or session.settings.actor
    waivers = _waivers(ctx, values) if shape.waivable else []
    if shape.subject in ("staff", "seq"):
        data[{"staff": "staff", "seq": "of"}[shape.subject]] = values["subject"]
    return [
        Draft(kind, case, at, by, dict(data), waivers=tuple(Draft("waive", case, at, by, dict(w)) for w in waivers))
        for case in _cases(ctx, shape, values)
    ]


def _take_same(ctx: click.Context, spec: Kind, shape: Shape, values: Mapping[str, Any], data: dict[str, Any]) -> None:
    """Put what was said under the other name of a field into *data*."""
    name, field = shape.same or ("", "")
    if (given := values.get("data_" + name)) is None:
        return
    if field in data:
        raise click.UsageError(f"{spec.fields[field].option} and --{name} are the same; say it once", ctx)
    data[field] = given


def _check_one_of(ctx: click.Context, spec: Kind, shape: Shape, data: Mapping[str, Any]) -> None:
    options = [spec.fields[name].option for name in shape.one_of]
    given = sum(name in data for name in shape.one_of)
    if options and not given:
        raise click.UsageError("needs " + " or ".join(options), ctx)
    if shape.not_both and given > 1:
        raise click.UsageError(" and ".join(options) + " exclude each other", ctx)


def _cases(ctx: click.Context, shape: Shape, values: Mapping[str, Any]) -> list[str | None]:
    cases = values.get("cases")
    if shape.subject == "cases":
        return list(cases or ())
    if shape.subject == "case" and cases is not None and len(cases) > 1:
        raise click.UsageError("takes at most one case", ctx)
    return list(cases) if cases is not None else [None]


def _data(ctx: click.Context, fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    data = {}
    for field in fields:
        value = values["data_" + field.name]
        if value is None or value == ():
            continue
        data[field.name] = _as_stored(ctx, field, value)
    return data


def _as_stored(ctx: click.Context, field: Field, value: Any) -> Any:
    """Return an option's *value* as the log holds it."""
    if field.mapping:
        return _pairs(ctx, field, value)
    if field.many:
        return list(value)
    return value.isoformat() if isinstance(value, date) else value


def _pairs(ctx: click.Context, field: Field, values: Iterable[str]) -> dict[str, str | list[str]]:
    """Return `PART=TEXT` pairs as a table. What --set sets may be a list: then the same name comes again."""
    pairs: dict[str, str | list[str]] = {}
    for value in values:
        key, equals, text = value.partition("=")
        key = key.strip().replace("-", "_")
        if not equals or not key:
            raise click.UsageError(f"{field.option}: '{value}' is not {_pair_metavar(field)}", ctx)
        text = read_text(text, ctx)
        if key not in pairs:
            pairs[key] = text
        elif field.name != "set" or key in ("at", "by") or "." in key:
            raise click.UsageError(f"{field.option}: '{key}' is there twice", ctx)
        else:
            before = pairs[key]
            pairs[key] = [*(before if isinstance(before, list) else [before]), text]
    return pairs


def _phase(ctx: click.Context, spec: Kind, shape: Shape, values: Mapping[str, Any]) -> str | None:
    if not spec.phases:
        return None
    if spec.name == "approve":
        return str(values["what"]) + ("_returned" if values["returned"] else "")
    given = [phase for phase in spec.phases if _is_given(phase, values)]
    if len(given) > 1:
        raise click.UsageError(f"takes only one of {_phase_names(spec, shape)}", ctx)
    if not given and spec.default_phase is None:
        raise click.UsageError(f"needs {'' if shape.phase_option else 'one of '}{_phase_names(spec, shape)}", ctx)
    return given[0] if given else spec.default_phase


def _is_given(phase: str, values: Mapping[str, Any]) -> bool:
    return bool(values.get("phase_" + phase) or values.get("data_" + phase) or values.get("phase") == phase)


def _phase_names(spec: Kind, shape: Shape) -> str:
    if shape.phase_option:
        return f"{shape.phase_option[0]} {_choices(spec)}"
    return ", ".join(_typed(phase) for phase in spec.phases if phase != spec.default_phase)


def when(ctx: click.Context, session: Session, on: date | None, at: str | None) -> str:
    """Return when a step happened, as the log holds it, from --on, --at, or neither."""
    if on is not None and at is not None:
        raise click.UsageError("--on and --at exclude each other", ctx)
    return str(at or (on.isoformat() if on else session.moment()))


def _waivers(ctx: click.Context, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    rules, reason, until, approved_by = (values["waive" + end] for end in ("", "_reason", "_until", "_approved_by"))
    if not (rules or reason or until or approved_by):
        return []
    missing = [
        option
        for option, value in zip(
            ("--waive", "--waive-reason", "--waive-until", "--waive-approved-by"),
            (rules, reason and reason.strip(), until, approved_by),
            strict=True,
        )
        if not value
    ]
    if missing:
        raise click.UsageError(f"a waiver needs {', '.join(missing)} too", ctx)
    shared = (reason, until.isoformat(), approved_by)
    return [dict(zip(_WAIVER, (rule, *shared), strict=True)) for rule in dict.fromkeys(rules)]
