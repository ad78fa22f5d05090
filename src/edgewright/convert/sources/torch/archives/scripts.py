"""What the code in a TorchScript archive could do besides computing, as it is found by reading it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from edgewright.convert.sources.safety import Finding
from edgewright.convert.sources.torch.archives.reading import Archive

# TorchScript's code is compiled by PyTorch, which knows operators only. These read and write files.
_FILES = frozenset({"save", "from_file", "load", "load_tensor"})
# Sets of operators that compute; others talk to other machines, or come with libraries of somebody else.
_COMPUTING = frozenset({"aten", "prim", "prims", "quantized", "mkldnn"})


def script_findings(archive: Archive) -> tuple[Finding, ...]:
    """Operators that read or write files or are not PyTorch's, classes of other libraries, and code nobody can read."""
    code = [name for name in archive.members if name.startswith("code/") and name.endswith(".py")]
    return tuple(finding for name in code for finding in _in_code(name, archive.read(name)))


def fresh_script(archive: Archive, target: Path) -> Path:
    """Copy what was looked at, so that PyTorch reads the same members."""
    return archive.copy(target, lambda name: True)


def _in_code(name: str, code: bytes) -> Iterator[Finding]:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield Finding(name[:100], "is code that cannot be read")
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from _of_call(name, ast.unparse(node)[:100])


def _of_call(name: str, called: str) -> Iterator[Finding]:
    parts = called.split(".")
    if parts[0] in ("torch", "ops") and parts[-1] in _FILES:
        yield Finding(name[:100], f"calls {called}, which reads or writes files")
    elif parts[0] == "ops" and len(parts) > 2 and parts[1] not in _COMPUTING:
        yield Finding(name[:100], f"calls {called}, which is none of PyTorch's operators", "code")
    elif "torch.classes." in called:
        yield Finding(name[:100], f"uses {called}, a class of another library")
