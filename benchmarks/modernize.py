"""Models quantized to uint8 beside the int8 files that `modernize` makes of them: speed, and how far answers move.

    python benchmarks/modernize.py ../shared [--crops 200] [--json modernize.json]

Speed is one run on one thread, both files in turns: the untouched one over the rewritten one, so 2 means twice as fast.
Answers are compared on the photographs of ../shared/images and on crops of them, and the same is done with the
untouched file on LiteRT's fast kernels (XNNPACK) and on its reference kernels: how far those two are apart is how far
nobody minds. "worst byte" is each picture's worst stored output, median and maximum over all crops; of a detector it
is that of raw boxes and scores, before its post-processing. "fits" repeats the comparison after the few weights that
int8 cannot hold were cut off in the source: then nothing may differ. "lossless" is the speed of the file whose weights
are split instead, and "exact" whether nothing differs of it.

Targets: at least 2.5 times as fast, top-1 the same on all photographs, and no further from the untouched file than its
own kernels are from one another.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.engine import Interpreter, OpResolverType, load_runtime, open_engine
from edgewright.evaluate import Difference, RewritingProof, rewriting_proof
from edgewright.machine import interleave
from edgewright.media import Preparation, find_pictures
from edgewright.model import InputMetadata, ModelFile
from edgewright.report import Column, Table
from edgewright.rewrite import Modernize, rewrite
from outcome import Figure, Goal, at_least, at_most, finish

MODELS = (
    "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_0.75_192_quant",
    "mobilenet_v2_1.0_224_quant",
    "mobilenet_v1_1.0_224_quant_embedding_extractor",
    "ssd_mobilenet_v1_coco_quant_metadata",
)
TARGET = 2.5
NO_PHOTOGRAPHS = ("bird_segmentation_mask.bmp", "mnist_nine.bmp")


@dataclass(frozen=True)
class Row:
    """One file.

    `speed` of each round by form of the new one: "keep" has uint8 inputs and outputs, "int8" has none, "lossless" keeps
    every number.
    `photographs`: on how many of `of` the top answer stays, `photographs_kernels`: likewise between the kernels.
    """

    model: str
    speed: dict[str, tuple[float, ...]]
    milliseconds: float
    photographs: int
    photographs_kernels: int
    of: int
    crops: RewritingProof
    fits: RewritingProof
    lossless: RewritingProof
    kept_channels: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        proofs = {name: getattr(self, name).to_dict() for name in ("crops", "fits", "lossless")}
        return {**vars(self), **proofs}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--models", nargs="+", default=list(MODELS), help="names in the folder models, without .tflite")
    parser.add_argument("--crops", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    photographs = [path for path in find_pictures([str(options.shared / "images")]) if path.name not in NO_PHOTOGRAPHS]
    rows = [measure(options.shared / f"models/{name}.tflite", photographs, options) for name in options.models]
    print(table(rows).to_text())
    found = [figure for row in rows for figure in figures(row)]
    finish("modernize", found, options.json, runtime=str(load_runtime()), rows=[row.to_dict() for row in rows])


def measure(path: Path, photographs: Sequence[Path], options: argparse.Namespace) -> Row:
    before = ModelFile.read(path)
    after = rewrite(before, [Modernize()])
    print(f"{path.stem}: speed", file=sys.stderr)
    speed, milliseconds = speeds(before, options.rounds)
    print(f"{path.stem}: answers", file=sys.stderr)
    asked = answers(before, photographs)
    reference = answers(before, photographs, OpResolverType.BUILTIN_REF)
    return Row(
        model=path.stem,
        speed=speed,
        milliseconds=milliseconds,
        photographs=same(asked, answers(after.model, photographs)),
        photographs_kernels=same(asked, reference),
        of=len(photographs),
        crops=proof(bare(before), photographs, options.crops),
        fits=proof(fitted(bare(before)), photographs, options.crops, kernels=False),
        lossless=proof(bare(before), photographs, options.crops, kernels=False, lossless=True),
        kept_channels=after.changes[1],
    )


def speeds(before: ModelFile, rounds: int) -> tuple[dict[str, tuple[float, ...]], float]:
    """How many times as fast each form is, and milliseconds of the untouched file."""
    forms = {"keep": Modernize(), "int8": Modernize(edges="int8"), "lossless": Modernize(lossless=True)}
    models = {"before": before, **{name: form(before).model for name, form in forms.items()}}
    pixels = np.random.default_rng(0).integers(0, 256, before.inputs[0].shape, np.uint8)
    with contextlib.ExitStack() as stack:
        runs = {}
        for name, model in models.items():
            engine = stack.enter_context(open_engine(model))
            stored = pixels if model.inputs[0].dtype == "uint8" else (pixels ^ 128).view(np.int8)
            runs[name] = lambda engine=engine, stored=stored: engine.run(stored)
        timings = interleave(runs, rounds=rounds, turn_s=0.1)
    base = timings.pop("before")
    return {name: base.ratios(timing) for name, timing in timings.items()}, base.median_s * 1e3


def answers(model: ModelFile, photographs: Sequence[Path], kernels: OpResolverType = OpResolverType.AUTO) -> list[int]:
    """The largest output of a classifier, the class of a detector's best detection."""
    described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    prepare = Preparation.of(model.inputs[0], described)
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    found = []
    for path in photographs:
        interpreter.set_tensor(model.inputs[0].index, prepare(path))
        interpreter.invoke()
        outputs = [interpreter.get_tensor(spec.index) for spec in model.outputs]
        found.append(int(outputs[1].ravel()[0]) if len(outputs) > 1 else int(outputs[0].argmax()))
    return found


def same(a: Sequence[int], b: Sequence[int]) -> int:
    return sum(one == other for one, other in zip(a, b, strict=True))


def proof(
    model: ModelFile, photographs: Sequence[Path], crops: int, *, kernels: bool = True, lossless: bool = False
) -> RewritingProof:
    """On the photographs as they are and on so many crops."""
    after = Modernize(lossless=lossless)(model).model
    return rewriting_proof(model, after, photographs, samples=len(photographs) + crops, kernels=kernels)


def bare(model: ModelFile) -> ModelFile:
    """A detector without its post-processing: what that takes in comes out, as stored bytes."""
    last = model.ops[-1]
    if not last.is_custom:
        return model
    tables = model.edit()
    raw = [index for index in last.inputs if not model.constant(model.main.tensors[index])]
    tables["subgraphs"][0]["outputs"] = tuple(raw)
    tables["metadata"] = None
    return rewrite(ModelFile.build(tables, {}, model.name), ["drop-dead"]).model


def fitted(model: ModelFile) -> ModelFile:
    """The model with all weights cut off that are further than 127 from their zero point."""
    tables = model.edit()
    for operator in model.ops:
        if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            spec = model.main.tensors[operator.inputs[1]]
            zero = spec.zero_point[0]
            values = np.frombuffer(model.constant(spec), np.uint8).clip(max(zero - 127, 0), min(zero + 127, 255))
            tables["buffers"][spec.buffer] = {"data": values.tobytes()}
    return ModelFile.build(tables, model.files, model.name)


def table(rows: Sequence[Row]) -> Table:
    columns = (
        Column("file"),
        Column("speed", "right"),
        Column("all int8", "right"),
        Column("photographs", "right"),
        Column("crops: top-1", "right"),
        Column("kernels", "right"),
        Column("worst byte", "right"),
        Column("kernels", "right"),
        Column("fits", "right"),
        Column("lossless", "right"),
        Column("exact", "right"),
    )
    shown = [
        (
            row.model,
            f"{statistics.median(row.speed['keep']):.2f}",
            f"{statistics.median(row.speed['int8']):.2f}",
            f"{row.photographs} of {row.of}",
            f"{agreeing(row.crops.rewrite):.2%}",
            f"{agreeing(row.crops.kernels):.2%}",
            worst(row.crops.rewrite),
            worst(row.crops.kernels),
            "exact" if row.fits.rewrite.exact else worst(row.fits.rewrite),
            f"{statistics.median(row.speed['lossless']):.2f}",
            "yes" if row.lossless.rewrite.exact else worst(row.lossless.rewrite),
        )
        for row in rows
    ]
    return Table("uint8 of before 2019 in int8", columns, shown)


def agreeing(difference: Difference | None) -> float:
    """Share of rows with the same largest entry, in the last output that has rows."""
    moved = [one for one in difference.outputs if one.rows] if difference else []
    return 1 - (moved[-1].top1_changes or 0) / moved[-1].rows if moved else float("nan")


def worst(difference: Difference | None) -> str:
    """Median and maximum over the crops, of the output that moved most."""
    moved = [one for one in difference.outputs if one.worst_largest is not None] if difference else []
    if not moved:
        return "-"
    most = max(moved, key=lambda one: one.worst_largest or 0)
    return f"{most.worst_median:.0f} / {most.worst_largest:.0f}"


def figures(row: Row) -> Iterator[Figure]:
    """Each target, held or missed, as it came out."""
    ours, theirs = row.crops.rewrite, row.crops.kernels
    yield Figure.of(f"{row.model}: as fast", row.speed["keep"], "times", at_least(TARGET))
    yield Figure.of(f"{row.model}: as fast, all int8", row.speed["int8"], "times")
    yield Figure.of(f"{row.model}: as fast, lossless", row.speed["lossless"], "times")
    yield Figure(f"{row.model}: best label stays", row.photographs, f"of {row.of} photographs", at_least(row.of))
    yield Figure(f"{row.model}: best label of crops", 100 * agreeing(ours), "%", between_kernels(agreeing(theirs)))
    yield Figure(f"{row.model}: worst byte moves by", largest(ours), "", at_most(largest(theirs)))
    yield Figure(f"{row.model}: signal to noise", noise(ours), "dB")
    yield Figure(f"{row.model}: signal to noise between kernels", noise(theirs), "dB")
    exact = int(row.fits.rewrite.exact)
    yield Figure(f"{row.model}: exact where all channels fit", exact, "of 1", at_least(1))
    split = int(row.lossless.rewrite.exact)
    yield Figure(f"{row.model}: exact where they are split", split, "of 1", at_least(1))


def between_kernels(share: float) -> Goal | None:
    """As often as the kernels agree with one another; none for what has no rows."""
    return None if math.isnan(share) else at_least(100 * share)


def noise(difference: Difference | None) -> float:
    """Over all entries of the output that moved most: steadier than the worst entry and the top answers."""
    return min(one.snr_db for one in difference.agreement.outputs) if difference else float("nan")


def largest(difference: Difference | None) -> float:
    return max((one.worst_largest or 0.0 for one in difference.outputs), default=0.0) if difference else 0.0


if __name__ == "__main__":
    main()
