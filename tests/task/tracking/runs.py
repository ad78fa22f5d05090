"""What is run, by the tests and by the oracle: the same pictures, and the same settings for both trackers."""

from __future__ import annotations

import numpy as np

from .sequences import Picture, sequence

# The scenes at each rate; at fewer pictures a second more of them, since there is less in each.
SCENES = {25: (0, 1, 2), 5: (0, 1, 2, 3, 4, 5)}
STUTTERING = 10, (6, 7, 8)

# Boxes until a thing has an id. All else is the same for both: lost for 2 s, high scores from 0.5 on.
HITS = (3, 2)
LOST_S, HIGH = 2.0, 0.5


def scenes() -> dict[str, tuple[int, list[list[Picture]]]]:
    """By name the rate, and the pictures of each scene."""
    found = {f"{rate} a second": (rate, [sequence(seed, rate) for seed in seeds]) for rate, seeds in SCENES.items()}
    rate, seeds = STUTTERING
    return found | {"stuttering": (rate, [sequence(seed, rate, stutter=True) for seed in seeds])}


def spoiled(pictures: list[Picture]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ids and boxes that are wrong in all ways there are: what metrics are held against the oracle's on."""
    random = np.random.default_rng(11)
    said = []
    for number, picture in enumerate(pictures):
        ids = picture.who + 100 * (number // 90)  # All get another id now and then,
        if len(ids) > 3 and number % 50 < 9:
            ids[[0, 1]] = ids[[1, 0]]  # two change theirs,
        kept = random.random(len(ids)) < 0.85  # some are missed,
        boxes = picture.truth + random.normal(0, 6, picture.truth.shape)
        false = np.array([[5.0, 5.0, 60.0, 200.0]])[: number % 3 == 0]  # and something stands where nobody is.
        said.append((np.append(ids[kept], [9999] * len(false)), np.concatenate([boxes[kept], false])))
    return said
