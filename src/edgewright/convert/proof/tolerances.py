"""How far a converted model may be from its source, by kind of conversion, and why so far."""

from __future__ import annotations

from dataclasses import dataclass

from edgewright.convert.options import Quantize
from edgewright.errors import ToleranceError
from edgewright.evaluate import Agreement, OutputAgreement
from edgewright.spelling import argument


@dataclass(frozen=True)
class Tolerance:
    """The least signal-to-noise ratio of each output in decibels, and the reason for it."""

    snr_db: float
    reason: str


# Signal-to-noise ratios, because they mean the same for outputs of any size: 20 dB are a tenth of the signal's
# amplitude, 60 dB a thousandth. Each is below what sound conversions reach (measured on three published networks and
# the small ones of the tests) and above what a broken one does: outputs in another order, a lost normalization or
# zeroed weights stay under 5 dB.
TOLERANCES: dict[Quantize, Tolerance] = {
    "none": Tolerance(
        60.0,
        "float32 keeps 24 bits; sums in another order and approximated functions cost some (measured 114 to 152 dB)",
    ),
    "float16": Tolerance(
        35.0,
        "weights keep 11 bits, so each is off by up to 1/2,048; activations stay float32 (measured 48 to 94 dB)",
    ),
    "dynamic": Tolerance(
        15.0,
        "weights keep 8 bits, and activations are rounded to 8 bits at every product (measured 22 to 63 dB)",
    ),
    "int8": Tolerance(
        8.0,
        "every number keeps 8 bits, and what lies outside the measured range is cut off (measured 16 to 48 dB)",
    ),
}


def require(agreement: Agreement, kind: Quantize, name: str, *, one_sample: bool = False) -> None:
    """Raise `ToleranceError` unless every output is within its tolerance and at least one of them varied.

    A comparison on purpose of `one_sample` cannot vary.
    """
    for output in agreement.outputs:
        problem = _problem(output, TOLERANCES[kind])
        if problem:
            raise ToleranceError(f"output {output.name!r} {problem}. No file was written", where=name)
    if agreement.vacuous and not one_sample:
        raise ToleranceError(
            f"no output changed over {agreement.samples} different inputs, so nothing could be compared",
            where=name,
            remedy=f"Give real inputs as {argument('representative_data')}",
        )


def _problem(output: OutputAgreement, tolerance: Tolerance) -> str:
    if not output.same_shape:
        return "has another shape than in the source, or is empty"
    if not output.finite:
        return "is not finite (NaN or infinity)"
    if output.snr_db >= tolerance.snr_db or output.scale == 0 == output.largest_difference:
        return ""
    return (
        f"differs from its source by up to {output.largest_difference:.3g} where the largest value is "
        f"{output.scale:.3g}: {output.snr_db:.1f} dB signal to noise, at least {tolerance.snr_db:.0f} dB is required"
    )
