"""Our wheel and the installer's program: the same bytes each time, whole, and with nothing else needed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from edgewright.deploy.packing.own_wheel import own_wheel
from edgewright.deploy.packing.program import device_program

# Prints the digests of both, made by whatever Edgewright this Python finds.
DIGESTS = """
import hashlib
from edgewright.deploy.packing.own_wheel import own_wheel
from edgewright.deploy.packing.program import device_program
print(hashlib.sha256(own_wheel().content).hexdigest(), hashlib.sha256(device_program()).hexdigest())
"""

IMPORTS = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
wrong = [name for name, module in sys.modules.items() if name.startswith("edgewright")
         and not str(getattr(module, "__file__", sys.argv[1])).startswith(sys.argv[1])]
assert not wrong, wrong
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = own_wheel()
    path = tmp_path_factory.mktemp("wheel") / made.file
    path.write_bytes(made.content)
    return path


def test_an_installation_from_the_wheel_packs_the_same_wheel_and_the_same_program(wheel, tmp_path):
    """The one here leads to a working tree, or is a copy: what comes of them must not tell."""
    options = [
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--disable-pip-version-check",
        "--target",
        tmp_path / "installed",
    ]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, wheel], check=True)
    start = f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r})\n"
    here = subprocess.run([sys.executable, "-c", DIGESTS], check=True, capture_output=True, umask=0o077).stdout
    there = subprocess.run([sys.executable, "-c", start + DIGESTS], check=True, capture_output=True, cwd=tmp_path)
    assert there.stdout == here


def test_the_wheel_has_all_code_and_nothing_that_python_made_of_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        record = archive.read("edgewright-0.1.0.dist-info/RECORD").decode()
    assert {"edgewright/py.typed", "edgewright/deploy/checking.py", "edgewright/agent/dashboard/page/main.js"} <= {
        *names
    }
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".pth", "direct_url.json"))]
    assert [line.partition(",")[0] for line in record.splitlines()] == names


def test_the_program_holds_all_that_the_room_imports_and_needs_no_package(tmp_path):
    program = tmp_path / "device.pyz"
    program.write_bytes(device_program())
    with zipfile.ZipFile(program) as archive:
        names = archive.namelist()
    modules = [name.removesuffix(".py").replace("/", ".") for name in names if name.startswith("edgewright/")]
    rooms = {name.split("/")[1] for name in names if name.count("/") > 1}
    assert rooms == {"bundle"}
    imported = [name.removesuffix(".__init__") for name in modules if not name.endswith("__main__")]
    subprocess.run([sys.executable, "-I", "-S", "-c", IMPORTS, program, *imported], check=True)


def test_the_program_starts_with_nothing_but_python(tmp_path):
    program = tmp_path / "device.pyz"
    program.write_bytes(device_program())
    words = [sys.executable, "-I", "-S", program, "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={}, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "install" in done.stdout
