"""kill -9 and power cuts while events flow: nothing that was stored is lost."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from .killing import Ordeal

pytestmark = pytest.mark.extras

# A thousand take twenty minutes: EDGEWRIGHT_KILLS=1000.
KILLS = int(os.environ.get("EDGEWRIGHT_KILLS", "15"))


def test_kill_at_random_moments(tmp_path: Path, small_model: Path):
    ordeal = Ordeal(tmp_path, small_model)
    chance, kills = random.Random(1), 0
    while kills < KILLS:
        ordeal.add(30)
        kills += ordeal.kill_at_random(chance, lambda: None)
    ordeal.finish()
    ordeal.check()


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("shim") / "fsync_shim.so"
    source = Path(__file__).with_name("fsync_shim.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def test_power_cuts_that_take_all_writes_after_the_last_fsync(tmp_path: Path, small_model: Path, shim: Path):
    synced = tmp_path / "synced"
    synced.mkdir()
    ordeal = Ordeal(tmp_path / "ordeal", small_model, {"LD_PRELOAD": str(shim), "LAST_SYNCED": str(synced)})
    chance, kills = random.Random(2), 0
    while kills < KILLS:
        ordeal.add(30)
        kills += ordeal.kill_at_random(chance, lambda: cut_power(ordeal, synced))
    ordeal.finish()
    ordeal.check()


def cut_power(ordeal: Ordeal, synced: Path) -> None:
    """Put every file back to its last fsync; the index in shared memory, which is never synced, is gone."""
    for path in (ordeal.state / "outbox.db", ordeal.state / "outbox.db-wal", ordeal.events):
        kept = synced / path.name
        path.unlink(missing_ok=True)
        if kept.exists():
            shutil.copy(kept, path)
    (ordeal.state / "outbox.db-shm").unlink(missing_ok=True)
