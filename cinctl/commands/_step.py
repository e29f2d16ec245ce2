"""Make a command out of a kind of event: its options are the fields of the event class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cinctl.commands._answer import output_options, view_from
from cinctl.commands._cases import case_arguments
from cinctl.commands._verdicts import COLUMNS, report
from cinctl.events import KINDS, Field, Kind
from cinctl.history import Draft
from cinctl.shell import DATE, MOMENT, SEQ, TEXT, WORD, Choice, Command, Session, read_text

if TYPE_CHECKING:
    from cinctl.workspace import Verdict

__all__ = ["Shape", "step"]

_METAVARS = {
    "text": "TEXT", "code": "CODE", "date": "DATE", "number": "N", "staff": "STAFF", "event": "SEQ",
}  # fmt: skip
_WAIVER = ("rule", "reason", "until", "approved_by")


class Shape(NamedTuple):
    """How a command differs from the usual form of a step.

    *subject*: `cases` (several), `case` (at most one), `staff` or `seq`. *phase*: fixed, where the command itself
    says it. *fields*: those of the kind that it takes, where not all. *one_of*: fields of which one is needed, and
    only one where *not_both*.
    """

    subject: str = "cases"
    phase: str | None = None
    fields: Sequence[str] | None = None
    one_of: Sequence[str] = ()
    not_both: bool = False
    waivable: bool = True


_USUAL = Shape()


def step(
    kind: str, *, examples: Iterable[str], name: str | None = None, doc: str | None = None, shape: Shape = _USUAL
) -> Command:
    """Return the command that records events of *kind*."""
    spec = KINDS[kind]
    fields = [field for field in spec.fields.values() if _wanted(field, shape)]
    phases = [] if shape.phase else _phase_options(spec)
    params = [*_subject(shape), *phases, *map(_field_option, fields), *_common(shape), *output_options()]
    return Command(
        name or kind,
        params=params,
        callback=_callback(spec, shape, fields),
        help=_help(doc or spec.doc, shape),
        examples=examples,
        groups=_groups(params, phases),
    )


def _help(doc: str, shape: Shape) -> str:
    if shape.subject != "cases":
        return doc
    return doc + "\n\nCASE... are ids, or - for ids (or JSON lines with a case) from stdin."


def _wanted(field: Field, shape: Shape) -> bool:
    given_as_argument = {"staff": "staff", "seq": "of"}.get(shape.subject)
    return field.name != given_as_argument and (shape.fields is None or field.name in shape.fields)


# -- options ------------------------------------------------------------------------------------------------------


def _subject(shape: Shape) -> list[click.Parameter]:
    if shape.subject == "cases":
        return [case_arguments(required=True)]
    if shape.subject == "case":
        return [case_arguments(required=False, metavar="CASE")]
    if shape.subject == "staff":
        return [click.Argument(["subject"], metavar="STAFF", required=True, type=WORD)]
    return [click.Argument(["subject"], metavar="SEQ", required=True, type=SEQ)]


def _phase_options(spec: Kind) -> list[click.Parameter]:
    if spec.name == "approve":
        return [
            click.Option(["--what"], type=Choice(("assessment", "plan")), required=True, help="What is approved."),
            click.Option(["--return", "returned"], is_flag=True, help="Send it back instead."),
        ]
    return [
        click.Option(["--" + phase.replace("_", "-"), "phase_" + phase], is_flag=True, help=_sentence(meaning))
        for phase, meaning in spec.phases.items()
        if phase != spec.default_phase
    ]


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


def _pair_metavar(field: Field) -> str:
    return "FIELD=VALUE" if field.name == "set" else "PART=TEXT"


def _type_of(field: Field) -> click.ParamType[Any]:
    if field.type == "date":
        return DATE
    if field.type in ("number", "event"):
        return SEQ
    return TEXT if field.type == "text" and not field.mapping else WORD


def _common(shape: Shape) -> list[click.Parameter]:
    options: list[click.Parameter] = [
        click.Option(["--by"], metavar="STAFF", type=WORD, help="Who did it. [env CINCTL_ACTOR]"),
        click.Option(["--on"], type=DATE, metavar="DATE", help="When it happened. [default today]"),
        click.Option(["--at"], type=MOMENT, metavar="DATETIME", help="The same to the minute, with its offset."),
        click.Option(["--dry-run"], is_flag=True, help="Judge it, write nothing."),
    ]
    if shape.subject == "cases":
        options.append(click.Option(["--keep-going"], is_flag=True, help="Record what is accepted, whatever the rest."))
    return options + (_waiver_options() if shape.waivable else [])


def _waiver_options() -> list[click.Parameter]:
    return [
        click.Option(["--waive"], metavar="RULE", type=WORD, multiple=True, help="Depart from this rule. Repeatable."),
        click.Option(["--waive-reason"], metavar="TEXT", type=TEXT, help="Why, as it must be defended."),
        click.Option(["--waive-until"], metavar="DATE", type=DATE, help="The last day on which that holds."),
        click.Option(["--waive-approved-by"], metavar="STAFF", type=WORD, help="Who approved it."),
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
        view = view_from(values, session, COLUMNS, COLUMNS)
        batches = _batches(ctx, session, spec, shape, fields, values)
        dry_run, keep_going = values["dry_run"], values.get("keep_going", False)
        verdicts = [
            verdict
            for batch in (batches if keep_going else [[draft for batch in batches for draft in batch]])
            for verdict in session.workspace.record(batch, dry_run=dry_run)
        ]
        session.tell_notices()
        shown = [v for v in verdicts if not v.accepted or _is_about(v, spec)]
        report(view, shown, dry_run=dry_run, kept=keep_going, only_id=spec.name == "refer")

    return callback


def _is_about(verdict: Verdict, spec: Kind) -> bool:
    """Say whether *verdict* is on the step itself, rather than on a waiver that came with it."""
    return str((verdict.event or {}).get("kind")).partition(".")[0] == spec.name


def _batches(
    ctx: click.Context, session: Session, spec: Kind, shape: Shape, fields: Sequence[Field], values: Mapping[str, Any]
) -> list[list[Draft]]:
    """Return the drafts of each case: its waivers, then the step."""
    data = _data(ctx, fields, values)
    _check_one_of(ctx, spec, shape, data)
    phase = shape.phase or _phase(ctx, spec, values)
    kind = f"{spec.name}.{phase}" if phase else spec.name
    at, by = _at(ctx, session, values), values["by"] or session.settings.actor
    waivers = _waivers(ctx, values) if shape.waivable else []
    if shape.subject in ("staff", "seq"):
        data[{"staff": "staff", "seq": "of"}[shape.subject]] = values["subject"]
    cases = _cases(ctx, shape, values)
    if waivers and None in cases:
        raise click.UsageError("--waive on a new case needs the case's id", ctx)
    batches = []
    for case in cases:
        waived = [Draft("waive", case, at, by, waiver) for waiver in waivers]
        recorded = Draft(kind, case, at, by, dict(data))
        # a case is there to be waived on only once it is referred
        batches.append([recorded, *waived] if spec.name == "refer" else [*waived, recorded])
    return batches


def _check_one_of(ctx: click.Context, spec: Kind, shape: Shape, data: Mapping[str, Any]) -> None:
    options = [spec.fields[name].option for name in shape.one_of]
    given = sum(name in data for name in shape.one_of)
    if options and not given:
        raise click.UsageError("needs " + " or ".join(options), ctx)
    if shape.not_both and given > 1:
        raise click.UsageError(" and ".join(options) + " exclude each other", ctx)


def _cases(ctx: click.Context, shape: Shape, values: Mapping[str, Any]) -> list[str | None]:
    if shape.subject in ("staff", "seq"):
        return [None]
    cases = values["cases"]
    if shape.subject == "cases":
        return list(cases or ())
    if cases is not None and len(cases) > 1:
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


def _pairs(ctx: click.Context, field: Field, values: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        key, equals, text = value.partition("=")
        key = key.strip().replace("-", "_")
        if not equals or not key:
            raise click.UsageError(f"{field.option}: '{value}' is not {_pair_metavar(field)}", ctx)
        if key in pairs:
            raise click.UsageError(f"{field.option}: '{key}' is there twice", ctx)
        pairs[key] = read_text(text, ctx)
    return pairs


def _phase(ctx: click.Context, spec: Kind, values: Mapping[str, Any]) -> str | None:
    if not spec.phases:
        return None
    if spec.name == "approve":
        return str(values["what"]) + ("_returned" if values["returned"] else "")
    given = [phase for phase in spec.phases if values.get("phase_" + phase)]
    choices = ", ".join("--" + phase.replace("_", "-") for phase in spec.phases if phase != spec.default_phase)
    if len(given) > 1:
        raise click.UsageError(f"takes only one of {choices}", ctx)
    if not given and spec.default_phase is None:
        raise click.UsageError(f"needs one of {choices}", ctx)
    return given[0] if given else spec.default_phase


def _at(ctx: click.Context, session: Session, values: Mapping[str, Any]) -> str:
    on, at = values["on"], values["at"]
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
    return [dict(zip(_WAIVER, (rule, reason, until.isoformat(), approved_by), strict=True)) for rule in rules]
