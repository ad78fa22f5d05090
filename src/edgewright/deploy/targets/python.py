"""Python without Edgewright: a script that needs the runtime, NumPy and Pillow, and nothing else."""

from __future__ import annotations

import io
import runpy
import tempfile
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.deploy.description import Description, Pixels, Tensor
from edgewright.deploy.exporting import Written, labels_file
from edgewright.deploy.proving import Found, made_up_pictures, said_here
from edgewright.deploy.scripting import AS_RUN, script_of, usage_of
from edgewright.deploy.translating import Rule, rule_of
from edgewright.engine import open_engine
from edgewright.errors import ChildCrashError, ModelError
from edgewright.machine import Progress, run_in_child, stage
from edgewright.media import Preparation
from edgewright.task import dequantize, described_picture, input_options

SCRIPT = "predict.py"

_TIMEOUT = 300.0


class Python:
    """A script for any model; for classifiers and finished detectors it says labels, for others it prints tensors."""

    name = "python"
    title = "Python without Edgewright"

    def write(self, described: Description, progress: Progress) -> Written:
        """Make the script and run it on made-up inputs; raises `ModelError` where it does not say what `run` says."""
        files = {"model.tflite": described.model.data, SCRIPT: script_of(described).encode()}
        files |= {"labels.txt": labels_file(described.labels)} if described.labels else {}
        rule = rule_of(described.pixels) if described.pixels else None
        files |= {"pixels.npy": _npy(described.pixels)} if described.pixels and rule is Rule.TABLE else {}
        with stage(progress, "running the script"), tempfile.TemporaryDirectory() as place:
            for name, content in files.items():
                Path(place, name).write_bytes(content)
            proven, unproven = _prove(described, Path(place))
        return Written(files, proven, unproven, f"python {{folder}}/{SCRIPT} {usage_of(described)}")


TARGET = Python()


def _npy(pixels: Pixels | None) -> bytes:
    stream = io.BytesIO()
    np.save(stream, pixels.values if pixels else np.empty(0))
    return stream.getvalue()


def _prove(described: Description, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Run the script, in a child, and compare; what was proven and what not."""
    open_engine(described.model).close()  # says best what does not run in LiteRT at all
    try:
        if described.pixels is None:
            return (_prove_outputs(described, folder),), (_ELSEWHERE, _UNKNOWN)
        return _prove_pictures(described, described.pixels, folder)
    except ChildCrashError as error:
        raise ModelError(f"{described.model.name}: the script does not run here: {error.message}") from error


_ELSEWHERE = "Other versions of the runtime and of Pillow, and other processors, were not tried."
_UNKNOWN = "What the outputs mean: the script prints them, and knows nothing more of this task."


def _prove_pictures(described: Description, pixels: Pixels, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    pictures = made_up_pictures(folder)
    options = {} if pixels.interpolation in AS_RUN else {"interpolation": "bilinear"}
    differing = (_differing(described, pixels, options, pictures),) if options else ()
    what = "it prepares what run prepares, and its outputs are those of run"
    if described.decoding is None:
        prepare = _preparation(described, options)
        _prove_outputs(described, folder, pictures, [prepare(picture) for picture in pictures])
    else:
        what = "it says what run says"
        said = run_in_child(_answers, folder, pictures, timeout=_TIMEOUT)
        if said != (expected := said_here(described, pictures, **options)):
            raise ModelError(f"{described.model.name}: the script says {said}, and run says {expected}")
    given = ", where run resizes as Pillow does" if options else ""
    unknown = () if described.decoding else (_UNKNOWN,)
    return (f"On {len(pictures)} made-up pictures {what}, to the bit{given}.",), (_ELSEWHERE, *unknown, *differing)


def _answers(folder: Path, pictures: Sequence[Path]) -> list[Found]:
    """What the script says, of detections however unsure; in a child."""
    predict = runpy.run_path(str(folder / SCRIPT))["predict"]
    predict.__globals__["THRESHOLD"] = 0.0
    return [predict(picture) for picture in pictures]


def _preparation(described: Description, options: Mapping[str, Any]) -> Preparation:
    model = described.model
    return Preparation.of(model.inputs[0], described_picture(model, {**input_options(model), **options}))


def _differing(described: Description, pixels: Pixels, options: Mapping[str, Any], pictures: Sequence[Path]) -> str:
    """By how much the file's own way of resizing differs from that of the script."""
    ways = [_preparation(described, way) for way in ({}, options)]
    pairs = [[way.fit(picture).pixels.astype(int) for way in ways] for picture in pictures]
    mean = float(np.mean([np.abs(first - second).mean() for first, second in pairs]))
    most = max(int(np.abs(first - second).max()) for first, second in pairs)
    return (
        f"The file asks for the resizing {pixels.interpolation!r}, which Pillow has not: the script's is bilinear, and "
        f"a pixel of the made-up pictures differs by {mean:.1f} of 255 (at most {most})."
    )


def _prove_outputs(
    described: Description, folder: Path, pictures: Sequence[Path] = (), prepared: Sequence[Any] = ()
) -> str:
    """Compare all outputs, and what pictures become; raises `ModelError` where a bit differs."""
    random = np.random.default_rng(1)
    given = [[array] for array in prepared] or [[_made_up(spec, random) for spec in described.inputs]]
    said = run_in_child(_outputs, folder, pictures, given, timeout=_TIMEOUT)
    with open_engine(described.model) as engine:
        names = [spec.name for spec in engine.inputs]
        runs = [engine.run(dict(zip(names, tensors, strict=True))) for tensors in given]
    expected = [[dequantize(*pair) for pair in zip(arrays, described.model.outputs, strict=True)] for arrays in runs]
    pairs = zip([*said[0], *chain(*said[1])], [*prepared, *chain(*expected)], strict=True)
    if not all(np.array_equal(one, other, equal_nan=one.dtype.kind == "f") for one, other in pairs):
        raise ModelError(f"{described.model.name}: the script's outputs are not those of run")
    return "On made-up numbers its outputs are those of run, to the bit."


def _made_up(spec: Tensor, random: np.random.Generator) -> Any:
    if spec.dtype in ("uint8", "int8"):
        return random.integers(0, 256, spec.shape, dtype=np.uint8).view(spec.dtype)
    return random.random(spec.shape).astype(spec.dtype)  # whole numbers are 0, which every vocabulary has


def _outputs(folder: Path, pictures: Sequence[Path], given: Sequence[Sequence[Any]]) -> tuple[list[Any], list[Any]]:
    """What the script makes of pictures, and its outputs for tensors; in a child."""
    script = runpy.run_path(str(folder / SCRIPT))
    prepared = [script["prepare"](picture) for picture in pictures]
    return prepared, [[array for _, array in script["run"](*tensors)] for tensors in given]
