"""What every test shares: no ambient settings, and property tests that do not fail for being on a busy machine."""

from __future__ import annotations

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
