"""Finds what a graph would do beside computing, by a list of the operators that only compute."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from edgewright.convert.sources.safety import Finding
from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph, Node, Placed
from edgewright.convert.sources.tensorflow.graphs.reading import graph_in

_UNKNOWN = "is not among the operators that only compute"
_CHECKPOINT = "reads or writes checkpoints"

# Attributes that let an operator which only computes read or write a file, with the values that do not.
_CONSOLE = frozenset({"", "stdout", "stderr", "log(info)", "log(warning)", "log(error)"})
_NOTHING = frozenset({""})
_HARMLESS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("vocab_file", "filename", "file_path", "path", "directory", "address", "target"), _NOTHING),
    **dict.fromkeys(("debug_urls", "debug_ops_spec", "memory_region_name", "call_target_name"), _NOTHING),
    "descriptor_source": frozenset({"", "local://"}),
    "output_stream": _CONSOLE,
}
_NAMES = ("shared_name", "container")
_FLAGS = frozenset({"is_files"})

# Programs of StableHLO compute, but for their calls of functions that the process has. Their bytecode begins so.
_PROGRAM = "XlaCallModule"
_BYTECODE = "ML\N{REPLACEMENT CHARACTER}R"
_FOREIGN = "custom_call"

# The smallest text that can be a graph with one operator, and how often a graph may hold a text that is a graph.
_SMALLEST, _DEEPEST = 5, 4


@dataclass(frozen=True)
class Operators:
    """What each operator does: `pure` only computes, `readers` and `writers` are of checkpoints, others are refused."""

    pure: frozenset[str]
    readers: frozenset[str]
    writers: frozenset[str]
    refused: dict[str, str]

    def __contains__(self, name: str) -> bool:
        """Whether TensorFlow has an operator of this name."""
        return name in self.pure or name in self.refused or name in self.readers or name in self.writers


@cache
def operators() -> Operators:
    """The table of operators."""
    table = tomllib.loads(Path(__file__).with_name("operators.toml").read_text(encoding="utf-8"))
    pure, readers, writers = (frozenset(table[key].split()) for key in ("pure", "readers", "writers"))
    refused = {name: reason for reason, names in table["refused"].items() for name in names.split()}
    return Operators(pure, readers, writers, refused)


def graph_findings(graphs: Iterable[MetaGraph], *, saver: bool = True) -> tuple[Finding, ...]:
    """What the graphs of a SavedModel do outside of themselves, each operator and reason once.

    `saver` says that checkpoint operators may be there which nothing reaches but the saver.
    """
    found: dict[Finding, None] = {}
    for graph in graphs:
        found |= dict.fromkeys(_impure(graph))
        found |= dict.fromkeys(_beside(graph))
        found |= dict.fromkeys(_checkpoints(graph) if saver else _all_checkpoints(graph))
    return tuple(found)


def _impure(graph: MetaGraph) -> Iterator[Finding]:
    for placed in graph.all_nodes():
        reason = _by_operator(placed.node.op, graph.functions) or _by_attributes(placed.node)
        reason = reason or _by_constants(placed.node)
        if reason:
            yield Finding(_where(placed), reason)


def _by_operator(name: str, functions: Iterable[str]) -> str:
    table = operators()
    if name in table.pure or name in table.readers or name in table.writers:
        return ""
    return table.refused.get(name) or ("" if name in functions else _UNKNOWN)


def _by_attributes(node: Node) -> str:
    for key, text in node.texts.items():
        if text not in _HARMLESS.get(key, (text,)):
            return f"reads or writes the file {text!r} ({key})" if key != "output_stream" else f"writes to {text!r}"
        if key in _NAMES and _is_path(text):
            return f"has a path where a name should be: {text!r} ({key})"
    if node.flags & _FLAGS:
        return "reads or writes files"
    module = node.texts.get("module", "")
    if node.op == _PROGRAM and (not module.startswith(_BYTECODE) or _FOREIGN in module):
        return "runs foreign code"
    return ""


def _is_path(text: str) -> bool:
    return text.startswith(("/", "~")) or "://" in text or ".." in PurePosixPath(text).parts


def _by_constants(node: Node, depth: int = 0) -> str:
    """What is wrong with the node's constants: handles of things in memory, and texts that are graphs."""
    if node.handles:
        return "holds a handle of something in memory"
    for text in node.strings:
        for inner in graph_in(text) if len(text) >= _SMALLEST else ():
            if depth >= _DEEPEST:
                return "holds graphs in graphs"
            if _in_text(inner, depth):
                return f"holds a graph in a text, whose operator {inner.op} {_in_text(inner, depth)}"
    return ""


def _in_text(node: Node, depth: int) -> str:
    table = operators()
    if node.op in table.readers or node.op in table.writers:
        return _CHECKPOINT
    return _by_operator(node.op, ()) or _by_attributes(node) or _by_constants(node, depth + 1)


def _beside(graph: MetaGraph) -> Iterator[Finding]:
    """What is wrong beside of the operators: names of functions and files."""
    table = operators()
    for name in graph.functions:
        if name in table and name not in table.pure:
            yield Finding(f"function {name!r}", "has the name of an operator")
    for name in graph.assets:
        if _is_path(name):
            yield Finding(f"asset {name!r}", "lies outside of the folder")


def _checkpoints(graph: MetaGraph) -> Iterator[Finding]:
    table = operators()
    for placed in graph.used():
        if placed.node.op in table.readers or placed.node.op in table.writers:
            yield _checkpoint(placed)
    for placed in graph.restoring():
        reads = placed.node.op in table.readers
        if placed.node.op in table.writers:
            yield _checkpoint(placed)
        elif reads and not graph.has_objects and (not graph.file_node or graph.origin(placed) != graph.file_node):
            yield Finding(_where(placed), "reads another file than that of the model's variables")


def _all_checkpoints(graph: MetaGraph) -> Iterator[Finding]:
    table = operators()
    return (_checkpoint(placed) for placed in graph.all_nodes() if placed.node.op in table.readers | table.writers)


def _checkpoint(placed: Placed) -> Finding:
    return Finding(_where(placed), f"{_CHECKPOINT}, and it is not only the saver that calls it")


def _where(placed: Placed) -> str:
    inside = f" in function {placed.function!r}" if placed.function else ""
    return f"operator {placed.node.op} ({placed.node.name}{inside})"
