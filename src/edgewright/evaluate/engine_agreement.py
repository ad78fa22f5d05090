"""Does an engine compute what LiteRT does? Judged by how far LiteRT's own two sets of kernels are from each other.

Kernels add and round in different orders, so no two engines agree in every bit, and how much that matters depends on
the model: 100 dB for a float classifier, 18 dB for a quantized one, 9 dB where an arg-max jumps. LiteRT computes with
XNNPACK's kernels or, without that delegate, with its built-in ones, and nobody asks which. An engine may be twice as
far from LiteRT as those two are from each other (in amplitude: 6 dB).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.engine import OpResolverType, open_engine
from edgewright.errors import ChildError, DataError, EdgewrightError, EngineError, UsageError
from edgewright.evaluate.agreement import OutputAgreement, compare
from edgewright.evaluate.probes import Feed, Probes
from edgewright.evaluate.runner import Runner, Sample
from edgewright.machine import run_in_child
from edgewright.model import ModelFile, TensorSpec
from edgewright.task import dequantize

Array = npt.NDArray[Any]
Feeds = list[dict[str | int, Array]]
Outputs = list[list[Array]]

DEFAULT = "litert"

# Few, because slow models run them a dozen times; more only as long as the outputs do not vary.
_FEWEST, _MOST = 8, 32
_SEED = 0
_LONGEST_S = 600.0


@dataclass(frozen=True)
class EngineTolerance:
    """How far an engine's outputs may be from LiteRT's.

    Real and quantized outputs go by signal to noise over all samples: `margin_db` less than LiteRT's own kernels have
    among themselves is allowed, and `enough_db` always; below `least_db` nothing is. `changed`: the share of entries
    that may differ where outputs are whole numbers with a meaning of their own (class indices), in addition to twice
    the share that differs between the kernels.

    60 dB is what a float conversion must reach, and 5 dB what broken models stay under (`edgewright.convert`). Measured
    on 14 published models: OpenVINO in float32 is between 14 dB better and 4 dB worse than LiteRT's built-in kernels.
    """

    margin_db: float = 6.0
    enough_db: float = 60.0
    least_db: float = 5.0
    changed: float = 0.001

    def __post_init__(self) -> None:
        if not (self.margin_db >= 0 and self.enough_db >= self.least_db and 0 <= self.changed <= 1):
            raise UsageError(f"no sound tolerance: {self}")

    def least_signal(self, kernels_db: float) -> float:
        """The least signal-to-noise ratio in dB, where LiteRT's own kernels have `kernels_db` among themselves."""
        return min(self.enough_db, max(self.least_db, kernels_db - self.margin_db))

    def to_dict(self) -> dict[str, float]:
        """The limits as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Reference:
    """What LiteRT makes of the inputs, with its usual kernels."""

    model: ModelFile
    feeds: Feeds
    usual: Outputs

    @classmethod
    def of(cls, model: ModelFile, inputs: Sequence[Sample] | None) -> Reference:
        """Run the inputs, or generated ones until the outputs vary. Raises `DataError` for inputs that do not fit."""
        feeds: Feeds = []
        usual: Outputs = []
        with Runner(model) as runner:
            for feed in _generated(model) if inputs is None else map(runner.stored, inputs):
                feeds.append(feed)
                usual.append(runner.engine.run(feed))
                if inputs is None and len(feeds) >= _FEWEST and not compare(usual, usual).vacuous:
                    break
        if not feeds:
            raise DataError(f"{model.name}: no inputs were given to compare engines on")
        return cls(model, feeds, usual)

    @cached_property
    def built_in(self) -> Outputs | None:
        """What LiteRT makes of them with its built-in kernels; `None` where these do not run the model."""
        kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        try:
            return _in_child(self.model, self.feeds, DEFAULT, (1,), kernels=kernels)[0]
        except (ChildError, EngineError):
            return None

    @property
    def vacuous(self) -> bool:
        """Whether no output varies: then nothing can be compared on these inputs."""
        return compare(self.usual, self.usual).vacuous

    def objection(self, engine: str, threads: Sequence[int], tolerance: EngineTolerance) -> str:
        """Why an engine is out, with any of these numbers of threads; empty where it is not. Runs it in a child."""
        try:
            runs = _in_child(self.model, self.feeds, engine, threads)
        except ChildError as error:
            return f"does not survive the model: {_first_line(error)}"
        except EdgewrightError as error:
            return _first_line(error)
        if self.vacuous:
            return "no output varies over the inputs, so nothing can be compared. Give inputs of your own"
        return next(filter(None, (self._difference(run, tolerance) for run in runs)), "")

    def _difference(self, outputs: Outputs, tolerance: EngineTolerance) -> str:
        specs = self.model.outputs
        found = _agreements(self.usual, outputs, specs)
        kernels = _agreements(self.usual, self.built_in, specs) if self.built_in else [None] * len(specs)
        for place, (spec, one, yardstick) in enumerate(zip(specs, found, kernels, strict=True)):
            if not (one.same_shape and one.finite):
                return f"output '{spec.name}' has another shape or is not finite"
            if spec.quantized or self.usual[0][place].dtype.kind == "f":
                problem = _noise(one, yardstick, tolerance)
            else:
                built_in = _changed(self.usual, self.built_in, place) if self.built_in else 0.0
                problem = _jumps(_changed(self.usual, outputs, place), built_in, tolerance)
            if problem:
                return f"output '{spec.name}' {problem}"
        return ""


def engine_outputs(
    data: bytes, name: str, engine: str, threads: Sequence[int], feeds: Feeds, options: Mapping[str, Any]
) -> list[Outputs]:
    """What an engine makes of the inputs, for each number of threads. Runs in the child."""
    model, runs = ModelFile(data, name), []
    for count in threads:
        with open_engine(model, engine=engine, threads=count, **options) as opened:
            runs.append([opened.run(feed) for feed in feeds])
    return runs


def _in_child(model: ModelFile, feeds: Feeds, engine: str, threads: Sequence[int], **options: Any) -> list[Outputs]:
    arguments = (model.data, model.name, engine, tuple(threads), feeds, options)
    return run_in_child(engine_outputs, *arguments, timeout=_LONGEST_S)


def _generated(model: ModelFile) -> Iterator[dict[str | int, Array]]:
    feed = Feed(model)
    for probe in Probes(model, (), _MOST, _SEED):
        yield {index: value for index, value in feed(probe).items()}  # noqa: C416 - the keys of an engine are wider


def _agreements(a: Outputs, b: Outputs, specs: Sequence[TensorSpec]) -> tuple[OutputAgreement, ...]:
    return compare(_real(a, specs), _real(b, specs), [spec.name for spec in specs]).outputs


def _real(runs: Outputs, specs: Sequence[TensorSpec]) -> Outputs:
    return [[dequantize(one, spec) for one, spec in zip(run, specs, strict=True)] for run in runs]


def _noise(found: OutputAgreement, kernels: OutputAgreement | None, tolerance: EngineTolerance) -> str:
    """What is wrong with an output of real numbers; empty where it is near enough."""
    allowed = tolerance.least_signal(kernels.snr_db if kernels else math.inf)
    if found.largest_difference == 0 or found.snr_db >= allowed:
        return ""
    return f"differs: {found.snr_db:.1f} dB signal to noise, at least {allowed:.1f} dB is required"


def _changed(a: Outputs, b: Outputs, place: int) -> float:
    """The share of entries that differ."""
    pairs = [(one[place], other[place]) for one, other in zip(a, b, strict=True)]
    return float(np.mean([np.mean(one != other) if one.size else 0.0 for one, other in pairs]))


def _jumps(found: float, kernels: float, tolerance: EngineTolerance) -> str:
    allowed = tolerance.changed + 2 * kernels
    return "" if found <= allowed else f"differs in {found:.2%} of its entries, at most {allowed:.2%} may"


def _first_line(error: EdgewrightError) -> str:
    return str(error).partition("\n")[0]
