"""What every test shares: no ambient settings, and property tests that do not fail for being on a busy machine."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away whatever the surrounding shell says about stores, protocols, actors, days and colour."""
    for name in ("STORE", "PROTOCOL", "CONFIG", "ACTOR", "TODAY", "DEBUG", "MASK_KEY", "HINTS"):
        monkeypatch.delenv(f"CINCTL_{name}", raising=False)
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(name="heard")
def _heard() -> Iterator[None]:
    """What is started hears every signal, though nohup or a shell's background had this process ignore some."""
    found = (getattr(signal, name, None) for name in ("SIGHUP", "SIGINT", "SIGTERM"))
    deaf = [number for number in found if number is not None and signal.getsignal(number) is signal.SIG_IGN]
    for number in deaf:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number in deaf:
        signal.signal(number, signal.SIG_IGN)
