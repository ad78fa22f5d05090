"""What is trained on, and what is looked at once, at the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright.data import Dataset, open_dataset
from edgewright.machine import Progress


def opened_parts(data: Any, test: Any, progress: Progress) -> tuple[Dataset, Dataset | None]:
    """The data, and those that are held out: `test`, else of a published split its test part, else None."""
    dataset = open_dataset(data, progress=progress)
    if test is not None:
        return dataset, open_dataset(test, progress=progress)
    if dataset.train_count is None:
        return dataset, None
    everything = np.arange(len(dataset))
    return dataset.take(everything[: dataset.train_count]), dataset.take(everything[dataset.train_count :])
