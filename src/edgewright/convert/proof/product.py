"""What a conversion hands over between its stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edgewright.convert.options import Normalization
from edgewright.convert.proof.probes import Probe
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Lowering
from edgewright.convert.sources.ports import Sample
from edgewright.evaluate import Agreement, OutputAgreement
from edgewright.task import Yolo


@dataclass(frozen=True)
class Prepared:
    """A source ready to be lowered, and what it computed: all that the proof needs.

    `samples` are what the result is compared on and `reference` the source's outputs for them; `wide` and
    `wide_reference` are the same for one sample with a larger batch, where the batch stays free. `real` says whether
    they are representative data, and `looked_for` that they were chosen because outputs change on them. Where no output
    moves, `activations` are what the layers of the source return for each sample. `calibration` are the samples to
    measure the activations of the file with, where the room makes it int8, and `probes` what was asked
    on purpose. `yolo` is what is known of a source that is one.
    """

    lowering: Lowering
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    samples: list[Sample] = field(repr=False)
    reference: list[list[Array]] = field(repr=False)
    wide: list[Sample] = field(default_factory=list, repr=False)
    wide_reference: list[list[Array]] = field(default_factory=list, repr=False)
    real: bool = False
    normalization: Normalization | None = None
    notices: tuple[str, ...] = ()
    looked_for: bool = False
    activations: Sequence[dict[str, Array]] = field(default=(), repr=False)
    calibration: list[Sample] = field(default_factory=list, repr=False)
    probes: tuple[Probe, ...] = field(default=(), repr=False)
    yolo: Yolo | None = None


@dataclass(frozen=True)
class Product:
    """A converted and compared model; `agreement` is `None` for a file that was passed through.

    `real` says whether the comparison ran on representative data, `looked_for` whether on inputs that were chosen
    because outputs change on them, `remedies` what had to be changed in the source. Where no output moved, `layers` are
    what was compared instead. `normalization`, `yolo` and `notices` are those of `Prepared`, with what the proof has to
    say. `probed` says by kind of probe what the file makes of it, see `probed.judge`.
    """

    data: bytes = field(repr=False)
    agreement: Agreement | None = None
    real: bool = False
    remedies: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    normalization: Normalization | None = None
    notices: tuple[str, ...] = ()
    looked_for: bool = False
    layers: tuple[OutputAgreement, ...] = ()
    probed: Mapping[str, str] = field(default_factory=dict)
    yolo: Yolo | None = None
