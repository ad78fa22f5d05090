"""The names that a Keras configuration may use: classes with their modules, functions, and functions of TensorFlow."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

# Where each kind lives, by the first part of a module's name that says something ("" for `keras` itself).
_HOMES: dict[str, tuple[str, ...]] = {
    "": ("models", "dtype_policies"),
    "models": ("models",),
    "functional": ("models",),
    "sequential": ("models",),
    "training": ("models",),
    "layers": ("layers",),
    "legacy": ("layers",),
    "ops": ("operations", "activations"),
    "mixed_precision": ("dtype_policies", "optimizers"),
    **{kind: (kind,) for kind in ("activations", "initializers", "regularizers", "constraints", "dtype_policies")},
    **{kind: (kind,) for kind in ("quantizers", "random", "losses", "metrics", "optimizers", "applications")},
}
_ROOTS = frozenset({"keras", "tf_keras"})
_FILLING = frozenset({"src", "api", "_v2", "engine"})
_MODULE = re.compile(r"\w+(\.\w+)*", re.ASCII)
# What strings stand for in a configuration, by the end of their key, and the kinds that they may name.
IDENTIFIERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "activation": ("functions", ("activations", "operations")),
    "initializer": ("classes", ("initializers",)),
    "regularizer": ("classes", ("regularizers",)),
    "constraint": ("classes", ("constraints",)),
}


@cache
def allowed(table: str) -> dict[str, frozenset[str]]:
    """Names by kind, of one table of names.toml ("classes", "functions" or "tensorflow")."""
    tables = tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))
    return {kind: frozenset(names.split()) for kind, names in tables[table].items()}


def is_class(module: object, name: str) -> bool:
    """Whether this class of Keras only computes; without a module it is looked for by its name alone."""
    return _among("classes", name, tuple(allowed("classes")) if module is ... else _kinds(module))


def is_function(module: object, name: str) -> bool:
    """Whether this function of Keras only computes. Those of `builtins` are looked for among all of Keras's."""
    if module in ("builtins", "__builtin__"):
        return _among("functions", name, tuple(allowed("functions")))
    return _among("functions", name, _kinds(module))


def is_identifier(key: str, name: str) -> bool | None:
    """Whether the string may stand under a key like "kernel_initializer"; None if strings mean nothing there."""
    found = next((rule for ending, rule in IDENTIFIERS.items() if key.endswith(ending)), None)
    return None if found is None else _among(found[0], name, found[1])


def is_tensorflow_function(path: str) -> bool:
    """Whether this function of TensorFlow's public names ("math.add", "compat.v1.reshape") only computes."""
    namespace, _, name = path.removeprefix("compat.v1.").rpartition(".")
    return _among("tensorflow", name, (namespace or "tensorflow",))


def of_keras(module: object) -> bool:
    """Whether it is a module of a Keras package, whatever it may hold."""
    return isinstance(module, str) and module.split(".")[0] in _ROOTS


def _among(table: str, name: str, kinds: tuple[str, ...]) -> bool:
    names = allowed(table)
    return any(name in names.get(kind, ()) for kind in kinds)


def _kinds(module: object) -> tuple[str, ...]:
    """The kinds that a module of Keras may hold; none for any other module."""
    if not isinstance(module, str) or not _MODULE.fullmatch(module):
        return ()
    parts = module.removeprefix("tensorflow.").split(".")
    root, *rest = [part for part in parts if part not in _FILLING]
    return _HOMES.get(rest[0] if rest else "", ()) if root in _ROOTS else ()
