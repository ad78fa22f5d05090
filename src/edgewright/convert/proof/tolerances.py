"""How far a converted model may be from its source, by kind of conversion, and why so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgewright.convert.options import Quantize
from edgewright.errors import ToleranceError
from edgewright.evaluate import Agreement, OutputAgreement, PartAgreement
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
    "trained": Tolerance(
        15.0,
        "the source rounds to the same 8 bits; a sum between two of them goes to either (measured 31 to 44 dB)",
    ),
}


# float32 has steps of 6e-8 around 1, and runtimes approximate a sigmoid to some 1e-7: answers that are all near 0, as a
# detector's are on noise, differ by that and have a low ratio. So a difference this small is none, in scores and what
# else lies in -1 to 1 by construction, and in other numbers, whose unit nobody knows. A tenth of the signal has to be
# right all the same, or a file that always returns 0 would be near to small numbers.
_NO_DIFFERENCE_IN_SCORES, _NO_DIFFERENCE, _LEAST_DB = 1e-5, 1e-6, 20.0


def require(
    agreement: Agreement,
    kind: Quantize,
    name: str,
    *,
    one_sample: bool = False,
    layers: Sequence[OutputAgreement] = (),
) -> None:
    """Raise `ToleranceError` unless every output is within its tolerance and at least one of them varied.

    So is each meaning that an output joins, and none of its entries has lost what it says in the source. Where no
    output varied, `layers` that did have to be within it. A comparison on purpose of `one_sample` cannot vary.
    """
    for output in agreement.outputs:
        problem = problem_of(output, kind)
        if problem:
            raise ToleranceError(f"output {output.name!r} {problem}. No file was written", where=name)
        _require_parts(output, kind, name)
    if agreement.vacuous and not one_sample:
        _require_layers(layers, kind, name, agreement.samples)


def _require_layers(layers: Sequence[OutputAgreement], kind: Quantize, name: str, samples: int) -> None:
    still = f"no output changed over {samples} different inputs"
    remedy = f"Give real inputs as {argument('representative_data')}"
    if not layers:
        said = f"{still}, nor did any layer that could be compared instead, so nothing could be compared"
        raise ToleranceError(said, where=name, remedy=remedy)
    for layer in layers:
        problem = problem_of(layer, kind)
        if problem:
            said = f"{still}, and of its layers {layer.name!r} {problem}. No file was written"
            raise ToleranceError(said, where=name, remedy=remedy)


def problem_of(output: OutputAgreement, kind: Quantize) -> str:
    """In words what is wrong with an output as a whole; "" where it is within its tolerance."""
    if not output.same_shape:
        return "has another shape than in the source, or is empty"
    if not output.finite:
        return "is not finite (NaN or infinity)"
    if output.scale == 0 == output.largest_difference:
        return ""
    return _noise(output, TOLERANCES[kind])


def _noise(compared: OutputAgreement | PartAgreement, tolerance: Tolerance) -> str:
    if compared.snr_db >= tolerance.snr_db or _is_rounding(compared):
        return ""
    return (
        f"differs from its source by up to {compared.largest_difference:.3g} where the largest value is "
        f"{compared.scale:.3g}: {compared.snr_db:.1f} dB signal to noise, at least {tolerance.snr_db:.0f} dB is "
        "required"
    )


def _is_rounding(compared: OutputAgreement | PartAgreement) -> bool:
    most = _NO_DIFFERENCE_IN_SCORES if compared.bounded else _NO_DIFFERENCE
    return compared.largest_difference <= most and compared.snr_db >= _LEAST_DB


def _require_parts(output: OutputAgreement, kind: Quantize, name: str) -> None:
    """Raise `ToleranceError` where something small is hidden by something large in the same output."""
    said = [_lost(part) for part in output.lost] or [
        f"{_called(part)} {problem}" for part in output.parts if (problem := _part_problem(part, TOLERANCES[kind]))
    ]
    if said:
        more = f"; and {len(said) - _MOST_NAMED} more" if len(said) > _MOST_NAMED else ""
        raise ToleranceError(
            f"output {output.name!r} loses a part of what it says: {'; '.join(said[:_MOST_NAMED])}{more}. "
            f"The whole output reaches up to {_written(output.scale)}. No file was written",
            where=name,
            remedy=_remedy(kind, named=any(part.name for part in output.parts)),
        )


def _part_problem(part: PartAgreement, tolerance: Tolerance) -> str:
    return _noise(part, tolerance) if part.judged else ""


def _lost(part: PartAgreement) -> str:
    low, high = _written(part.low_b), _written(part.high_b)
    are = "is" if part.first is not None and part.first == part.last else "are"
    file = f"constant {low}" if part.low_b == part.high_b else f"{low} or {high} and nothing between"
    return f"{_called(part)} {are} {file} in the file, and {_written(part.low)} to {_written(part.high)} in the source"


def _called(part: PartAgreement) -> str:
    return f"{part.where} ({part.name})" if part.name else part.where


def _written(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.3g}"


def _remedy(kind: Quantize, *, named: bool) -> str:
    """What to do about an output that joins what is of different size; `named`: the task is known that it is for."""
    apart = "Return each meaning as an output of its own, or scale them to one range"
    if kind != "int8":
        return apart
    floats = f"{argument('quantize', 'dynamic')} and {argument('quantize', 'float16')} keep outputs in float"
    budget = "; edgewright optimize finds the smallest file that keeps its accuracy" if named else ""
    return f"{apart}, for an int8 output has one scale for all of them; {floats}{budget}"


# How many parts of an output a message names.
_MOST_NAMED = 4
