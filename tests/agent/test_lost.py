"""Workers and sources that are lost in every way: what takes their place, and that nothing of them stays behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Agent, Frame, SourceError
from edgewright.agent.capture.capture import _MOST_STUCK, Capture
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.inference.supervisor import Supervisor
from edgewright.agent.inference.worker import Worker, WorkerLost, WorkerSetup
from edgewright.model import ModelFile
from waiting import wait_for

FRAME = Frame(np.zeros((48, 64, 3), np.uint8))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def setup(small_model: Path) -> WorkerSetup:
    return WorkerSetup(ModelFile.read(small_model))


class TestWorker:
    def test_pictures_of_every_size_and_kind_one_after_the_other(self, setup, parrot):
        worker = Worker(setup)
        sizes = [(48, 64), (1080, 1920), (2, 3), (2160, 3840), (48, 64)]
        answers = [worker.answer(Frame(np.zeros((*size, 3), np.uint8))) for size in sizes]
        assert all(one.error is None for one in answers)
        assert answers[0].result == answers[-1].result
        assert worker.answer(Frame(parrot.read_bytes())).result["top"][0]["label"] == "macaw"
        assert worker.snapshot().startswith(b"\xff\xd8")
        assert worker.answer(Frame(b"no picture")).error
        turned = np.zeros((64, 48, 3), np.uint8).transpose(1, 0, 2)
        assert worker.answer(Frame(turned)).result == answers[0].result
        worker.close()

    def test_one_that_hangs_before_it_reads_its_model_is_given_up(self, monkeypatch, small_model):
        monkeypatch.setattr("edgewright.agent.inference.worker._BOOTSTRAP", "import time; time.sleep(600)")
        monkeypatch.setattr("edgewright.agent.inference.worker.START_S", 0.5)
        large = ModelFile.read(small_model)
        assert len(large.data) > 65_536, "no more than a pipe holds"
        before = (threading.active_count(), descriptors())
        with pytest.raises(WorkerLost, match="no answer"):
            Worker(WorkerSetup(large))
        wait_for(lambda: (threading.active_count(), descriptors()) == before)

    @pytest.mark.parametrize(
        "says",
        [
            "nonsense", "[1]", '{"lamp": 1}', '{"result": 1, "took_s": 1}', '{"result": {}, "took_s": "soon"}',
            '{"result": {}, "took_s": 1, "observations": [{"label": "cat"}]}',
            '{"result": {}, "took_s": 1, "observations": [{"label": "cat", "score": 1' + "0" * 400 + ', "index": 0}]}',
            '{"result": {}, "took_s": 1, "best": [{"label": "cat", "score": 1, "index": 0, "keypoints": [1]}]}',
            '{"result": {}, "took_s": 1, "best": [{"label": "cat", "score": 1, "index": 0, "box": [1, 2, 3]}]}',
            '{"took_s": 1, "result": ' + '{"deep": ' * 5000 + "1" + "}" * 5001,
            '{"took_s": 1, "result": ' + '{"deep": ' * 700 + "1" + "}" * 701,
        ],
        ids=range(11),
    )  # fmt: skip
    def test_one_that_answers_nonsense_is_lost(self, monkeypatch, setup, says):
        code = f"import sys; print('{{\"notices\": []}}', flush=True); print({says!r}, flush=True); sys.stdin.read()"
        monkeypatch.setattr("edgewright.agent.inference.worker._BOOTSTRAP", code)
        worker = Worker(setup)
        with pytest.raises(WorkerLost, match="makes no sense"):
            worker.answer(FRAME)
        worker.close()

    def test_many_lost_ones_leave_nothing_behind(self, setup, monkeypatch):
        supervisor = Supervisor(lambda: Worker(setup), lambda _: None, threading.Event())
        assert supervisor.answer(FRAME) is not None
        before = (threading.active_count(), descriptors(), sorted(Path("/dev/shm").glob("edgewright*")))
        for _ in range(4):
            supervisor._recent.clear()
            os.kill(supervisor.process_id, signal.SIGKILL)
            assert supervisor.answer(FRAME).error is None
        assert (threading.active_count(), descriptors(), sorted(Path("/dev/shm").glob("edgewright*"))) == before
        assert supervisor.restarts == 4
        supervisor.close()
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    @pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="elsewhere the memory is a file")
    @pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the worker")
    def test_memory_has_no_name_that_could_outlive_an_agent_that_is_killed(self, setup):
        worker = Worker(setup)
        worker.answer(FRAME)
        names = [str(path.readlink()) for path in Path(f"/proc/{worker.process_id}/fd").iterdir()]
        assert any(name.startswith("/memfd:edgewright") for name in names)
        assert not any("shm/" in name for name in names)
        worker.close()


class Hanging:
    """A driver that never comes back."""

    name, live, can_stall = "hanging", True, True

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go

    def frames(self) -> Iterator[Frame]:
        self._let_go.wait(60)
        yield FRAME

    def give_back(self, marks: Iterable[str]) -> None:
        pass

    def close(self) -> None:
        pass


class TestSource:
    def test_a_driver_that_never_comes_back_does_not_eat_threads(self):
        let_go, made = threading.Event(), []

        def make() -> Hanging:
            made.append(Hanging(let_go))
            return made[-1]

        before = threading.active_count()
        mailbox = Mailbox(newest=True)
        capture = Capture(make, mailbox, came=lambda _: None, stall_s=0.05)
        capture.start()
        wait_for(lambda: len(made) == _MOST_STUCK)
        time.sleep(1.5)
        assert len(made) == _MOST_STUCK
        assert threading.active_count() == before + 1 + _MOST_STUCK
        let_go.set()
        wait_for(lambda: len(made) > _MOST_STUCK)
        wait_for(lambda: mailbox.take(0.1) is not None)
        capture.stop()
        wait_for(lambda: threading.active_count() == before)

    def test_one_that_cannot_be_made_again_is_no_end_like_any_other(self):
        made = [Hanging(threading.Event())]
        mailbox = Mailbox(newest=True)
        capture = Capture(made.pop, mailbox, came=lambda _: None, stall_s=0.05)
        capture.start()
        wait_for(lambda: mailbox.is_over)
        wait_for(lambda: capture.error is not None)
        assert isinstance(capture.error, IndexError)
        capture.stop()

    def test_an_iterator_that_breaks_off_goes_on_and_the_agent_with_it(self, small_model, tmp_path):
        taken: list[dict] = []

        class Breaking:
            def __init__(self) -> None:
                self.count = 0

            def __iter__(self) -> Breaking:
                return self

            def __next__(self) -> Frame:
                self.count += 1
                if self.count == 3:
                    raise SourceError("a moment, please")
                if self.count > 6:
                    raise StopIteration
                return Frame(np.zeros((8, 8, 3), np.uint8), name=str(self.count))

        Agent(small_model, Breaking(), sinks=[taken.append], state=tmp_path / "state").run()
        assert [event["picture"] for event in taken] == ["1", "2", "4", "5", "6"]
