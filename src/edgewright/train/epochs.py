"""Training epoch by epoch: what is finished is on the disk, and a run that was killed goes on behind it.

One seed gives one result: batches and what is done to samples follow from seed and epoch alone, operators are
deterministic, and weights, the optimizer's state and those of random layers are kept to the last bit.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edgewright.convert import start_keras
from edgewright.errors import DataError, UsageError
from edgewright.files import write_atomic
from edgewright.machine import Progress, silent
from edgewright.spelling import argument

Array = npt.NDArray[Any]
Batch = tuple[Any, Any, Array]

_STATE = "epoch.npz"

ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "0"}
"""Of a process that trains: TensorFlow's own kernels. Intel's choose among theirs by what the machine is doing."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the samples: the mean loss on them, that on the validation part, and its score there.

    `score`: the share of right answers, 0 to 1; None where there are no classes. `seconds`: how long it took.
    """

    number: int
    loss: float
    validation_loss: float
    score: float | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast: Adam with a learning rate that falls along half a cosine from `learning_rate` to 0.

    Source of the cosine: Loshchilov and Hutter, "SGDR", ICLR 2017 (arXiv 1608.03983). Training ends early when
    `patience` epochs brought no smaller loss on the validation part; `best` says whether the weights of the best epoch
    are taken, or those of the last. `clip`: the largest norm of all gradients together, None for any.
    """

    epochs: int
    learning_rate: float
    batch: int = 32
    patience: int = 5
    best: bool = True
    seed: int = 0
    clip: float | None = None

    def __post_init__(self) -> None:
        """Raise `UsageError` for what cannot be."""
        for name, least in (("epochs", 0), ("batch", 1), ("patience", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"{argument(name, getattr(self, name))}: give {least} or more")
        if not 0 < self.learning_rate < math.inf:
            raise UsageError(f"{argument('learning_rate', self.learning_rate)}: give a number above 0")


class Samples(Protocol):
    """What is trained on."""

    def __len__(self) -> int:
        """How many samples there are."""

    def batch(self, places: npt.NDArray[np.int64], epoch: int) -> Batch:
        """Inputs, targets and weights (k,) float32 of the samples at `places`, as they are in that epoch, from 1 on."""


class Loss(Protocol):
    """What is to become small."""

    def __call__(self, targets: Any, outputs: Any) -> Any:
        """One number for each sample, (n,), in TensorFlow."""


class Score(Protocol):
    """How good outputs are, in NumPy: a share of right answers."""

    def __call__(self, targets: Array, outputs: Array) -> float:
        """Of all samples together."""


def deterministic(seed: int) -> None:
    """Make TensorFlow give the same result for the same seed, to the last bit; for a child process."""
    keras = start_keras()
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def right_answers(targets: Array, outputs: Array) -> float:
    """The share of samples whose best class is the right one; `targets` (n,) or (n, classes)."""
    truth = targets if targets.ndim == 1 else targets.argmax(axis=1)
    return float(np.mean(outputs.argmax(axis=-1) == truth))


def fit(
    model: Any,
    samples: Samples,
    validation: tuple[Any, Array],
    *,
    loss: Loss,
    schedule: Schedule,
    folder: Path,
    score: Score | None = right_answers,
    before_step: Callable[[int, int], None] | None = None,
    progress: Progress = silent,
    step: str = "train",
) -> tuple[Epoch, ...]:
    """Train a Keras model in place, and return its epochs; what `folder` holds of it is not done again.

    Call `deterministic` before the model is built. `validation`: inputs and targets. `before_step` is called with the
    number of the step, from 0, and that of all steps: for what follows a schedule, such as the share of weights that
    are zero. It has to follow from that number and the model's variables alone. Raises `DataError` where the loss is no
    longer a number.
    """
    training = _Training(model, samples, validation, loss, schedule, folder, score)
    training.resume()
    while training.goes_on():
        training.epoch(before_step, progress, step)
    training.finish()
    return tuple(training.epochs)


class _Training:
    """A model in the midst of its epochs."""

    def __init__(
        self,
        model: Any,
        samples: Samples,
        validation: tuple[Any, Array],
        loss: Loss,
        schedule: Schedule,
        folder: Path,
        score: Score | None,
    ) -> None:
        import keras

        self._model, self._samples, self._validation = model, samples, validation
        self._loss, self._schedule, self._score = loss, schedule, score
        self._path = folder / _STATE
        self.epochs: list[Epoch] = []
        self._steps = math.ceil(len(samples) / schedule.batch)
        rate = keras.optimizers.schedules.CosineDecay(schedule.learning_rate, max(self._steps * schedule.epochs, 1))
        self._optimizer = keras.optimizers.Adam(rate, global_clipnorm=schedule.clip)
        self._optimizer.build(model.trainable_variables)
        self._best: Sequence[Array] = self._weights()
        self._train_step = _train_step(model, self._optimizer, loss)

    def goes_on(self) -> bool:
        """Whether there is another epoch."""
        if len(self.epochs) >= self._schedule.epochs:
            return False
        best = self._best_epoch()
        return best is None or not self._schedule.best or len(self.epochs) - best.number < self._schedule.patience

    def epoch(self, before_step: Callable[[int, int], None] | None, progress: Progress, step: str) -> None:
        """Go once over the samples, look at the validation part, and write down where the training stands."""
        number, start, total = len(self.epochs) + 1, time.monotonic(), self._steps * self._schedule.epochs
        lost = weight = 0.0
        for index, places in enumerate(self._batches(number)):
            at = (number - 1) * self._steps + index
            progress(self._said(step), at, total)
            if before_step is not None:
                before_step(at, total)
            inputs, targets, weights = self._samples.batch(places, number)
            lost += float(self._train_step(inputs, targets, weights))
            weight += float(weights.sum())
        validation_loss, score = self._validated()
        if not math.isfinite(lost) or not math.isfinite(validation_loss):
            raise DataError("training diverged: the network gives numbers that are not finite. Check the data's values")
        epoch = Epoch(number, lost / max(weight, 1e-12), validation_loss, score, time.monotonic() - start)
        before = self._best_epoch()
        self.epochs.append(epoch)
        if before is None or epoch.validation_loss < before.validation_loss:
            self._best = self._weights()
        self._save()
        progress(self._said(step), number * self._steps, total)

    def resume(self) -> None:
        """Take up what an earlier run has finished."""
        try:
            with np.load(self._path, allow_pickle=False) as stored:
                epochs = [Epoch(**epoch) for epoch in json.loads(str(stored["epochs"]))]
                arrays = {name: stored[name] for name in stored.files}
            pairs = [
                (variable, arrays[f"{name}{place}"])
                for name, variables in (("model", self._model.variables), ("optimizer", self._optimizer.variables))
                for place, variable in enumerate(variables)
            ]
            best = [arrays[f"best{place}"] for place in range(len(self._best))]
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return
        if any(tuple(variable.shape) != value.shape for variable, value in pairs):
            return  # of a network that was built in another way, before an upgrade
        self.epochs, self._best = epochs, best
        for variable, value in pairs:
            variable.assign(value)

    def finish(self) -> None:
        """Give the model the weights that are to be kept."""
        if self._schedule.best and self.epochs:
            self._model.set_weights(self._best)

    def _save(self) -> None:
        groups = {"model": self._model.variables, "optimizer": self._optimizer.variables, "best": self._best}
        arrays = {
            f"{name}{place}": np.asarray(variable)
            for name, variables in groups.items()
            for place, variable in enumerate(variables)
        }
        epochs = json.dumps([dataclasses.asdict(epoch) for epoch in self.epochs])
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, epochs=np.array(epochs), **arrays)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self._path, stream.getvalue(), overwrite=True)

    def _batches(self, number: int) -> Iterator[npt.NDArray[np.int64]]:
        # RandomState's stream is frozen (NEP 19): the same batches next year.
        random = np.random.RandomState((self._schedule.seed * 1_000_003 + number) % 2**32)
        order = random.permutation(len(self._samples)).astype(np.int64)
        for start in range(0, len(order), self._schedule.batch):
            yield order[start : start + self._schedule.batch]

    def _validated(self) -> tuple[float, float | None]:
        inputs, targets = self._validation
        outputs = np.asarray(self._model.predict(inputs, batch_size=64, verbose=0))
        loss = float(np.mean(np.asarray(self._loss(targets, outputs), np.float64)))
        return loss, None if self._score is None else self._score(targets, outputs)

    def _weights(self) -> list[Array]:
        return [np.array(weight) for weight in self._model.get_weights()]

    def _best_epoch(self) -> Epoch | None:
        return min(self.epochs, key=lambda epoch: epoch.validation_loss, default=None)

    def _said(self, step: str) -> str:
        scores = [epoch.score for epoch in self.epochs if epoch.score is not None]
        return f"{step}: {scores[-1]:.1%}" if scores else step


def _train_step(model: Any, optimizer: Any, loss: Loss) -> Callable[..., Any]:
    """One step, compiled: the weighted mean of the samples' losses goes down. Returns their weighted sum."""
    import tensorflow as tf

    @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(inputs: Any, targets: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            each = tf.cast(loss(targets, model(inputs, training=True)), tf.float32)
            lost = tf.reduce_sum(each * weights)
            total = lost / tf.reduce_sum(weights) + sum(model.losses)
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        return lost

    compiled: Callable[..., Any] = step
    return compiled
