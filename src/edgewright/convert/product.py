"""What a conversion hands over between its stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edgewright.convert.options import ConversionOptions
from edgewright.convert.ports import Port, Sample, require_numbers, settle
from edgewright.convert.recurrent import repair_recurrent
from edgewright.convert.representative import Array
from edgewright.convert.runtime import versions
from edgewright.convert.samples import choose
from edgewright.errors import ConversionError
from edgewright.evaluate import Agreement


class Opened(Protocol):
    """A source that is loaded: TensorFlow knows it, and this is what conversion needs of it.

    `layers` are the names that people gave its parts; `remedies` what had to be changed in it to get this far.
    """

    ports: tuple[Port, ...]
    outputs: tuple[str, ...]
    layers: tuple[str, ...]
    remedies: tuple[str, ...]

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """Outputs of the source for each sample, in its own order; from then on `outputs` has their names."""

    def activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What each layer returns for each sample, by name in the order of execution."""

    def export(self, ports: Sequence[Port], folder: Path) -> None:
        """Write a SavedModel into `folder` with one signature, "serving_default", of these inputs and `outputs`."""


@dataclass(frozen=True)
class Prepared:
    """A source exported to a SavedModel, and what it computed: all that conversion and proof need.

    `samples` are what the result is compared on and `reference` the source's outputs for them; `wide` and
    `wide_reference` are the same for one sample with a larger batch, where the batch stays free. `calibration` is
    what int8 is measured on.
    """

    folder: Path
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    samples: list[Sample] = field(repr=False)
    reference: list[list[Array]] = field(repr=False)
    wide: list[Sample] = field(default_factory=list, repr=False)
    wide_reference: list[list[Array]] = field(default_factory=list, repr=False)
    calibration: list[Sample] = field(default_factory=list, repr=False)
    real: bool = False
    layers: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """A converted and compared model; `agreement` is `None` for a file that was passed through.

    `real` says whether the comparison ran on representative data, `remedies` what had to be changed in the source.
    """

    data: bytes = field(repr=False)
    agreement: Agreement | None = None
    real: bool = False
    remedies: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)


def prepare(opened: Opened, options: ConversionOptions, folder: Path, name: str) -> Prepared:
    """Settle the inputs, run the source on samples, and export it; in whatever process has it loaded.

    Raises `UsageError` for options that do not fit the source, and `ConversionError` where the source itself fails.
    """
    import tensorflow as tf

    require_numbers(opened.ports, name)
    ports = settle(opened.ports, options)
    samples = choose(ports, options)
    try:
        reference, wide_reference = opened.run(samples.compared), opened.run(samples.wide)
        opened.export(ports, folder)
    except (ValueError, TypeError, RuntimeError, NotImplementedError, tf.errors.OpError) as error:
        raise ConversionError(f"{name}: the source itself fails when it is run: {first_line(error)}") from error
    return Prepared(
        folder=folder,
        name=name,
        inputs=tuple(port.name for port in ports),
        outputs=opened.outputs,
        samples=samples.compared,
        reference=reference,
        wide=samples.wide,
        wide_reference=wide_reference,
        calibration=samples.calibration,
        real=bool(options.representative),
        layers=opened.layers,
        remedies=(*opened.remedies, *repair_recurrent(folder, _batch(ports))),
        tools=versions("tensorflow", "keras", "tf_keras"),
    )


def _batch(ports: Sequence[Port]) -> int | None:
    """The first size that all inputs share, if there is one."""
    sizes = {port.shape[0] if port.shape else None for port in ports}
    return sizes.pop() if len(sizes) == 1 else None


def first_line(error: BaseException) -> str:
    """The first line of an error's text that says something, at most 300 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
