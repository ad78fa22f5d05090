"""Conversions in a row leave the memory of the process that asks for them as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.convert import convert

from ..exploring import count_of

_STATUS = Path("/proc/self/status")


@pytest.mark.extras
@pytest.mark.skipif(not _STATUS.exists(), reason="no /proc to read the memory from")
def test_memory_does_not_grow_with_conversions(
    check_sources: Path, record_property: Callable[[str, object], None]
) -> None:
    """TensorFlow works in children; the first conversion is not counted, for it loads our own modules."""
    source = check_sources / "chain.keras"
    convert(source)
    before = resident_bytes()
    sizes = {convert(source).size for _ in range(count_of("CONVERSIONS", 6))}
    assert len(sizes) == 1
    grown = resident_bytes() - before
    record_property("memory grew by bytes:", grown)
    assert grown < 10e6


def resident_bytes() -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
