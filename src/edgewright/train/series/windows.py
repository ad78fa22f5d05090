"""Windows to train on: where they lie in the recordings, normalized, and in each epoch a little elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.media import Series, window_starts

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

# Of normalized values: sensors differ in gain by some percent, in noise, and in how they are mounted.
_GAIN = 0.1
_JITTER = 0.05
_OFFSET = 0.3

# An epoch of fewer samples is over before a network has learned anything that could be told from chance.
_LEAST_SAMPLES = 1600


@dataclass(frozen=True)
class Normalization:
    """Mean and standard deviation of each column; `constant`: the places of those that never change (std is 1)."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    constant: tuple[int, ...] = ()

    @classmethod
    def of(cls, recordings: Sequence[Series]) -> Normalization:
        """Over all whole rows."""
        rows = np.concatenate([one.values[one.whole_rows()] for one in recordings]).astype(np.float64)
        mean, std = rows.mean(axis=0), rows.std(axis=0)
        still = std <= 1e-6 * np.maximum(np.abs(mean), 1e-6)
        shown = [[float(np.float32(value)) for value in values] for values in (mean, np.where(still, 1.0, std))]
        return cls(tuple(shown[0]), tuple(shown[1]), tuple(np.flatnonzero(still).tolist()))

    def __call__(self, rows: Floats) -> Floats:
        """Normalized, as the file's preparation does it."""
        mean, std = (np.array(values, np.float32) for values in (self.mean, self.std))
        return np.asarray((rows - mean) / std, np.float32)


@dataclass(frozen=True, eq=False)
class Windows:
    """Where windows lie in the rows of all recordings.

    `rows` (n, columns) normalized, NaN where a value is missing; `valid` (m,) the first rows of all windows that reach
    over no gap, rising; `picked` (k,) places in `valid`, `hop` rows apart; `first` and `last` (k,) the places in
    `valid` where those of the same recording begin and end; `source` (k,) which recording.
    """

    rows: Floats
    window: int
    hop: int
    valid: Indices
    picked: Indices
    first: Indices
    last: Indices
    source: Indices

    @classmethod
    def of(cls, recordings: Sequence[Series], normalization: Normalization, window: int, hop: int) -> Windows:
        """Those of all recordings, in their order."""
        valid, picked, first, last, source = [], [], [], [], []
        row = place = 0
        for number, recording in enumerate(recordings):
            every = window_starts(recording, window, 1)
            chosen = np.searchsorted(every, window_starts(recording, window, hop))
            valid.append(every + row)
            picked.append(chosen + place)
            first.append(np.full(len(chosen), place))
            last.append(np.full(len(chosen), place + len(every) - 1))
            source.append(np.full(len(chosen), number))
            row, place = row + len(recording), place + len(every)
        parts = (np.concatenate(one).astype(np.int64) for one in (valid, picked, first, last, source))
        return cls(normalization(np.concatenate([one.values for one in recordings])), window, hop, *parts)

    def __len__(self) -> int:
        return len(self.picked)

    def at(self, places: Indices) -> Floats:
        """(k, window, columns) the windows that begin at the rows `valid[places]`."""
        return np.asarray(self.rows[self.valid[places][:, None] + np.arange(self.window)], np.float32)

    def all(self) -> Floats:
        """Those that were picked."""
        return self.at(self.picked)


@dataclass(frozen=True, eq=False)
class Varied:
    """Windows as samples of `epochs.fit`.

    `targets` (k,) the classes, or None where a window is to become itself again. `weights` (k,). Each time a window is
    seen it begins up to half a hop elsewhere; where there are classes each column has another gain, offset and noise
    besides: of what is normal they would be none. Windows are seen several times in an epoch where there are fewer than
    `least`.
    """

    windows: Windows
    targets: Indices | None
    weights: Floats
    seed: int
    augment: bool = True
    least: int = _LEAST_SAMPLES

    def __len__(self) -> int:
        return len(self.windows) * max(1, -(-self.least // len(self.windows)))

    def batch(self, places: Indices, epoch: int) -> tuple[Any, Any, Any]:
        """The windows at `places` as they are in that epoch; the same for the same seed, epoch and places."""
        # RandomState's stream is frozen (NEP 19): the same windows next year.
        random = np.random.RandomState([self.seed, epoch, int(places[0]), len(places)])
        places = places % len(self.windows)
        inputs = self._shifted(places, random) if self.augment else self.windows.at(self.windows.picked[places])
        if self.targets is None:
            return inputs, inputs, self.weights[places]
        return self._noisy(inputs, random), self.targets[places], self.weights[places]

    def _shifted(self, places: Indices, random: np.random.RandomState) -> Floats:
        windows, half = self.windows, self.windows.hop // 2
        by = random.randint(-half, half + 1, len(places))
        return windows.at(np.clip(windows.picked[places] + by, windows.first[places], windows.last[places]))

    def _noisy(self, inputs: Floats, random: np.random.RandomState) -> Floats:
        if not self.augment:
            return inputs
        of_columns = (len(inputs), 1, inputs.shape[2])
        gain, offset = random.normal(1, _GAIN, of_columns), random.normal(0, _OFFSET, of_columns)
        return (inputs * gain + offset + random.normal(0, _JITTER, inputs.shape)).astype(np.float32)
