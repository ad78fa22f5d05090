"""What generate_conversion_table.py runs in children, so that its own process never loads TensorFlow."""

from __future__ import annotations

from pathlib import Path


def list_cases() -> list[tuple[str, str, tuple[str, ...]]]:
    """Group, name and expected words of refusal of every case."""
    from conversion_cases.keras import all_cases

    return [(case.group, case.name, case.refused) for case in all_cases()]


def build_cases(work: Path, names: list[str]) -> dict[str, str]:
    """Build these cases into `work`; returns the errors by name."""
    from conversion_cases.keras import build_all

    return build_all(work, names)
