"""The inputs which the smaller model answers otherwise than the float model: pictures where they are pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.optimize.drawing import drawn_answers
from edgewright.optimize.results import Optimization
from edgewright.report import Block, Column, Paragraph, Picture, Pictures, Table, encode_png, numbers

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

_SHOWN = 24
_SIDE = 160  # pixels of a thumbnail
_DRAWN_SIDE = 640  # and of two pictures beside one another, with what was found drawn on them
_COARSE = 96  # pixels: smaller pictures are kept as they are, and the page enlarges them

_Change = tuple[int, str, str]


def changed_blocks(result: Optimization) -> tuple[Block, ...]:
    """The inputs of the proof split whose answer changed, for the page; none where none were looked for."""
    if result.proof is None or result.chosen is None:
        return ()
    if not result.changed:
        return (Paragraph(f"None of {numbers.count(result.proof.n, 'input')}."),)
    shown = result.changed[:_SHOWN]
    worse = "" if result.metric.share else " went worse"
    lead = f"{numbers.count(len(result.changed))} of {numbers.count(result.proof.n, 'input')} of the proof split{worse}"
    if len(shown) < len(result.changed):
        lead += f"; the first {len(shown)} are shown"
    indices = [index for index, _, _ in shown]
    pixels = _pixels(result, indices)
    if pixels is None:
        return (_table(result, shown, lead),)
    drawn = drawn_answers(result, indices, pixels)
    tiles = [_tile(result, change, one) for change, one in zip(shown, drawn or pixels, strict=True)]
    sides = ": left what the float model finds, right what this one does" if drawn else ""
    return (Pictures("Otherwise than before", tiles, lead=f"{lead}{sides}."),)


def _table(result: Optimization, shown: tuple[_Change, ...], lead: str) -> Table:
    columns = [Column("input"), Column("float"), Column("now")]
    rows: list[tuple[str, ...]] = [(_name(result, index), before, after) for index, before, after in shown]
    if result.labeled:
        columns.append(Column("is"))
        truths = (_truth(result, index) or "" for index, _, _ in shown)
        rows = [(*row, truth) for row, truth in zip(rows, truths, strict=True)]
    return Table("", columns, rows, f"{lead}.")


def _tile(result: Optimization, change: _Change, pixels: Pixels) -> Picture:
    index, before, after = change
    truth, picture = _truth(result, index), _encoded(pixels, _SIDE if result.metric.share else _DRAWN_SIDE)
    if truth is None:
        return Picture(picture, after, f"was {before}", description=f"input {index}: was {before}, now {after}")
    detail = f"was {before}" if truth in (before, after) else f"was {before}, is {truth}"
    told = f"{_name(result, index)}: a picture of {truth}, taken for {after}, before for {before}"
    if not result.metric.share:
        return Picture(picture, after, detail, description=told)
    return Picture(picture, after, detail, "right" if after == truth else "wrong", told)


def _name(result: Optimization, index: int) -> str:
    """What the input is called, without its folder."""
    return Path(result.data.names[index]).name


def _truth(result: Optimization, index: int) -> str | None:
    target = result.data.target(index)
    return target.text(result.data.classes) if result.labeled and target is not None else None


def _encoded(pixels: Pixels, side: int) -> bytes:
    """A PNG of few pixels, or a small JPEG of many."""
    if max(pixels.shape[:2]) < _COARSE:
        return encode_png(pixels)
    from edgewright.media import load_image

    image = load_image(pixels)
    image.thumbnail((side, side))
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _pixels(result: Optimization, indices: list[int]) -> list[Pixels] | None:
    """The inputs as uint8 pictures, (height, width) or (height, width, 3); None where they are none."""
    described = result.source.metadata.inputs[0] if result.source.metadata.inputs else None
    if described is not None and described.kind in ("audio", "feature"):
        return None
    samples = result.data.open()
    if len(samples.arrays) > 1 or samples.starts is not None:
        return None
    mean, std = (described.mean, described.std) if described else ((), ())
    pictures = [_picture(samples.row(index)[0], mean, std) for index in indices]
    return None if any(one is None for one in pictures) else [one for one in pictures if one is not None]


def _picture(values: npt.NDArray[Any], mean: tuple[float, ...], std: tuple[float, ...]) -> Pixels | None:
    """Undo the normalization; without one the values are stretched to 0 to 255."""
    import numpy as np

    upright = _channels_last(np.asarray(values, np.float32))
    if upright is None:
        return None
    if mean:
        raw = upright * np.asarray(std, np.float32) + np.asarray(mean, np.float32)
    else:
        low, high = float(upright.min()), float(upright.max())
        raw = upright if low >= 0 and 1 < high <= 255 else (upright - low) * (255 / ((high - low) or 1))
    pixels: Pixels = np.clip(np.rint(raw), 0, 255).astype(np.uint8)
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def _channels_last(values: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """(height, width, 1 or 3) of one input with or without a batch and channels; None where it is no picture."""
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    if values.ndim == 2 and min(values.shape) >= 8:
        return values[..., None]
    if values.ndim == 3 and values.shape[2] in (1, 3):
        return values
    return values.transpose(1, 2, 0) if values.ndim == 3 and values.shape[0] == 3 else None
