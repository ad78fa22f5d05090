"""The house in docs/architecture.md: a room imports only from floors below its own, and only what others export."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import edgewright

SOURCE = Path(edgewright.__file__).parent

FLOORS = {
    "model": 0, "machine": 0, "report": 0,
    "engine": 1, "rewrite": 1, "media": 1,
    "task": 2, "data": 2,
    "evaluate": 3,
    "convert": 4,
    "hub": 5, "check": 5, "optimize": 5, "bench": 5,
    "quickstart": 6, "agent": 6,
    "cli": 7,
}  # fmt: skip
GROUND = {"cache", "documents", "errors", "files", "lazy", "registry", "zips"}


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every import from the package itself, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "edgewright":
            yield from ((node.module, alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "edgewright")


def test_every_room_has_a_floor():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert rooms <= FLOORS.keys()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_down_only(path: Path):
    mine = room_of(path)
    for module, _ in imports(path):
        other = [*module.split("."), ""][1]
        if other in GROUND or other == mine or not other:
            continue
        assert FLOORS[other] < FLOORS[mine], f"{mine} (floor {FLOORS[mine]}) imports {module} (floor {FLOORS[other]})"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_other_rooms_are_entered_by_the_front_door(path: Path):
    mine = room_of(path)
    for module, name in imports(path):
        parts = module.split(".")
        if len(parts) > 1 and parts[1] not in GROUND and parts[1] != mine:
            assert len(parts) == 2, f"{mine} imports {name} from inside {parts[1]}; {parts[1]} should export it"
