"""How many cores are left to this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.machine import describe, usable_cores
from edgewright.machine.cores import affine_cores, within_quota


def test_it_is_what_the_description_says() -> None:
    assert usable_cores() == describe().usable_cores >= 1


@pytest.mark.parametrize(("cores", "quota", "usable"), [(4, None, 4), (4, 1.5, 2), (4, 0.2, 1), (2, 8.0, 2)])
def test_a_quota_leaves_fewer(cores: int, quota: float | None, usable: int) -> None:
    assert within_quota(cores, quota) == usable


def test_a_container_is_heeded(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text("50000 100000\n")
    assert usable_cores(tmp_path) == 1
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text("max 100000\n")
    assert usable_cores(tmp_path) == affine_cores()
