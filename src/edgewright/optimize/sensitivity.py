"""Which operators suffer from being quantized: each one alone, and what that does to the model's output.

The measure is the signal-to-noise ratio of the output, 10 log10(sum y^2 / sum (y - q)^2) in dB, y from the float model
and q with one operator quantized: SQNR, as in the per-layer analysis of M. Nagel et al., "A White Paper on Neural
Network Quantization" (2021). Each operator is really quantized, its weights, inputs and outputs, and run by the kernel
that will run it; a few calibration samples are enough to tell 13 dB from 30.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from edgewright.cache import Cache, Key
from edgewright.errors import EngineError, QuantizationError
from edgewright.evaluate import OutputAgreement, Runner, compare, parts_of
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile, Operator
from edgewright.optimize.inputs.samples import Row
from edgewright.optimize.losing import labels_of
from edgewright.optimize.names import label
from edgewright.quantization import Calibration, Recipe, quantize_only, with_unique_names

if TYPE_CHECKING:
    from edgewright.optimize.inputs.prepared import PreparedData

Array = npt.NDArray[Any]

# A ratio that stands for "no difference at all" and for "nothing left", so that results are finite numbers in JSON.
MOST_DB = 200.0


@dataclass(frozen=True)
class Harm:
    """What quantizing one operator alone does: `snr_db` at the worst output in dB, -200 to 200, lower is worse."""

    operator: int
    label: str
    snr_db: float


def sensitivity(
    model: Path,
    recipe: Recipe,
    calibration: Path | None,
    prepared: PreparedData,
    cache: Cache,
    key: Key,
    *,
    samples: int = 16,
    progress: Progress = silent,
) -> tuple[Harm, ...]:
    """Measure every operator that the recipe covers, the most harmful first; for a child process.

    The first `samples` of the calibration split are run. Each result goes into `cache` at once, under `key` (what
    identifies the model and the data) and the operator, so a second call goes on where the first was killed.
    """
    whole = with_unique_names(ModelFile.read(model))
    ranges = Calibration.load(calibration) if calibration is not None else None
    rows = prepared.open().rows(prepared.calibration[:samples], samples)
    measure = _Measure(whole, recipe, ranges, rows)
    about = {**key, "recipe": recipe.keeping(()).to_dict(), "samples": len(rows), "step": "sensitivity"}
    found = []
    for done, operator in enumerate(whole.ops):
        progress("sensitivity", done, len(whole.ops))
        kept = cache.remember({**about, "operator": operator.index}, partial(measure, operator))
        if kept["snr_db"] is not None:
            found.append(Harm(operator.index, label(whole, operator), kept["snr_db"]))
    progress("sensitivity", len(whole.ops), len(whole.ops))
    return tuple(sorted(found, key=lambda one: (one.snr_db, one.operator)))


class _Measure:
    """The ratio for one operator, `None` where the recipe does not cover it; the float model runs once, when asked."""

    def __init__(
        self, model: ModelFile, recipe: Recipe, calibration: Calibration | None, samples: Sequence[Row]
    ) -> None:
        self._model, self._recipe, self._calibration, self._samples = model, recipe, calibration, samples
        self._parts = parts_of(model, len(labels_of(model)))
        self._float: list[Sequence[Array]] = []

    def __call__(self, operator: Operator) -> dict[str, float | None]:
        return {"snr_db": self._ratio(operator)}

    def _ratio(self, operator: Operator) -> float | None:
        try:
            made = quantize_only(self._model, self._recipe, operator, self._calibration)
        except QuantizationError:  # not covered, or not alone: then there is nothing to rank it by
            return None
        self._float = self._float or self._outputs(self._model)
        try:
            outputs = compare(self._float, self._outputs(made), parts=self._parts).outputs
        except EngineError:
            return -MOST_DB
        return max(-MOST_DB, min(MOST_DB, *map(_least, outputs)))

    def _outputs(self, model: ModelFile) -> list[Sequence[Array]]:
        with Runner(model) as run:
            return [run(sample) for sample in self._samples]


def _least(output: OutputAgreement) -> float:
    """The ratio of an output, or of the worst of the meanings that it joins: a large one hides no small one."""
    judged = [part.snr_db for part in output.parts if part.judged and part.scale]
    return min(judged, default=output.snr_db if output.scale else MOST_DB)
