"""The console script: which commands there are, and the one place where errors become exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence

import click

from cinctl import __version__
from cinctl.errors import (
    DONE,
    EXIT_CODES,
    INTERNAL_BUG,
    INTERRUPTED,
    PIPE_CLOSED,
    SYSTEM_REFUSED,
    WRONG_USAGE,
    CinctlError,
    ConfigError,
    ProtocolError,
    RefusedError,
    SpoiltCacheError,
    system_line,
)
from cinctl.session import Session
from cinctl.shell import LazyGroup, global_options, shown_and_left, usage_line
from cinctl.terminal import begin_answer, emit, emitted, tell

__all__ = ["COMMANDS", "SECTIONS", "cli", "run"]

PROGRAM = "cinctl"

# name -> (module under cinctl.commands, one line of help). Static, so that help and completion import no command.
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Main commands": {
        "refer": ("refer", "Open a case by recording a referral."),
        "allocate": ("allocate", "Make someone the lead practitioner."),
        "supervise": ("supervise", "Record supervision about a case."),
        "escalate": ("escalate", "Raise need or risk, and agree or decline to escalate."),
        "stepdown": ("stepdown", "Step down to a lower tier."),
        "due": ("due", "List what is due, most overdue first."),
        "audit": ("audit", "Judge the whole history against the protocol."),
    },
    "Other steps": {
        "decide": ("decide", "Decide what follows a referral."),
        "consent": ("consent", "Record consent given, declined or withdrawn."),
        "map": ("map", "Record a team mapping."),
        "endorse": ("endorse", "Endorse a proposal about who should lead."),
        "direct": ("direct", "Give management direction for an assessment."),
        "cowork": ("cowork", "Add a co-worker to the case, or end co-working."),
        "handover": ("handover", "Hand the case from the outgoing to the incoming lead."),
        "inform": ("inform", "Record who was told what, or why they were not."),
        "visit": ("visit", "Record a visit."),
        "assess": ("assess", "Start or complete an assessment."),
        "plan": ("plan", "Draw up, confirm, start, change or end a plan."),
        "meet": ("meet", "Record a meeting about the child."),
        "approve": ("approve", "Approve an assessment or a plan, or send it back."),
        "review": ("review", "Record a Child in Need review meeting."),
        "summarise": ("summarise", "Refresh the case summary."),
        "update": ("update", "Update what is known of the child: birth, need, agencies, unit, tier."),
        "change": ("change", "Record a significant change in the family."),
        "legal": ("legal", "Record a legal status: looked after, interim care order, pre-proceedings."),
        "strategy": ("strategy", "Record a strategy discussion."),
        "enquire": ("enquire", "Start or conclude a section 47 enquiry."),
        "conference": ("conference", "Record a child protection conference."),
        "coregroup": ("coregroup", "Record a core group meeting."),
        "service": ("service", "Commission a service from the catalogue."),
        "close": ("close", "Close the case."),
        "reopen": ("reopen", "Open a closed case again."),
        "note": ("note", "Put a note on the record."),
    },
    "Staff, quality and the record": {
        "staff": ("staff", "Keep the staff register."),
        "feedback": ("feedback", "Record feedback, a compliment or a complaint."),
        "dissent": ("dissent", "Record a professional difference."),
        "fileaudit": ("fileaudit", "Record a case-file audit."),
        "govern": ("govern", "Record something the service did as a whole."),
        "child": ("child", "Record census characteristics of the child."),
        "waive": ("waive", "Record a departure from one rule on one case."),
        "correct": ("correct", "Amend or void an earlier event."),
    },
    "Reading": {
        "list": ("list", "List the cases."),
        "show": ("show", "Show a case as it stands."),
        "history": ("history", "Show what happened to a case, event by event."),
        "timeline": ("timeline", "Draw a case over time: what happened, and each clock that ran."),
        "next": ("next", "Show what can be done to a case now, and what would be refused."),
        "board": ("board", "Make one page of what is due, with filters and each case's timeline."),
        "caseload": ("caseload", "Show who leads how many open cases."),
        "report": ("report", "Show the indicators that managers and inspectors look at."),
    },
    "Tools": {
        "init": ("init", "Write a starting config and create the store."),
        "apply": ("apply", "Record a stream of events given as JSON lines."),
        "import": ("import_", "Bring in history and staff from other systems."),
        "export": ("export", "Write what the store holds in a format that other tools read."),
        "verify": ("verify", "Check that the log is whole and nobody altered it."),
        "seal": ("seal", "Record the head of the log's chain, to be kept elsewhere."),
        "repair": ("repair", "Set aside a torn line at the end of the log."),
        "redact": ("redact", "Remove the payload of earlier events, lawfully."),
        "protocol": ("protocol", "List, show, check, explain, compare, test and write protocols."),
        "demo": ("demo", "Fill a store with a synthetic authority."),
        "schema": ("schema", "Print the JSON Schema of what a command answers."),
        "completion": ("completion", "Print a completion script for a shell."),
        "doctor": ("doctor", "Say what is wrong with an installation, without any case data."),
        "help": ("help", "Show the help of a command, or a page about a topic."),
    },
}
COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}

_ABOUT = """Child in Need casework (section 17, Children Act 1989, England) held to a written protocol.

It records what happens to a case, refuses a step that the protocol forbids, says what is due, and audits a whole
history. Every command has its own help: cinctl COMMAND -h. Pages about formats, exit codes, pipes and more:
cinctl help."""

_EXAMPLES = (
    "cinctl init --protocol bristol",
    "cinctl refer R1 --source 1A --born 2015-06-01 --need N1 --on 2026-02-23",
    "cinctl due --overdue",
    "cinctl due --overdue -f ids | cinctl show -",
    "cinctl audit --fail-on deny",
)


class Root(LazyGroup):
    """The root: knows its commands from the table, and imports the one that is asked for."""

    def globals(self) -> list[click.Parameter]:
        """Return the global options, in plain sight."""
        return global_options(hidden=False)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that *args* begin with; whoever leaves out its group is told of it."""
        name = args[0]
        if name not in self.table:
            for group in ("protocol", "staff"):
                found = self.get_command(ctx, group)
                if isinstance(found, click.Group) and name in found.list_commands(ctx):
                    raise click.UsageError(f"no such command '{name}'. Did you mean '{group} {name}'?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, section by section."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (_, line) in entries.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), means.replace("`", "")) for code, means in EXIT_CODES.items()])

    def concise_help(self, ctx: click.Context) -> str:
        """Return what fits half a screen: the main commands and where to read on."""
        formatter = ctx.make_formatter()
        self.format_usage(ctx, formatter)
        title, entries = next(iter(SECTIONS.items()))
        formatter.write("\nChild in Need casework held to a written protocol.\n")
        with formatter.section(title):
            formatter.write_dl([(name, line) for name, (_, line) in entries.items()])
        formatter.write(
            "\nStart with: cinctl init --protocol bristol\nAll commands and options: cinctl -h\n"
            "Pages about formats, pipes, exit codes...: cinctl help\n"
        )
        return formatter.getvalue().rstrip("\n")


cli = Root(
    PROGRAM,
    package="cinctl.commands",
    table=COMMANDS,
    help=_ABOUT,
    examples=_EXAMPLES,
    options_metavar="[OPTIONS]",
)
cli.params.append(shown_and_left(["--version"], "Show the version and exit.", lambda _ctx: f"{PROGRAM} {__version__}"))


def run(args: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run one command line and return its exit code. The only place that turns errors into codes."""
    argv = list(sys.argv[1:] if args is None else args)
    with _plain_streams():
        try:
            code = _invoke(argv, session)
            if sys.stdout is not None:
                sys.stdout.flush()
            return code
        except Exception as fault:
            return _code_for(fault)
        except KeyboardInterrupt:
            return INTERRUPTED
        except SystemExit as ended:
            # A signal that ended it, once what was half written is gone.
            return ended.code if isinstance(ended.code, int) else INTERNAL_BUG


def _invoke(argv: list[str], session: Session | None) -> int:
    if "_CINCTL_COMPLETE" in os.environ:
        return _complete(session or Session())
    session = session or Session()
    begin_answer()
    try:
        return _command(argv, session)
    except SpoiltCacheError:
        again = None if emitted() else session.anew()
        if again is None:
            raise
        return _command(argv, again)


def _command(argv: list[str], session: Session) -> int:
    try:
        with cli.make_context(PROGRAM, argv, obj=session) as ctx:
            cli.invoke(ctx)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return DONE


def _complete(session: Session) -> int:
    """Print what TAB offers. Whatever goes wrong it offers nothing and says nothing: somebody is typing there."""
    from click.shell_completion import get_completion_class

    with contextlib.suppress(Exception), contextlib.redirect_stderr(None):
        shell, _, instruction = os.environ["_CINCTL_COMPLETE"].partition("_")
        found = get_completion_class(shell)
        if found is not None and instruction == "complete":
            offered = found(cli, {"obj": session}, PROGRAM, "_CINCTL_COMPLETE").complete()
            emit(f"{offered}\n" if offered else "")
    return DONE


def _code_for(fault: Exception) -> int:
    if isinstance(fault, BrokenPipeError):
        _drop_output()
        return PIPE_CLOSED
    try:
        return _explain(fault)
    except BrokenPipeError:
        _drop_output()
        return PIPE_CLOSED


def _explain(fault: Exception) -> int:
    """Say on stderr what went wrong and return its exit code."""
    if isinstance(fault, CinctlError):
        return _explain_ours(fault)
    if isinstance(fault, click.UsageError):
        tell(usage_line(fault))
        return WRONG_USAGE
    if isinstance(fault, click.exceptions.Abort):
        return INTERRUPTED
    if isinstance(fault, OSError):
        _drop_output()
        tell(f"{PROGRAM}: {system_line(fault)}")
        return SYSTEM_REFUSED
    if isinstance(fault, MemoryError):
        tell(f"{PROGRAM}: out of memory")
        return SYSTEM_REFUSED
    return _explain_bug(fault)


def _explain_ours(fault: CinctlError) -> int:
    prefix = "" if isinstance(fault, RefusedError) else f"{PROGRAM}: "
    _flush()
    # only a refusal and a file's faults are several lines; elsewhere a line break came in with somebody's text
    several = isinstance(fault, RefusedError | ConfigError | ProtocolError)
    for line in (str(fault).splitlines() if several else [str(fault)]) or [type(fault).__name__]:
        tell(prefix + line)
    return fault.exit_code


def _flush() -> None:
    """Write what there is of the answer, or give it up: one that cannot be written must not fail again at the end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _drop_output()


def _explain_bug(fault: Exception) -> int:
    """Say that cinctl is at fault; keep where it happened, and no value, when CINCTL_DEBUG is set."""
    where = ""
    if os.environ.get("CINCTL_DEBUG"):
        where = f"; the traceback is in {_keep_traceback(fault)}"
    tell(f"{PROGRAM}: this is a bug in cinctl ({type(fault).__name__}){where or '; CINCTL_DEBUG=1 keeps a traceback'}")
    return INTERNAL_BUG


def _keep_traceback(fault: BaseException) -> str:
    import tempfile
    import traceback

    # the message and the values may hold what a case says, so only places are kept
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(fault.__traceback__)]
    with tempfile.NamedTemporaryFile("w", prefix="cinctl-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write("\n".join([f"cinctl {__version__}", *lines, type(fault).__name__]) + "\n")
    return file.name


def _drop_output() -> None:
    """Point stdout at nothing, so that the interpreter's own last flush cannot fail again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def _plain_streams() -> Iterator[None]:
    """UTF-8 with plain newlines on stdout and stderr, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
    yield
