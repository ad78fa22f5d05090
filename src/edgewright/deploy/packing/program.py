"""`device.pyz`: what comes onto a device before anything else; our own sources that need nothing but Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from edgewright.deploy.packing.archives import zip_of
from edgewright.deploy.packing.own_wheel import package_files

_ROOM = "bundle"
_BEGIN = b"#!/usr/bin/env python3\n"
_START = b'''"""Started by `python3 device.pyz`."""

import sys

from edgewright.bundle.program import main

sys.exit(main())
'''


def device_program() -> bytes:
    """The program's bytes: all of the room `bundle`, and the modules beside the rooms that it imports."""
    sources = {path: content for path, content in package_files() if path.endswith(".py")}
    packed = {f"edgewright/{path}": sources[path] for path in sorted(_needed(sources))}
    return zip_of({"__main__.py": _START, **packed}, begin=_BEGIN)


def _needed(sources: Mapping[str, bytes]) -> set[str]:
    """Paths of the room, of the package itself, and of all that they import and that lies in no other room."""
    needed = {path for path in sources if path.split("/")[0] == _ROOM}
    waiting = ["__init__.py", *needed]
    while waiting:
        path = waiting.pop()
        needed.add(path)
        waiting += {f"{name}.py" for name in _beside(sources[path])} & sources.keys() - needed
    return needed


def _beside(source: bytes) -> Iterator[str]:
    """Names that a file imports from the package itself, wherever in it that stands: "errors", "files"."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "edgewright":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.removeprefix("edgewright.")
        elif isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("edgewright.") for alias in node.names)
