"""kill -9 and power cuts while events flow: nothing that was stored is lost."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ..exploring import count_of
from .killing import Ordeal

pytestmark = pytest.mark.extras

# A thousand take an hour or two.
KILLS = count_of("KILLS", 15)

# So many on one state, then a new one: its folder of pictures is looked through at every start.
_EACH = 50


def torment(
    folder: Path,
    model: Path,
    seed: int,
    environment: Callable[[Path], Mapping[str, str]] = lambda _: {},
    killed: Callable[[Ordeal, Path], None] = lambda *_: None,
) -> None:
    """Kill agents at random moments until it is enough, and look at what came of each state."""
    for begin in range(0, KILLS, _EACH):
        here = folder / f"{begin}"
        chance, ordeal, done = random.Random(seed + begin), Ordeal(here, model, environment(here)), begin
        goal = min(KILLS, begin + _EACH)
        while done < goal:
            ordeal.add(30)
            done += ordeal.kill_at_random(chance, lambda ordeal=ordeal, here=here: killed(ordeal, here))
        ordeal.finish()
        ordeal.check()
        print(f"{done} kills of {KILLS}: nothing lost", file=sys.stderr, flush=True)
        shutil.rmtree(here)


def test_kill_at_random_moments(tmp_path: Path, small_model: Path):
    torment(tmp_path, small_model, seed=1)


def test_power_cuts_that_take_all_writes_after_the_last_fsync(tmp_path: Path, small_model: Path, shim: Path):
    def environment(here: Path) -> dict[str, str]:
        (here / "synced").mkdir(parents=True)
        return {"LD_PRELOAD": str(shim), "LAST_SYNCED": str(here / "synced")}

    torment(tmp_path, small_model, 2, environment, killed=cut_power)


def cut_power(ordeal: Ordeal, here: Path) -> None:
    """Put every file back to its last fsync; the index in shared memory, which is never synced, is gone."""
    for path in (
        ordeal.state / "outbox.db",
        ordeal.state / "outbox.db-wal",
        ordeal.state / "outbox.db-sequence",
        ordeal.events,
    ):
        kept = here / "synced" / path.name
        path.unlink(missing_ok=True)
        if kept.exists():
            shutil.copy(kept, path)
    (ordeal.state / "outbox.db-shm").unlink(missing_ok=True)
