"""Splitting a data set in two parts that share no sample and keep the proportions of the classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset
from edgewright.errors import DataError, UsageError


def stratified_split(dataset: Dataset, test_size: int | float, seed: int) -> tuple[Dataset, Dataset]:
    """Split into (train, test): the same parts for the same data, size and seed, on every machine and NumPy version.

    `test_size` is a number of samples (int) or a fraction of them (float, between 0 and 1, rounded). Each class gives
    its share of the test part, rounded by largest remainder so that the total is exact, and at least one sample to each
    part. Both parts are in random order, so any first k samples are a fair choice.

    Raises UsageError for an impossible size or seed, DataError when a class is too small to be in both parts.
    """
    total = _test_total(dataset, test_size)
    random = seeded(seed)
    present = [index for index, count in enumerate(dataset.counts) if count]
    shares = _shares([dataset.counts[index] for index in present], total)
    train, test = [], []
    for index, share in zip(present, shares, strict=True):
        shuffled = random.permutation(np.flatnonzero(dataset.labels == index))
        test.append(shuffled[:share])
        train.append(shuffled[share:])
    return dataset.take(_mixed(train, random)), dataset.take(_mixed(test, random))


def hold_out(dataset: Dataset, test_size: int | float, seed: int) -> tuple[Dataset, Dataset]:
    """Return the published (train, test) split of the data set if it has one, else a stratified one."""
    if dataset.train_count is None:
        return stratified_split(dataset, test_size, seed)
    everything = np.arange(len(dataset))
    return dataset.take(everything[: dataset.train_count]), dataset.take(everything[dataset.train_count :])


def _test_total(dataset: Dataset, test_size: int | float) -> int:
    """Check the request against the data, before anything is shuffled."""
    n, present = len(dataset), [count for count in dataset.counts if count]
    if isinstance(test_size, float) and not 0.0 < test_size < 1.0:
        raise UsageError(f"test size {test_size}: a fraction lies between 0 and 1; a number of samples is an integer")
    total = test_size if isinstance(test_size, int) else int(n * test_size + 0.5)
    if 1 in dataset.counts:
        single = dataset.classes[dataset.counts.index(1)]
        raise DataError(f"{dataset.name}: class {single!r} has a single sample. A split needs at least 2 of each class")
    if not len(present) <= total <= n - len(present):
        raise UsageError(
            f"{dataset.name}: {total} of {n} samples cannot be a test part, with {len(present)} classes in both parts. "
            f"Choose {len(present)} to {n - len(present)}"
        )
    return total


def seeded(seed: int) -> np.random.RandomState:
    """Make the source of all random choices of a split. Raises UsageError for a seed outside 0 to 2^32 - 1."""
    # RandomState and not Generator: its stream is frozen (NEP 19), so that a split is the same next year.
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed {seed}: expected 0 to 4294967295")
    return np.random.RandomState(seed)


def _shares(counts: list[int], total: int) -> list[int]:
    """Samples of each class for the test part: proportional, exact in sum, 1 to count - 1 each."""
    quotas = [count * total / sum(counts) for count in counts]
    shares = [min(max(int(quota), 1), count - 1) for quota, count in zip(quotas, counts, strict=True)]
    while sum(shares) != total:
        step = 1 if sum(shares) < total else -1
        open_to_change = [i for i, share in enumerate(shares) if 1 <= share + step <= counts[i] - 1]
        furthest = max(open_to_change, key=lambda i: step * (quotas[i] - shares[i]))
        shares[furthest] += step
    return shares


def _mixed(parts: list[npt.NDArray[np.int64]], random: np.random.RandomState) -> npt.NDArray[np.int64]:
    return random.permutation(np.concatenate(parts))
