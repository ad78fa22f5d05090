"""What training can make smaller: ResNet-8 on road signs at 8, 4, 3 and 2 bits, with zeros and with shared values.

    python benchmarks/compression.py SHARED [--bits 8,4,3,2] [--seeds 0] [--json result.json]

SHARED is the folder with `data/` (`make fixtures`). The signs of `signs_1030.zip` at 32 x 32; the last 30 pictures of
each class by their number are the test part, which is looked at once. ResNet-8 (the network of the MLPerf Tiny
benchmark for pictures) is trained from nothing, without its test part, and compressed with the defaults of `compress`.
"rounded" is the float network with weights of as many bits and calibrated ranges, not trained; "int8 after training"
is `convert(quantize="int8")`.
Targets: of 4 bits the accuracy is at most 0.5 points under that of the float network; the file gives the class of the
network that was trained on at least 99.5% of the test part. Pruned and clustered, the int8 file is gzipped at most 0.4
of the plain one's size, and at most 1.5 points under the float network.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

import edgewright as ew
from edgewright.data import Dataset, from_arrays
from edgewright.files import packed_size
from edgewright.machine import Timing, interleave, run_in_child
from outcome import Figure, Goal, at_least, at_most, finish

SIDE, HELD_BACK = 32, 30
MEAN = STD = 127.5
MOST_LOST, LEAST_ALIKE = 0.005, 0.995
MOST_LOST_PACKED, LARGEST_PACKED = 0.015, 0.4


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--bits", default="8,4,3,2", help="of qat; empty for none")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    train, test = signs(options.shared / "data/signs_1030.zip")
    results, all_bits = [], [int(bits) for bits in options.bits.split(",") if bits]
    for seed in map(int, options.seeds.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            results.append(told(train, test, all_bits, seed, Path(folder)))
    finish("compression", list(figures(results)), options.json, results=results)


def figures(results: list[dict[str, Any]]) -> Iterator[Figure]:
    """Over the seeds."""
    for bits in results[0]["bits"]:
        rows = [result["bits"][bits] for result in results]
        goals = (at_most(100 * MOST_LOST), at_least(100 * LEAST_ALIKE)) if bits == 4 else (None, None)
        yield lost(f"{bits} bits: lost", rows, goals[0])
        yield Figure.of(f"{bits} bits: same class", [100 * row["same_class"] for row in rows], "%", goals[1])
    for name in results[0]["packed"]:
        if name != "plain":
            rows = [result["packed"][name] for result in results]
            goals = (at_most(100 * MOST_LOST_PACKED), at_most(LARGEST_PACKED)) if "+" in name else (None, None)
            yield lost(f"{name}: lost", rows, goals[0])
            yield Figure.of(
                f"{name}: gzipped, beside plain int8", [row["gzip_ratio"] for row in rows], "times", goals[1]
            )
            yield Figure.of(f"{name}: time beside plain int8", [row["latency_ratio"] for row in rows], "times")


def lost(name: str, rows: list[dict[str, Any]], goal: Goal | None) -> Figure:
    """What the file is under the float network."""
    return Figure.of(name, [100 * (row["float"] - row["file"]) for row in rows], "points", goal)


def signs(path: Path) -> tuple[Dataset, Dataset]:
    """What is trained on, and the last pictures of each class."""
    parts: tuple[list[tuple[Any, int]], list[tuple[Any, int]]] = ([], [])
    with zipfile.ZipFile(path) as archive:
        by_class = defaultdict(list)
        for name in archive.namelist():
            if found := re.search(r"([^/]+)/[^/]*?(\d+)\.jpe?g$", name, re.IGNORECASE):
                by_class[found[1]].append((int(found[2]), name))
        classes = sorted(by_class)
        for place, label in enumerate(classes):
            names = [name for _, name in sorted(by_class[label])]
            for index, name in enumerate(names):
                parts[index >= len(names) - HELD_BACK].append((picture(archive.read(name)), place))
    train, test = (dataset(part, classes) for part in parts)
    return train, test


def picture(data: bytes) -> npt.NDArray[np.uint8]:
    opened = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(opened.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def dataset(part: list[tuple[Any, int]], classes: list[str]) -> Dataset:
    pictures, labels = zip(*part, strict=True)
    return from_arrays(np.stack(pictures), np.array(labels), classes=classes, name="signs")


def told(train: Dataset, test: Dataset, all_bits: list[int], seed: int, folder: Path) -> dict[str, Any]:
    """The accuracy on the test part of everything that is made of one network."""
    from compression_network import rounded_alone, train_network

    network = folder / "resnet8.keras"
    run_in_child(train_network, network, train.x, train.labels, seed)
    options: dict[str, Any] = {"normalization": (MEAN, STD), "labels": list(train.classes)}
    after = ew.convert(network, quantize="int8", representative_data=normalized(train.x), **options)
    result: dict[str, Any] = {"seed": seed, "int8 after training": ew.evaluate(after, test).value, "bits": {}}
    print(f"seed {seed}: int8 after training {result['int8 after training']:.1%}", flush=True)
    result["packed"] = packed(network, train, test, after, seed, folder, options)
    inputs = normalized(test.x)
    for bits in all_bits:
        work = folder / f"work{bits}"
        made = ew.compress(network, train, test=test, bits=bits, seed=seed, work=work, **options)
        answers = run_in_child(rounded_alone, network, bits, normalized(train.x[:: len(train) // 256 + 1]), inputs)
        facts = made.facts["qat"]
        row = {
            "float": made.float_evaluation.value,
            "rounded": float(np.mean(answers.argmax(axis=1) == test.labels)),
            "network": made.trained,
            "file": made.evaluation.value,
            "interval": list(made.evaluation.interval),
            "same_class": facts["same_class"],
            "snr_db": facts["snr_db"],
            "size": vars(made.size),
            "float_size": vars(made.source_size),
            "seconds": made.seconds,
        }
        result["bits"][bits] = row
        marks = [
            f"lost {row['float'] - row['file']:+.1%}",
            f"same class {row['same_class']:.1%}",
            f"{made.size.file:,} bytes",
        ]
        print(
            f"  {bits} bits: float {row['float']:.1%}, rounded {row['rounded']:.1%}, file {row['file']:.1%}", end="; "
        )
        print("; ".join(marks), flush=True)
    return result


def packed(
    network: Path, train: Dataset, test: Dataset, plain: ew.ModelFile, seed: int, folder: Path, options: dict[str, Any]
) -> dict[str, Any]:
    """Zeros and shared values, as int8 files: accuracy, bytes on the disk and gzipped, and time beside plain int8."""
    before = packed_size(plain.data)
    result: dict[str, Any] = {"plain": {"file": plain.size, "gzip": before}}
    for methods in (("prune",), ("cluster",), ("prune", "cluster")):
        made = ew.compress(network, train, test=test, methods=methods, seed=seed, work=folder / "packed", **options)
        name, timings = "+".join(methods), latencies({"plain": plain, "packed": made.model}, normalized(test.x[:1]))
        row = {
            "float": made.float_evaluation.value,
            "file": made.evaluation.value,
            "interval": list(made.evaluation.interval),
            "size": vars(made.size),
            "gzip_ratio": made.size.gzip / before,
            "latency_ratio": timings["packed"].ratio(timings["plain"]),
            "facts": dict(made.facts),
            "seconds": made.seconds,
        }
        result[name] = row
        print(
            f"  {name}: float {row['float']:.1%}, int8 file {row['file']:.1%}, lost {row['float'] - row['file']:+.1%}; "
            f"{made.size.file:,} bytes, gzipped {made.size.gzip:,}, "
            f"{row['gzip_ratio']:.2f} of plain int8; time {row['latency_ratio']:.2f} of it",
            flush=True,
        )
    return result


def latencies(models: dict[str, ew.ModelFile], sample: npt.NDArray[np.float32]) -> dict[str, Timing]:
    """Time of one input, measured in turns, one thread."""
    engines = {name: ew.open_engine(model, threads=1) for name, model in models.items()}
    return interleave({name: partial(engine.run, sample) for name, engine in engines.items()}, budget_s=5.0)


def normalized(pictures: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return ((pictures - MEAN) / STD).astype(np.float32)


if __name__ == "__main__":
    main()
