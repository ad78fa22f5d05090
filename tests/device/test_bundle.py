"""A bundle for an emulated Raspberry Pi without a network: it installs there, and what it brings works."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgewright.bundle import Platform
from edgewright.deploy.packing.program import device_program

from ..conftest import PIP_CACHE
from ..deploy.agents import MODEL, PICTURE, make_elsewhere, write_agent
from .build_root import entering
from .machines import output

pytestmark = [pytest.mark.extras, pytest.mark.xdist_group("devices")]

# An emulated processor takes minutes for what a Raspberry Pi does in seconds.
INSTALL = """
set -eu
export EDGEWRIGHT_ALONE=1
! python3 -c 'import socket; socket.create_connection(("127.0.0.1", 9), 5)' 2>unreachable
grep -q 'Network is unreachable' unreachable
python3 device.pyz --root root launch --within 1200 --steady 1 >launcher.log 2>&1 &
python3 device.pyz --root root install agent.bundle --unsigned || { cat launcher.log >&2; exit 1; }
for second in $(seq 300); do
    [ -s root/state/events.jsonl ] && break
    sleep 1
done
cat root/state/events.jsonl
"""


@pytest.fixture
def place(roots: dict[str, Path]) -> Iterator[Path]:
    """A folder in the root of a 64-bit Raspberry Pi, with the program that installs."""
    folder = Path(tempfile.mkdtemp(dir=roots["arm64"] / "srv"))
    try:
        (folder / "device.pyz").write_bytes(device_program())
        yield folder
    finally:
        shutil.rmtree(folder)


def run(root: Path, folder: Path, *command: str) -> list[dict[str, object]]:
    """The documents that a command prints there, without a network."""
    inside = "/" / folder.relative_to(root)
    said = output(["unshare", "--net", *entering(root, inside, *command)], folder)
    return [json.loads(line) for line in said.splitlines()]


def test_it_installs_without_a_network_and_sees_the_same(
    roots: dict[str, Path], place: Path, tmp_path: Path, shared_file: Callable[[str], Path]
) -> None:
    root = roots["arm64"]
    (asked,) = run(root, place, "python3", "-I", "-S", "device.pyz", "ask")
    platform = Platform(*(str(asked[name]) for name in ("machine", "python", "libc")))
    assert platform == Platform("aarch64", "3.11", "glibc 2.36")

    (place / "watched").mkdir()
    shutil.copy(shared_file(PICTURE), place / "watched")
    config = write_agent(tmp_path / "config", shared_file(MODEL), "/" / place.relative_to(root) / "watched")
    made = make_elsewhere(tmp_path, platform, config, PIP_CACHE_DIR=PIP_CACHE)
    shutil.copy(made, place / "agent.bundle")

    *_, outcome, event = run(root, place, "sh", "-c", INSTALL)
    assert outcome["state"] == "healthy"
    assert event["result"]["top"][0]["label"] == "macaw"  # type: ignore[index]
