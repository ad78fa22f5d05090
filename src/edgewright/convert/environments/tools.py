"""Which tools have an environment of their own, and what each of these is made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from edgewright.errors import UsageError

Version = tuple[int, int]


@dataclass(frozen=True)
class Tool:
    """A program that cannot live beside the current runtime, because of what it pins.

    `name` is what its environment is asked for by, `purpose` what it is for ("converting ONNX"), `module` what a Python
    that has it can import. `pythons` are the versions of Python it says it needs, best first; on `tolerated` ones it
    computes the same, though it says otherwise. `download` and `size` are bytes, about: over the network, on the disk.
    `pins` is every package with its version and the digests of its files, as pip reads it.
    """

    name: str
    title: str
    purpose: str
    module: str
    pythons: tuple[Version, ...]
    tolerated: tuple[Version, ...]
    download: int
    size: int
    pins: str = field(repr=False)

    @property
    def packages(self) -> int:
        """How many packages it is made of."""
        return sum("==" in line for line in self.pins.splitlines() if not line.startswith("#"))

    @property
    def digest(self) -> str:
        """Another for each other list of packages."""
        return hashlib.sha256(self.pins.encode()).hexdigest()


def _pins(name: str) -> str:
    return (Path(__file__).parent / "pins" / f"{name}.txt").read_text(encoding="utf-8")


# On 3.11 its files are the same, byte for byte; it is installed there against its own word.
_ONNX = Tool(
    name="onnx",
    title="onnx2tf 2.6.9",
    purpose="converting ONNX",
    module="onnx2tf",
    pythons=((3, 12), (3, 13)),
    tolerated=((3, 11),),
    download=143_000_000,
    size=610_000_000,
    pins=_pins("onnx"),
)

TOOLS = {tool.name: tool for tool in (_ONNX,)}


def tool(name: str) -> Tool:
    """The tool with this name; raises `UsageError` that lists the names there are."""
    if name not in TOOLS:
        raise UsageError(f"there is no environment {name!r} to set up. Choose one of: {', '.join(TOOLS)}")
    return TOOLS[name]
