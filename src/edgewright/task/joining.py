"""Windows that lie beside each other and say the same are one event."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def runs(wanted: npt.NDArray[np.bool_], joined: npt.NDArray[np.bool_] | None = None) -> list[tuple[int, int]]:
    """Stretches of windows that are all wanted: the first of each, and the one behind its last.

    `joined` (windows,) says whether a window lies beside the one before, so that both can be of one event; all do
    where it is left out.
    """
    before = np.concatenate([[False], wanted[:-1]])
    begins = wanted & (~before if joined is None else ~(before & joined))
    goes_on = np.concatenate([wanted[1:] & ~begins[1:], [False]]) if len(wanted) else wanted
    return list(zip(np.flatnonzero(begins).tolist(), (np.flatnonzero(wanted & ~goes_on) + 1).tolist(), strict=True))
