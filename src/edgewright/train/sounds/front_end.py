"""The same log-mel features as layers of a network, of operators that every engine has; for a child process.

The transform of 400 samples is done in two steps of 20, as Cooley and Tukey did it (An Algorithm for the Machine
Calculation of Complex Fourier Series, Math. Comp. 19, 1965, equations 4 to 9): 1,600 weights, where cosines and sines
of all bins as one convolution have 160,000, and a quarter of the multiplications.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.train.sounds.log_mel import BANDS, BINS, FLOOR, FRAME, HOP, frame_count, hann, mel_bands

Array = npt.NDArray[Any]

_SIDE = 20
"""400 = 20 · 20: sample 20 a + b of a frame, and bin c + 20 d of its spectrum."""


def front_end(samples: Any) -> Any:
    """From samples (n,) of a Keras input, a multiple of 160, to features (frames, 40); nothing of it is trained."""
    return _log_of_bands(_power(_frames(samples)))


def _frames(samples: Any) -> Any:
    """Frames (frames, 20, 20) under the window: each is two hops and a half, side by side."""
    from keras import layers

    hops = samples.shape[-1] // HOP
    frames = frame_count(samples.shape[-1])
    rows = layers.Reshape((hops, HOP, 1), name="hops")(samples)
    parts = [
        layers.Cropping2D(((start, hops - frames - start), (0, max(0, (start + 1) * HOP - FRAME))))(rows)
        for start in range(math.ceil(FRAME / HOP))
    ]
    whole = layers.Reshape((frames, _SIDE, _SIDE))(layers.Concatenate(axis=2, name="frames")(parts))
    return _scaled(whole, hann().reshape(_SIDE, _SIDE), "hann")


def _power(frames: Any) -> Any:
    """The power (frames, 20, 10) of bin c + 20 d at [c, d]."""
    from keras import layers

    side = np.arange(_SIDE)
    by_sample = layers.Permute((1, 3, 2))(frames)  # (frames, b, a)
    angle = -2 * np.pi * np.outer(side, side) / _SIDE
    real, imaginary = _dense(by_sample, np.cos(angle), "dft20_re"), _dense(by_sample, np.sin(angle), "dft20_im")
    turn = -2 * np.pi * np.outer(side, side) / FRAME  # (b, c)
    cosine, sine = np.cos(turn), np.sin(turn)
    turned_real = layers.Subtract()([_scaled(real, cosine, "turn_rr"), _scaled(imaginary, sine, "turn_ii")])
    turned_imaginary = layers.Add()([_scaled(real, sine, "turn_ri"), _scaled(imaginary, cosine, "turn_ir")])
    both = layers.Permute((1, 3, 2))(layers.Concatenate(axis=2)([turned_real, turned_imaginary]))  # (frames, c, 2 b)
    half = angle[:, : _SIDE // 2]
    real = _dense(both, np.concatenate([np.cos(half), -np.sin(half)]), "dft400_re")
    imaginary = _dense(both, np.concatenate([np.sin(half), np.cos(half)]), "dft400_im")
    return layers.Add(name="power")([layers.Multiply()([part, part]) for part in (real, imaginary)])


def _log_of_bands(power: Any) -> Any:
    from keras import layers, ops

    order = np.arange(BINS).reshape(_SIDE // 2, _SIDE).T.ravel()
    bins = layers.Reshape((power.shape[1], BINS))(power)
    return ops.log(_dense(bins, mel_bands()[order], "mel", np.full(BANDS, FLOOR)))


def _scaled(values: Any, by: Array, name: str) -> Any:
    from keras import layers

    return layers.Rescaling(by.tolist(), name=name)(values)


def _dense(values: Any, weights: Array, name: str, bias: Array | None = None) -> Any:
    """A product with a constant matrix along the last axis."""
    from keras import layers

    layer = layers.Dense(weights.shape[1], use_bias=bias is not None, trainable=False, name=name)
    product = layer(values)
    layer.set_weights([array.astype(np.float32) for array in (weights, bias) if array is not None])
    return product
