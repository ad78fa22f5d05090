"""The contract of a conversion source: it opens, and what it opened can be run and lowered. The rest is the room's.

The room chooses samples, runs both sides, compares, judges by its tolerances, and writes down where the file came from;
it has the child process and the temporary folder. So nothing comes out of a source unproven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from edgewright.convert.options import ConversionOptions
from edgewright.convert.representative import Array
from edgewright.convert.sources.ports import InputPort, OutputPort, Sample
from edgewright.errors import ConversionError, EngineError
from edgewright.model import ModelFile


@runtime_checkable
class ModelSource(Protocol):
    """One format of models.

    `name` is what it is called in the registry, `title` in messages ("a Keras archive (.keras)"). `in_child` says where
    its sources are opened: files in a child process, which may die of them, and objects that are alive in the caller's
    process only there, in silence. A source that is opened in a child has to be importable there.
    """

    name: str
    title: str
    in_child: bool

    def recognizes(self, source: object) -> bool:
        """Whether this is such a source, by its content; a path exists. Reads a few bytes at most, imports nothing."""

    def open(self, source: Any, options: ConversionOptions) -> Opened | ModelFile:
        """Load it, after looking at it for what loading would run.

        A `ModelFile` says that the source is one already: its bytes are the source's own, or it is refused. Raises
        `ConversionError`.
        """


@runtime_checkable
class StartsFramework(Protocol):
    """A source whose framework takes its time to start; `framework` is its name for people ("TensorFlow")."""

    framework: str


@runtime_checkable
class TakesOptions(Protocol):
    """A source that takes some of the options that not every source does; see `sources.taking` for these.

    `takes` are their names. A source without it takes none of them.
    """

    takes: tuple[str, ...]


class Opened(Protocol):
    """A source that is loaded. `name` stands for it in messages.

    `inputs` and `outputs` are in the source's order. A source that learns of its outputs by running has them after the
    first `run`.
    """

    name: str
    inputs: tuple[InputPort, ...]
    outputs: tuple[OutputPort, ...]

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """Outputs of the source for each sample, in the order of `outputs`: what the model file is compared with."""

    def lower(self, request: Request) -> Lowering:
        """Get ready to make a model file; what comes back does it, with no hold on what was opened."""


@runtime_checkable
class ShowsLayers(Protocol):
    """An opened source that also shows what it computes on the way, for the comparison layer by layer."""

    def activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What each layer returns for each sample, by name in the order of execution."""


@runtime_checkable
class ShowsFirstLayers(Protocol):
    """An opened source that also shows what becomes of a picture first: whether it normalizes its pixels by itself."""

    def first_activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What the first ten layers or so return for each sample, by name in the order of execution."""


@runtime_checkable
class KnowsInputs(Protocol):
    """An opened source that shows what its inputs are like, for the comparison where random ones say nothing."""

    def typical(self) -> dict[str, tuple[Array, Array]]:
        """Mean and deviation of the values of those inputs of which they are known, in a shape that spreads over it."""


@runtime_checkable
class DescribesItself(Protocol):
    """An opened source whose exporter noted what it is for, beside the graph."""

    def notes(self) -> Mapping[str, str]:
        """What is noted, a text by each name: `metadata_props` of ONNX, the extra files of a `.pt2`."""


@runtime_checkable
class RunsByValues(Protocol):
    """An opened source that may have loops whose length its inputs say: for an odd input, one might never end."""

    runs_by_values: bool


@runtime_checkable
class HasNotices(Protocol):
    """An opened source of which something has to be said that no comparison with it can show; one sentence each."""

    notices: tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """What the model file has to be: `inputs` with every size that it is to have, and the options of the conversion.

    `calibration` are real inputs to measure the activations with, for int8 (see `QuantizesItself`).
    `folder` is for temporary files: it exists, and is gone after the conversion.
    """

    inputs: tuple[InputPort, ...]
    options: ConversionOptions
    folder: Path
    calibration: list[Sample] = field(default_factory=list, repr=False)


class Lowering(Protocol):
    """Makes the model file, in a child process: it can be pickled, as `functools.partial` of a module's function can.

    The inputs and outputs of the file are in the source's order.
    """

    def __call__(self) -> Lowered:
        """Raise `UnsupportedOperatorError` for operators that LiteRT does not have, else `ConversionError`."""


@runtime_checkable
class HasOthers(Protocol):
    """A lowering that is the first of several ways: where its file is refused or not proven, the others are tried."""

    def others(self) -> Sequence[Lowering]:
        """The other ways, in the order to try them in."""


@runtime_checkable
class KnowsOperators(Protocol):
    """A lowering that can tell which operator of its source is behind a file that the runtime refuses."""

    def refused(self, model: ModelFile, error: EngineError) -> ConversionError:
        """The error to raise in place of the runtime's."""


@runtime_checkable
class KnowsChance(Protocol):
    """A lowering that can tell whether its source draws random numbers, so that no two runs of it agree."""

    def draws(self) -> ConversionError | None:
        """The error to raise in place of one that says that outputs differ; None where nothing is drawn."""


@runtime_checkable
class QuantizesItself(Protocol):
    """A lowering whose file is what `quantize` asks for. What all others make is float, and the room quantizes it."""

    @property
    def quantizes(self) -> bool:
        """Whether it does."""


@dataclass(frozen=True)
class Lowered:
    """A model file, what had to be changed in the source for it, and versions of the tools that made it, by name."""

    model: ModelFile
    remedies: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
