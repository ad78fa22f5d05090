"""Writes into a converted model what is known of it: names, preparation, labels, and where it came from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions, Normalization
from edgewright.convert.proof.heads import with_yolo
from edgewright.convert.proof.product import Product
from edgewright.convert.proof.tolerances import TOLERANCES
from edgewright.convert.sources.contract import ModelSource
from edgewright.convert.sources.registry import is_ours
from edgewright.errors import MetadataError, UsageError
from edgewright.evaluate import OutputAgreement
from edgewright.media import SeriesPreparation
from edgewright.model import (
    InputMetadata,
    Metadata,
    ModelFile,
    OutputMetadata,
    Provenance,
    TensorSpec,
    implied_meaning,
    meant_labels,
)
from edgewright.spelling import argument
from edgewright.task import kind_of


def described(
    model: ModelFile,
    options: ConversionOptions,
    product: Product,
    kind: ModelSource,
    source: object,
    digest: str,
) -> ModelFile:
    """The model with metadata; what it said of itself before (a `.tflite` that passed through) is kept.

    Raises `UsageError` where labels or normalization fit no output or input.
    """
    old = model.metadata
    inputs = list(old.inputs) or [InputMetadata(name=_short(spec.name)) for spec in model.inputs]
    outputs = list(old.outputs) or [OutputMetadata(name=_short(spec.name)) for spec in model.outputs]
    normalization = product.normalization or options.normalization
    if normalization is not None:
        position = _picture(model, normalization)
        inputs[position] = replace(inputs[position], **_preparation(model.inputs[position], normalization))
    if options.series is not None:
        inputs[0] = _of_series(model, inputs[0], options.series)
    labels = () if product.yolo and product.yolo.form else _labels(model, options)
    if labels:
        position = _labeled(model, labels)
        meaning = outputs[position].meaning or implied_meaning(model, position) or "logits"
        outputs[position] = replace(outputs[position], labels=labels, meaning=meaning)
    provenance = old.provenance if product.agreement is None else _provenance(options, product, kind, source, digest)
    fresh = replace(old, inputs=tuple(inputs), outputs=tuple(outputs), provenance=provenance)
    same = fresh == old and options.task in (None, old.task)
    written = model if same else _with_task(model, fresh, options.task)
    return written if product.yolo is None else with_yolo(written, product.yolo)


def digest_of(source: object, *, trust: bool = False) -> str:
    """SHA-256 of a file, or of a folder's files with their relative names in alphabetical order; "" for an object.

    Links that lead out of the folder are not read, unless it is trusted.
    """
    if not isinstance(source, Path):
        return ""
    if source.is_file():
        return _file_digest(source).hexdigest()
    whole = hashlib.sha256()
    inside = _real(source)
    files = (path for path in source.rglob("*") if trust or _real(path).is_relative_to(inside))
    for path in sorted(path for path in files if path.is_file()):
        name = os.fsencode(path.relative_to(source).as_posix())
        whole.update(len(name).to_bytes(8, "little") + name + _file_digest(path).digest())
    return whole.hexdigest()


def _real(path: Path) -> Path:
    """Where links lead; `Path.resolve` raises over those that lead to themselves, before Python 3.13."""
    return Path(os.path.realpath(path))


def _file_digest(path: Path) -> hashlib._Hash:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256")


def _short(name: str) -> str:
    return name.split(":")[0]


def _picture(model: ModelFile, normalization: Normalization) -> int:
    """The input that a normalization is for: the one with the most dimensions."""
    position = max(range(len(model.inputs)), key=lambda index: len(model.inputs[index].shape))
    spec = model.inputs[position]
    count = len(normalization.mean)
    if count > 1 and (not spec.shape or spec.shape[-1] != count):
        raise UsageError(f"normalization for {count} channels does not fit input {spec.name!r} of shape {spec.shape}")
    return position


def _preparation(spec: TensorSpec, normalization: Normalization) -> dict[str, Any]:
    said: dict[str, Any] = {"mean": normalization.mean, "std": normalization.std}
    color = _color_space(spec.shape)
    return said | ({"kind": "image", "color_space": color} if color else {})


def _color_space(shape: tuple[int, ...]) -> str | None:
    """What shapes of pictures say: (1, h, w, 3) RGB, (1, h, w, 1) and (1, h, w) gray."""
    if len(shape) == 4 and shape[-1] in (1, 3):
        return "RGB" if shape[-1] == 3 else "GRAYSCALE"
    return "GRAYSCALE" if len(shape) == 3 else None


def _labels(model: ModelFile, options: ConversionOptions) -> tuple[str, ...]:
    """The labels that are asked for; the lines of a file as they are meant for these outputs."""
    widths = _widths(model)
    count = widths[0] if len(set(widths)) == 1 else None
    try:
        return options.labels or meant_labels(options.label_lines, count=count, fits=widths.__contains__)
    except MetadataError as error:
        raise UsageError(f"{argument('labels')}: {error}") from None


def _widths(model: ModelFile) -> list[int]:
    return [spec.shape[-1] if spec.shape else 1 for spec in model.outputs]


def _labeled(model: ModelFile, labels: tuple[str, ...]) -> int:
    widths = _widths(model)
    if len(labels) in widths:
        return widths.index(len(labels))
    names = [_short(spec.name) for spec in model.outputs]
    shown = ", ".join(f"{name!r} is {width} wide" for name, width in zip(names, widths, strict=True))
    hint = ""
    if len(labels) + 1 in widths:
        hint = " One more than the labels: put a name for the model's background class first"
    raise UsageError(f"{len(labels)} labels fit no output: {shown}.{hint or ' Give one label for each entry'}")


def _of_series(model: ModelFile, old: InputMetadata, said: InputMetadata) -> InputMetadata:
    """What is said of a series, over what the file says. Raises `UsageError` where it does not fit the input."""
    names = ("columns", "rate", "mean", "std")
    given = {name: value for name in names if (value := getattr(said, name)) not in (None, ())}
    series = replace(old, kind="feature", color_space=None, **given)
    SeriesPreparation(model.inputs[0], series)
    return series


def _with_task(model: ModelFile, metadata: Metadata, task: str | None) -> ModelFile:
    """The model with metadata and the task that was said, else what the labels of its one output are for.

    Those of pictures, sounds and texts are told apart as they are when a file is opened; where two kinds fit, nobody
    knows. Labels for a row of which nothing else is known mean classification.
    """
    if task is not None:
        return model.with_metadata(replace(metadata, task=task))
    written = model.with_metadata(metadata)
    if metadata.task is not None or len(metadata.outputs) != 1 or not metadata.outputs[0].labels:
        return written
    try:
        name = kind_of(written).name
    except UsageError:
        return written
    return written.with_metadata(replace(metadata, task="classification" if name == "tensors" else name))


def _provenance(
    options: ConversionOptions, product: Product, kind: ModelSource, source: object, digest: str
) -> Provenance:
    step: dict[str, Any] = {"step": "convert", "quantize": options.quantize, "io_dtype": options.io_dtype}
    step |= {"batch": "free" if options.dynamic_batch else "fixed"}
    if options.weights is not None:
        step["weights"] = options.weights.name
    if product.remedies:
        step["removed"] = list(product.remedies)
    if product.notices:
        step["notices"] = list(product.notices)
    if isinstance(options.representative, Path):
        step["representative_data"] = options.representative.name
    elif options.representative:
        step["representative_samples"] = len(options.representative)
    return Provenance(
        source=name_of(source),
        source_sha256=digest,
        tools={"edgewright": _version("edgewright"), **_package(kind), **product.tools},
        steps=(step,),
        measured={"agreement": _measured(options, product)},
    )


def name_of(source: object) -> str:
    """What a source is called in the provenance: a file by its name, a function by its own, an object by its class."""
    if isinstance(source, Path):
        return source.name
    named = source if hasattr(source, "__qualname__") else type(source)
    return f"{named.__module__}.{named.__qualname__}"


def _measured(options: ConversionOptions, product: Product) -> dict[str, Any]:
    if product.agreement is None:
        return {}
    made_up = "inputs that were looked for until outputs changed" if product.looked_for else "seeded random data"
    return {
        **product.agreement.to_dict(),
        **_layers(product.layers),
        **({"probed": dict(product.probed)} if product.probed else {}),
        "on": "representative data" if product.real else made_up,
        "required_snr_db": TOLERANCES[options.quantize].snr_db,
    }


def _layers(layers: Sequence[OutputAgreement]) -> dict[str, Any]:
    """What was compared in place of outputs that stay the same; nothing where outputs were."""
    if not layers:
        return {}
    return {"compared": "layers", "layers": [layer.to_dict() for layer in layers]}


def _package(kind: ModelSource) -> dict[str, str]:
    """The package that brought the format, where it is not this one."""
    package = type(kind).__module__.split(".")[0]
    return {} if is_ours(kind) else {package: _version(package)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
