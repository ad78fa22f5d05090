"""What a conversion hands over between its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgewright.convert.options import Normalization
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Lowering
from edgewright.convert.sources.ports import Sample
from edgewright.evaluate import Agreement


@dataclass(frozen=True)
class Prepared:
    """A source ready to be lowered, and what it computed: all that the proof needs.

    `samples` are what the result is compared on and `reference` the source's outputs for them; `wide` and
    `wide_reference` are the same for one sample with a larger batch, where the batch stays free. `real` says whether
    they are representative data.
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


@dataclass(frozen=True)
class Product:
    """A converted and compared model; `agreement` is `None` for a file that was passed through.

    `real` says whether the comparison ran on representative data, `remedies` what had to be changed in the source.
    `normalization` and `notices` are those of `Prepared`.
    """

    data: bytes = field(repr=False)
    agreement: Agreement | None = None
    real: bool = False
    remedies: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    normalization: Normalization | None = None
    notices: tuple[str, ...] = ()
