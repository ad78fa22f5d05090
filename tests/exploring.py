"""How far random tests look: the same few cases each time, or many new ones with EDGEWRIGHT_EXPLORE=N."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# So many times as many examples as otherwise; 0 is not to explore.
_FACTOR = int(os.environ.get("EDGEWRIGHT_EXPLORE", "0"))

# No time is a failure: machines are busy.
_PATIENT = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", _PATIENT, derandomize=True, database=None)
settings.register_profile("explore", _PATIENT, max_examples=100 * max(1, _FACTOR))


def load_profile() -> None:
    """Repeat what was run before unless asked to explore, so that a failure is that of a change."""
    settings.load_profile("explore" if _FACTOR else "ci")


def examples(count: int) -> int:
    """The number of examples of a test that takes others than the profile has."""
    return count * max(1, _FACTOR)
