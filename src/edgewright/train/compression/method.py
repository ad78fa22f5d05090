"""What a method of compression is: a network into one that packs better, by training it further.

A package outside adds one by an entry point in the group `edgewright.methods`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from edgewright.cache import versions
from edgewright.errors import UsageError
from edgewright.files import sha256_of
from edgewright.machine import Progress
from edgewright.model import ModelFile
from edgewright.registry import Registry
from edgewright.spelling import argument
from edgewright.train.compression.samples import Samples
from edgewright.train.epochs import Epoch

ENTRY_POINTS = "edgewright.methods"

BITS = (8, 4, 3, 2)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How far a network is compressed, and how it is trained for that.

    `bits` of a weight, for "qat"; activations have 8. `packed`: of 4 bits and less two weights lie in a byte.
    `sparsity`: the share of weights that become zero, for "prune". `clusters`: how many values the weights of a layer
    have, for "cluster". `epochs` and `learning_rate`: None for the method's own. `before`: the methods that the network
    has been through, whose work has to be kept: zeros stay zeros. `conversion`: options of `convert` for the network
    (labels, normalization, task, columns, rate, trust).
    """

    bits: int = 8
    packed: bool = True
    sparsity: float = 0.8
    clusters: int = 16
    epochs: int | None = None
    learning_rate: float | None = None
    seed: int = 0
    before: tuple[str, ...] = ()
    conversion: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `UsageError` for what cannot be."""
        if self.bits not in BITS:
            raise UsageError(f"{argument('bits', self.bits)}: choose one of {', '.join(map(str, BITS))}")
        if not 0 < self.sparsity < 1:
            raise UsageError(f"{argument('sparsity', self.sparsity)}: a share of weights lies between 0 and 1")
        if not 2 <= self.clusters <= 256:
            raise UsageError(f"{argument('clusters', self.clusters)}: expected 2 to 256")
        if self.epochs is not None and self.epochs < 1:
            raise UsageError(f"{argument('epochs', self.epochs)}: expected 1 or more")
        if self.learning_rate is not None and not 0 < self.learning_rate < 1:
            raise UsageError(f"{argument('learning_rate', self.learning_rate)}: expected a number between 0 and 1")
        if not 0 <= self.seed < 2**32:
            raise UsageError(f"{argument('seed', self.seed)}: expected 0 to 4294967295")

    @property
    def trust(self) -> bool:
        """Whether a network with code of its own is loaded too."""
        return bool(self.conversion.get("trust"))

    @property
    def key(self) -> dict[str, Any]:
        """All that they are, ready for JSON: what a file of labels holds, and the versions of who works by them."""
        labels = self.conversion.get("labels")
        held = _digest_of_file(labels) if isinstance(labels, str | os.PathLike) else None
        known = {"conversion": repr(dict(self.conversion)), "labels_sha256": held, "versions": versions(*_WORKED_BY)}
        return {**vars(self), **known}


_WORKED_BY = ("edgewright", "keras", "tensorflow")


def _digest_of_file(path: str | os.PathLike[str]) -> str | None:
    try:
        return sha256_of(Path(path))
    except OSError:
        return None  # `convert` says what is wrong with it


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What a method made of a network.

    `network`: a `.keras` file of layers that Keras itself has. `model`: its file, where only the method can make it,
    proven; else it is converted. `score`: that of the network as the method left it (with "qat", as it computes with
    fake-quantized numbers) on `samples.held_out`. `facts`: for the provenance, ready for JSON.
    """

    network: Path
    epochs: tuple[Epoch, ...] = ()
    model: ModelFile | None = None
    score: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


class Method(Protocol):
    """One way to compress a network by training it further."""

    name: str
    """In a word: "qat"."""

    place: int
    """Where it stands among others that are asked for together: the smallest comes first."""

    def apply(self, network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress) -> Applied:
        """Train, in a child process; what is finished in `folder`, which is the method's own, is not done again.

        `network` is a `.keras` file that has been looked at: functional or sequential, of Keras's own layers.
        """


_methods: Registry[Method] = Registry(
    "method",
    ENTRY_POINTS,
    {
        "prune": "edgewright.train.compression.pruning:MagnitudePruning",
        "cluster": "edgewright.train.compression.clustering:Clustering",
        "qat": "edgewright.train.compression.qat:QuantizationAware",
    },
    made=True,
    protocol="edgewright.train.compression.method:Method",
)

register_method = _methods.register
method_names = _methods.names


def methods_named(names: Sequence[str]) -> tuple[Method, ...]:
    """The methods of these names in the order in which they are applied. Raises `UsageError` for what is none."""
    if isinstance(names, str):
        names = names.split(",")
    chosen = [name.strip() for name in names if name.strip()]
    if not chosen:
        raise UsageError(f"{argument('methods')} is empty. Choose of: {', '.join(_methods.names())}")
    twice = next((name for name in chosen if chosen.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{argument('methods')} names {twice!r} twice")
    return tuple(sorted(map(_methods.get, chosen), key=lambda method: method.place))
