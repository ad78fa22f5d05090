"""Calls on workers of a real Ray: in order, over deaths, and quiet."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import edgewright as ew
from edgewright.errors import ChildCrashError, ClusterError, EdgewrightError, ModelError, UsageError
from edgewright.scale import RayCrew
from edgewright.scale.clusters.pool import Pool
from edgewright.scale.clusters.worker import Worker

# One Ray at a time: each starts half a dozen programs.
pytestmark = pytest.mark.xdist_group("ray")

ANSWER = "edgewright.task.elsewhere.crewed:answer"
SMALL = "models/mobilenet_v1_0.25_128_quant.tflite"


class Done:
    """What a worker does while it takes what it was sent apart."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self):
        return self._call


def asked(*inputs: Any) -> dict[str, bytes]:
    return {"options": pickle.dumps([]), "inputs": pickle.dumps(list(inputs))}


@pytest.fixture(scope="module")
def crew() -> Iterator[RayCrew]:
    pytest.importorskip("ray")
    with RayCrew.open(workers=2) as crew:
        yield crew


def workers() -> list[int]:
    """The processes of workers that are below this one."""
    named = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in named.splitlines() if line.split()[1].startswith("ray::Worker")]


@pytest.mark.extras
class TestCrew:
    def test_values_come_in_their_order(self, crew):
        slow_first = [asked(*[Done(time.sleep, 0.3 / (number + 1))] * number) for number in range(12)]
        answers = list(crew.call_each(ANSWER, slow_first, {}))
        assert [len(pickle.loads(answer)) for answer in answers] == list(range(12))
        assert crew.size == 2

    def test_a_call_whose_worker_is_killed_is_made_again(self, crew):
        answers = []
        for number, answer in enumerate(crew.call_each(ANSWER, [asked(Done(time.sleep, 0.1))] * 20, {})):
            answers.append(answer)
            if number in (3, 9):
                os.kill(workers()[0], signal.SIGKILL)
        assert len(answers) == 20

    def test_a_call_that_two_workers_die_of_is_an_error_and_the_crew_goes_on(self, crew):
        deadly = [asked(), asked(Done(os._exit, 3)), asked()]
        with pytest.raises(ChildCrashError, match="Ray on this machine: 2 workers died of the same work"):
            list(crew.call_each(ANSWER, deadly, {}))
        assert len(list(crew.call_each(ANSWER, [asked()] * 3, {}))) == 3

    def test_errors_keep_their_kind(self, crew):
        with pytest.raises(ModelError, match=r"^Ray on this machine: bad.tflite: "):
            list(
                crew.call_each(
                    ANSWER,
                    [{"options": pickle.dumps([("bad.tflite", {})]), "inputs": pickle.dumps([])}],
                    {"0": b"no model"},
                )
            )
        with pytest.raises(EdgewrightError, match="os:getpid is no function of Edgewright"):
            list(crew.call_each("os:getpid", [{}], {}))

    def test_an_evaluation_is_the_same(self, crew, shared_file):
        pixels = ew.data.load(shared_file("data/fashion_mnist_900.npz"))
        data = [(picture, str(int(label))) for picture, label in zip(pixels.x[:150], pixels.y[:150], strict=True)]
        options = {"labels": [str(number) for number in range(1001)]}
        here = ew.evaluate(shared_file(SMALL), data, **options)
        there = ew.evaluate(shared_file(SMALL), data, **options, crew=crew)
        assert (there.to_dict(), there.records) == (here.to_dict(), here.records)

    def test_another_ray_is_not_joined_beside_it(self, crew):
        with pytest.raises(UsageError, match="has joined a Ray already"):
            RayCrew.open("127.0.0.1:9").__enter__()

    def test_workers_of_another_version_are_refused(self, crew, monkeypatch):
        monkeypatch.setattr("edgewright.scale.clusters.pool.__version__", "0.0.1")
        beside = crew._session.ray.remote(num_cpus=0)(Worker)  # the crew has all cores
        pool = Pool(crew._session, lambda: beside.remote(None), 1)
        try:
            with pytest.raises(
                ClusterError, match=r"need Edgewright 0\.0\.1.*pip install 'edgewright\[ray\]==0\.0\.1'"
            ):
                pool.outcomes()
        finally:
            pool.close()


QUIET = """
import os, signal, subprocess, sys
from edgewright.scale import RayCrew

if __name__ == "__main__":
    with RayCrew.open(workers=1) as crew:
        one = {"options": b"\\x80\\x04]\\x94.", "inputs": b"\\x80\\x04]\\x94."}
        answers = crew.call_each("edgewright.task.elsewhere.crewed:answer", [one] * 9, {})
        next(answers)
        listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
        folder = str(crew._session.folder)
        killed = [line.split()[0] for line in listed.splitlines() if "ray::Worker" in line]
        os.kill(int(killed[-1]), signal.SIGKILL)
        list(answers)
        print(folder)
"""


@pytest.mark.extras
def test_nothing_of_ray_is_seen_and_nothing_is_left(tmp_path):
    pytest.importorskip("ray")
    (tmp_path / "program.py").write_text(QUIET)
    done = subprocess.run([sys.executable, str(tmp_path / "program.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    folder = Path(done.stdout.strip())
    assert folder.name.startswith("ew-ray-")
    assert not folder.exists()
