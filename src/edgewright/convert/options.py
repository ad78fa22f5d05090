"""What a conversion can be asked for: one value that checks itself."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from edgewright.convert.representative import RepresentativeSample, collect
from edgewright.errors import UsageError
from edgewright.media import describe_series, normalization
from edgewright.mistaken import meant
from edgewright.model import InputMetadata
from edgewright.spelling import argument
from edgewright.task import Labels, label_lines, read_labels, task_names

Quantize = Literal["none", "dynamic", "float16", "int8", "trained"]
IoDtype = Literal["float32", "uint8", "int8"]
Shape = Sequence[int]

_SERIES = "series"


@dataclass(frozen=True)
class Normalization:
    """How pixels from 0 to 255 become what the model takes: (pixel - mean) / std, for all channels or for each."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise `UsageError` for numbers that cannot be applied."""
        if len(self.mean) != len(self.std) or not self.mean:
            raise UsageError(f"normalization has {len(self.mean)} means and {len(self.std)} standard deviations")
        if not all(map(math.isfinite, (*self.mean, *self.std))) or min(self.std) <= 0:
            raise UsageError(f"normalization with mean {self.mean}, std {self.std}: std must be above 0, all finite")

    @property
    def described(self) -> InputMetadata:
        """The same as metadata have it."""
        return InputMetadata(mean=self.mean, std=self.std)

    @property
    def low(self) -> float:
        """What the darkest pixel becomes, in the channel where that is least."""
        return min(-mean / std for mean, std in zip(self.mean, self.std, strict=True))

    @property
    def high(self) -> float:
        """What the brightest pixel becomes, in the channel where that is most."""
        return max((255 - mean) / std for mean, std in zip(self.mean, self.std, strict=True))


@dataclass(frozen=True)
class ConversionOptions:
    """Everything `convert` can be asked for; see there. Made by `ConversionOptions.of`, pickled to the child.

    `label_lines` are those of a file of labels, in place of `labels`: what they mean depends on the model's outputs.
    `example_inputs` are for the source that opens, and stay in the process that has them. `weights` is a file of
    them for a module in memory.
    """

    labels: tuple[str, ...] = ()
    label_lines: tuple[str, ...] = ()
    normalization: Normalization | None = None
    input_shape: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    dynamic_batch: bool = False
    quantize: Quantize = "none"
    representative: tuple[RepresentativeSample, ...] | Path = field(default=(), compare=False, repr=False)
    io_dtype: IoDtype = "float32"
    signature: str | None = None
    trust: bool = False
    unroll: bool = False
    example_inputs: Any = field(default=None, compare=False, repr=False)
    keep_nchw: bool = False
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    weights: Path | None = None
    memory: int | None = None
    task: str | None = None
    series: InputMetadata | None = None

    def __post_init__(self) -> None:
        """Raise `UsageError` for an unknown word or a combination that makes no sense."""
        _choice("quantize", self.quantize, Quantize)
        _choice("io_dtype", self.io_dtype, IoDtype)
        if self.memory is not None and self.memory <= 0:
            raise UsageError(f"{argument('memory', self.memory)} is no size. Expected bytes, above 0")
        if self.task is not None and self.task not in task_names():
            raise UsageError(f"{argument('task', self.task)} is unknown. Choose one of: {', '.join(task_names())}")
        if self.quantize == "int8" and not self.representative:
            raise UsageError(
                f"{argument('quantize', 'int8')} needs {argument('representative_data')}: some hundred real inputs to "
                "measure the activations with"
            )
        if self.io_dtype != "float32" and not self.integer:
            raise UsageError(
                f"{argument('io_dtype', self.io_dtype)} goes with {argument('quantize', 'int8')} only; got "
                f"{self.quantize!r}"
            )

    @property
    def integer(self) -> bool:
        """Whether the file is to compute in integers, be their ranges measured or trained."""
        return self.quantize in ("int8", "trained")

    @property
    def preparation(self) -> InputMetadata:
        """What is said of how an input is prepared: a series, or what has a normalization."""
        if self.series is not None:
            return self.series
        return InputMetadata() if self.normalization is None else self.normalization.described

    @property
    def sent(self) -> ConversionOptions:
        """What a child process is given of it: all but the example inputs, which may be of any framework."""
        return replace(self, example_inputs=None)

    @classmethod
    def of(
        cls,
        *,
        labels: Labels | None = None,
        normalization: Any = None,
        input_shape: Any = None,
        representative_data: Any = None,
        task: str | None = None,
        columns: Sequence[str] | str | None = None,
        rate: float | None = None,
        inputs: Sequence[str] | str = (),
        outputs: Sequence[str] | str = (),
        weights: Any = None,
        **rest: Any,
    ) -> ConversionOptions:
        """Make options of what people pass: a file of labels, a preset, one shape, arrays or a generator."""
        series = None
        if task is None and (columns is not None or rate is not None):
            task = _SERIES
        if task == _SERIES:
            series, normalization = _described(columns, rate, normalization), None
        elif columns is not None or rate is not None:
            wrong = argument("rate" if columns is None else "columns")
            raise UsageError(f"{wrong} goes with {argument('task', _SERIES)} only; got {task!r}")
        return cls(
            labels=_labels(labels),
            label_lines=_lines(labels),
            normalization=_normalization(normalization),
            task=task,
            series=series,
            input_shape=_shapes(input_shape),
            representative=collect(representative_data),
            inputs=_names(inputs),
            outputs=_names(outputs),
            weights=_file("weights", weights),
            **rest,
        )


def _described(columns: Any, rate: float | None, normalization: Any) -> InputMetadata:
    """What a model of series says of its input: there normalization is one of columns, not of pixels."""
    return describe_series(InputMetadata(), columns=columns, rate=rate, normalization=normalization)


def _choice(what: str, value: object, choices: Any) -> None:
    if value not in get_args(choices):
        raise UsageError(f"{argument(what, value)} is unknown. Choose one of: {', '.join(get_args(choices))}")


def _names(value: Sequence[str] | str) -> tuple[str, ...]:
    """Names, or one text with commas between them."""
    return tuple(name.strip() for name in (value.split(",") if isinstance(value, str) else value) if name.strip())


def _file(what: str, value: Any) -> Path | None:
    """The path of a file that is there. Raises `UsageError` for what is no path, and where there is no such file."""
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"{argument(what)} is a {type(value).__name__}. Expected the path of a file")
    path = Path(value)
    if not path.is_file():
        raise UsageError(f"{argument(what, str(path))}: there is no such file{meant(path)}")
    return path


def _lines(labels: Labels | None) -> tuple[str, ...]:
    """The lines of a file of labels. Raises `UsageError` for numbers that no model can have so."""
    if not isinstance(labels, str | os.PathLike):
        return ()
    read_labels(labels)
    return label_lines(labels)


def _labels(labels: Labels | None) -> tuple[str, ...]:
    found = () if labels is None or isinstance(labels, str | os.PathLike) else read_labels(labels)
    wrong = next((label for label in found if not isinstance(label, str) or len(label.splitlines()) > 1), None)
    if wrong is not None:
        raise UsageError(f"label {found.index(wrong)} is {wrong!r}; a label is one line of text")
    return found


def _normalization(value: Any) -> Normalization | None:
    return value if value is None or isinstance(value, Normalization) else Normalization(*normalization(value))


def _shapes(value: Any) -> dict[str, tuple[int, ...]]:
    """Shapes by input name; the name "" stands for the only input."""
    if value is None:
        return {}
    named = value if isinstance(value, Mapping) else {"": value}
    return {str(name): _shape(shape) for name, shape in named.items()}


def _shape(value: Any) -> tuple[int, ...]:
    try:
        sizes = tuple(value)
    except TypeError:
        raise UsageError(f"{argument('input_shape', value)} is no shape. Expected sizes, like (224, 224, 3)") from None
    if not all(isinstance(size, int) and size > 0 for size in sizes):
        raise UsageError(f"{argument('input_shape', value)} has sizes that are no whole numbers above 0")
    return sizes
