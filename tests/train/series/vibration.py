"""The vibration of a pump, 50 rows a second, as the page about sensors makes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FAULTS = ((20.0, 23.0), (44.0, 45.0))
"""When something is loose, in seconds."""


def vibration(seconds: int, seed: int, faults: Sequence[tuple[float, float]] = ()) -> npt.NDArray[np.float64]:
    """(rows, 4): time and three axes."""
    random = np.random.RandomState(seed)
    time = np.arange(seconds * 50) / 50
    rows = np.stack([np.sin(31 * time), np.cos(31 * time), 9.8 + 0.2 * np.sin(62 * time)], axis=1)
    rows += random.normal(0, 0.05, rows.shape)
    for start, end in faults:
        during = (time >= start) & (time < end)
        rows[during] += random.normal(0, 0.6, (during.sum(), 3))
    return np.column_stack([time, rows])
