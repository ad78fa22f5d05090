"""Names of a package that are loaded when they are first used, so that a short program does not wait for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules
from typing import Any


def exports(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` (PEP 562) and `__all__` for a package.

    `homes` has the names by the module they live in, separated by blanks; a module that is exported itself is named
    with an empty text.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}
    home |= {module: "" for module, names in homes.items() if not names}

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f"{package}.{home[name] or name}")
        value = getattr(module, name) if home[name] else module
        setattr(modules[package], name, value)
        return value

    names = sorted(home)
    return get, lambda: names, names
