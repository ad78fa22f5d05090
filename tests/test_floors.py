"""The house in docs/architecture.md: a room imports only from floors below its own, and only what others export."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from statistics import median
from typing import TypeVar

import pytest

import edgewright

SOURCE = Path(edgewright.__file__).parent

FLOORS = {
    "model": 0, "machine": 0, "report": 0, "bundle": 0,
    "engine": 1, "rewrite": 1, "media": 1,
    "task": 2, "data": 2, "quantization": 2,
    "evaluate": 3,
    "convert": 4,
    "hub": 5, "check": 5, "optimize": 5, "bench": 5, "scale": 5,
    "quickstart": 6, "agent": 6, "train": 6,
    "deploy": 7,
    "cli": 8,
}  # fmt: skip
GROUND = {
    "brief",
    "cache",
    "cached",
    "documents",
    "errors",
    "files",
    "lazy",
    "mistaken",
    "named_models",
    "registry",
    "spelling",
    "toml_document",
    "trainable",
    "values",
    "zips",
}


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


def inside(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All that a file consists of; read once for all tests."""
    return list(ast.walk(ast.parse(path.read_text())))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every import from the package itself, wherever in the file it stands."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module == "edgewright":
            yield from (whole(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "edgewright":
            yield from ((node.module, alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "edgewright")


def whole(name: str) -> tuple[str, str]:
    """What `from edgewright import name` takes: a room or a file of the ground floor, or one of its public names."""
    return (f"edgewright.{name}", "") if name in FLOORS or name in GROUND else ("edgewright", name)


def named(path: Path) -> Iterator[str]:
    """Rooms of the package that a file names in a text, as what is imported by its name is: "edgewright.hub:load"."""
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parts = re.fullmatch(r"edgewright\.(\w+)([.:]\w+)*", node.value)
            if parts and parts[1] in FLOORS:
                yield parts[1]


def test_every_room_has_a_floor():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert rooms <= FLOORS.keys()


def test_nothing_above_is_named_in_a_text_either():
    assert [
        f"{inside(path)} names {other}"
        for path in modules()
        for other in named(path)
        if other != room_of(path) and FLOORS[other] >= FLOORS[room_of(path)]
    ] == []


def test_imports_go_down_only():
    wrong = []
    for path in modules():
        mine = room_of(path)
        for module, _ in imports(path):
            other = [*module.split("."), ""][1]
            if other and other not in GROUND and other != mine and FLOORS[other] >= FLOORS[mine]:
                wrong.append(f"{inside(path)} (floor {FLOORS[mine]}) imports {module} (floor {FLOORS[other]})")
    assert wrong == []


def test_the_ground_floor_stands_on_itself():
    """But for the front door, which opens all rooms."""
    ground = [path for path in SOURCE.glob("*.py") if path.stem not in ("__init__", "__main__")]
    assert {path.stem for path in ground} == GROUND
    assert [
        f"{path.name} imports {module}"
        for path in ground
        for module, _ in imports(path)
        if module.removeprefix("edgewright.") not in GROUND
    ] == []


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("from edgewright import hub", ("edgewright.hub", "")),
        ("from edgewright import files", ("edgewright.files", "")),
        ("from edgewright import __version__", ("edgewright", "__version__")),
        ("from edgewright.hub import load", ("edgewright.hub", "load")),
        ("import edgewright.hub", ("edgewright.hub", "")),
    ],
)
def test_every_way_of_importing_a_room_is_seen(line: str, taken: tuple[str, str], tmp_path: Path):
    file = tmp_path / "file.py"
    file.write_text(line)
    assert list(imports(file)) == [taken]


def test_other_rooms_are_entered_by_the_front_door():
    wrong = []
    for path in modules():
        for module, name in imports(path):
            parts = module.split(".")
            if len(parts) > 2 and parts[1] not in GROUND and parts[1] != room_of(path):
                wrong.append(f"{inside(path)} imports {name} from inside {parts[1]}; {parts[1]} should export it")
    assert wrong == []


# ----- the shape of files and rooms

# What is still to be divided. An entry that is no longer needed fails: the lists may only get shorter.
TOO_MANY_FILES: set[str] = set()
TOO_LONG: set[str] = set()
IN_CIRCLES = {
    "model/checking/folding/arithmetic.py",
    "model/checking/folding/constants.py",
}
SUB_ROOMS_IN_CIRCLES = {"model/checking", "model/node.py"}

MOST_FILES, MOST_LINES, MEDIAN_BODY = 20, 350, 7

Place = TypeVar("Place", Path, str)

FILES = {path: inside(path) for path in sorted(SOURCE.rglob("*.py"))}


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def for_types_only(path: Path) -> set[int]:
    """Everything below an `if TYPE_CHECKING`, which no program runs."""
    blocks = [node for node in nodes(path) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    return {id(inner) for block in blocks for part in block.body for inner in ast.walk(part)}


@cache
def imported(path: Path) -> set[Path]:
    """The files that a file imports, wherever in it the import stands."""
    left_out = for_types_only(path)
    found: set[str] = set()
    for node in nodes(path):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in whole}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {MODULES[name] for name in found if name in MODULES} - {path}


def reachable(start: Place, arrows: Mapping[Place, set[Place]]) -> set[Place]:
    """All that can be reached from a file or sub-room; it is among them where it is in a circle."""
    seen: set[Place] = set()
    waiting = [start]
    while waiting:
        fresh = arrows[waiting.pop()] - seen
        seen |= fresh
        waiting += fresh
    return seen


def test_no_files_import_each_other_in_a_circle():
    arrows = {path: imported(path) for path in FILES}
    assert {name for path, name in FILES.items() if path in reachable(path, arrows)} == IN_CIRCLES


def test_no_room_has_more_files_at_one_level_than_can_be_seen_at_once():
    counts = Counter(path.parent.relative_to(SOURCE).as_posix() for path in FILES)
    assert {room for room, count in counts.items() if count > MOST_FILES} == TOO_MANY_FILES


def test_no_file_is_longer_than_one_subject_takes():
    long = {name for path, name in FILES.items() if len(path.read_text().splitlines()) > MOST_LINES}
    assert long == TOO_LONG


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_most_functions_are_short_enough_to_be_seen_whole():
    functions = [
        body_lines(node)
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert median(functions) <= MEDIAN_BODY


def sub_room(path: Path) -> str:
    """The sub-room that a file is in, at whatever depth; a file at the level of its room stands for itself."""
    return "/".join(FILES[path].split("/")[:2])


def test_arrows_between_sub_rooms_go_one_way():
    arrows: dict[str, set[str]] = {sub_room(path): set() for path in FILES}
    for path in FILES:
        others = {sub_room(other) for other in imported(path) if room_of(other) == room_of(path)}
        arrows[sub_room(path)] |= others - {sub_room(path)}
    assert {name for name in arrows if name in reachable(name, arrows)} == SUB_ROOMS_IN_CIRCLES
