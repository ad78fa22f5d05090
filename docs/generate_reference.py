"""`make docs`: writes docs/reference/ from the docstrings of the library and the --help of the command line.

    python docs/generate_reference.py

tests/docs/test_reference.py fails while the committed pages differ from what this makes.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import edgewright
from edgewright import errors

FOLDER = Path(__file__).resolve().parent / "reference"
ROOMS = (
    "model", "machine", "engine", "rewrite", "task", "data", "evaluate", "convert", "hub", "check", "optimize", "bench",
    "quickstart", "agent", "scale", "deploy", "train", "media",
)  # fmt: skip
# Of rooms that are public as they are, what people use; the rest is for other rooms.
OPEN = {"scale": ("run", "read_rows", "status", "forecast", "RayCrew")}
# What pages import from rooms that are reached by `from edgewright.ROOM import NAME` alone.
IMPORTED = {
    "agent": ("Call", "Privacy", "Rule", "draw_places"),
    "data": ("load", "open_dataset", "stratified_split"),
    "deploy": ("device_status", "fetch_runtime", "measuring_on", "roll_back"),
    "evaluate": ("EngineTolerance", "rewriting_proof"),
    "hub": ("get", "locate", "names", "quantized", "source"),
    "media": ("find_pictures",),
    "optimize": ("Recipe",),
    "rewrite": ("passes_for",),
}

_WIDTH = 100
_COMMAND = (sys.executable, "-c", "from edgewright.cli import main; main()")
_NOTE = "<!-- Written by docs/generate_reference.py; change the docstrings or the help texts, then run: make docs -->"


def pages() -> dict[str, str]:
    """The pages by file name."""
    return {"api.md": api_page(), "cli.md": cli_page()}


# The library.


def api_page() -> str:
    """The page of the library."""
    names = [name for name in edgewright.__all__ if name not in ("__version__", "EdgewrightError", *OPEN)]
    public = {name: getattr(edgewright, name) for name in names} | _of_rooms(OPEN)
    functions = {name: value for name, value in public.items() if not inspect.isclass(value)}
    classes = {name: value for name, value in public.items() if inspect.isclass(value)}
    imported = _of_rooms(IMPORTED)
    returned = dict(sorted(_returned(public | imported).items()))
    parts = [
        _NOTE,
        "# Python reference",
        "Everything under “Functions” and “Classes” is there as `edgewright.NAME`; `import edgewright` loads none of "
        "it before it is used. What stands under “From their rooms” is imported from there: `from edgewright.agent "
        "import Rule`. “What they return” lists the classes that results are made of, with the room that exports them.",
        _index("Functions", functions)
        + _index("Classes", classes)
        + _index("From their rooms", imported)
        + _index("What they return", returned),
        "## Functions",
        *(_function(f"edgewright.{name}", value, "###") for name, value in functions.items()),
        "## Classes",
        *(_class(f"edgewright.{name}", value) for name, value in classes.items()),
        "## From their rooms",
        *(_part(f"edgewright.{name}", value) for name, value in imported.items()),
        "## What they return",
        *(_class(f"{_room(value)}.{name}", value) for name, value in returned.items()),
        "## Errors",
        "One tree in `edgewright.errors`; `except edgewright.EdgewrightError` catches all of it. The exit code is that "
        "of the command line.",
        _errors(),
    ]
    return "\n\n".join(parts) + "\n"


def _of_rooms(named: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    rooms = {room: importlib.import_module(f"edgewright.{room}") for room in named}
    return {f"{room}.{name}": getattr(rooms[room], name) for room, names in named.items() for name in names}


def _part(name: str, value: Any) -> str:
    return _class(name, value) if inspect.isclass(value) else _function(name, value, "###")


def _index(title: str, named: Mapping[str, object]) -> str:
    return f"- {title}: {', '.join(f'[{name}](#{_anchor(name, value)})' for name, value in named.items())}\n"


def _anchor(name: str, value: Any) -> str:
    """The anchor of the heading of `_function` and `_class`; the second of two that differ in case has a number."""
    if name in edgewright.__all__ or "." in name:
        return f"edgewright{name}".lower().replace(".", "")
    room = _room(value).rpartition(".")[2]
    again = "-1" if name.lower() in OPEN.get(room, ()) else ""
    return f"edgewright{room}{name}{again}".lower()


def _room(value: Any) -> str:
    return ".".join(value.__module__.split(".")[:2])


def _returned(public: Mapping[str, Any]) -> dict[str, type]:
    """The classes, exported by a room, that the public names return or that those consist of."""
    exported = _exported()
    by_name = {one.__name__: one for one in exported}
    found: dict[str, type] = {}
    waiting = list(public.values())
    while waiting:
        value = waiting.pop()
        own = vars(sys.modules[value.__module__])
        for name in _mentioned(value):
            one = own.get(name, by_name.get(name))
            if one in exported and one not in public.values() and name not in found:
                found[name] = one
                waiting.append(one)
    return found


def _exported() -> list[type]:
    """The classes that the rooms export."""
    rooms = [importlib.import_module(f"edgewright.{name}") for name in ROOMS]
    return [value for room in rooms for name in room.__all__ if inspect.isclass(value := getattr(room, name))]


def _mentioned(value: Any) -> Iterator[str]:
    """The names in the annotations of what a function returns, or a class's methods and fields do."""
    if not inspect.isclass(value):
        texts = [_text(value, "return")]
    else:
        texts = [str(text) for text in vars(value).get("__annotations__", {}).values()]
        for _, member in _members(value):
            texts.append(_text(getattr(member, "fget", None) or _plain(member), "return"))
    for text in texts:
        yield from re.findall(r"[A-Za-z_]\w*", text)


def _members(value: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties with a docstring, in the order of the source."""
    for name, member in vars(value).items():
        public = not name.startswith("_") or name == "__call__"
        if public and (isinstance(member, property) or hasattr(member, "func") or callable(_plain(member))):
            yield name, member


def _plain(member: Any) -> Any:
    return getattr(member, "__func__", getattr(member, "func", member))


def _function(name: str, value: Callable[..., Any], heading: str) -> str:
    return "\n\n".join([f"{heading} {name}", _code(name.split(".")[-1] + _signature(value)), _doc(value)])


def _class(name: str, value: type) -> str:
    if issubclass(value, enum.Enum):
        return "\n\n".join([f"### {name}", _doc(value), f"Values: {', '.join(f'`{one.name}`' for one in value)}"])
    head = _code(f"class {value.__name__}{_signature(value)}") if _has_constructor(value) else ""
    members = [_member(value, one, member) for one, member in _members(value) if inspect.getdoc(_plain(member))]
    return "\n\n".join(part for part in (f"### {name}", head, _doc(value), *members) if part)


def _has_constructor(value: type) -> bool:
    """Protocols have none, nor do classes that are opened in another way ("Use `X.open`")."""
    return not getattr(value, "_is_protocol", False) and not str(value.__init__.__doc__).startswith("Use `")


def _member(owner: type, name: str, member: Any) -> str:
    shown = "" if name == "__call__" else f".{name}"
    if isinstance(member, property) or (hasattr(member, "func") and not callable(member)):
        text = _text(getattr(member, "fget", None) or member.func, "return")
        return f"`{owner.__name__}{shown}`{f': `{text}`' if text else ''}\n\n{_indented(_doc(member))}"
    bound = not isinstance(member, staticmethod)
    call = f"{owner.__name__}{shown}{_signature(_plain(member), bound=bound)}"
    return f"`{call}`\n\n{_indented(_doc(_plain(member)))}"


def _text(function: Any, which: str) -> str:
    return str(getattr(function, "__annotations__", {}).get(which, ""))


def _doc(value: Any) -> str:
    """The docstring; its example, which ends it, as a block of Python."""
    text, begin, example = (inspect.getdoc(value) or "").partition("\n\n>>> ")
    return f"{text}\n\n```python\n>>> {example}\n```" if begin else text


def _indented(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


class _Verbatim:
    """Something whose `repr` is the text itself: annotations and defaults as the source has them."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _signature(value: Any, *, bound: bool = False) -> str:
    """The signature as in the source, a parameter a line where it is long; `bound` leaves out the first."""
    signature = inspect.signature(value)
    parameters = [_parameter(one) for one in signature.parameters.values()][1 if bound else 0 :]
    returns = signature.return_annotation
    if inspect.isclass(value):
        returns = inspect.Signature.empty
    elif returns is not inspect.Signature.empty:
        returns = _Verbatim(str(returns))
    line = str(signature.replace(parameters=parameters, return_annotation=returns))
    return line if len(line) <= _WIDTH or bound else _one_a_line(line, parameters)


def _one_a_line(line: str, parameters: list[inspect.Parameter]) -> str:
    rows: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in rows and not any(r.startswith("*") for r in rows):
            rows.append("*")
        rows.append(str(parameter))
    _, arrow, returns = line.rpartition(") -> ")
    return "(\n" + "".join(f"    {row},\n" for row in rows) + ")" + (f" -> {returns}" if arrow else "")


def _parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    annotation, default = parameter.annotation, parameter.default
    if annotation is not parameter.empty:
        annotation = _Verbatim(getattr(annotation, "__forward_arg__", None) or str(annotation))
    if isinstance(default, str):
        default = _Verbatim(json.dumps(default))
    elif inspect.isfunction(default):
        default = _Verbatim(default.__name__)
    elif isinstance(default, enum.Enum):
        default = _Verbatim(str(default))
    elif isinstance(default, os.PathLike):
        default = _Verbatim(json.dumps(str(default)))
    elif type(default).__name__ == "_HAS_DEFAULT_FACTORY_CLASS":
        default = _Verbatim("...")
    elif dataclasses.is_dataclass(default):
        default = _Verbatim(f"{type(default).__name__}()")
    return parameter.replace(annotation=annotation, default=default)


def _errors() -> str:
    rows = ["| error | is a | exit code | meaning |", "| --- | --- | --- | --- |"]
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, edgewright.EdgewrightError):
            bases = ", ".join(f"`{base.__name__}`" for base in value.__bases__)
            meaning = " ".join(_doc(value).partition("\n\n```")[0].split())
            rows.append(f"| `{name}` | {bases} | {value.exit_code} | {meaning} |")
    return "\n".join(rows)


# The command line.


def cli_page() -> str:
    """The page of the command line."""
    parts = [
        _NOTE,
        "# Command line reference",
        "What `--help` says. Results go to standard output and everything else to standard error. Exit codes: 0 done, "
        "1 failed, 2 wrong usage, 130 stopped with Ctrl-C. `--debug`, anywhere on the line, shows tracebacks and the "
        "logs of child processes.",
    ]
    parts += [f"## {' '.join(['edgewright', *words])}\n\n```text\n{text}```" for words, text in help_texts()]
    return "\n\n".join(parts) + "\n"


def help_texts(*words: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The help of a command and of its commands, at 80 columns."""
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [*_COMMAND, *words, "--help"], stdout=subprocess.PIPE, encoding="utf-8", check=True, env=environment
    )
    yield words, done.stdout
    _, _, commands = done.stdout.partition("\nCommands:\n")
    for name in re.findall(r"^  (\w\S*)", commands, re.MULTILINE):
        yield from help_texts(*words, name)


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
