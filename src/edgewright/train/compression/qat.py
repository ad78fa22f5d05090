"""Quantization-aware training: a network learns to live with the rounding of its file.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
CVPR 2018 (arXiv 1712.05877).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.convert import child_environment, convert
from edgewright.evaluate import Runner, compare
from edgewright.machine import Progress, run_in_child, silent
from edgewright.model import ModelFile
from edgewright.train.compression.flattening import flattened
from edgewright.train.compression.lessons import lesson_for
from edgewright.train.compression.method import Applied, Settings
from edgewright.train.compression.networks import opened_to_train
from edgewright.train.compression.samples import Samples
from edgewright.train.epochs import Schedule, deterministic, fit
from edgewright.train.saving import save_network

_EPOCHS, _LEARNING_RATE = 20, 1e-3
# Of few bits more is to be learned: ResNet-8 at 4 bits lost 0.3 and −2.3 points with these, and 1.3 and −1.3 with 20.
_FEW_BITS, _EPOCHS_OF_FEW = 4, 60
_CALIBRATION = 256
_NETWORK, _FILE = "network.keras", "model.tflite"
_MOST_NAMED = 4


class QuantizationAware:
    """The method "qat"."""

    name = "qat"
    place = 3

    def apply(self, network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress) -> Applied:
        """Fold, train with fake-quantized numbers, and convert with the ranges that were learned."""
        environment = child_environment(folder)
        given = (network, samples, settings, folder)
        trained = run_in_child(quantization_aware, *given, progress=progress, env=environment)
        return replace(trained, model=ModelFile.read(folder / _FILE))


def quantization_aware(
    network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress = silent
) -> Applied:
    """In a child: train a network that computes with the numbers of its file, and make that, beside it in `folder`."""
    deterministic(settings.seed)
    from edgewright.train.compression.fake import FakeQuantized
    from edgewright.train.compression.fake_layers import Rules

    flat = flattened(opened_to_train(network, settings))
    lesson = lesson_for(flat, samples)
    fake = FakeQuantized.of(flat, settings.bits, Rules("prune" in settings.before, settings.packed))
    fake.begin(lesson.inputs[lesson.places[:_CALIBRATION]])
    epochs = fit(
        fake.model, lesson, lesson.validation, loss=lesson.loss, schedule=_schedule(settings), folder=folder,
        score=lesson.score, progress=progress, step="quantization-aware training",
    )  # fmt: skip
    held_out = lesson.inputs[samples.held_out]
    answers = np.asarray(fake.model.predict(held_out, batch_size=64, verbose=0))
    fake.settle()
    save_network(flat, folder / _NETWORK)
    model = convert(fake.model, quantize="trained", progress=progress, **settings.conversion)
    model.save(folder / _FILE, overwrite=True)
    return Applied(
        network=folder / _NETWORK,
        epochs=epochs,
        score=None if lesson.score is None else lesson.score(lesson.targets[samples.held_out], answers),
        facts={"bits": settings.bits, **_agreement(answers, model, held_out)},
        notices=_notices(settings, fake.placement.floats),
    )


def _schedule(settings: Settings) -> Schedule:
    usual = _EPOCHS_OF_FEW if settings.bits <= _FEW_BITS else _EPOCHS
    rate = settings.learning_rate or _LEARNING_RATE
    return Schedule(epochs=settings.epochs or usual, learning_rate=rate, seed=settings.seed)


def _agreement(answers: npt.NDArray[Any], model: ModelFile, inputs: npt.NDArray[np.float32]) -> dict[str, float]:
    """How near the file is to the network that was trained: its signal to noise, and the share of the same classes."""
    with Runner(model) as run:
        results = [run([sample[None]])[0] for sample in inputs]
    found: dict[str, float] = {
        "snr_db": compare([[one[None]] for one in answers], [[one] for one in results]).outputs[0].snr_db
    }
    if answers.ndim == 2:
        ours, theirs = (_classes(outputs) for outputs in (answers, np.concatenate(results)))
        found["same_class"] = float(np.mean(ours == theirs))
    return found


def _classes(outputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0] >= 0.5


def _notices(settings: Settings, floats: Sequence[str]) -> tuple[str, ...]:
    """What has to be said of the file: what stays in float, and how few bits are stored."""
    said = []
    if floats:
        more = f" and {len(floats) - _MOST_NAMED} more" if len(floats) > _MOST_NAMED else ""
        said.append(f"Stays in float, for it has no 8-bit form: {', '.join(floats[:_MOST_NAMED])}{more}.")
    if "cluster" in settings.before:
        said.append(
            "Weights that clustering made equal are trained one by one again: pruned zeros stay, clusters do not."
        )
    if settings.bits in (3, 2) and settings.packed:
        said.append(
            f"Weights of {settings.bits} bits are stored in 4, the least that LiteRT's kernels for convolutions take."
        )
    return tuple(said)
