"""What a network is to learn while it is compressed: the right classes, or to answer as it did; for a child process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.train.compression.graphs import graph_of, is_network
from edgewright.train.compression.samples import Samples
from edgewright.train.epochs import Batch, Loss, Score, right_answers

Array = npt.NDArray[Any]

_LEAST = 1e-7  # of a probability, so that its logarithm is finite
_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Lesson:
    """Samples with what is right for each, as `fit` takes them, and how far an answer is from it.

    `inputs` (n, ...) and `targets` (n,) int64 or (n, ...) float32 are of all samples, `places` (k,) those that are
    trained on. `score` is the share of right answers, None where nobody labeled the samples.
    """

    inputs: Array
    targets: Array
    places: npt.NDArray[np.int64]
    held_back: npt.NDArray[np.int64]
    loss: Loss
    score: Score | None

    def __len__(self) -> int:
        return len(self.places)

    def batch(self, places: npt.NDArray[np.int64], epoch: int) -> Batch:
        """Inputs, targets and weights of some samples; they are the same in each epoch."""
        chosen = self.places[places]
        return self.inputs[chosen], self.targets[chosen], np.ones(len(chosen), np.float32)

    def scored(self, network: Any, places: npt.NDArray[np.int64]) -> float | None:
        """The share of right answers on samples; None where nobody labeled them."""
        if self.score is None:
            return None
        outputs = network.predict(self.inputs[places], batch_size=_AT_ONCE, verbose=0)
        return self.score(self.targets[places], np.asarray(outputs))

    @property
    def validation(self) -> tuple[Array, Array]:
        """Inputs and targets of the part that says when to stop."""
        return self.inputs[self.held_back], self.targets[self.held_back]


def lesson_for(network: Any, samples: Samples) -> Lesson:
    """What this network, as it is now, is to learn: the classes of the samples, else to go on answering as it does.

    Raises `UsageError` for classes that it has no outputs for.
    """
    inputs = samples.open()
    made = _makes(network)
    if samples.targets is None:
        answers = network.predict(inputs, batch_size=_AT_ONCE, verbose=0)
        targets, loss, score = np.asarray(answers), _as_before(np.asarray(answers), made), None
    else:
        _check(network, samples.targets)
        targets, score = samples.targets, right_answers if network.output_shape[-1] > 1 else _right_of_two
        loss = {"softmax": _of_probabilities, "sigmoid": _of_one_probability}.get(made, _of_logits)
    return Lesson(inputs, targets, samples.train, samples.validation, loss, score)


def _makes(network: Any) -> str:
    """How the outputs are made: "softmax", "sigmoid" of a single one, or "" for what is no probability."""
    last = _last_operation(network)
    name = getattr(getattr(last, "activation", None), "__name__", type(last).__name__.lower())
    single = network.output_shape[-1] == 1
    return name if name == "softmax" or (name == "sigmoid" and single) else ""


def _last_operation(network: Any) -> Any:
    """What gives the output, in the innermost of the networks that end with it."""
    origin = network.outputs[0]._keras_history
    while is_network(origin.operation):
        origin = graph_of(origin.operation).outputs[origin.tensor_index]._keras_history
    return origin.operation


def _check(network: Any, targets: Array) -> None:
    shape, most = network.output_shape, int(targets.max())
    outputs = shape[-1] if shape[-1] > 1 else 2
    if len(shape) != 2 or most >= outputs or (shape[-1] == 1 and _makes(network) != "sigmoid"):
        raise UsageError(
            f"{network.name}: gives {list(shape[1:])}, and the data have classes up to {most}. Expected one output for "
            "each class"
        )


def _right_of_two(targets: Array, outputs: Array) -> float:
    return float(np.mean((outputs.reshape(-1) >= 0.5) == (targets == 1)))


def _of_probabilities(targets: Any, outputs: Any) -> Any:
    import tensorflow as tf

    chosen = tf.gather(outputs, tf.cast(targets, tf.int32), axis=1, batch_dims=1)
    return -tf.math.log(tf.clip_by_value(chosen, _LEAST, 1.0))


def _of_one_probability(targets: Any, outputs: Any) -> Any:
    import tensorflow as tf

    said, right = tf.reshape(outputs, [-1]), tf.cast(targets, tf.float32)
    of_right = right * said + (1 - right) * (1 - said)
    return -tf.math.log(tf.clip_by_value(of_right, _LEAST, 1.0))


def _of_logits(targets: Any, outputs: Any) -> Any:
    import tensorflow as tf

    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(targets, tf.int32), outputs)


def _as_before(answers: Array, made: str) -> Loss:
    """The distance from former answers: cross entropy of distributions, else squares by the variance of answers."""
    variance = float(answers.var()) or 1.0

    def distance(targets: Any, outputs: Any) -> Any:
        import tensorflow as tf

        if made == "softmax":
            each = -targets * tf.math.log(tf.clip_by_value(outputs, _LEAST, 1.0))
            return tf.reduce_sum(tf.reshape(each, [tf.shape(each)[0], -1]), axis=1)
        each = tf.square(targets - outputs) / variance
        return tf.reduce_mean(tf.reshape(each, [tf.shape(each)[0], -1]), axis=1)

    return distance
