"""Gets an opened source ready for the proof: settles its inputs, runs it on samples, and lets it prepare to lower."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.guessing import require_sense
from edgewright.convert.proof.heads import see
from edgewright.convert.proof.normalizing import recognize
from edgewright.convert.proof.probes import Probe, ask
from edgewright.convert.proof.product import Prepared
from edgewright.convert.proof.quantizing import leaves_quantizing
from edgewright.convert.proof.samples import bounded_by_example, choose
from edgewright.convert.proof.searching import look_further
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import (
    HasNotices,
    KnowsInputs,
    Opened,
    Request,
    RunsByValues,
    ShowsLayers,
)
from edgewright.convert.sources.failures import RAISED, failed
from edgewright.convert.sources.notes import in_noted_size
from edgewright.convert.sources.ports import InputPort, Sample, require_numbers, settle
from edgewright.errors import ConversionError
from edgewright.evaluate import compare

# What a source returns for one sample.
Outputs = list[Array]

# Each sample keeps every activation of the model in memory, twice.
MOST_WATCHED = 8

# On fewer inputs nothing can be seen to change.
_FEWEST = 2


def prepare(opened: Opened, options: ConversionOptions, folder: Path) -> Prepared:
    """Prepare it, in whatever process has it loaded.

    Raises `UsageError` for options that do not fit the source, and `ConversionError` where the source itself fails.
    """
    require_numbers(opened.inputs, opened.name)
    options = in_noted_size(opened, options)
    ports = bounded_by_example(settle(opened.inputs, options), options.example_inputs)
    options, notices = recognize(opened, ports, options)
    with _running(opened.name):
        options, yolo, understood = see(opened, ports, options)
    samples = choose(ports, options)
    with _running(opened.name):
        asked = _ask(opened, ports, samples.compared, options)
        require_sense(opened, ports, options, samples, asked.reference)
        wide_reference = opened.run(samples.wide)
        lowering = opened.lower(Request(ports, options, folder, samples.calibration))
    _require_whole(opened, samples.wide, wide_reference)
    left = leaves_quantizing(lowering, options)
    probes = _probes(opened, ports, samples.compared[0]) if left or options.quantize == "none" else ()
    return Prepared(
        lowering=lowering,
        name=opened.name,
        inputs=tuple(port.name for port in ports),
        outputs=tuple(port.name for port in opened.outputs),
        samples=asked.samples,
        reference=asked.reference,
        wide=samples.wide,
        wide_reference=wide_reference,
        real=bool(options.representative),
        normalization=options.normalization,
        notices=(*(opened.notices if isinstance(opened, HasNotices) else ()), *notices, *understood, *samples.notices),
        looked_for=asked.looked_for,
        activations=asked.activations,
        calibration=samples.calibration if left else [],
        probes=probes,
        yolo=yolo.seen(asked.reference[0]) if yolo else None,
    )


class _Asked(NamedTuple):
    """What a source was asked, and what it returned; see `Prepared`."""

    samples: list[Sample]
    reference: list[Outputs]
    looked_for: bool = False
    activations: Sequence[dict[str, Array]] = ()


def _ask(opened: Opened, ports: Sequence[InputPort], samples: list[Sample], options: ConversionOptions) -> _Asked:
    """Run the source; where no output moves, look for inputs that move one, and at last at its layers."""
    reference = opened.run(samples)
    _require_whole(opened, samples, reference)
    if not options.representative:
        samples, reference = _answerable(samples, reference)
    if not compare(reference, reference).vacuous:
        return _Asked(samples, reference)
    if not options.representative:
        typical = opened.typical() if isinstance(opened, KnowsInputs) else {}
        found = look_further(opened.run, ports, options.normalization, typical, (samples, reference))
        if found[0]:
            return _Asked(*found, looked_for=True)
    few = samples[:MOST_WATCHED]
    activations = _activations(opened, few)
    return _Asked(few, reference[:MOST_WATCHED], activations=activations) if activations else _Asked(samples, reference)


def _answerable(samples: list[Sample], reference: list[Outputs]) -> tuple[list[Sample], list[Outputs]]:
    """Those made-up samples that the source has numbers for; all where it has none, or for one only.

    A mask that happens to hide all words of a row leaves nothing to divide by.
    """
    pairs = list(zip(samples, reference, strict=True))
    kept = [pair for pair in pairs if all(bool(np.isfinite(output).all()) for output in pair[1])]
    chosen = kept if len(kept) >= _FEWEST else pairs
    return [sample for sample, _ in chosen], [outputs for _, outputs in chosen]


def _activations(opened: Opened, samples: Sequence[Sample]) -> Sequence[dict[str, Array]]:
    """What the layers of a source return; nothing where they cannot be watched, though it runs."""
    if not isinstance(opened, ShowsLayers):
        return ()
    try:
        return opened.activations(samples)
    except (ConversionError, *RAISED):
        return ()


def _probes(opened: Opened, ports: Sequence[InputPort], sample: Sample) -> tuple[Probe, ...]:
    if isinstance(opened, RunsByValues) and opened.runs_by_values:
        return ()
    known = all(port.shape is not None and None not in port.shape[1:] for port in opened.outputs)
    return ask(opened.run, ports, sample, sizes_known=known)


@contextmanager
def _running(name: str) -> Iterator[None]:
    """Say in one line what a source raises while it runs."""
    try:
        yield
    except RAISED as error:
        raise failed(name, error) from error


def _require_whole(opened: Opened, samples: Sequence[Sample], returned: Sequence[Outputs]) -> None:
    """Raise `ConversionError` where a source did not answer every sample with every output."""
    if len(returned) != len(samples):
        said = f"the source was run on {len(samples)} samples and returned {len(returned)}"
        raise ConversionError(said, where=opened.name)
    for outputs in returned:
        if len(outputs) != len(opened.outputs):
            said = f"the source names {len(opened.outputs)} outputs and returned {len(outputs)}"
            raise ConversionError(said, where=opened.name)
