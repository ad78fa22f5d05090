"""Keeps what a Keras file brings from running: allowlists for its configuration, and fresh files to load instead."""

from edgewright.convert.sources.tensorflow.keras.safety.fresh import (
    damaged,
    fresh_archive,
    fresh_hdf5,
    unpacked_weights,
)
from edgewright.convert.sources.tensorflow.keras.safety.judging import config_findings

__all__ = ["config_findings", "damaged", "fresh_archive", "fresh_hdf5", "unpacked_weights"]
