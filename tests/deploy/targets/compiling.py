"""What an export for microcontrollers wrote, compiled by the machine's own compiler, without a warning let pass."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

STAND_IN = Path(__file__).parents[1] / "tflm"

# A compiler may put a product and a sum together where it finds them: nothing here may depend on it.
FUSING = ("-O2", "-march=native", "-ffp-contract=fast")

_LOOSE = """
import ctypes, os, sys
sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)
from tflite_micro.python.tflite_micro import _runtime
ended = ctypes.CDLL(sys.argv[1])["_Z8classifyv"]()
ctypes.CDLL(None).fflush(None)
sys.exit(ended)
"""


def need(program: str) -> None:
    """Skip without a program of the system; in CI that is a failure."""
    if shutil.which(program) is None:
        hint = f"{program} is missing: apt install gcc g++ make cmake"
        if os.environ.get("CI"):
            pytest.fail(hint)
        pytest.skip(hint)


def compiled(command: list[str], folder: Path) -> None:
    """Run a compiler, which has to have nothing to say."""
    need(command[0])
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


def library(files: Mapping[str, bytes], folder: Path, *flags: str) -> ctypes.CDLL:
    """The C files among these, as a library to be called."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    sources = [name for name in files if name.endswith(".c")]
    warnings = ["-Wall", "-Wextra", "-Werror", "-std=c11"]
    compiled(["gcc", *warnings, *(flags or FUSING), "-shared", "-fPIC", *sources, "-lm", "-o", "lib.so"], folder)
    return ctypes.CDLL(str(folder / "lib.so"))


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Where an array lies."""
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def run_folder(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Build a folder with its own Makefile, and run its program with the library in the package tflite-micro.

    That library is a part of Python's package, which only a Python can load: the program is built as a library too.
    """
    need("make"), need("gcc"), need("g++")
    given = f"-O0 -fPIC -Werror -Dmain=classify {' '.join(flags)}"
    command = ["make", f"TFLM={STAND_IN}", f"FLAGS={given}", "LDFLAGS=-shared"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert (built.returncode, built.stderr) == (0, "")
    return run_library(folder / "classify")


def run_library(path: Path) -> subprocess.CompletedProcess[str]:
    """Run the program's main in a Python that has loaded TensorFlow Lite Micro."""
    command = [sys.executable, "-c", _LOOSE, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
