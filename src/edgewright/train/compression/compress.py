"""`compress`: a network trained on until it packs better, as a file that is proven and measured."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.cache import COMPRESS, Cache, cache_folder
from edgewright.convert import convert
from edgewright.data import Dataset
from edgewright.evaluate import Evaluation, evaluate
from edgewright.files import sha256_of
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile, Provenance
from edgewright.task import Labels
from edgewright.train.checks import seen_before
from edgewright.train.compression.compressed import Compressed
from edgewright.train.compression.method import Applied, Method, Settings, methods_named
from edgewright.train.compression.networks import saved_network
from edgewright.train.compression.samples import Samples, parted, prepare_samples
from edgewright.train.measuring import left_out
from edgewright.train.opening import opened_parts

# As many samples as `convert` measures ranges on; more would only fill the memory.
_MEASURED_ON = 500


def compress(
    model: Any,
    train: Any,
    *,
    test: Any = None,
    methods: Sequence[str] = ("qat",),
    bits: int = 8,
    packed: bool = True,
    sparsity: float = 0.8,
    clusters: int = 16,
    epochs: int | None = None,
    learning_rate: float | None = None,
    validation: float = 0.2,
    labels: Labels | None = None,
    normalization: Any = None,
    task: str | None = None,
    columns: Sequence[str] | None = None,
    rate: float | None = None,
    trust: bool = False,
    seed: int = 0,
    work: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> Compressed:
    """Train a network of Keras further so that it becomes smaller: a file, or a model of your program.

    `model`: functional or sequential, of one input and one output. `train`: what it was trained on, all that
    `data.open_dataset` takes, prepared as its file says (`labels`, `normalization`, `task`, `columns`, `rate`: as
    `convert` has them). Without labels it learns to go on answering as it does. `test`: more of it, which is looked at
    once, at the end; of a published split it is the test part. `validation`: the share of the rest that says when to
    stop. `trust`: load also what runs code of its own.

    `methods`: "qat" trains with weights of `bits` (8, 4, 3 or 2) and activations of 8, "prune" makes a share `sparsity`
    of the weights zero, "cluster" leaves `clusters` values in each layer; several are applied in the order prune,
    cluster, qat. Without "qat" the file is int8, measured on the training part. `packed`: two weights of 4 bits and
    less lie in a byte, so the file is half as large, and slower: LiteRT has no fast kernels for such convolutions;
    False stores one in a byte. `epochs` and `learning_rate` are those of each method, None for its own.

    What is finished is kept in `work` (default: the cache folder), so one that was stopped goes on. Raises
    `UsageError` for options that make no sense, before anything is worked out, and what `convert` raises.

    >>> small = ew.compress("stripes.keras", "stripes.npz", normalization=(127.5, 50), bits=4, epochs=1)
    >>> small.methods
    ('qat',)
    >>> small.size.gzip < small.source_size.gzip
    True
    """
    start = time.monotonic()
    settings = Settings(
        bits=bits,
        packed=packed,
        sparsity=sparsity,
        clusters=clusters,
        epochs=epochs,
        learning_rate=learning_rate,
        seed=seed,
        conversion={
            **{"labels": labels, "normalization": normalization, "task": task},
            **{"columns": columns, "rate": rate, "trust": trust},
        },
    )
    chosen = methods_named(methods)
    learned, held_out = opened_parts(train, test, progress)
    parts = parted(learned, validation, seed)
    folder = Path(work) if work is not None else cache_folder() / COMPRESS
    network = saved_network(model, folder, trust=trust, progress=progress)
    source = convert(network, progress=progress, **settings.conversion)
    samples = prepare_samples(source, *parts, held_out, folder, progress)
    measured_on = held_out or parts[1]
    baseline = source if measured_on.targets is None else None
    before = evaluate(source, measured_on, baseline=baseline, progress=progress)
    applied = applied_in_turn(chosen, network, samples, settings, folder, progress)
    made = applied[-1].model or _post_training(applied[-1].network, samples, settings, progress)
    after = evaluate(made, measured_on, baseline=baseline, progress=progress)
    facts = {method.name: dict(one.facts) for method, one in zip(chosen, applied, strict=True)}
    return Compressed(
        model=_described(made, learned, facts, after, tested=held_out is not None),
        network=applied[-1].network,
        source=source,
        methods=tuple(method.name for method in chosen),
        float_evaluation=before,
        trained=applied[-1].score,
        evaluation=after,
        epochs={method.name: one.epochs for method, one in zip(chosen, applied, strict=True)},
        seconds=time.monotonic() - start,
        facts=facts,
        tested=held_out is not None,
        notices=_notices(learned, held_out, samples, applied, after),
    )


def _notices(
    learned: Dataset, held_out: Dataset | None, samples: Samples, applied: Sequence[Applied], scored: Evaluation
) -> tuple[str, ...]:
    """What is to be said of the data, the methods and the figure, once each."""
    said = [*learned.notices, *samples.notices, *(notice for one in applied for notice in one.notices)]
    said += seen_before(learned, held_out) if held_out is not None else ()
    return tuple(dict.fromkeys([*said, *scored.notices, *left_out(scored)]))


def applied_in_turn(
    methods: Sequence[Method], network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress
) -> list[Applied]:
    """One method behind the other, each in a folder of its own."""
    applied: list[Applied] = []
    for method in methods:
        given = applied[-1].network if applied else network
        now = dataclasses.replace(settings, before=tuple(one.name for one in methods[: len(applied)]))
        applied.append(method.apply(given, samples, now, _folder(method, given, samples, now, folder), progress))
    return applied


def _folder(method: Method, network: Path, samples: Samples, settings: Settings, folder: Path) -> Path:
    """The folder of this network, these data and options alone."""
    key = {**settings.key, "method": method.name, "network": sha256_of(network), "samples": samples.digest}
    key["count"] = len(samples.train)
    made = Cache(folder).path(key, "")
    made.mkdir(parents=True, exist_ok=True)
    return made


def _post_training(network: Path, samples: Samples, settings: Settings, progress: Progress) -> ModelFile:
    """The network as an int8 file, measured on some of what it was trained on, evenly spread."""
    some = np.linspace(0, len(samples.train) - 1, min(len(samples.train), _MEASURED_ON)).round().astype(np.int64)
    inputs = samples.open()[samples.train[some]]
    return convert(network, quantize="int8", representative_data=inputs, progress=progress, **settings.conversion)


def _described(
    model: ModelFile, learned: Dataset, facts: Mapping[str, Any], scored: Evaluation, *, tested: bool
) -> ModelFile:
    """The file with how it was made, and its figure, inside."""
    origin = model.metadata.provenance or Provenance()
    step = {"step": "compress", "data": learned.name, "samples": len(learned), **facts}
    figure = {scored.metric.name: scored.value, "interval95": list(scored.interval), "samples": scored.total}
    part = "test" if tested else "validation, which said when to stop"
    measured = {**origin.measured, "compress": {"data": scored.data, "part": part, **figure}}
    told = dataclasses.replace(origin, steps=(*origin.steps, step), measured=measured)
    return model.with_metadata(dataclasses.replace(model.metadata, provenance=told))
