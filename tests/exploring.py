"""How far tests look: a sample that is the same each time, or what `make proofs` sets in the environment."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def count_of(name: str, usual: int) -> int:
    """How many a test takes: EDGEWRIGHT_NAME, or what is usual."""
    return int(os.environ.get(f"EDGEWRIGHT_{name}", usual))


# So many times as many random examples as usual, and new ones each time; 0 is not to explore.
_FACTOR = count_of("EXPLORE", 0)

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
