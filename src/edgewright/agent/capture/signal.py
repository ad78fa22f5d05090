"""A part of a sound or of a series of readings, on its way from a source to the model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Samples of a sound, or rows of readings.

    `values`: (n, channels) or (n, columns) float32, those of a sound from -1 to 1; one channel may be (n,). `rate`: so
    many a second, None where nobody says it. `times`: (n,) float64 in seconds, where rows bring them. `begins_anew`:
    something is missing before it. `at_s`: where it begins, in seconds from the start of a file, or since the agent
    began to listen. `time_s`: the same on the clock that rules go by.

    Raises `ValueError` for values of another shape or type.
    """

    values: npt.NDArray[np.float32] = field(repr=False)
    rate: float | None = None
    times: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    begins_anew: bool = False
    at_s: float | None = None
    time_s: float | None = None

    def __post_init__(self) -> None:
        if self.values.dtype != np.float32 or self.values.ndim not in (1, 2):
            shape = f"{self.values.dtype} {list(self.values.shape)}"
            raise ValueError(f"a signal is float32 (samples,) or (samples, channels), got {shape}")
        if self.values.ndim == 1:
            object.__setattr__(self, "values", self.values[:, None])

    def __len__(self) -> int:
        return len(self.values)

    @property
    def seconds(self) -> float:
        """How long it lasts; 0 where nobody says its rate."""
        return len(self.values) / self.rate if self.rate else 0.0
