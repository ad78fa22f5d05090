"""What models must answer on a device: made-up inputs, the outputs of this machine, and how far off others may be.

How far is measured: this machine runs each model with two kinds of kernels, XNNPACK's and LiteRT's own, which differ
as those of two processors do, in the order of sums and in rounding. Of their signal-to-noise ratio 12 dB are taken off
(four times the difference). Where they agree better than that says much, no more than a limit is asked for: 50 dB of
what is computed in floats, and 20 dB where anything inside is quantized, since a single step everywhere in 256 is
about that for a ranking with one high score. Where they agree worse than 6 dB the model is not one that two processors
agree on, and only its shape and finite values are asked for. The answer to another input is below all of that.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.deploy.checking import CHECK, EXPECTED, key_of, outputs_of, signal_to_noise_db, zero_of
from edgewright.deploy.packing.archives import zip_of
from edgewright.documents import json_text
from edgewright.engine import OpResolverType, try_out
from edgewright.evaluate import Feed, Probes
from edgewright.machine import Progress, run_in_child, silent, stage
from edgewright.model import ModelFile

Array = npt.NDArray[Any]

SAMPLES, MOST_BYTES = 3, 4 << 20
"""For each model; where inputs and outputs are larger there are fewer, at least one."""

_SEED = 17
_MARGIN_DB, _LEAST_DB = 12.0, 6.0
_MOST_DB, _MOST_QUANTIZED_DB = 50.0, 20.0


def expectations(models: Mapping[str, ModelFile], progress: Progress = silent) -> dict[str, bytes]:
    """The files of a bundle that say what its models, by their paths in it, must answer; none without models.

    Raises what running a model raises: what does not run at the desk is not sent to a device.
    """
    if not models:
        return {}
    for model in models.values():
        try_out(model)
    contents = {path: (model.data, model.name) for path, model in models.items()}
    return run_in_child(expectations_here, contents, progress=progress)


def expectations_here(contents: dict[str, tuple[bytes, str]], progress: Progress = silent) -> dict[str, bytes]:
    """In a child, which a model may crash: do as `expectations`, given the models' bytes and names."""
    asked: list[dict[str, Any]] = []
    arrays: dict[str, bytes] = {}
    for number, (path, content) in enumerate(contents.items()):
        model = ModelFile(*content)
        with stage(progress, f"asking {path} what it answers"):
            samples = _samples(model)
            answers = outputs_of(model, samples)
        arrays |= _named(number, model, samples, answers)
        outputs = _asked(model, samples, answers)
        asked.append({"path": path, "number": number, "samples": len(samples), "outputs": outputs})
    check = json_text({"format": 1, "models": asked}, indent=1, sort_keys=True)
    return {CHECK: f"{check}\n".encode(), EXPECTED: zip_of(arrays)}


def _samples(model: ModelFile) -> list[Mapping[int, Array]]:
    """Stored numbers by tensor; none for a model of texts, of which none are made up: it is only opened."""
    if any(spec.dtype == "string" for spec in (*model.inputs, *model.outputs)):
        return []
    ports = (*model.inputs, *model.outputs)
    feed, size = Feed(model), sum(math.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in ports)
    count = max(1, min(SAMPLES, MOST_BYTES // max(size, 1)))
    return [feed(probe) for probe in Probes(model, (), count, _SEED)]


def _named(
    number: int, model: ModelFile, samples: Sequence[Mapping[int, Array]], answers: Sequence[Sequence[Array]]
) -> dict[str, bytes]:
    """Files of the archive, by their names."""
    named: dict[str, Array] = {}
    for sample, (given, got) in enumerate(zip(samples, answers, strict=True)):
        named |= {key_of(number, sample, "in", port): given[spec.index] for port, spec in enumerate(model.inputs)}
        named |= {key_of(number, sample, "out", port): array for port, array in enumerate(got)}
    return {f"{name}.npy": _bytes(array) for name, array in named.items()}


def _bytes(array: Array) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _asked(
    model: ModelFile, samples: Sequence[Mapping[int, Array]], answers: Sequence[Sequence[Array]]
) -> list[dict[str, Any]]:
    """For each output what is asked of it."""
    others = outputs_of(model, samples, kernels=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    most = _MOST_QUANTIZED_DB if _is_quantized(model) else _MOST_DB
    asked = []
    for port, spec in enumerate(model.outputs):
        columns = [one[port] for one in answers], [one[port] for one in others]
        limit = min(signal_to_noise_db(*columns, zero_of(spec)) - _MARGIN_DB, most)
        asked.append({"name": spec.name, "snr_db": round(limit, 1) if limit >= _LEAST_DB else None})
    return asked


def _is_quantized(model: ModelFile) -> bool:
    return any(tensor.quantized for tensor in model.main.tensors)
