"""kill -9 and power cuts while visitors come and go: each is told of once when he comes, and once when he is gone."""

from __future__ import annotations

import collections
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from edgewright.agent import Outbox

from ...exploring import count_of
from ..test_kill import cut_power
from .ordeal import Ordeal, checked, told

pytestmark = pytest.mark.extras

# A thousand take hours.
KILLS = count_of("VISITS", 12)

# So many on one state, then a new one; and so many visitors for each kill.
_EACH, _VISITORS = 50, 3

# About so many writes `writes.py` makes.
_WRITES = 660


def torment(
    folder: Path,
    model: Path,
    seed: int,
    environment: Callable[[Path], Mapping[str, str]] = lambda _: {},
    killed: Callable[[Ordeal, Path], None] = lambda *_: None,
) -> None:
    """Kill agents at random moments until it is enough, and look at what was told of the visitors."""
    for begin in range(0, KILLS, _EACH):
        here = folder / f"{begin}"
        goal = min(KILLS, begin + _EACH)
        chance, done = random.Random(seed + begin), begin
        visitors = 10 + _VISITORS * (goal - begin)
        ordeal = Ordeal(here, model, "file", visitors, environment(here))
        while done < goal and ordeal.kill_at_random(chance, lambda ordeal=ordeal, here=here: killed(ordeal, here)):
            done += 1
        ordeal.finish()
        visits = ordeal.check()
        reasons = collections.Counter(events[-1]["visit"]["reason"] for events in visits.values())
        assert len(visits) == visitors, f"{len(visits)} visits of {visitors} visitors"
        assert done == goal, "all was over before the last kill"
        print(f"{done} kills of {KILLS}: {visitors} visitors, {dict(reasons)}", file=sys.stderr, flush=True)
        shutil.rmtree(here)


def test_kill_at_random_moments(tmp_path: Path, small_model: Path):
    torment(tmp_path, small_model, seed=1)


def test_power_cuts_that_take_all_writes_after_the_last_fsync(tmp_path: Path, small_model: Path, shim: Path):
    def environment(here: Path) -> dict[str, str]:
        (here / "synced").mkdir(parents=True)
        return {"LD_PRELOAD": str(shim), "LAST_SYNCED": str(here / "synced")}

    torment(tmp_path, small_model, 2, environment, killed=cut_power)


def test_killed_at_any_write(tmp_path: Path, kill_shim: Path):
    """Of the writes with which three visitors are looked at, so many are taken, as far apart as they can be."""
    step = max(1, _WRITES // count_of("VISIT_WRITES", 10))
    program = Path(__file__).with_name("writes.py")
    done = subprocess.run(
        [sys.executable, program, tmp_path, f"{step}"],
        env={**os.environ, "LD_PRELOAD": str(kill_shim)},
        capture_output=True,
        text=True,
        timeout=7200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 0.8 * _WRITES
    looked_at = sorted(tmp_path.glob("*.jsonl"))
    assert len(looked_at) == (int(done.stdout) - 1) // step
    for events in looked_at:
        assert len(checked(events)) == 3, events


def test_a_camera_that_goes_on_meanwhile(tmp_path: Path, small_model: Path):
    """Who comes and goes while there is no agent is not seen; nobody is told of by halves."""
    kills = min(KILLS, 50)
    chance, ordeal = random.Random(3), Ordeal(tmp_path / "0", small_model, "camera", 5 * kills)
    for _ in range(kills):
        assert ordeal.kill_at_random(chance)
    ordeal.finish_camera()
    visits = ordeal.check()
    assert len(visits) >= kills


def test_a_camera_that_is_stopped_in_good_order_goes_on_with_the_same_visits(tmp_path: Path, small_model: Path):
    ordeal = Ordeal(tmp_path / "0", small_model, "camera", 1)
    process = ordeal.start()
    while not told(ordeal.events):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    outbox = Outbox(ordeal.state / "outbox.db")
    (name,) = outbox.kept("visit/")
    outbox.close()
    assert [[event["visit"]["phase"] for event in one] for one in told(ordeal.events).values()] == [["new"]]
    ordeal.finish_camera()
    (visit,) = ordeal.check()
    assert name == f"visit/{visit}"
