"""A few of the photographs of clothes (CC0) in folders of their kinds."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

KINDS = ("dress", "hat", "pants", "shoes")


def unpack(archive: Path, folder: Path, *, count: int, kinds: Sequence[str] = KINDS, part: str = "train") -> Path:
    """Put the first photographs of each kind into folders, and return the folder of those."""
    with zipfile.ZipFile(archive) as clothes:
        names = sorted(clothes.namelist())
        for kind in kinds:
            (folder / kind).mkdir(parents=True)
            for name in [name for name in names if name.startswith(f"{part}/{kind}/") and name[-1] != "/"][:count]:
                (folder / kind / Path(name).name).write_bytes(clothes.read(name))
    return folder


def new_shoe(archive: Path, path: Path) -> None:
    """One of shoes that is in the test part."""
    with zipfile.ZipFile(archive) as clothes:
        names = sorted(name for name in clothes.namelist() if name.startswith("test/shoes/") and name[-1] != "/")
        path.write_bytes(clothes.read(names[0]))
