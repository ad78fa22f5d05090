"""Which runtime pip is told to install on which machine."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def chosen(machine: str, python: str) -> dict[str, list[str]]:
    """Package -> version ranges, on a machine with that name and Python."""
    environment = {"platform_machine": machine, "python_version": python, "sys_platform": "linux"}
    found: dict[str, list[str]] = {}
    for requirement in map(Requirement, PROJECT["dependencies"]):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            found.setdefault(requirement.name, []).append(str(requirement.specifier))
    return found


@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "arm64", "AMD64"])
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_64_bit_machines_get_litert_and_any_numpy(machine: str, python: str) -> None:
    packages = chosen(machine, python)
    assert "ai-edge-litert" in packages
    assert "tflite-runtime" not in packages
    assert packages["numpy"] == [">=1.24"]


@pytest.mark.parametrize("machine", ["armv7l", "armv8l"])  # a 32-bit kernel; 32-bit names under a 64-bit kernel
def test_32_bit_arm_gets_the_older_runtime_and_the_numpy_it_was_built_for(machine: str) -> None:
    packages = chosen(machine, "3.11")
    assert "tflite-runtime" in packages
    assert "ai-edge-litert" not in packages
    assert packages["numpy"] == [">=1.24", "<2"]


def test_debian_12_satisfies_numpy_and_pillow_on_32_bit_arm() -> None:
    debian = {"numpy": "1.24.2", "pillow": "9.4.0"}
    packages = chosen("armv7l", "3.11")
    for name, version in debian.items():
        assert all(Requirement(f"{name}{bounds}").specifier.contains(version) for bounds in packages[name])
