"""The frame of every C file: what it is, guards, and C's names also in C++."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgewright.deploy.description import Description
from edgewright.deploy.targets.micro_code.literals import comment


def head(described: Description, what: str) -> str:
    """The first line of a file."""
    return f"/* {what} Made by edgewright for {called(described)}. */\n"


def called(described: Description) -> str:
    """The model by the name of its file, without the folder."""
    return comment(Path(described.model.name).name)


def header(described: Description, name: str, what: str, body: str, includes: Sequence[str] = ()) -> bytes:
    """A header that C and C++ read."""
    guard = f"MODEL_{name.upper()}_H"
    lines = "".join(f"#include {include}\n" for include in ("<stddef.h>", "<stdint.h>", *includes))
    return (
        f"{head(described, what)}#ifndef {guard}\n#define {guard}\n\n{lines}\n"
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\n{body.strip()}\n\n#ifdef __cplusplus\n}}\n#endif\n\n#endif\n'
    ).encode()


def source(described: Description, name: str, what: str, body: str, includes: Sequence[str] = ()) -> bytes:
    """A C file beside the header of the same name."""
    lines = "".join(f"#include {include}\n" for include in includes)
    return f'{head(described, what)}#include "{name}.h"\n\n{lines}{chr(10) if lines else ""}{body.strip()}\n'.encode()


def template(name: str, **values: object) -> bytes:
    """A file that is the same for all models but for the words between @ signs."""
    from importlib.resources import files

    text = files(__package__).joinpath("templates", name).read_text("utf-8")
    for word, value in values.items():
        text = text.replace(f"@{word.upper()}@", str(value))
    return text.encode()
