"""A network is saved in the same bytes, whenever and by whichever process."""

from __future__ import annotations

import zipfile
from pathlib import Path

from edgewright.machine import run_in_child
from train.shared_policy import save_one


def test_the_same_network_is_the_same_bytes(tmp_path: Path) -> None:
    for name, others in (("one", 0), ("two", 100_000)):
        run_in_child(save_one, tmp_path / f"{name}.keras", others)
    for end in ("keras", "again.keras"):
        assert (tmp_path / f"one.{end}").read_bytes() == (tmp_path / f"two.{end}").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.keras") as archive:
        assert b"shared_object_id" in archive.read("config.json")
