"""What `teach` makes of ten pictures a class: how many others it tells right, and what the one file costs.

    python benchmarks/teach.py SHARED [--draws 10] [--json result.json]

SHARED is the folder with `models/` and `data/` (`make fixtures`). For each backbone ten seeded draws of ten pictures a
class from `fashion_mnist_900.npz`; right are told those of the 800 that were not drawn. Beside it what leaving out each
of the hundred promised. Then the extractor's file against the one file that was taught with it, in processor time of
the thread, in turns.
Targets, for `mobilenet_v1_1.0_224_quant_embedding_extractor`: at least 75% in the mean of the draws; probabilities of
the one file within 2e-6 of backbone and head in NumPy; at most 1.02 times the extractor's time.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset, open_dataset
from edgewright.engine import open_engine
from edgewright.machine import interleave, silent
from edgewright.machine._load import system_probe
from edgewright.model import ModelFile
from edgewright.task import open_task
from edgewright.train import fit, open_backbone, teach
from edgewright.train.teaching.looking import Seen, look
from outcome import Figure, at_least, at_most, finish

EXTRACTOR = "mobilenet_v1_1.0_224_quant_embedding_extractor"
BACKBONES: list[tuple[str, dict[str, Any]]] = [
    (EXTRACTOR, {}),
    ("mobilenet_v2_0.35_96_embedder", {}),
    ("mobilenet_v2_0.35_96_embedder", {"normalization": (0, 255)}),
    ("mobilenet_v1_0.25_128_quant", {}),
    ("mobilenet_v1_0.25_224_float_metadata", {}),
    ("mobilenet_v1_0.75_192_quant", {}),
    ("mobilenet_v2_1.0_224_quant", {}),
]
PICTURES = 10
LEAST, DIFFERENCE, TIMES = 0.75, 2e-6, 1.02


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    fashion = open_dataset(options.shared / "data/fashion_mnist_900.npz")
    results = []
    for name, preparation in BACKBONES:
        model = ModelFile.read(options.shared / "models" / f"{name}.tflite")
        results.append(told(model, fashion, options.draws, preparation))
        one = results[-1]
        print(
            f"{name} {preparation or ''}: {one['right']:.1%} of the others told right (draws {one['least']:.1%} to "
            f"{one['most']:.1%}); {one['promised']:.1%} promised by leaving out",
            flush=True,
        )
    cost = costs(ModelFile.read(options.shared / "models" / f"{EXTRACTOR}.tflite"), fashion, options.rounds)
    finish("teach", list(figures(results, cost)), options.json, backbones=results, cost=cost)


def figures(results: list[dict[str, Any]], cost: dict[str, Any]) -> Iterator[Figure]:
    for one in results:
        name = " ".join([one["backbone"], *(f"{word} {value}" for word, value in one["preparation"].items())])
        goal = at_least(100 * LEAST) if one is results[0] else None
        spread = (100 * one["least"], 100 * one["most"], one["draws"])
        yield Figure(f"{name}: told right (mean)", 100 * one["right"], "%", goal, *spread)
        yield Figure(f"{name}: promised by leaving out", 100 * one["promised"], "%")
    yield Figure("the one file beside head and backbone: difference", cost["difference"], "", at_most(DIFFERENCE))
    yield Figure.of("its time beside the backbone's", cost["ratios"], "times", at_most(TIMES))


def told(model: ModelFile, fashion: Dataset, draws: int, preparation: dict[str, Any]) -> dict[str, Any]:
    """The share of the others that is told right; every picture goes through the backbone once."""
    seen = look(open_backbone(model, **preparation), fashion, None, silent)
    shares = [one_draw(seen, len(fashion.classes), seed) for seed in range(draws)]
    right, promised = np.array(shares).T
    return {
        "backbone": Path(model.name).stem,
        "preparation": {name: list(value) for name, value in preparation.items()},
        "right": float(right.mean()),
        "least": float(right.min()),
        "most": float(right.max()),
        "promised": float(promised.mean()),
        "draws": draws,
    }


def one_draw(seen: Seen, classes: int, seed: int) -> tuple[float, float]:
    shown = drawn(seen.classes, classes, seed)
    others = np.setdiff1d(np.arange(len(seen.classes)), shown)
    fitted = fit(seen.features[shown], seen.classes[shown], classes)
    said = fitted.head(seen.features[others]).argmax(axis=1)
    left_out = fitted.left_out.argmax(axis=1)
    return float((said == seen.classes[others]).mean()), float((left_out == seen.classes[shown]).mean())


def drawn(labels: npt.NDArray[np.int64], classes: int, seed: int) -> npt.NDArray[np.int64]:
    random = np.random.default_rng(seed)
    return np.concatenate([random.permutation(np.flatnonzero(labels == index))[:PICTURES] for index in range(classes)])


def costs(model: ModelFile, fashion: Dataset, rounds: int) -> dict[str, Any]:
    """The extractor's run against that of the file taught with it, and how far that is from the head in NumPy."""
    shown = fashion.take(drawn(fashion.labels, len(fashion.classes), 0))
    made = teach(model, shown).model
    assert made is not None
    seen = look(open_backbone(model), shown, None, silent)
    head = fit(seen.features, seen.classes, len(shown.classes)).head
    with open_task(made) as classify:
        scores = np.stack([classify(shown.inputs[int(place)]).scores for place in seen.places])
    picture = np.random.default_rng(0).integers(0, 256, model.inputs[0].shape, np.uint8)
    with open_engine(model) as extractor, open_engine(made) as taught:
        timings = interleave(
            {"extractor": lambda: extractor.run(picture), "taught": lambda: taught.run(picture)},
            rounds=rounds,
            turn_s=0.1,
            probe=dataclasses.replace(system_probe(), now=time.thread_time_ns),
        )
    return {
        "ratios": timings["taught"].ratios(timings["extractor"]),
        "difference": float(np.abs(scores - head(seen.features)).max()),
        **{name: timing.to_dict() for name, timing in timings.items()},
    }


if __name__ == "__main__":
    main()
