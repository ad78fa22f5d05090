"""The self-check of a version on a device: `python -m edgewright.deploy.checking FOLDER`, before it is switched to.

Each model is opened and run on the inputs that travel with it, and its outputs are compared with those of the desk. Two
processors do not compute the same to the bit: sums are added in another order, and what is quantized is rounded once
here and twice there. So an output holds where nearly all of its whole numbers, but for zeros, are within two steps of
what is expected, or its signal-to-noise ratio is at least what the bundle asks for (`packing/expecting.py` says why).
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.documents import json_text, parse_json
from edgewright.engine import open_engine
from edgewright.errors import BundleError, EdgewrightError
from edgewright.model import ModelFile, TensorSpec

EXPECTED, CHECK, SETTINGS = "expected.npz", "check.json", "agent.toml"
"""Files of a bundle: inputs with their outputs, what is asked of them, and what the agent is told."""

STEPS, SHARE = 2, 0.99
"""Of quantized outputs: so many steps, for this share of the values."""

_MOST_BYTES = 1 << 20

Array = npt.NDArray[Any]


def check_version(folder: Path) -> dict[str, Any]:
    """Check what lies in the folder of a version; what was found, as plain values.

    Raises `BundleError` where an output is not what the desk expects, and what opening a model or reading the agent's
    settings raises.
    """
    if (folder / SETTINGS).exists():
        from edgewright.agent import read_settings

        read_settings(folder / SETTINGS)
    if not (folder / CHECK).exists():
        return {"models": []}
    with np.load(folder / EXPECTED, allow_pickle=False) as arrays:
        return {"models": [_check_model(folder, model, arrays) for model in _read(folder / CHECK)["models"]]}


def outputs_of(model: ModelFile, samples: Sequence[Mapping[int, Array]], **options: Any) -> list[list[Array]]:
    """What a model makes of samples, one after the other: the stored numbers of each output, in their order."""
    with open_engine(model, **options) as engine:
        return [engine.run(dict[str | int, Array](sample.items())) for sample in samples]


def signal_to_noise_db(expected: Sequence[Array], got: Sequence[Array], zero: int) -> float:
    """10 log10(sum a² / sum (a - b)²) of an output over all samples; infinite where nothing differs, -inf for NaN."""
    signal = noise = 0.0
    for ours, theirs in zip(expected, got, strict=True):
        if ours.shape != theirs.shape or not np.array_equal(np.isfinite(_plain(ours)), np.isfinite(_plain(theirs))):
            return -math.inf
        there = np.isfinite(_plain(ours))
        a, b = _plain(ours)[there] - zero, _plain(theirs)[there] - zero
        signal, noise = signal + float(np.square(a).sum()), noise + float(np.square(a - b).sum())
    return math.inf if noise == 0 else 10 * math.log10(signal / noise) if signal else -math.inf


def zero_of(spec: TensorSpec) -> int:
    """The stored number that stands for 0."""
    return spec.zero_point[0] if spec.quantized and spec.zero_point else 0


def key_of(model: int, sample: int, side: str, port: int) -> str:
    """The name of an array in `expected.npz`: of a model's input ("in") or output ("out"), by their numbers."""
    return f"{model}.{sample}.{side}.{port}"


def _read(path: Path) -> Any:
    try:
        return parse_json(path.read_bytes(), most_bytes=_MOST_BYTES)
    except ValueError as error:
        raise BundleError(str(error), where=path.name) from None


def _check_model(folder: Path, asked: Any, arrays: Any) -> dict[str, Any]:
    """Open one model, run it, and compare."""
    model = ModelFile.read(folder / asked["path"])
    number, count, ports = asked["number"], asked["samples"], range(len(model.inputs))
    samples = [
        {model.inputs[port].index: arrays[key_of(number, sample, "in", port)] for port in ports}
        for sample in range(count)
    ]
    found = outputs_of(model, samples)
    compared = []
    for port, wanted in enumerate(asked["outputs"]):
        expected = [arrays[key_of(number, sample, "out", port)] for sample in range(count)]
        compared.append(_compare(asked["path"], wanted, model.outputs[port], expected, [one[port] for one in found]))
    return {"path": asked["path"], "samples": count, "outputs": compared}


def _compare(path: str, wanted: Any, spec: TensorSpec, expected: list[Array], got: list[Array]) -> dict[str, Any]:
    """The figures of one output; raises `BundleError` where it does not hold."""
    decibels, near = signal_to_noise_db(expected, got, zero_of(spec)), _near(expected, got, spec)
    limit = wanted["snr_db"]
    if not (near >= SHARE or (decibels > -math.inf if limit is None else decibels >= limit)):
        raise BundleError(
            f"the output {wanted['name']!r} is not what was expected: {decibels:.1f} dB, at least "
            f"{limit if limit is not None else 'the same shape and finite values'} wanted",
            where=path,
            remedy="This device computes something else: another runtime, or a fault of its memory",
        )
    return {"name": wanted["name"], "snr_db": decibels, "wanted_db": limit, "near": near}


def _near(expected: list[Array], got: list[Array], spec: TensorSpec) -> float:
    """The share of whole numbers within `STEPS` of what is expected, of those that are not 0 in both; 0 for others."""
    if not spec.quantized or any(a.shape != b.shape for a, b in zip(expected, got, strict=True)):
        return 0.0
    if not expected:  # what it takes cannot be made up, a text
        return 1.0
    zero = zero_of(spec)
    a, b = (np.concatenate([_plain(array).ravel() - zero for array in arrays]) for arrays in (expected, got))
    says = np.maximum(np.abs(a), np.abs(b)) > STEPS
    return float((np.abs(a - b)[says] <= STEPS).mean()) if says.any() else 1.0


def _plain(array: Array) -> Array:
    """Numbers with which differences can be taken; complex ones by their size."""
    return (np.abs(array) if array.dtype.kind == "c" else array).astype(np.float64)


def main(arguments: list[str]) -> int:
    """Check a folder and print what was found, one line of JSON; what is wrong goes to standard error. 0 or 1."""
    if len(arguments) != 1:
        print("usage: python -m edgewright.deploy.checking FOLDER", file=sys.stderr)
        return 2
    try:
        found = {"healthy": True, **check_version(Path(arguments[0]))}
    except EdgewrightError as error:
        print(json.dumps({"healthy": False, "why": str(error)}))
        print(error, file=sys.stderr)
        return 1
    print(json_text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
