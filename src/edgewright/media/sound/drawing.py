"""A sound as a picture: how loud it is over time, and bars for what happens when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from edgewright.media.pictures.drawing import CLASS_COLORS, font_of, shortened
from edgewright.media.sound.opening import SoundSource, open_sound

Bar = tuple[str, float, float, float]
"""A label, start and end in seconds, and a score from 0 to 1."""

_PANEL, _TEXT, _WAVE, _TRACK = (250, 250, 252), (24, 28, 36), (92, 110, 132), (228, 233, 240)
_WIDTH, _MARGIN, _LETTERS = 1280, 24, 20
_LOUDNESS, _ROW, _AXIS = 160, 34, 34
_NAMES = 300
_TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_MOST_TICKS = 10
_BLOCK = 1 << 16


def draw_timeline(source: SoundSource, seconds: float, bars: Sequence[Bar]) -> Image.Image:
    """Draw the largest samples over time, a row of bars for each label below, and the time in seconds; RGB, 1280 wide.

    A bar is the fainter the lower its score.
    """
    names = list(dict.fromkeys(label for label, *_ in bars))
    height = _MARGIN + _LOUDNESS + _ROW * len(names) + _AXIS
    image = Image.new("RGB", (_WIDTH, height), _PANEL)
    draw = ImageDraw.Draw(image)
    _draw_loudness(draw, _envelope(source, _WIDTH - _NAMES - _MARGIN))
    for row, name in enumerate(names):
        _draw_row(draw, row, name, [bar for bar in bars if bar[0] == name], seconds)
    _draw_axis(draw, seconds, height - _AXIS)
    return image


def _envelope(source: SoundSource, columns: int) -> npt.NDArray[np.float32]:
    """The largest sample, 0 to 1, in each of so many parts of the sound."""
    recording = open_sound(source)
    largest, done = np.zeros(columns, np.float32), 0
    for block in recording.blocks(_BLOCK):
        places = (np.arange(done, done + len(block)) * columns // recording.frames).clip(0, columns - 1)
        np.maximum.at(largest, places, np.abs(block).max(axis=1))
        done += len(block)
    return largest.clip(0, 1)


def _draw_loudness(draw: Any, largest: npt.NDArray[np.float32]) -> None:
    middle = _MARGIN // 2 + _LOUDNESS // 2
    for column, value in enumerate((largest / max(float(largest.max()), 1e-6)).tolist()):
        half = round(value * (_LOUDNESS // 2 - 4))
        draw.line((_NAMES + column, middle - half, _NAMES + column, middle + half), fill=_WAVE)


def _draw_row(draw: Any, row: int, name: str, bars: Sequence[Bar], seconds: float) -> None:
    top = _MARGIN + _LOUDNESS + row * _ROW
    font = font_of(_LETTERS)
    draw.text((_MARGIN, top + 2), shortened(draw, name, font, _NAMES - 2 * _MARGIN), font=font, fill=_TEXT)
    draw.rectangle((_NAMES, top, _WIDTH - _MARGIN, top + _ROW - 8), fill=_TRACK)
    for _, start, end, score in bars:
        left = _column(start, seconds)
        draw.rectangle((left, top, max(_column(end, seconds), left + 2), top + _ROW - 8), fill=_faded(row, score))


def _faded(row: int, score: float) -> tuple[int, ...]:
    share = 0.35 + 0.65 * min(max(score, 0.0), 1.0)
    return tuple(
        round(full * share + track * (1 - share))
        for full, track in zip(CLASS_COLORS[row % len(CLASS_COLORS)], _TRACK, strict=True)
    )


def _draw_axis(draw: Any, seconds: float, top: int) -> None:
    step = next((step for step in _TICKS_S if seconds / step <= _MOST_TICKS), _TICKS_S[-1])
    font = font_of(_LETTERS * 3 // 4)
    for tick in range(int(seconds / step) + 1):
        column = _column(tick * step, seconds)
        draw.line((column, top, column, top + 6), fill=_TEXT)
        text = f"{tick * step:g} s" if seconds < 120 else f"{tick * step // 60:.0f}:{tick * step % 60:02.0f}"
        width = draw.textlength(text, font=font)
        draw.text((min(column - width / 2, _WIDTH - width - 2), top + 9), text, font=font, fill=_TEXT)


def _column(at: float, seconds: float) -> int:
    return _NAMES + round((_WIDTH - _MARGIN - _NAMES) * min(at / max(seconds, 1e-9), 1.0))
