"""`cinctl help environment`: the one list of environment variables that anything here reads."""

from __future__ import annotations

from cinctl.topics import table

__all__ = ["OTHERS", "OURS", "text"]

OURS: dict[str, str] = {
    "CINCTL_STORE": "the log of cases, as --store",
    "CINCTL_PROTOCOL": "the protocol, an id or a file, as --protocol",
    "CINCTL_CONFIG": "the config, as --config",
    "CINCTL_ACTOR": "who acts where a step does not say --by, and whose work `due --mine` lists",
    "CINCTL_TODAY": "the date that counts as today, as --today",
    "CINCTL_HINTS": "0 for no hints: on a terminal a line on stderr says what to do next",
    "CINCTL_MASK_KEY": "the key by which ids are hashed, as the contents of --mask-key-file",
    "CINCTL_DEBUG": "when set, a bug in cinctl leaves a traceback in a file, without any value in it",
}
"""Those that are cinctl's own."""
OTHERS: dict[str, str] = {
    "NO_COLOR": "when set, no colour, as --no-color",
    "FORCE_COLOR": "when set, colour even where the answer goes to no terminal",
    "TERM": "dumb for a terminal without colour",
    "COLUMNS": "how wide a table and the help may be, where it is set",
    "XDG_CONFIG_HOME": "the folder of the user's own config, in place of ~/.config",
    "APPDATA": "the same on Windows",
    "HOME": "where the user's own config is looked for",
    "GITHUB_STEP_SUMMARY": "where `audit -f github` puts its page, in a job of GitHub",
    "PATH": "looked through by `doctor`, for cinctl itself and for ssh-keygen",
    "SHELL": "looked at by `doctor`, to say whether completion is set up",
    "USERPROFILE": "the home folder on Windows, which `doctor` shows as ~",
    "TMPDIR": "where what `import` and `apply` read from a pipe, workbooks and stories are held meanwhile",
}
"""Those that others made."""


def text() -> str:
    """Return the page."""
    return f"""
Environment
===========

A flag wins over the environment, and the environment over the config. The
config is `cinctl.toml` in this folder or the nearest one above, else in the
user's config folder; `config.example.toml` shows every key.

{table(OURS.items())}

An empty value is the same as none. What other tools agreed on counts as well:

{table(OTHERS.items())}

Nothing else is read from the environment, and there is no telemetry.

    CINCTL_ACTOR=csw1 cinctl due --mine
    CINCTL_TODAY=2026-03-02 cinctl due --overdue -f ids
    NO_COLOR=1 cinctl list
    cinctl doctor

In a script, say once what every command shares:

    export CINCTL_ACTOR=csw1; cinctl due --mine; cinctl caseload

See also: cinctl help dates, cinctl doctor
"""
