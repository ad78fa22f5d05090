"""From any picture to the input tensor of a model, as the model's own metadata says."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.media.pictures.opening import PictureSource
from edgewright.media.pictures.picture import DEFAULT_MAX_PIXELS, Fitted, fit_picture
from edgewright.media.prepared import Prepared
from edgewright.media.tensor import Array, normalize, quantize
from edgewright.model import ColorSpace, InputMetadata, TensorSpec
from edgewright.spelling import argument, told_elsewhere
from edgewright.values import dataclass

Layout = Literal["NHWC", "NCHW", "NHW"]

_CHANNELS: dict[int, ColorSpace] = {1: "GRAYSCALE", 3: "RGB"}
_BYTES = np.arange(256)

# Means and standard deviations that most networks were trained with.
_USUAL = ((127.5, 127.5), (0, 255))


@dataclass(frozen=True)
class Preparation:
    """How pictures become one input of a model. Made by `Preparation.of`; call it with a picture.

    `size` is (height, width) in pixels; `layout` the order of batch, height, width and channels in the tensor.
    """

    spec: TensorSpec
    described: InputMetadata
    size: tuple[int, int]
    color_space: ColorSpace
    layout: Layout
    max_pixels: int = DEFAULT_MAX_PIXELS

    @classmethod
    def of(
        cls, spec: TensorSpec, described: InputMetadata, *, max_pixels: int = DEFAULT_MAX_PIXELS, file: str = ""
    ) -> Preparation:
        """Work out the preparation for an input from its shape, type and metadata; `file` is the model's, for messages.

        Raises `UsageError` where the input is no picture, or nothing says how its pixels are normalized.
        """
        layout, size, channels = _layout(spec)
        color_space = described.color_space or _CHANNELS[channels]
        if _CHANNELS[channels] != color_space:
            raise UsageError(f"input {spec.name!r} has {channels} channels, and its metadata says {color_space}")
        if len(described.mean) not in (0, 1, channels):
            raise UsageError(
                f"the normalization is for {len(described.mean)} channels, and input {spec.name!r} has {channels}"
            )
        if not described.mean and not _takes_bytes(spec):
            raise UsageError(
                f"nothing in the file says how pixels become input {spec.name!r} ({spec.dtype}). {_normalized(file)}"
            )
        return cls(spec, described, size, color_space, layout, max_pixels)

    def __call__(self, source: PictureSource) -> Array:
        """Read a picture and return the input tensor, in its own shape and type.

        Raises `DataError` where the picture cannot be read.
        """
        return self.tensor(self.fit(source).pixels)

    def prepare(self, source: PictureSource) -> Prepared:
        """Do the same, and keep where the picture went in the tensor."""
        fitted = self.fit(source)
        return Prepared(self.tensor(fitted.pixels), fitted.placement, fitted.original)

    def fit(self, source: PictureSource) -> Fitted:
        """Read a picture and fit it: pixels (height, width, 3) or (height, width) uint8."""
        return fit_picture(
            source,
            color_space=self.color_space,
            size=self.size,
            policy=self.described.resize or "stretch",
            crop_fraction=self.described.crop_fraction or 1.0,
            interpolation=self.described.interpolation or "bilinear",
            fill=self.described.pad or 0,
            max_pixels=self.max_pixels,
        )

    def tensor(self, pixels: npt.NDArray[np.uint8]) -> Array:
        """Turn fitted pixels into the input tensor."""
        values = self._values(pixels if self.layout == "NHW" or pixels.ndim == 3 else pixels[..., None])
        if self.layout == "NCHW":
            values = values.transpose(2, 0, 1)
        return values.reshape(self.spec.shape)

    def values_of_bytes(self) -> Array:
        """What each of the 256 values of a pixel becomes in each channel: (256, channels) in the input's own type."""
        channels = next(count for count, space in _CHANNELS.items() if space == self.color_space)
        column = np.repeat(_BYTES.astype(np.uint8)[:, None, None], channels, axis=2)
        return replace(self, size=(256, 1))._values(column).reshape(256, channels)

    def _values(self, pixels: npt.NDArray[np.uint8]) -> Array:
        """The numbers of the tensor, each way to them the quickest that gives the same bits."""
        if not self.described.mean:
            return pixels  # `of` lets only inputs pass that take bytes.
        if self.spec.dtype == "float32":
            return self._normalized(pixels)
        table = self._table
        if table is None:
            return pixels
        if table.ndim == 1:
            return _looked_up(table, pixels)
        return np.stack([_looked_up(column, pixels[..., channel]) for channel, column in enumerate(table)], axis=-1)

    def _normalized(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """As `normalize` does it, row by row in place: a fifth of the time of a look-up."""
        mean, std = self._row
        values = pixels.reshape(len(pixels), -1).astype(np.float32)
        values -= mean
        values /= std
        return values.reshape(pixels.shape)

    @cached_property
    def _row(self) -> tuple[Array, Array]:
        """Mean and std, one number each or one for each value of a row of pixels."""
        mean, std = np.asarray(self.described.mean, np.float32), np.asarray(self.described.std, np.float32)
        return (mean, std) if len(mean) == 1 else (np.tile(mean, self.size[1]), np.tile(std, self.size[1]))

    @cached_property
    def _table(self) -> Array | None:
        """What each byte becomes, for all channels (256,) or for each (channels, 256); `None`: it stays as it is.

        There are only 256 values of a pixel: the formula is applied to them once, and a picture is looked up.
        """
        channels = len(self.described.mean)
        column = np.repeat(_BYTES[:, None], channels, axis=1)
        table = quantize(normalize(column, self.described), self.spec).T
        if self.spec.dtype == "uint8" and np.abs(table.astype(int) - _BYTES).max() <= 1:
            # Trained on bytes as they are: the file's rounded scale moves some by one step, which nobody meant.
            return None
        return np.ascontiguousarray(table[0] if channels == 1 else table)


def _looked_up(table: Array, pixels: npt.NDArray[np.uint8]) -> Array:
    """What each byte becomes, by a table of 256 values."""
    if table.itemsize > 1:
        return np.take(table, pixels)
    if table.dtype == np.int8 and np.array_equal(table, _BYTES - 128):
        return (pixels ^ 128).view(np.int8)
    stored = bytearray(np.ascontiguousarray(pixels)).translate(table.tobytes())
    return np.frombuffer(stored, table.dtype).reshape(pixels.shape)


def _takes_bytes(spec: TensorSpec) -> bool:
    """Files from before 2019 and for the Edge TPU take the bytes of a picture as they are, and need no metadata."""
    return spec.dtype == "uint8"


def _normalized(file: str) -> str:
    """What to do about a file that does not say its normalization; a command that cannot be told it says who can."""
    if told := [told_elsewhere("normalization", pair) for pair in _USUAL if told_elsewhere("normalization")]:
        from shlex import join

        command = f"{join(('edgewright', 'convert', file or 'FILE', '-o', 'described.tflite'))} {told[0]}"
        return f"Write the mean and std of its training into it, often: `{command}`, or with {told[1]}"
    usual = [argument("normalization", pair) for pair in _USUAL]
    return f"Pass the mean and std of its training; often {usual[0]}, or {usual[1]}"


def _layout(spec: TensorSpec) -> tuple[Layout, tuple[int, int], int]:
    shape: tuple[Any, ...] = spec.shape
    if -1 in spec.shape_signature[1:]:
        raise UsageError(f"input {spec.name!r} leaves its size open: {list(spec.shape_signature)}. Fix it first")
    if len(shape) == 4 and shape[0] == 1 and shape[3] in _CHANNELS:
        return "NHWC", (shape[1], shape[2]), shape[3]
    if len(shape) == 4 and shape[0] == 1 and shape[1] in _CHANNELS:
        return "NCHW", (shape[2], shape[3]), shape[1]
    if len(shape) == 3 and shape[0] == 1:
        return "NHW", (shape[1], shape[2]), 1
    raise UsageError(f"input {spec.name!r} of shape {list(shape)} is no picture of 1 or 3 channels")
