"""A small real model, real pictures, and a state folder of one's own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Event, Frame, Outbox
from edgewright.agent.capture.sources.folder import FolderSource

from .folders import source


@pytest.fixture(scope="session")
def small_model(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("models/mobilenet_v1_0.25_128_quant.tflite")


@pytest.fixture(scope="session")
def yamnet(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("models/yamnet.tflite")


@pytest.fixture(scope="session")
def spoken(shared_file: Callable[[str], Path]) -> np.ndarray:
    """Samples of a person who speaks, all the time."""
    return np.frombuffer(shared_file("images/speech.wav").read_bytes()[44:], "<i2")


@pytest.fixture(scope="session")
def parrot(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("images/parrot.jpg")


def compiled(name: str, folder: Path) -> Path:
    """A library of ours, to be preloaded."""
    library = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library between an agent and its disk."""
    return compiled("fsync_shim", tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="session")
def kill_shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that kills its process at a write."""
    return compiled("kill_shim", tmp_path_factory.mktemp("shim"))


@pytest.fixture
def outbox(tmp_path: Path):
    box = Outbox(tmp_path / "outbox.db")
    yield box
    box.close()


@pytest.fixture
def event() -> Callable[..., Event]:
    def make(number: int = 0, captured_s: float = 1_700_000_000.0, **facts: object) -> Event:
        return Event("test", "result", captured_s, facts={"number": number, **facts})

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


@pytest.fixture
def reading(folder: Path) -> Iterator[Callable[..., list[Frame]]]:
    """Read a folder in a thread; the list fills up."""
    opened: list[FolderSource] = []

    def start(**options: bool) -> list[Frame]:
        frames: list[Frame] = []
        opened.append(source(folder, once=False, **options))
        threading.Thread(target=lambda: frames.extend(opened[-1].frames()), daemon=True).start()
        return frames

    yield start
    for one in opened:
        one.close()
