"""What docs/how-to/raspberry-pi.md says is what was done and printed on the emulated devices."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ..docs.blocks import DOCS, assert_shown, blocks
from ..docs.named_models import named_model
from .build_root import PACKAGES
from .machines import KINDS, Device

PAGE = DOCS / "how-to" / "raspberry-pi.md"
MATERIAL = {
    "parrot.jpg": "images/parrot.jpg",
    "cat.bmp": "images/cat.bmp",
    "squat.bmp": "images/squat.bmp",
}


# One process has the emulated devices at a time.
pytestmark = pytest.mark.xdist_group("devices")


def commands(*words: str) -> list[tuple[str, str]]:
    """(command, what it prints) of the blocks that begin with ```console and these words."""
    texts = [block.text for block in blocks(PAGE) if block.words == ("console", *words)]
    parts = [part for text in texts for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


@pytest.mark.extras
def test_commands_print_what_the_page_shows(device: Device, shared_file: Callable[[str], Path]) -> None:
    for name, origin in MATERIAL.items():
        shutil.copyfile(shared_file(origin), device.work / name)
    named_model("mobilenet_v2_1_0_224_quant", shared_file).save(device.work / "mobilenet.tflite", overwrite=True)
    shown = commands(device.architecture)
    assert shown
    for command, output in shown:
        assert_shown(output, device.run("sh", "-c", command))


@pytest.mark.parametrize("architecture", KINDS)
def test_the_page_installs_what_the_emulated_devices_have(architecture: str) -> None:
    install = [command for command, _ in commands("install", architecture)]
    options = KINDS[architecture][2]
    assert install[:3] == [
        f"sudo apt install {' '.join(PACKAGES[architecture])}",
        " ".join(["python3 -m venv", *options, "edge"]),
        "edge/bin/pip install edgewright-*.whl",
    ]
