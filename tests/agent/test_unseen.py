"""What nobody may see: every byte that leaves the worker and the agent is read, and no face is found in any of it."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.agent import Agent, Frame, Privacy, Rule
from waiting import wait_for

from .faces_seen import Detectors, pictures_in, rows_in

FACE = (170, 150, 360, 340)  # in the photograph
SIZE = (360, 320)

# What the worker says goes through `tee` on its way to the agent; errors go into a file.
TEE = """#!/bin/bash
set -o pipefail
{python} "$@" 2>> {folder}/stderr | tee -a {folder}/stdout
"""


@pytest.fixture(scope="module")
def portrait(shared_file: Callable[[str], Path]) -> Image.Image:
    with Image.open(shared_file("images/grace_hopper.bmp")) as image:
        return image.convert("RGB")


@pytest.fixture(scope="module")
def face_model(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("models/face_detection_short_range.tflite")


@pytest.fixture(scope="module")
def detectors(face_model: Path, portrait: Image.Image) -> Iterator[Detectors]:
    made = Detectors(face_model, portrait.crop(FACE))
    yield made
    made.close()


@pytest.fixture(scope="module")
def walk(portrait: Image.Image) -> list[np.ndarray]:
    """Pictures in which she moves, comes nearer, and turns away from the camera a little; faces are known in all."""
    pictures = []
    for number in range(8):
        scale = (0.5, 0.7, 0.7, 1.0)[number % 4]
        image = portrait.resize((round(512 * scale), round(600 * scale)), Image.Resampling.BOX)
        left = round(265 * scale) - SIZE[0] // 2 + (number % 5 - 2) * 15
        top = round(245 * scale) - SIZE[1] // 2 + (number % 3 - 1) * 15
        pictures.append(np.asarray(image.crop((left, top, left + SIZE[0], top + SIZE[1]))))
    return pictures


@pytest.fixture
def tapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that workers said: `stdout` and `stderr`. Their temporary files are in it, too."""
    folder = tmp_path / "tapped"
    folder.mkdir()
    script = folder / "python"
    script.write_text(TEE.format(python=sys.executable, folder=folder))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(script))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def worker_process() -> int:
    """The python of the worker, below the script that taps it; one that is being replaced is waited for."""
    return int(wait_for(_worker_now, told=lambda: "no worker is there"))


def _worker_now() -> int | None:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
            environment = (path.parent / "environ").read_bytes()
        except OSError:
            continue
        is_ours = f"TMPDIR={os.environ['TMPDIR']}".encode() in environment
        if is_ours and b"worker_main" in b" ".join(words) and b"bash" not in words[0]:
            return int(path.parent.name)
    return None


def writable_files(process: int) -> list[str]:
    """Files that a process has open to be written to, but the picture's own memory, pipes and what is no file."""
    found = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        flags = (Path(f"/proc/{process}/fdinfo") / link.name).read_text().split("flags:")[1].split()[0]
        target = str(link.readlink())
        if int(flags, 8) & os.O_ACCMODE and not target.startswith(("pipe:", "socket:", "anon_inode:", "/dev/null")):
            found.append(target)
    return found


def test_the_detectors_of_this_test_find_the_face_where_it_is_to_be_seen(walk, detectors):
    """Else it would prove nothing."""
    assert all(detectors.likeness(Image.fromarray(picture)) > 0.95 for picture in walk)
    assert sum(detectors.finds(Image.fromarray(picture)) for picture in walk) == len(walk)


@pytest.mark.parametrize("snapshots", ["send", "local"])
def test_no_byte_that_leaves_shows_a_face(small_model, face_model, walk, detectors, tapped, tmp_path, snapshots):
    """Also where workers are killed in between."""
    received: list[dict] = []
    open_files: list[str] = []
    agent = Agent(
        small_model, (Frame(picture, name=str(number)) for number, picture in enumerate(walk)),
        sinks=[received.append, f"file:{tmp_path / 'events.jsonl'}"], state=tmp_path / "state", snapshots=snapshots,
        privacy=Privacy(blur="face", model=face_model),
    )  # fmt: skip
    put = agent.ledger.add

    def kill_now_and_then(**counts: float) -> None:
        put(**counts)
        if counts.get("captured") and int(agent.ledger.total("captured")) in (3, 6):
            open_files.extend(writable_files(worker_process()))
            os.kill(worker_process(), signal.SIGKILL)

    agent.ledger.add = kill_now_and_then
    status = agent.run()
    assert status.events >= len(walk), "a picture that killed its worker is reported, too"
    left = [path for path in (*tapped.iterdir(), *tmp_path.rglob("*")) if path.is_file() and path.name != "python"]
    assert {"stdout", "stderr", "events.jsonl", "outbox.db"} <= {path.name for path in left}
    tap = str(tapped / "stderr")
    assert [path for path in open_files if "memfd:" not in path and path != tap] == []
    assert len(open_files) >= 2, "the memory of the pictures was seen"
    seen = {picture.tobytes(): picture for path in set(left) for picture in pictures_in(path.read_bytes())}
    assert len(seen) >= len(walk) - 2, "pictures are shown, or it would be easy"
    for picture in seen.values():
        assert not detectors.finds(picture)
        assert detectors.likeness(picture) < 0.7
    rows = np.concatenate([picture[150:170:4, 150:210] for picture in walk])
    assert rows.std(axis=1).min() > 5
    assert not any(rows_in(path.read_bytes(), rows) for path in set(left))


def test_what_the_agent_hands_over_stays_as_it_was(small_model, face_model, walk):
    """The memory that both have is the agent's to write: of the worker nothing is in it."""
    from edgewright.agent.inference.setup import Hidden, ModelSetup, WorkerSetup
    from edgewright.agent.inference.worker import Worker
    from edgewright.model import ModelFile

    hidden = Hidden(("face",), ModelSetup(ModelFile.read(face_model)), masks=((((0, 0), (1, 0), (1, 0.1)),),))
    worker = Worker(WorkerSetup(ModelFile.read(small_model), hidden=hidden))
    worker.answer(Frame(walk[0]))
    assert worker.snapshot()
    memory = worker._outgoing._memory
    assert memory is not None
    assert memory[: walk[0].nbytes] == walk[0].tobytes()
    assert not any(memory[walk[0].nbytes :])
    worker.close()


def test_rules_that_hold_show_the_picture_blurred(small_model, face_model, walk, detectors, tmp_path):
    """The event of a rule has its picture from the same moment."""
    events: list[dict] = []
    rule = Rule("any", ("military uniform", "bow tie, bow-tie, bowtie", "suit, suit of clothes"), score=0.0)
    Agent(
        small_model, walk[:3], sinks=[events.append], rules=[rule], state=tmp_path / "state", snapshots="send",
        privacy=Privacy(blur="face", model=face_model),
    ).run()  # fmt: skip
    assert len(events) == 3
    for event in events:
        (picture,) = pictures_in(event["snapshot_jpeg"].encode())
        assert not detectors.finds(picture)
