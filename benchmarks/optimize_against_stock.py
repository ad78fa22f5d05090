"""`edgewright.optimize` beside the stock recipes, on crops of photographs that none of them has seen.

For each model: the float file; full integer by TensorFlow's converter (where there is a source model); LiteRT's
quantizer with its own static and dynamic 8-bit recipes; and ours for a few budgets. All calibrate on the same crops.
Agreement is with the float model's answers, on test crops for which that is at least 0.5 sure. Sizes include labels and
preparation, which stock files get back, and leave out provenance, which they do not have. One table, printed.

    edgewright models get efficientnet_lite0
    python benchmarks/optimize_against_stock.py ../shared --json optimize.json

The crops that a search chooses by, its proof, and those of the table are cut with different seeds from the same
photographs. EfficientNet-Lite0 takes most of the time: about an hour on two cores. A stopped run goes on where it was
if it gets the same --work.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright import hub
from edgewright.convert import convert
from edgewright.engine import open_engine
from edgewright.evaluate import Runner, wilson
from edgewright.machine import interleave
from edgewright.media import Preparation, load_image, quantize, varied_crops
from edgewright.model import ModelFile
from edgewright.optimize import Optimization, optimize
from edgewright.report import Column, Table, numbers
from edgewright.rewrite import rewrite
from outcome import INTERVAL, Figure, Goal, at_least, at_most, finish

Array = npt.NDArray[Any]

PHOTOGRAPHS = (
    "bird_segmentation.bmp cat.bmp cat_1080p.jpg cats_and_dogs.jpg grace_hopper.bmp kite_and_cold.jpg owl.jpg "
    "parrot.jpg squat.bmp sunflower.bmp"
).split()
SURE = 0.5
CALIBRATION = 200  # crops for the stock recipes, as many as a search takes
_LONGEST = 320  # pixels: crops are made as small as this, no model here looks at more
_SEARCH, _TEST = 1, 2  # seeds


@dataclass(frozen=True)
class Case:
    """A float model in order, and how TensorFlow's converter makes it full integer, if it can."""

    name: str
    model: ModelFile
    full_integer: Callable[[list[Array]], ModelFile] | None


@dataclass(frozen=True)
class Row:
    """One file: size in bytes, answers that agree with the float model's of `total`, time relative to it."""

    model: str
    recipe: str
    kind: str  # "float", "stock" or "ours"
    size: int | None = None
    agree: int | None = None
    total: int = 0
    time: float | None = None
    remark: str = ""

    @property
    def agreement(self) -> float:
        """Share of the answers that agree, 0 to 1."""
        return (self.agree or 0) / max(self.total, 1)


def efficientnet(shared: Path) -> Case:
    model = hub.read("efficientnet_lite0")
    described = model.metadata.inputs[0]
    return _from_keras("efficientnet_lite0", hub.source("efficientnet_lite0"), (described.mean, described.std), model)


def mobilenet(shared: Path) -> Case:
    path = shared / "models/mobilenet_v1_0.25_224_float.tflite"
    model = convert(path, normalization="minus_one_to_one")
    return Case("mobilenet_v1_0.25_224", rewrite(model).model, None)


def resnet(shared: Path) -> Case:
    path = shared / "sources/pretrainedResnet.h5"
    return _from_keras("pretrainedResnet", path, "none", convert(path, normalization="none"))


CASES = {"efficientnet": efficientnet, "mobilenet": mobilenet, "resnet": resnet}


def _from_keras(name: str, source: Path, normalization: Any, model: ModelFile) -> Case:
    def full_integer(samples: list[Array]) -> ModelFile:
        return convert(source, quantize="int8", representative_data=samples, normalization=normalization)

    return Case(name, rewrite(model).model, full_integer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--models", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--crops", type=int, default=1000, help="test crops before the unsure ones are left out")
    parser.add_argument("--search", type=int, default=3000, help="crops for the search, likewise")
    parser.add_argument("--max-drop", type=float, nargs="+", default=[0.01, 0.02, 0.05])
    parser.add_argument("--prefer", choices=["size", "latency"], default="size")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = arguments.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rows = [row for name in arguments.models for row in measure(CASES[name](arguments.shared), work, arguments)]
    print(table(rows).to_text())
    by_model = [[row for row in rows if row.model == name] for name in dict.fromkeys(row.model for row in rows)]
    found = [figure for some in by_model for figure in figures(some)]
    details = {"rows": [vars(row) for row in rows], "settings": _plain(arguments)}
    finish("optimize_against_stock", found, arguments.json, **details)


def measure(case: Case, work: Path, arguments: argparse.Namespace) -> list[Row]:
    prepare = Preparation.of(case.model.inputs[0], case.model.metadata.inputs[0])
    photographs = [arguments.shared / "images" / name for name in PHOTOGRAPHS]
    folder = work / case.name / "crops"
    search = save_sure_crops(case, prepare, crops(photographs, arguments.search, _SEARCH), folder)
    test = [prepare(crop) for crop in crops(photographs, arguments.crops, _TEST)]
    answers, scores = predictions(case.model, test)
    sure = [sample for sample, score in zip(test, scores, strict=True) if score >= SURE]
    kept = answers[scores >= SURE]
    say(case.name, f"{len(search)} crops to search with, {len(sure)} of {len(test)} test crops are sure")
    samples = [prepare(path) for path in spread(search, CALIBRATION)]
    files = {"float": ("float", case.model, ""), **stock(case, samples), **ours(case, folder, work, arguments)}
    ratios = times({name: model for name, (_, model, _) in files.items() if model}, sure[0], arguments.rounds)
    rows = []
    for name, (kind, model, remark) in files.items():
        if model is None:
            rows.append(Row(case.name, name, kind, remark=remark))
            continue
        agree = int((predictions(model, sure)[0] == kept).sum())
        rows.append(Row(case.name, name, kind, comparable_size(model), agree, len(sure), ratios[name], remark))
    return rows


def comparable_size(model: ModelFile) -> int:
    """Bytes with labels and preparation, but without provenance, which only our own files have."""
    return model.with_metadata(dataclasses.replace(model.metadata, provenance=None)).size


def crops(photographs: Sequence[Path], count: int, seed: int) -> Iterator[Array]:
    each = -(-count // len(photographs))
    for number, path in enumerate(photographs):
        for crop in varied_crops(path, each, seed=seed * 1000 + number):
            image = load_image(crop)
            image.thumbnail((_LONGEST, _LONGEST))
            yield np.asarray(image)


def save_sure_crops(case: Case, prepare: Preparation, pictures: Iterator[Array], folder: Path) -> list[Path]:
    """Save the crops for which the float model is sure: those are what the figure in the table is about."""
    done = folder / "complete"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(pictures):
            if predictions(case.model, [prepare(picture)])[1][0] >= SURE:
                load_image(picture).save(folder / f"{number:05}.png")
        done.touch()
    return sorted(folder.glob("*.png"))


def spread(paths: Sequence[Path], count: int) -> list[Path]:
    """So many of them, evenly over all photographs."""
    return [paths[index] for index in np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int)]


_runners: dict[str, Runner] = {}


def predictions(model: ModelFile, samples: Sequence[Array]) -> tuple[Array, Array]:
    """Index of the largest output (n,) and its probability (n,)."""
    run = _runners.setdefault(model.sha256, Runner(model))
    outputs = np.stack([run(sample)[0].reshape(-1) for sample in samples]).astype(np.float64)
    if np.abs(outputs.sum(1) - 1).max() > 0.1:  # logits
        outputs = np.exp(outputs - outputs.max(1, keepdims=True))
        outputs /= outputs.sum(1, keepdims=True)
    return outputs.argmax(1), outputs.max(1)


Made = dict[str, tuple[str, ModelFile | None, str]]


def stock(case: Case, samples: list[Array]) -> Made:
    from litert_quantizer import recipe

    made: Made = {"tf.lite, full integer": ("stock", None, "there is no source model to convert")}
    if case.full_integer is not None:
        say(case.name, "tf.lite, full integer")
        made["tf.lite, full integer"] = ("stock", case.full_integer(samples), "")
    for name, rules in (("static", recipe.static_wi8_ai8()), ("dynamic", recipe.dynamic_wi8_afp32())):
        say(case.name, f"litert-quantizer, {name}")
        made[f"litert-quantizer, {name} 8-bit"] = ("stock", litert_quantizer(case.model, rules, samples), "")
    return made


def litert_quantizer(model: ModelFile, rules: Any, samples: list[Array]) -> ModelFile:
    """As its own documentation does it. It prints, and loses labels and metadata, which are put back for the sizes."""
    from litert_quantizer import quantizer

    signature = model.signatures[0]
    with contextlib.redirect_stdout(sys.stderr):
        work = quantizer.Quantizer(model.data)
        work.load_quantization_recipe(rules)
        inputs = {signature.key: [{next(iter(signature.inputs)): sample} for sample in samples]}
        ranges = work.calibrate(inputs, num_threads=1) if work.need_calibration else None
        made = ModelFile.read(bytes(work.quantize(ranges).quantized_model), check_seal=False)
    return made.with_metadata(model.metadata)


def ours(case: Case, folder: Path, work: Path, arguments: argparse.Namespace) -> Made:
    made: Made = {}
    for budget in arguments.max_drop:
        result = optimize(
            case.model,
            data=folder,
            max_drop=budget,
            prefer=arguments.prefer,
            work=work / case.name / "search",
            progress=Spoken(case.name),
        )
        made[f"edgewright, budget {budget:.1%}"] = ("ours", result.model, _remark(result))
    return made


def _remark(result: Optimization) -> str:
    if result.chosen is None:
        missed = result.nearest_miss
        return f"nothing within the budget; nearest: {missed.name}" if missed else "nothing within the budget"
    return result.chosen.name


def times(models: dict[str, ModelFile], sample: Array, rounds: int) -> dict[str, float]:
    """Time of each relative to the float file, one thread, in turns."""
    with contextlib.ExitStack() as stack:
        runs = {}
        for name, model in models.items():
            engine = stack.enter_context(open_engine(model))
            stored = quantize(sample, engine.inputs[0])
            runs[name] = lambda engine=engine, stored=stored: engine.run(stored)
        timings = interleave(runs, rounds=rounds)
    return {name: timing.ratio(timings["float"]) for name, timing in timings.items()}


def table(rows: Sequence[Row]) -> Table:
    columns = (
        Column("model"),
        Column("recipe"),
        Column("bytes", "right"),
        Column("agreement (95%)", "right"),
        Column("time of float", "right"),
        Column("what it is"),
    )
    shown = [
        (
            row.model,
            row.recipe,
            f"{row.size:,}" if row.size else None,
            None if row.agree is None else numbers.percent_interval(row.agreement, *wilson(row.agree, row.total)),
            numbers.ratio(row.time, 1.0),
            row.remark,
        )
        for row in rows
    ]
    return Table("Smaller files of three models", columns, shown)


def figures(rows: Sequence[Row]) -> Iterator[Figure]:
    """Whether one of ours is at least as good as the best stock file and no larger."""
    whole = next(row for row in rows if row.kind == "float")
    best = max((row for row in rows if row.kind == "stock" and row.size), key=lambda row: (row.agreement, -row.size))
    ours = [row for row in rows if row.kind == "ours" and row.size]
    as_good = [row for row in ours if row.agreement >= best.agreement]
    first = min(as_good, key=lambda row: row.size) if as_good else max(ours, key=lambda row: row.agreement)
    yield Figure(f"{whole.model}: float", kilobytes(whole), "kB")
    yield Figure(f"{whole.model}: best stock file", kilobytes(best), "kB")
    yield agreement(f"{whole.model}: best stock file, agrees", best, None)
    yield Figure(f"{whole.model}: `optimize`", kilobytes(first), "kB", at_most(kilobytes(best)))
    yield agreement(f"{whole.model}: `optimize`, agrees", first, at_least(100 * best.agreement))


def kilobytes(row: Row) -> float:
    return (row.size or 0) / 1e3


def agreement(name: str, row: Row, goal: Goal | None) -> Figure:
    low, high = wilson(row.agree or 0, row.total)
    return Figure(name, 100 * row.agreement, "%", goal, 100 * low, 100 * high, row.total, INTERVAL)


@dataclass
class Spoken:
    """Progress as a line for each new step."""

    case: str
    last: str = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Say a step when it begins."""
        name, _, figure = step.rpartition(": ")
        name = name if figure.endswith("%") else step
        if name and name != self.last:
            self.last = name
            say(self.case, name)


def say(case: str, words: str) -> None:
    print(f"{case}: {words}", file=sys.stderr)


def _plain(arguments: argparse.Namespace) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}


if __name__ == "__main__":
    main()
