"""A device as a place to measure on: the environment of a bundle, in a folder of its own, kept between runs."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgewright.deploy.making import make_bundle
from edgewright.deploy.packing.own_wheel import own_wheel
from edgewright.deploy.reaching import Device, connect
from edgewright.errors import DeployError
from edgewright.machine import Progress, heard, request, silent

MEASURING_ROOT = "~/.cache/edgewright/measuring"
"""Where the environment and the models lie on a device; it can be removed at any time."""

_ANSWERING = "edgewright.machine.elsewhere.answering"
_MADE_OF = "made_of.json"

# What of some files is there; what was not used for a week goes.
_THERE = """
import json, os, sys, time
folder = os.path.join(sys.argv[1], "files")
os.makedirs(folder, mode=0o700, exist_ok=True)
wanted = set(json.load(sys.stdin))
for name in os.listdir(folder):
    path = os.path.join(folder, name)
    if name in wanted:
        os.utime(path)
    elif os.stat(path).st_mtime < time.time() - 7 * 86400:
        os.unlink(path)
print(json.dumps(sorted(wanted & set(os.listdir(folder)))))
"""
_READ = "import sys; print(open(sys.argv[1]).read())"


@contextmanager
def measuring_on(host: str, *, root: str = MEASURING_ROOT, progress: Progress = silent) -> Iterator[OverSSH]:
    """A device on which `bench` and `optimize` measure (`on`), for as long as the block lasts.

    At first an environment is brought there, of the wheels that a deployment brings; it stays, and goes on being used
    while this Edgewright is the same. Raises what `deploy` raises.
    """
    with connect(host) as connection:
        device = Device(connection, root)
        _bring_environment(device, progress)
        yield OverSSH(device)


class OverSSH:
    """A `Place`: functions are called in the environment on a device, with plain values and files."""

    def __init__(self, device: Device) -> None:
        self._device = device

    @property
    def name(self) -> str:
        """Where it is."""
        return self._device.name

    def call(
        self,
        function: str,
        arguments: Mapping[str, Any],
        files: Mapping[str, Path | bytes],
        progress: Progress = silent,
    ) -> Any:
        """Call it there; files that are there already, by their SHA-256, are not sent again."""
        names = {name: _digest_name(file) for name, file in files.items()}
        missing = {*names.values()} - self._there(names)
        for name, file in files.items():
            if names[name] in missing:
                self._device.send(file, f"files/{names[name]}", progress=progress)
                missing.discard(names[name])
        paths = {name: f"{self._device.root}/files/{there}" for name, there in names.items()}
        python = f"{self._device.root}/current/venv/bin/python"
        answers = self._device.connection.lines(
            [python, "-m", _ANSWERING], input=request(function, arguments, paths), what="measuring"
        )
        return heard(answers, self.name, progress)

    def _there(self, names: Mapping[str, str]) -> set[str]:
        connection = self._device.connection
        wanted = json.dumps(sorted({*names.values()})).encode()
        said = connection.python_says(_THERE, self._device.root, input=wanted)
        return {*map(str, said)} if isinstance(said, list) else set()


def _digest_name(file: Path | bytes) -> str:
    """What a file is called there; pictures are known by their suffix."""
    if isinstance(file, bytes):
        return hashlib.sha256(file).hexdigest()
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() + file.suffix.lower()


def _bring_environment(device: Device, progress: Progress) -> None:
    """Install a bundle without a model, unless the one there is made of the same code."""
    facts, made_of = device.known(progress), own_wheel().sha256
    if facts.current and _made_of(device) == {facts.current: made_of}:
        return
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        bundle = make_bundle(
            folder, platform=facts.platform, name="measuring", version=facts.highest + 1,
            packages=device.packages(facts.platform), progress=progress,
        )  # fmt: skip
        path = f"incoming/{bundle.path.name}"
        device.send(bundle.path, path, progress=progress)
        words = ("install", f"{device.root}/{path}", "--digest", bundle.manifest.digest)
        ended = device.tell(*words, stage=lambda stage: progress(stage, 0, 0))
        device.remove(path)
    if ended.get("state") != "healthy":
        raise DeployError(f"the environment does not work there: {ended.get('why')}", where=device.name)
    device.send(json.dumps({bundle.manifest.label: made_of}).encode(), _MADE_OF)


def _made_of(device: Device) -> Any:
    try:
        return device.connection.python_says(_READ, f"{device.root}/{_MADE_OF}")
    except DeployError:
        return None
