"""The benchmarks that `make benchmarks` runs: what each needs beside the files of `../shared`, and its command.

They are listed in `table.toml`; goals stand in the scripts.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright import hub
from edgewright.convert import find_environment
from page import PROJECT

SHARED = "../shared"


@dataclass(frozen=True)
class Need:
    """Something without which a benchmark cannot run: what it is, how one gets it, and whether it is there."""

    what: str
    remedy: str
    there: Callable[[], bool]

    def __str__(self) -> str:
        return f"{self.what} ({self.remedy})"


@dataclass(frozen=True)
class Peer:
    """A program to compare with that is in an environment of its own: without it, the rest is measured all the same."""

    name: str
    option: str
    variable: str
    remedy: str
    kind: str = "PYTHON"

    @property
    def value(self) -> str:
        """What the variable says, "" without it."""
        return os.environ.get(self.variable, "")

    def __str__(self) -> str:
        return f"{self.name} (`{self.variable}={self.kind}`, {self.remedy})"


@dataclass(frozen=True)
class Benchmark:
    """One run of a script.

    `words`: what is compared. `remarks`: what one should know of the figures, and what was tried. `minutes`: about how
    long it takes. `script` where its name is another one, `python` where that is of an environment of its own.
    """

    name: str
    title: str
    group: str
    words: str
    minutes: float
    remarks: str = ""
    arguments: str = ""
    script: str = ""
    python: str = ""
    needs: tuple[Need, ...] = ()
    peers: tuple[Peer, ...] = ()

    @property
    def path(self) -> Path:
        """The script."""
        return PROJECT / "benchmarks" / f"{self.script or self.name}.py"

    def missing(self, shared: Path) -> list[str]:
        """What it needs and is not there."""
        files = [word for word, whole in zip(self.arguments.split(), self._words(shared), strict=True) if not whole]
        found = [f"{word} (make fixtures)" for word in files]
        found += [str(need) for need in self.needs if not need.there()]
        return found

    def command(self, shared: Path, written: Path) -> list[str]:
        """What is run."""
        given = [word for peer in self.peers if peer.value for word in (peer.option, peer.value)]
        words = [word for whole in self._words(shared) for word in whole]
        python = str(PROJECT / self.python) if self.python else sys.executable
        return [python, str(self.path), *words, *given, "--json", str(written)]

    def shown(self, peers: list[str]) -> str:
        """What repeats it, to be copied into a shell; `peers` are those that were there."""
        given = [f"{peer.option} {peer.kind}" for peer in self.peers if peer.name in peers]
        return " ".join([self.python or "python", f"benchmarks/{self.path.name}", *self.arguments.split(), *given])

    def _words(self, shared: Path) -> Iterator[list[str]]:
        """For each word of the arguments what it stands for: nothing where it names a file that is not there."""
        for word in self.arguments.split():
            if word.startswith(SHARED):
                inside = word.removeprefix(SHARED).removeprefix("/")
                yield [str(path) for path in ([shared] if not inside else sorted(shared.glob(inside))) if path.exists()]
            else:
                yield [word]


def _package(module: str, extra: str) -> Need:
    return Need(module, f"pip install 'edgewright[{extra}]'", lambda: importlib.util.find_spec(module) is not None)


def _tool(name: str) -> Need:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return Need(name, f"apt install {name}", lambda: shutil.which(name, path=path) is not None)


NEEDS = {
    "tensorflow": _package("tensorflow", "convert"),
    "litert_quantizer": _package("litert_quantizer", "optimize"),
    "openvino": _package("openvino", "openvino"),
    "paho": _package("paho", "agent"),
    "av": _package("av", "video"),
    "starlette": _package("starlette", "dashboard"),
    "ray": _package("ray", "ray"),
    "mosquitto": _tool("mosquitto"),
    "chromium": _tool("chromium"),
    "frameworks": Need("PyTorch and JAX", "make test-sources", (PROJECT / ".venv-sources" / "bin").exists),
    "onnx": Need("ONNX", "edgewright convert --setup onnx", lambda: find_environment("onnx") is not None),
    "efficientnet_lite0": Need(
        "EfficientNet-Lite0",
        "edgewright models get efficientnet_lite0",
        lambda: hub.find("efficientnet_lite0") is not None,
    ),
}
PEERS = {
    "mediapipe": Peer("MediaPipe Tasks", "--mediapipe", "MEDIAPIPE", "pip install mediapipe==1.2.2"),
    "mediapipe_pictures": Peer("MediaPipe", "--mediapipe", "MEDIAPIPE_PICTURES", "pip install mediapipe==0.10.21"),
    "litert": Peer("litert run", "--litert", "LITERT", "pip install litert-cli==0.2.1", "COMMAND"),
    "trackers": Peer("ByteTrack", "--trackers", "TRACKERS", "pip install trackers==2.6.1"),
}


def _read(name: str, told: dict[str, Any]) -> Benchmark:
    prose = {key: " ".join(told.pop(key, "").split()) for key in ("words", "remarks")}
    needs = tuple(NEEDS[need] for need in told.pop("needs", ()))
    peers = tuple(PEERS[peer] for peer in told.pop("peers", ()))
    return Benchmark(name, needs=needs, peers=peers, **prose, **told)


_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
BENCHMARKS = {name: _read(name, told) for name, told in _TABLE.items()}
