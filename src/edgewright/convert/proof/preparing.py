"""Gets an opened source ready for the proof: settles its inputs, runs it on samples, and lets it prepare to lower."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.normalizing import recognize
from edgewright.convert.proof.product import Prepared
from edgewright.convert.proof.samples import Samples, choose
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Lowering, Opened, Request
from edgewright.convert.sources.failures import failed
from edgewright.convert.sources.ports import Sample, require_numbers, settle
from edgewright.errors import ConversionError

# What a source returns for one sample.
Outputs = list[Array]


def prepare(opened: Opened, options: ConversionOptions, folder: Path) -> Prepared:
    """Prepare it, in whatever process has it loaded.

    Raises `UsageError` for options that do not fit the source, and `ConversionError` where the source itself fails.
    """
    require_numbers(opened.inputs, opened.name)
    ports = settle(opened.inputs, options)
    options, notices = recognize(opened, ports, options)
    samples = choose(ports, options)
    reference, wide_reference, lowering = _run(opened, samples, Request(ports, options, folder, samples.calibration))
    _require_whole(opened, samples.compared, reference)
    _require_whole(opened, samples.wide, wide_reference)
    return Prepared(
        lowering=lowering,
        name=opened.name,
        inputs=tuple(port.name for port in ports),
        outputs=tuple(port.name for port in opened.outputs),
        samples=samples.compared,
        reference=reference,
        wide=samples.wide,
        wide_reference=wide_reference,
        real=bool(options.representative),
        normalization=options.normalization,
        notices=(*notices, *samples.notices),
    )


def _run(opened: Opened, samples: Samples, request: Request) -> tuple[list[Outputs], list[Outputs], Lowering]:
    try:
        return opened.run(samples.compared), opened.run(samples.wide), opened.lower(request)
    except (ValueError, TypeError, RuntimeError, NotImplementedError) as error:
        raise failed(opened.name, error) from error


def _require_whole(opened: Opened, samples: Sequence[Sample], returned: Sequence[Outputs]) -> None:
    """Raise `ConversionError` where a source did not answer every sample with every output."""
    if len(returned) != len(samples):
        said = f"the source was run on {len(samples)} samples and returned {len(returned)}"
        raise ConversionError(said, where=opened.name)
    for outputs in returned:
        if len(outputs) != len(opened.outputs):
            said = f"the source names {len(opened.outputs)} outputs and returned {len(outputs)}"
            raise ConversionError(said, where=opened.name)
