"""Stories as a test runner tells tests: JUnit XML and TAP, one test a story."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cinctl.formats import junit, tap
from cinctl.formats.report import shown
from cinctl.outcome import Outcome

__all__ = ["FORMS", "rendered"]

_FAILED = "story"


def rendered(form: str, outcomes: Sequence[Outcome], summary: str) -> Iterator[str]:
    """Yield *outcomes* in *form*, which is one of `FORMS`, piece by piece; *summary* is one line for people."""
    return FORMS[form](outcomes, summary)


def _junit(outcomes: Sequence[Outcome], _summary: str) -> Iterator[str]:
    suites: dict[str, list[junit.Case]] = {}
    for outcome in outcomes:
        suites.setdefault(_protocol(outcome), []).append(_case(outcome))
    return junit.document("cinctl protocol test", suites.items())


def _case(outcome: Outcome) -> junit.Case:
    if outcome.passed:
        return junit.Case(outcome.file, outcome.title)
    failures = [shown(failure) for failure in outcome.failures]
    return junit.Case(outcome.file, outcome.title, "failed", failures[0], "\n".join(failures), _FAILED)


def _tap(outcomes: Sequence[Outcome], summary: str) -> Iterator[str]:
    return tap.document([_point(outcome) for outcome in outcomes], summary)


def _point(outcome: Outcome) -> tap.Point:
    told = None
    if not outcome.passed:
        told = {
            "message": outcome.failures[0],
            "severity": "fail",
            "protocol": _protocol(outcome),
            "file": outcome.file,
            "failures": outcome.failures,
        }
    return tap.Point(outcome.passed, f"{outcome.file}: {outcome.title}", block=told)


def _protocol(outcome: Outcome) -> str:
    return outcome.protocol.id if outcome.protocol is not None else "no protocol"


FORMS: Mapping[str, Callable[[Sequence[Outcome], str], Iterator[str]]] = {"junit": _junit, "tap": _tap}
