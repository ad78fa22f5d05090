"""Lowers a prepared source and runs the model file beside it, in a child process; nothing comes out unproven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from edgewright.convert.obstacles.unsupported import UnsupportedOperator, refusal
from edgewright.convert.options import ConversionOptions, Quantize
from edgewright.convert.proof.heads import apart
from edgewright.convert.proof.inner import compare_layers
from edgewright.convert.proof.probed import differences, judge
from edgewright.convert.proof.product import Prepared, Product
from edgewright.convert.proof.quantizing import float_notice, leaves_quantizing, quantized, unchanged
from edgewright.convert.proof.shapes import as_it_comes_out, require_shapes
from edgewright.convert.proof.tolerances import TOLERANCES, require
from edgewright.convert.proof.wording import proof_notices
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import HasOthers, KnowsChance, KnowsOperators, Lowered
from edgewright.convert.sources.ports import Sample
from edgewright.errors import ConversionError, EngineError, ToleranceError
from edgewright.evaluate import Agreement, OutputAgreement, Runner, compare, parts_of
from edgewright.machine import Progress, stage
from edgewright.model import ModelFile
from edgewright.spelling import argument


def finish(prepared: Prepared, options: ConversionOptions, progress: Progress) -> Product:
    """Make the model file, and compare it with what the source returned; of several ways the first that is proven.

    Where none is, the error is that of the first way, for it is the plainest.
    """
    first = prepared.lowering
    ways = [first, *(first.others() if isinstance(first, HasOthers) else ())]
    refused = []
    for way in ways:
        try:
            return _finished(replace(prepared, lowering=way), options, progress)
        except ConversionError as error:
            refused.append(error)
    raise refused[0]


def _finished(prepared: Prepared, options: ConversionOptions, progress: Progress) -> Product:
    with stage(progress, "converting"):
        lowered = prepared.lowering()
    _require_ports(lowered.model, prepared)
    probed: Mapping[str, str] = {}
    if leaves_quantizing(prepared.lowering, options):
        lowered, prepared, probed = _quantized(lowered, prepared, options, progress)
    with stage(progress, "comparing the file with it"):
        proven = _prove(lowered.model, prepared, options)
    probed = {**probed, **proven.probed}
    return Product(
        data=proven.model.data,
        agreement=proven.agreement,
        real=prepared.real,
        remedies=lowered.remedies,
        tools=lowered.tools,
        looked_for=prepared.looked_for,
        layers=proven.layers,
        probed=probed,
        normalization=prepared.normalization,
        yolo=prepared.yolo,
        notices=(
            *prepared.notices,
            *proof_notices(proven.layers, len(prepared.samples)),
            *float_notice(proven.model, options, prepared.yolo),
            *differences(probed, proven.model),
        ),
    )


def _quantized(
    lowered: Lowered, prepared: Prepared, options: ConversionOptions, progress: Progress
) -> tuple[Lowered, Prepared, Mapping[str, str]]:
    """Prove the float file, whose errors the wider tolerance of a quantized one would hide, and quantize it.

    It comes back with what it is then compared with, for the outputs of a YOLO are taken apart for int8, and with what
    came of probing the float file.
    """
    with stage(progress, "comparing the float file with it"):
        proven = _prove(lowered.model, prepared, replace(options, quantize="none", io_dtype="float32"))
    lowered = replace(lowered, model=proven.model)
    if options.quantize == "int8":
        lowered, prepared = apart(lowered, prepared)
    with stage(progress, "quantizing"):
        return quantized(lowered, prepared, options, progress), prepared, proven.probed


def _require_ports(model: ModelFile, prepared: Prepared) -> None:
    for what, ours, theirs in (
        ("inputs", len(model.inputs), len(prepared.inputs)),
        ("outputs", len(model.outputs), len(prepared.outputs)),
    ):
        if ours != theirs:
            raise ConversionError(f"the file has {ours} {what}, and its source has {theirs}", where=prepared.name)


class _Proven(NamedTuple):
    """A file with its outputs declared as they come out, and what its comparison gave; see `Product`."""

    model: ModelFile
    agreement: Agreement
    layers: tuple[OutputAgreement, ...]
    probed: Mapping[str, str]


def _prove(model: ModelFile, prepared: Prepared, options: ConversionOptions) -> _Proven:
    """Run the result on the samples of the source, and compare layers where no output moves.

    Raises `ToleranceError` where they part.
    """
    _require_finite(prepared)
    _require_change(model, prepared.name, options)
    layers: tuple[OutputAgreement, ...] = ()
    probed: Mapping[str, str] = {}
    with _runner(model, prepared, options) as run:
        results = _results(run, prepared.samples)
        require_shapes(prepared.outputs, prepared.reference, results, prepared.name)
        wide_results = _results(run, prepared.wide)
        require_shapes(prepared.outputs, prepared.wide_reference, wide_results, prepared.name)
        shaped = as_it_comes_out(model, [*results, *wide_results])
        if shaped is not model:
            return _prove(shaped, prepared, options)
        parts = parts_of(model, len(options.labels))
        agreement = compare(*_in_one_order(prepared, results, options), prepared.outputs, parts)
        if prepared.activations:
            layers = compare_layers(model, prepared.samples, prepared.activations)
        with _draws_told(prepared):
            require(agreement, options.quantize, prepared.name, layers=layers)
        if prepared.wide:
            wide = compare(prepared.wide_reference, wide_results, prepared.outputs)
            require(wide, options.quantize, prepared.name, one_sample=True)
        if options.quantize == "none":
            asked = partial(_results, run)
            probed = judge(model, asked, prepared.probes, prepared.outputs, prepared.name, real=prepared.real)
    return _Proven(model, agreement, layers, probed)


def _in_one_order(
    prepared: Prepared, results: Sequence[Sequence[Array]], options: ConversionOptions
) -> tuple[Sequence[Sequence[Array]], Sequence[Sequence[Array]]]:
    """What is compared: of a YOLO whose boxes are sorted, those with equal scores may come in any order."""
    if prepared.yolo is None:
        return prepared.reference, results
    share = float(10 ** (-TOLERANCES[options.quantize].snr_db / 20))
    return prepared.yolo.matched(prepared.reference, results, share)


@contextmanager
def _draws_told(prepared: Prepared) -> Iterator[None]:
    """Outputs of a source that draws random numbers differ from run to run, of the source too."""
    try:
        yield
    except ToleranceError as error:
        drawn = prepared.lowering.draws() if isinstance(prepared.lowering, KnowsChance) else None
        raise drawn or error from error


@contextmanager
def _runner(model: ModelFile, prepared: Prepared, options: ConversionOptions) -> Iterator[Runner]:
    """A runner of a file that the converter let through and the runtime may refuse all the same."""
    try:
        with Runner(model) as run:
            yield run
    except EngineError as error:
        raise _refused(model, error, prepared, options) from error


def _refused(model: ModelFile, error: EngineError, prepared: Prepared, options: ConversionOptions) -> ConversionError:
    if isinstance(prepared.lowering, KnowsOperators):
        return prepared.lowering.refused(model, error)
    reason = f"converted, but LiteRT refuses the file: {str(error)[-200:]}"
    return refusal(prepared.name, (UnsupportedOperator("an operator", "", reason, "runtime"),), options)


def _results(run: Runner, samples: Sequence[Sample]) -> list[Sequence[Array]]:
    return [run(list(sample.values())) for sample in samples]


def _require_finite(prepared: Prepared) -> None:
    for outputs in prepared.reference:
        for name, output in zip(prepared.outputs, outputs, strict=True):
            if not np.isfinite(output).all():
                remedy = (
                    ""
                    if prepared.real
                    else f"Made-up inputs may be out of its range: give {argument('representative_data')}"
                )
                said = f"the source itself returns NaN or infinity in {name!r}"
                raise ToleranceError(said, where=prepared.name, remedy=remedy)


# What a recipe leaves behind in the file, if it did anything.
_MARKS: dict[Quantize, str] = {"dynamic": "int8", "float16": "float16", "int8": "int8", "trained": "int8"}


def _require_change(model: ModelFile, name: str, options: ConversionOptions) -> None:
    mark = _MARKS.get(options.quantize)
    dtypes = {tensor.dtype for subgraph in model.graph.subgraphs for tensor in subgraph.tensors}
    if mark and mark not in dtypes:
        covered = "no weights are large enough for it (1,024 numbers) or of a kind that it covers"
        raise unchanged(name, options, covered)
