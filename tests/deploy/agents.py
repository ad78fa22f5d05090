"""An agent that looks at the pictures of a folder, and a bundle of it for a kind of device."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from edgewright.bundle import Platform

MODEL = "models/mobilenet_v2_1.0_224_quant.tflite"
PICTURE = "images/parrot.jpg"

# Makes a bundle in a process of its own: PLACE MACHINE PYTHON LIBC CONFIG [LOCK].
MAKE = """
import sys
from edgewright.bundle import Platform
from edgewright.deploy import make_bundle
out, machine, python, libc, config, *rest = sys.argv[1:]
platform, lock = Platform(machine, python, libc), rest[0] if rest else None
made = make_bundle(out, platform=platform, config=config, version=3, lock=lock)
print(made.path)
"""


def write_agent(folder: Path, model: Path, watched: Path) -> Path:
    """The file of an agent that looks at the pictures in a folder of its device, and its model."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(model, folder / "sees.tflite")
    config = folder / "agent.toml"
    config.write_text(
        f'model = "sees.tflite"\n[source]\nfolder = "{watched}"\n[[sinks]]\nsend = "file:events.jsonl"\n'
        '[[sinks]]\nsend = "stdout"\n'
    )
    return config


def make_elsewhere(
    place: Path, platform: Platform, config: Path, *lock: Path, umask: int = 0o022, **env: object
) -> Path:
    """Make a bundle in another process; `env`: what else there is in its environment."""
    words: Sequence[str] = [platform.machine, platform.python, platform.libc, str(config), *map(str, lock)]
    done = subprocess.run(
        [sys.executable, "-c", MAKE, str(place), *words],
        env=os.environ | {name: str(value) for name, value in env.items()},
        check=False,
        capture_output=True,
        text=True,
        umask=umask,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())
