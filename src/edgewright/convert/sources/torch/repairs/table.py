"""Every repair, by the full name of its operator."""

from __future__ import annotations

from collections.abc import Mapping

from edgewright.convert.sources.torch.repairs import (
    convolutions,
    elementwise,
    lookups,
    pooling,
    products,
    resizing,
    scanning,
    scattering,
    sorting,
    turning,
    whole_numbers,
)
from edgewright.convert.sources.torch.repairs.rewriting import Repair

REPAIRS: Mapping[str, Repair] = {
    **convolutions.REPAIRS,
    **elementwise.REPAIRS,
    **lookups.REPAIRS,
    **pooling.REPAIRS,
    **products.REPAIRS,
    **resizing.REPAIRS,
    **scanning.REPAIRS,
    **scattering.REPAIRS,
    **sorting.REPAIRS,
    **turning.REPAIRS,
    **whole_numbers.REPAIRS,
}
# Those of a program whose whole numbers of 64 bits are kept.
WIDE_REPAIRS: Mapping[str, Repair] = {**REPAIRS, **whole_numbers.WIDE}
