"""Where in a model an operator of its program is: the path of its module, and the line that called it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_EXECUTING = re.compile(r"While executing %(\w+)")
_FAILED = re.compile(r"(?P<file>[^\n:]+):(?P<line>\d+):\d+: error: (?P<said>.*)", re.DOTALL)
# What is found invalid before the converter begins: error: "…Model/…;"("fft_fft"("model.py":55:0)): … .
_INVALID = re.compile(r'error: "[^"\n]*"\("\w+"\("(?P<file>[^"\n]+)":(?P<line>\d+):\d+\)\): (?P<said>.*)', re.DOTALL)
_FRAME = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+), in ')
_IN_PYTORCH = re.compile(r"-packages[/\\]torch[/\\]")
_ODD = re.compile(r"[^\w.-]")
_RESULT = re.compile(r"-> \(?tensor<(?P<sizes>(?:[\d?]+x)*)\w+>")


@dataclass(frozen=True)
class Place:
    """One operator of a program: "aten.sort" in the module "blocks.0"; `file` and `line` called it.

    That may be PyTorch's own; `caller` is the last line that is not ("model.py:17"), "" where none is known.
    """

    node: str
    operator: str
    layer: str
    file: str = ""
    line: int = 0
    shape: tuple[int, ...] | None = None
    caller: str = ""


def places_of(program: Any) -> list[Place]:
    """The operators of a program, in the order of execution."""
    return [place_of(node) for node in program.graph.nodes if node.op == "call_function"]


def place_of(node: Any) -> Place:
    """Where one node of a program is."""
    file, line = _called(node)
    value = node.meta.get("val")
    shape = tuple(value.shape) if hasattr(value, "shape") else None
    return Place(node.name, operator_name(node.target), layer_of(node), file, line, shape, caller_of(node))


def operator_name(target: Any) -> str:
    """What people call an operator: "aten.sort" of `torch.ops.aten.sort.default`."""
    packet = getattr(target, "overloadpacket", None)
    return str(packet or getattr(target, "__name__", target))


def layer_of(node: Any) -> str:
    """The path of the module that an operator is in: "blocks.0.attention"; "" where it is the model itself."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [path for path, _ in stack.values()]
    return str(paths[-1]).removeprefix("L__self__").strip(".") if paths else ""


def caller_of(node: Any) -> str:
    """The last line around PyTorch that led to an operator: "model.py:17"; "" where that is not known.

    A program that was saved has the lines of its making, whose file may be called anything.
    """
    frames = [found for found in _FRAME.finditer(node.stack_trace or "") if not _IN_PYTORCH.search(found["file"])]
    if not frames:
        return ""
    name = _ODD.sub("?", re.split(r"[/\\]", frames[-1]["file"])[-1])
    return f"{name}:{frames[-1]['line']}"


def behind(places: list[Place], said: str) -> Place | None:
    """The operator that a message of the converter is about; None where it does not say."""
    if found := _EXECUTING.search(said):
        return next((place for place in places if place.node == found[1]), None)
    found = _INVALID.search(said) or _FAILED.search(said)
    if found is None:
        return None
    near = [place for place in places if (place.file, place.line) == (found["file"].strip(), int(found["line"]))]
    same = [place for place in near if place.shape == _shape(found["said"])]
    return next(iter((*same, *near)), None)


def _called(node: Any) -> tuple[str, int]:
    from torch.fx.graph import _parse_stack_trace

    trace = _parse_stack_trace(node.stack_trace) if node.stack_trace else None
    return (str(trace.file), int(trace.lineno)) if trace else ("", 0)


def _shape(said: str) -> tuple[int, ...] | None:
    found = _RESULT.search(said)
    sizes = found["sizes"].split("x")[:-1] if found else ["?"]
    return None if "?" in sizes else tuple(map(int, sizes))


def places_named(program: Any, tensors: list[str]) -> list[Place]:
    """The operators of a program that tensors of its file are named after: those of the same module.

    All of them, the last first, where the tensors have names of their own, as the outputs of the model do.
    """
    places = places_of(program)
    return [place for place in places if place.layer in tensors] or places[::-1]


def layer_names(program: Any) -> dict[str, str]:
    """The path of each module by the name that the converter has for it, of the classes around it."""
    from litert_torch.backend.debuginfo import build_mlir_debuginfo

    nodes = [node for node in program.graph.nodes if node.op == "call_function"]
    return {str(build_mlir_debuginfo(node)).rstrip(";"): layer_of(node) for node in nodes}
