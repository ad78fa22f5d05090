"""The process that runs the model: what it is told, what it leaves behind, and that the agent says the truth of it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Agent, Frame, Outbox
from edgewright.agent.inference.supervisor import MOST_FAULTS, Supervisor
from edgewright.agent.inference.worker import Worker, WorkerLost, WorkerSetup
from edgewright.errors import ModelError
from edgewright.model import ModelFile
from waiting import wait_for

SECRET = "s3cr3t-w0rd"

TASK = """
import ctypes, os, resource, signal

class Result:
    def __init__(self, body):
        self._body = body

    def to_dict(self, top):
        return self._body

    def observations(self):
        return []

def facts():
    dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
    core = resource.getrlimit(resource.RLIMIT_CORE)
    return {"environment": dict(os.environ), "folder": os.getcwd(), "core": core, "dumpable": dumpable}

def failing():
    raise TypeError("two\\nlines")

class Odd:
    labels = ()

    # What it does, by the picture's first value; 0 is well.
    doing = {
        0: lambda: {"well": True}, 1: failing, 2: facts, 3: lambda: {"set": {1, 2}}, 4: lambda: os._exit(3),
        5: lambda: os.kill(os.getpid(), signal.SIGSEGV), 6: lambda: {"top": [{"label": "x" * 3_000_000}]},
    }

    def __call__(self, outputs, prepared):
        return Result(self.doing[int(prepared.tensors.flat[0])]())

class Kind:
    name, input = "odd", "picture"

    def recognize(self, model):
        return None

    def decoder(self, model, options):
        if "broken" in options:
            raise RuntimeError("no\\ngood")
        return Odd()

KIND = Kind()
"""


def picture(value: int, **options: str) -> Frame:
    return Frame(np.full((8, 8, 3), value, np.uint8), **options)


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a task of another package, which does as the picture says."""
    package = tmp_path / "package"
    (package / "odd-1.0.dist-info").mkdir(parents=True)
    (package / "odd_task.py").write_text(TASK)
    (package / "odd-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (package / "odd-1.0.dist-info" / "entry_points.txt").write_text("[edgewright.tasks]\nodd = odd_task:KIND\n")
    monkeypatch.syspath_prepend(package)
    return "odd"


@pytest.fixture
def worker(odd: str, small_model: Path):
    made = Worker(WorkerSetup(ModelFile.read(small_model), odd))
    yield made
    made.close()


class TestSecrets:
    def test_it_inherits_what_it_needs_and_nothing_else(self, odd, small_model, monkeypatch):
        secret = (
            "EDGEWRIGHT_PASSWORD EDGEWRIGHT_TOKEN EDGEWRIGHT_STREAM_PASSWORD EDGEWRIGHT_DOOR_PASSWORD HTTPS_PROXY "
            "AWS_SECRET_ACCESS_KEY TF_TOKEN_example MY_THING EDGEWRIGHT_USER NOTIFY_SOCKET SSH_AUTH_SOCK PYTHONSTARTUP"
        ).split()
        harmless = {"OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": "/nowhere", "TZ": "UTC"}
        for name in secret:
            monkeypatch.setenv(name, f"user:{SECRET}@host")
        for name, value in harmless.items():
            monkeypatch.setenv(name, value)
        worker = Worker(WorkerSetup(ModelFile.read(small_model), odd))
        found = worker.answer(picture(2)).result["environment"]
        worker.close()
        assert found.keys().isdisjoint(secret)
        assert SECRET not in str(found)
        assert {name: found[name] for name in harmless} == harmless
        assert found["PATH"] == os.environ["PATH"]

    def test_a_crash_leaves_no_core_and_is_not_in_the_folder_of_the_user(self, worker):
        found = worker.answer(picture(2)).result
        assert (found["core"], found["dumpable"], found["folder"]) == ([0, 0], 0, "/")

    @pytest.mark.parametrize(
        ("run", "same"),
        [
            ("Agent(model, [b'no picture'], sinks=[lambda _: None], state='state').run()", True),
            (
                "try: main(['watch', model, '--folder', '.', '--once', '--send', 'file:e'])\nexcept SystemExit: pass",
                False,
            ),
        ],
        ids=["library", "command"],
    )
    def test_the_command_leaves_no_core_and_the_library_leaves_its_process_as_it_is(
        self, small_model, tmp_path, run, same
    ):
        code = (
            "import ctypes, resource, sys\nfrom edgewright.agent import Agent\nfrom edgewright.cli import main\n"
            "def of_process():\n    limits = resource.getrlimit(resource.RLIMIT_CORE)\n"
            "    return limits, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)\n"
            f"model, before = sys.argv[1], of_process()\n{run}\nprint(before == of_process(), of_process())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, small_model], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("True" if same else "False ((0, 0), 0)")

    def test_files_that_options_name_are_looked_for_where_the_user_is(self, small_model, tmp_path, monkeypatch):
        (tmp_path / "labels.txt").write_text("\n".join(f"class {number}" for number in range(1001)))
        monkeypatch.chdir(tmp_path)
        worker = Worker(WorkerSetup(ModelFile.read(small_model), options={"labels": "labels.txt"}))
        assert worker.answer(picture(0)).result["top"][0]["label"].startswith("class ")
        worker.close()


class TestTruth:
    @pytest.mark.parametrize(("value", "words"), [(1, "TypeError: two"), (3, "TypeError: Object of type set")])
    def test_what_a_task_raises_comes_back_as_it_is_and_the_worker_lives(self, worker, caplog, value, words):
        with caplog.at_level(logging.DEBUG, "edgewright"):
            answer = worker.answer(picture(value))
            assert answer.error.startswith(f"the task failed on it: {words}")
            assert worker.answer(picture(0)).result == {"well": True}
            wait_for(lambda: words in caplog.text)
        assert "Traceback" in caplog.text
        assert {record.levelname for record in caplog.records} == {"DEBUG"}

    @pytest.mark.parametrize(("value", "words"), [(4, "ended with exit code 3"), (5, "died of SIGSEGV")])
    def test_how_a_process_ended_is_said_as_it_was(self, worker, value, words):
        with pytest.raises(WorkerLost, match=words):
            worker.answer(picture(value))

    def test_what_it_said_last_is_told(self, monkeypatch, small_model):
        monkeypatch.setattr("edgewright.agent.inference.worker._BOOTSTRAP", "import nothing_of_this_name")
        with pytest.raises(WorkerLost, match=r"exit code 1 .*No module named 'nothing_of_this_name'"):
            Worker(WorkerSetup(ModelFile.read(small_model)))

    def test_a_task_that_does_not_open_is_one_line_with_its_reason(self, odd, small_model):
        setup = WorkerSetup(ModelFile.read(small_model), odd, {"broken": True})
        with pytest.raises(ModelError, match=r"its task did not open: RuntimeError: no good$"):
            Worker(setup)


class TestFaults:
    def run(self, model: Path, state: Path, values: list[int]) -> list[dict]:
        events: list[dict] = []
        frames = [picture(value, name=f"{number}", mark=f"{number}") for number, value in enumerate(values)]
        Agent(model, frames, sinks=[events.append], state=state, task="odd").run()
        return events

    def test_pictures_that_a_task_fails_on_are_reported_in_their_place_and_the_others_go_on(
        self, odd, small_model, tmp_path, caplog
    ):
        values = [1, 1, 0, 1, 0, *[1] * (MOST_FAULTS - 1), 0]
        events = self.run(small_model, tmp_path / "state", values)
        assert [event["picture"] for event in events] == [f"{number}" for number in range(len(values))]
        assert [event["kind"] for event in events] == ["agent" if value else "result" for value in values]
        assert events[0]["error"] == "the task failed on it: TypeError: two lines"
        assert caplog.text.count("0: the task failed on it: TypeError: two lines") == 1
        assert "replaced" not in caplog.text

    def test_at_the_end_of_a_source_they_are_reported_too(self, odd, small_model, tmp_path):
        assert [event["what"] for event in self.run(small_model, tmp_path / "state", [1, 1])] == ["picture refused"] * 2

    @pytest.mark.parametrize("begin", [[], [0]])
    def test_one_that_fails_on_every_picture_ends_the_agent_with_its_reason(self, odd, small_model, tmp_path, begin):
        with pytest.raises(ModelError, match="TypeError: two lines, as on the 9 before it") as caught:
            self.run(small_model, tmp_path / "state", [*begin, *[1] * 1000])
        assert "\n" not in str(caught.value)
        outbox = Outbox(tmp_path / "state" / "outbox.db")
        taken = outbox.taken("iterator")
        outbox.close()
        assert len(taken) == (MOST_FAULTS if begin else 0), "what was never looked at well can be offered again"

    def test_a_name_is_no_line_of_the_log(self, odd, small_model, caplog):
        supervisor = Supervisor(
            lambda: Worker(WorkerSetup(ModelFile.read(small_model), odd)), lambda _: None, threading.Event()
        )
        supervisor.answer(picture(1, name="a\n2026-01-01 00:00:00 INFO all is well.jpg"))
        supervisor.close()
        assert [message for message in caplog.messages if "all is well.jpg: the task failed" in message]
        assert not [message for message in caplog.messages if "\n" in message]

    def test_the_same_picture_offered_again_is_no_other_one(self, odd, small_model):
        supervisor = Supervisor(
            lambda: Worker(WorkerSetup(ModelFile.read(small_model), odd)), lambda _: None, threading.Event()
        )
        for _ in range(2 * MOST_FAULTS):
            assert supervisor.answer(picture(1, mark="one")).fault
        supervisor.close()


class TestLabels:
    def test_no_text_of_megabytes_goes_into_events(self, odd, small_model, tmp_path):
        (event,) = TestFaults().run(small_model, tmp_path / "state", [6])
        assert len(json.dumps(event)) < 2000
        assert event["result"]["top"][0]["label"].startswith("xxx")
