"""What a model file says of itself: task, preparation of its inputs, labels and meaning of its outputs, origin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from edgewright.brief import brief
from edgewright.errors import MetadataError
from edgewright.model.describing.damage import Damage
from edgewright.model.describing.label_files import BYTE_ORDER_MARK, LONGEST_LABEL, MOST_LABELS
from edgewright.model.storage.flatbuffer import Table
from edgewright.values import dataclass, field

if TYPE_CHECKING:
    from edgewright.model.describing.tokenizers import Tokenizer

Kind = Literal["image", "audio", "feature", "bounding_box"]
ColorSpace = Literal["RGB", "GRAYSCALE"]
ResizePolicy = Literal["stretch", "crop", "letterbox"]
Interpolation = Literal["bilinear", "bicubic", "reduced", "draft", "sharp", "quick"]
Meaning = Literal["probabilities", "logits", "boxes", "classes", "scores", "count", "keypoints", "mask", "embedding"]
LabelTarget = Literal["axis", "value"]
Transformation = Literal["identity", "log", "inverse_logistic"]
BoxType = Literal["boundaries", "upper_left", "center"]


@dataclass(frozen=True, kw_only=True)
class InputMetadata:
    """One input and how a raw picture or sound becomes it.

    A value is normalized as (value - mean) / std, with one entry for all channels or one per channel; both are empty
    where nothing is said. Pixels count 0 to 255 before that. `crop_fraction` is the share of the shorter side that a
    center crop keeps, above 0 and at most 1. `pad` is the gray level, 0 to 255, of a letterbox's borders; black where
    nothing is said. `sample_rate` is in hertz. `minimum` and `maximum` bound the normalized values.

    `damaged` names the parts of a file's words on it that make no sense, and why; they are left unsaid.

    Of a series (rows of numbers from sensors): `columns`, the names of its columns in the input's order, to which mean
    and std belong one by one; `rate`, rows a second; `window`, rows that the model takes at once; `hop`, seconds from
    the start of a window to that of the next.

    >>> pixels = ew.InputMetadata(mean=(127.5,), std=(127.5,), color_space="RGB", resize="crop")
    >>> model = ew.ModelFile.read("mobilenet.tflite").with_metadata(ew.Metadata(inputs=(pixels,)))
    >>> model.metadata.inputs[0].resize
    'crop'
    """

    name: str = ""
    description: str = ""
    kind: Kind | None = None
    color_space: ColorSpace | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    minimum: tuple[float, ...] = ()
    maximum: tuple[float, ...] = ()
    sample_rate: int = 0
    channels: int = 0
    resize: ResizePolicy | None = None
    crop_fraction: float | None = None
    interpolation: Interpolation | None = None
    pad: int | None = None
    columns: tuple[str, ...] = ()
    rate: float | None = None
    window: int | None = None
    hop: float | None = None
    damaged: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise `MetadataError` for values that no preparation can use."""
        choice("kind", self.kind, Kind)
        choice("color_space", self.color_space, ColorSpace)
        choice("resize", self.resize, ResizePolicy)
        choice("interpolation", self.interpolation, Interpolation)
        if len(self.mean) != len(self.std):
            raise MetadataError(f"normalization has {len(self.mean)} means and {len(self.std)} standard deviations")
        if not all(map(math.isfinite, (*self.mean, *self.std))) or 0 in self.std:
            mean, std = (", ".join(f"{value:g}" for value in values) for values in (self.mean, self.std))
            raise MetadataError(f"normalization with mean {mean} and std {std} cannot be applied")
        if not 0 <= self.sample_rate < 2**32 or not 0 <= self.channels < 2**32:
            raise MetadataError(
                f"a sample rate of {self.sample_rate} and {self.channels} channels; both count from 0 on"
            )
        if self.crop_fraction is not None and not 0 < self.crop_fraction <= 1:
            raise MetadataError(
                f"the share that a crop keeps is {self.crop_fraction}; it is a number above 0 and at most 1"
            )
        if self.pad is not None and not 0 <= self.pad <= 255:
            raise MetadataError(f"pad is {self.pad}; a gray level goes from 0 to 255")
        self._check_series()

    def _check_series(self) -> None:
        named = all(isinstance(name, str) and name.strip() for name in self.columns)
        names = set(self.columns) if named else set()
        if len(names) != len(self.columns):
            raise MetadataError(f"columns are {str(list(self.columns))[:200]}; each has a name of its own")
        if len(names) > MOST_LABELS or max(map(len, names), default=0) > LONGEST_LABEL:
            raise MetadataError(f"{len(names):,} columns; at most {MOST_LABELS:,} of {LONGEST_LABEL:,} characters")
        for name, value in (("rate", self.rate), ("hop", self.hop), ("window", self.window)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise MetadataError(f"{name} is {value}; it is a number above 0")

    __repr__ = brief


class Sigmoid(NamedTuple):
    """The calibration of one class: scale / (1 + exp(-(slope * score + offset))); not applied below `min_score`."""

    scale: float
    slope: float
    offset: float
    min_score: float | None = None


@dataclass(frozen=True, kw_only=True)
class ScoreCalibration:
    """How raw scores become comparable ones: one sigmoid per class, `None` where a class takes `default_score`.

    `transformation` is applied to the raw score first. Source: `ScoreCalibrationOptions` of TensorFlow Lite Metadata.
    """

    sigmoids: tuple[Sigmoid | None, ...]
    transformation: Transformation = "identity"
    default_score: float = 0.0

    def __post_init__(self) -> None:
        """Raise `MetadataError` for an unknown transformation, and for numbers that no score can come of."""
        choice("transformation", self.transformation, Transformation)
        numbers = [number for sigmoid in self.sigmoids for number in sigmoid or () if number is not None]
        if not all(map(math.isfinite, (*numbers, self.default_score))):
            raise MetadataError("the calibration of scores has numbers that are NaN or infinite")


_SIDES = {
    "": ("first", "second", "third", "fourth"),
    "boundaries": ("left", "top", "right", "bottom"),
    "upper_left": ("left", "top", "width", "height"),
    "center": ("center x", "center y", "width", "height"),
}


@dataclass(frozen=True, kw_only=True)
class BoxLayout:
    """How four numbers are a box.

    `type` "boundaries" are left, top, right and bottom, "upper_left" left, top, width and height, "center" x and y of
    the center, width and height; None where nothing is said. `order` says at which place each of these stands: (1, 0,
    3, 2) is top, left, bottom, right. They are shares of the input's width and height, or its `pixels`.
    Source: `BoundingBoxProperties` of TensorFlow Lite Metadata.
    """

    type: BoxType | None = "boundaries"
    order: tuple[int, ...] = (0, 1, 2, 3)
    pixels: bool = False

    def __post_init__(self) -> None:
        """Raise `MetadataError` for an unknown type, and for an order that leaves out one of the four numbers."""
        choice("type", self.type, BoxType)
        if sorted(self.order) != [0, 1, 2, 3]:
            raise MetadataError(f"the order of a box's numbers is {list(self.order)[:8]}; it has each of 0 to 3 once")

    @property
    def names(self) -> tuple[str, ...]:
        """What the four numbers are, in the order in which they stand."""
        known = _SIDES[self.type or ""]
        return tuple(known[self.order.index(place)] for place in range(4))


@dataclass(frozen=True, kw_only=True)
class OutputMetadata:
    """One output: what it means and its labels.

    `labels` name the entries of the last axis (`label_target` "axis") or the numbers that are the output's values
    ("value"). `labels_by_locale` holds translations, by locale as in "de"; they have as many entries. Scores below
    `score_threshold` are not worth showing. `boxes` is how numbers are boxes, of the kind "bounding_box" alone.
    `damaged` names the parts of a file's words on it that make no sense, and why; they are left unsaid.

    >>> output = ew.OutputMetadata(labels=("red", "green"), meaning="probabilities")
    >>> output.labels
    ('red', 'green')
    """

    name: str = ""
    description: str = ""
    kind: Kind | None = None
    meaning: Meaning | None = None
    labels: tuple[str, ...] = ()
    labels_by_locale: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label_target: LabelTarget = "axis"
    score_threshold: float | None = None
    score_calibration: ScoreCalibration | None = None
    boxes: BoxLayout | None = None
    minimum: tuple[float, ...] = ()
    maximum: tuple[float, ...] = ()
    damaged: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise `MetadataError` where an unknown word is used or the labels cannot be stored one a line."""
        choice("kind", self.kind, Kind)
        choice("meaning", self.meaning, Meaning)
        choice("label_target", self.label_target, LabelTarget)
        checked: set[int] = set()
        for locale, labels in {"": self.labels, **self.labels_by_locale}.items():
            if id(labels) not in checked:  # many locales may name one file
                _check_labels(labels, locale)
            checked.add(id(labels))
        if self.score_threshold is not None and not math.isfinite(self.score_threshold):
            raise MetadataError(f"{self.score_threshold} as the least score; it has to be finite")
        if self.boxes is not None and self.kind != "bounding_box":
            raise MetadataError(f"an output of kind {self.kind!r} says how its numbers are boxes")

    __repr__ = brief


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a file came from and what was measured on the way; everything in it can be written as JSON.

    `source` and `source_sha256` name what it was made from, `tools` the versions that made it, `steps` each stage with
    its settings in order, `measured` the figures with their circumstances.
    """

    source: str = ""
    source_sha256: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)

    __repr__ = brief


@dataclass(frozen=True)
class Carried:
    """What a file's metadata holds beyond these classes, kept so that writing loses nothing."""

    table: Table = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """All that a file says of itself; inputs and outputs in the order of the model's own.

    `tokenizer` says how a text becomes its inputs, all of them together. `damaged` names what the file says of the
    whole model, and files behind it, that make no sense, and why.

    >>> metadata = ew.ModelFile.read("detector.tflite").metadata
    >>> [output.name for output in metadata.outputs]
    ['locations', 'classes', 'scores', 'number of detections']
    """

    name: str = ""
    description: str = ""
    version: str = ""
    author: str = ""
    license: str = ""
    task: str | None = None
    inputs: tuple[InputMetadata, ...] = ()
    outputs: tuple[OutputMetadata, ...] = ()
    tokenizer: Tokenizer | None = None
    provenance: Provenance | None = None
    carried: Carried = field(default_factory=Carried, repr=False, compare=False)
    damaged: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __bool__(self) -> bool:
        """Whether anything is said at all."""
        return self != Metadata()

    @property
    def damage(self) -> tuple[Damage, ...]:
        """All that the file says and that makes no sense: of the whole, of the inputs, of the outputs."""
        said = [("", self.damaged)]
        said += [(f"input {input_.name or place!r}", input_.damaged) for place, input_ in enumerate(self.inputs)]
        said += [(f"output {output.name or place!r}", output.damaged) for place, output in enumerate(self.outputs)]
        return tuple(Damage(where, part, why) for where, damaged in said for part, why in damaged.items())

    __repr__ = brief


def choice(what: str, value: object, choices: Any) -> None:
    """Raise `MetadataError` with the choices unless `value` is `None` or one of the `Literal`'s."""
    if value is not None and value not in get_args(choices):
        raise MetadataError(f"{what} is {value!r}; it is one of {', '.join(map(repr, get_args(choices)))}")


def _check_labels(labels: tuple[str, ...], locale: str) -> None:
    where = f" of locale {locale}" if locale else ""
    for position, label in enumerate(labels):
        if not isinstance(label, str) or "\n" in label or "\r" in label or label.startswith(BYTE_ORDER_MARK):
            raise MetadataError(f"label {position}{where} is {label!r}; a label is one line of text")
    if len(labels) > MOST_LABELS or max(map(len, labels), default=0) > LONGEST_LABEL:
        raise MetadataError(
            f"{len(labels):,} labels{where}, the longest of {max(map(len, labels)):,} characters; at most "
            f"{MOST_LABELS:,} of {LONGEST_LABEL:,} are possible"
        )
    if labels and not labels[-1]:
        raise MetadataError(f"the last label{where} is empty; a file of labels cannot end with an empty line")
