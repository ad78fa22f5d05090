"""The numbers that a Keras model computes with: LiteRT has kernels for float32, so that is what it is built with."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from edgewright.convert.sources.tensorflow.keras.config import Config, walk

FLOAT32 = "float32"
_POLICY = re.compile(r"(mixed_)?(b?float16|float64|half|double)")
# Both Kerases write a policy as its name, or as an object that has it; `source_name` is of one behind a quantized one.
_NAMES = ("name", "source_name")
# What Keras 3 makes of a function such as `keras.ops.cast`: the type that it names is part of what it computes.
_OPERATION = "ops"


def in_float32(config: Config) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A copy of the configuration whose layers compute in float32, and what it had instead ("policy mixed_float16").

    Weights are numbers and stay what they are: those of "mixed_float16" are float32, narrower ones fit, and float64
    loses what float32 cannot hold.
    """
    fresh: dict[str, Any] = copy.deepcopy(dict(config))
    replaced = dict.fromkeys(policy for part, _ in walk(fresh, "") for policy in _replaced(part))
    return fresh, tuple(f"policy {policy}" for policy in replaced)


def _replaced(part: Config) -> Iterator[str]:
    arguments = part.get("config")
    if "class_name" in part and isinstance(arguments, MutableMapping) and not _is_operation(part):
        yield from _policies(arguments, "dtype")


def _policies(holder: MutableMapping[str, Any], key: str) -> Iterator[str]:
    """Put float32 in the place of a policy, and of those inside of it; yields what they were."""
    value = holder.get(key)
    if isinstance(value, str) and _POLICY.fullmatch(value):
        holder[key] = FLOAT32
        yield value
    elif isinstance(value, MutableMapping) and isinstance(inner := value.get("config"), MutableMapping):
        yield from (policy for name in _NAMES for policy in _policies(inner, name))
        yield from _of_map(inner)


def _of_map(inner: MutableMapping[str, Any]) -> Iterator[str]:
    """The policies of a `DTypePolicyMap`: one for all layers, and others for layers by their path."""
    yield from _policies(inner, "default_policy")
    paths = inner.get("policy_map")
    if isinstance(paths, MutableMapping):
        for path in paths:
            yield from _policies(paths, path)


def _is_operation(part: Config) -> bool:
    return _OPERATION in str(part.get("module")).split(".")
