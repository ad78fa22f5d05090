"""What `train` makes of pictures: accuracy on pictures that it never saw, in float and 8 bits, and what it costs.

    python benchmarks/training.py SHARED [--work FOLDER] [--seeds 5] [--only clothing] [--json result.json]

SHARED is the folder with `data/` (`make fixtures`). `clothing_461`: 341 pictures to train on, 120 to test. Of
`signs_1030` the last 30 of each class by number are the test part. Each is trained with several seeds, which draw the
part that says when to stop too: a head on frozen features, then deeper layers, then `--quantize int8` of that.

Every run is kept in the folder (default: build/training), so a benchmark that was stopped goes on; what a run took that
was stopped itself does not count. Accuracies are means over the seeds; their intervals, and that of int8 minus float,
come from drawing test pictures anew, all seeds of each. What the learning curve of the first seed expects of more
pictures stands beside them.

Targets: int8 within 0.5 points of float in the mean of the seeds; under 40 s of processor time for the head on 341
pictures, and under 10 minutes for one command from folders to the 8-bit file; both of a quiet machine, so the load is
noted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset, open_dataset
from edgewright.evaluate import evaluate
from edgewright.model import ModelFile
from edgewright.train import train
from outcome import INTERVAL, Figure, Goal, at_least, at_most, finish

Right = npt.NDArray[np.float64]

HEAD, DEEPER = "head", "deeper"
DROP, HEAD_SECONDS, SECONDS = 0.005, 40, 600
HELD_OUT, ROUNDS = 30, 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--work", type=Path, default=Path(__file__).resolve().parents[1] / "build" / "training")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=DATA, help="one of the data sets")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    runs = list(all_runs(options.shared, options.work, options.seeds, [options.only] if options.only else list(DATA)))
    results = {
        name: summary([run for run in runs if run["data"] == name])
        for name in DATA
        if name in {run["data"] for run in runs}
    }
    finish("training", list(figures(results)), options.json, results=results, runs=runs)


# ----- the data


def clothing(folder: Path) -> Dataset:
    return open_dataset(folder)


def signs(folder: Path) -> Dataset:
    """The last 30 of each class by number behind all others."""
    dataset = open_dataset(folder)
    numbers = np.array([int(Path(item).stem.rpartition("_")[2]) for item in dataset.inputs])
    held_out = np.zeros(len(dataset), np.bool_)
    for label in range(len(dataset.classes)):
        mine = np.flatnonzero(dataset.labels == label)
        held_out[mine[np.argsort(numbers[mine])[-HELD_OUT:]]] = True
    order = np.concatenate([np.flatnonzero(~held_out), np.flatnonzero(held_out)])
    return replace(dataset.take(order), train_count=int((~held_out).sum()))


DATA: dict[str, tuple[str, Callable[[Path], Dataset]]] = {
    "clothing": ("clothing_461.zip", clothing),
    "signs": ("signs_1030.zip", signs),
}


# ----- the runs


def all_runs(shared: Path, work: Path, seeds: int, names: list[str]) -> Iterator[dict[str, Any]]:
    """Those that are kept, and the others one by one; every data set with a seed before the next seed."""
    with tempfile.TemporaryDirectory() as folder:
        opened = {}
        for name in names:
            archive, read = DATA[name]
            with zipfile.ZipFile(shared / "data" / archive) as stored:
                stored.extractall(Path(folder) / name)
            opened[name] = read(Path(folder) / name)
        for seed in range(seeds):
            for name, dataset in opened.items():
                for stage in (HEAD, DEEPER):
                    yield kept(work, name, dataset, stage, seed)


def kept(work: Path, name: str, dataset: Dataset, stage: str, seed: int) -> dict[str, Any]:
    path = work / f"{name}-{stage}-{seed}.json"
    if not path.exists():
        measured = {"data": name, "stage": stage, "seed": seed, **one_run(dataset, stage, seed, path.with_suffix(""))}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(measured, indent=2) + "\n")
        shutil.rmtree(path.with_suffix(""))
        accuracy = ", ".join(f"{kind} {np.mean(right):.1%}" for kind, right in measured["right"].items())
        print(f"{name} {stage} {seed}: {accuracy}; {measured['cpu_s']:.0f} s of processor time", flush=True)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def one_run(dataset: Dataset, stage: str, seed: int, work: Path) -> dict[str, Any]:
    whole, start, used = not work.exists(), time.monotonic(), processor_seconds()
    made = train(
        dataset,
        epochs=0 if stage == HEAD else None,
        quantize="none" if stage == HEAD else "int8",
        seed=seed,
        work=work,
    )
    seconds, used = time.monotonic() - start, processor_seconds() - used
    assert made.test is not None
    models = {"float": made.float_model} | ({"int8": made.model} if made.quantized else {})
    return {
        "right": {kind: right_of(model, made.test) for kind, model in models.items()},
        "bytes": {kind: model.size for kind, model in models.items()},
        "whole": whole,
        "seconds": seconds,
        "cpu_s": used,
        "load": os.getloadavg()[0],
        "epochs": len(made.epochs),
        "curve": [vars(point) for point in made.curve],
        "facts": json.loads(json.dumps(dict(made.facts), default=str)),
    }


def processor_seconds() -> float:
    """Of this process and of all its children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def right_of(model: ModelFile, test: Dataset) -> list[int]:
    """1 for each picture that is told right."""
    return [int(record[-1]) for record in evaluate(model, test).records]


# ----- what came of them


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    heads, deeper = ([run for run in runs if run["stage"] == stage] for stage in (HEAD, DEEPER))
    small = [run for run in deeper if "int8" in run["right"]]
    head = np.array([run["right"]["float"] for run in heads], np.float64)
    float_right = np.array([run["right"]["float"] for run in deeper], np.float64)
    result = {
        "seeds": len(deeper),
        "pictures": head.shape[1],
        HEAD: interval_of(head),
        DEEPER: interval_of(float_right),
        "head_cpu_s": [run["cpu_s"] for run in heads if run["whole"]],
        "seconds": [run["seconds"] for run in deeper if run["whole"]],
        "cpu_s": [run["cpu_s"] for run in deeper if run["whole"]],
        "load": [run["load"] for run in runs],
        "without_int8": len(deeper) - len(small),
        "curve": heads[0]["curve"],
    }
    if small:
        int8 = np.array([run["right"]["int8"] for run in small], np.float64)
        paired = int8 - np.array([run["right"]["float"] for run in small], np.float64)
        result |= {"int8": interval_of(int8), "change": interval_of(paired)}
    return result


def interval_of(values: Right) -> dict[str, Any]:
    """The mean of (seeds, pictures), its 95% interval by drawing pictures anew, and the mean of each seed."""
    of_picture = values.mean(axis=0)
    random = np.random.RandomState(0)
    means = [of_picture[random.randint(0, len(of_picture), len(of_picture))].mean() for _ in range(ROUNDS)]
    low, high = np.percentile(means, [2.5, 97.5])
    return {
        "mean": float(of_picture.mean()),
        "interval95": [float(low), float(high)],
        "of_seeds": values.mean(axis=1).tolist(),
    }


def figures(results: dict[str, dict[str, Any]]) -> Iterator[Figure]:
    for name, found in results.items():
        yield mean(f"{name}: a head on frozen features", found[HEAD], "%", None)
        yield from expected(name, found["curve"])
        yield mean(f"{name}: layers behind the cut", found[DEEPER], "%", None)
        if "change" in found:
            yield mean(f"{name}: 8 bits of that", found["int8"], "%", None)
            yield mean(f"{name}: 8 bits − float", found["change"], "points", at_least(-100 * DROP))
        yield Figure(f"{name}: without an 8-bit file in the budget", found["without_int8"], "seeds", at_most(0))
        if found["seconds"]:
            yield Figure(f"{name}: folders to the 8-bit file, longest", max(found["seconds"]), "s", at_most(SECONDS))
    if "clothing" in results and results["clothing"]["head_cpu_s"]:
        used = results["clothing"]["head_cpu_s"]
        yield Figure("clothing: the head, processor time, least", min(used), "s", at_most(HEAD_SECONDS))


def expected(name: str, curve: list[dict[str, Any]]) -> Iterator[Figure]:
    """What learning on parts says of more pictures, in the first seed."""
    for point in [point for point in curve if point["predicted"]]:
        value, low, high = (100 * point[which] for which in ("value", "low", "high"))
        pictures = f"{point['n']:,} pictures"
        yield Figure(f"{name}: expected of a head and {pictures}", value, "%", None, low, high, 1, INTERVAL)


def mean(name: str, found: dict[str, Any], unit: str, goal: Goal | None) -> Figure:
    """The mean of the seeds with its interval."""
    low, high = found["interval95"]
    return Figure(name, 100 * found["mean"], unit, goal, 100 * low, 100 * high, len(found["of_seeds"]), INTERVAL)


if __name__ == "__main__":
    main()
