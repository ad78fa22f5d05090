"""A child process's part of test_saving.py."""

from __future__ import annotations

from pathlib import Path

from edgewright.train.saving import save_network


def save_one(path: Path, others: int) -> None:
    """Save a small network whose layers share an object, after so many others have been made, and once more as read."""
    import keras

    kept = [object() for _ in range(others)]
    keras.utils.set_random_seed(0)
    picture, policy = keras.layers.Input((4, 4, 1)), keras.DTypePolicy("float32")
    inner = keras.layers.Conv2D(2, 2, dtype=policy)(picture)
    save_network(keras.Model(picture, keras.layers.BatchNormalization(dtype=policy)(inner)), path)
    save_network(keras.models.load_model(path), path.with_suffix(".again.keras"))
    assert len(kept) == others
