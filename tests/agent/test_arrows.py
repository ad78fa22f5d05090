"""The rooms inside the agent: arrows between them go one way, files import each other in no circle."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import edgewright.agent

AGENT = Path(edgewright.agent.__file__).parent
FILES = sorted(AGENT.rglob("*.py"))

# A room imports from those before it, and from the files beside them that everybody may use.
ROOMS = ("capture", "events", "inference", "delivery", "fleet", "config", "dashboard")
GROUND = {"backoff", "credentials", "ledger", "state_names", "tls"}


def name_of(path: Path) -> str:
    return ".".join(("edgewright", "agent", *path.relative_to(AGENT).with_suffix("").parts)).removesuffix(".__init__")


NAMES = {name_of(path): path for path in FILES}


def imported(path: Path) -> set[str]:
    """The agent's modules that a file imports when it is imported itself, or later."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & NAMES.keys()) or {node.module}
    return (found & NAMES.keys()) - {name_of(path)}


def test_arrows_between_the_rooms_go_one_way():
    for path in FILES:
        room, *inner = path.relative_to(AGENT).parts
        if not inner:
            continue
        allowed = {*ROOMS[: ROOMS.index(room) + 1], *GROUND}
        beside = {name.split(".")[2] for name in imported(path)}
        assert beside <= allowed, f"{path.relative_to(AGENT)} imports from {beside - allowed}"


def test_no_files_import_each_other_in_a_circle():
    front_door = {"edgewright.agent"}  # its names are loaded when they are used
    TopologicalSorter({name: imported(path) - front_door for name, path in NAMES.items()}).prepare()


def test_no_folder_has_more_than_twenty_files():
    folders = [AGENT, *(path for path in AGENT.rglob("*") if path.is_dir())]
    assert max(len(list(folder.glob("*.py"))) for folder in folders) <= 20
