"""The peak of this process, and of nobody else."""

from __future__ import annotations

from edgewright.machine import peak_memory, run_in_child


def test_it_grows_with_what_is_held():
    before = peak_memory()
    held = bytearray(80_000_000)
    after = peak_memory()
    assert before is not None
    assert after >= max(before, len(held))


def test_a_child_does_not_count_what_its_parent_held():
    held = bytearray(300_000_000)
    assert run_in_child(peak_memory) < len(held) / 2
