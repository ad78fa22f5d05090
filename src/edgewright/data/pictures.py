"""Reading many pictures into one array, and saying of all of them which cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.errors import DataError
from edgewright.machine import Progress
from edgewright.media import PictureHeader, one_line, read_header, read_picture
from edgewright.model import ColorSpace
from edgewright.spelling import either

# What decoded pictures may take together; beyond it the machine would start to swap without a word.
_MAX_BYTES = 4 * 1024**3

Item = TypeVar("Item")
Result = TypeVar("Result")


def read_pictures(samples: Dataset, options: ReadOptions) -> Dataset:
    """Decode labeled pictures, all to one size. Broken ones are an error that names the first and counts them all."""
    paths = [Path(one) for one in samples.inputs]
    headers = each(paths, "Looking at pictures", options.progress, read_header)
    color_space = options.color_space or _common_color_space(headers)
    size = options.size or _common_size(paths, headers)
    x = _decoded(paths, size, color_space, options)
    return replace(samples, inputs=x)


def each(items: Sequence[Item], step: str, progress: Progress, work: Callable[[Item], Result]) -> list[Result]:
    """Do the work for every item, so that the error can say how many cannot be read."""
    return list(one_by_one(items, step, progress, work))


def one_by_one(
    items: Sequence[Item], step: str, progress: Progress, work: Callable[[Item], Result], what: str = "picture"
) -> Iterable[Result]:
    """Do the same lazily: gives the results until the first broken item, and goes on to count the others."""
    problems = []
    for done, item in enumerate(items):
        progress(step, done, len(items))
        try:
            result = work(item)
        except DataError as problem:
            problems.append(str(problem))
            continue
        if not problems:
            yield result
    progress(step, len(items), len(items))
    if problems:
        count = f"this {what}" if len(problems) == 1 else f"{len(problems)} such {what}s"
        raise DataError(f"{problems[0]}; {count} among {len(items)}. Remove or repair, then try again")


def _common_color_space(headers: list[PictureHeader]) -> ColorSpace:
    return "GRAYSCALE" if all(one.color_space == "GRAYSCALE" for one in headers) else "RGB"


def _common_size(paths: Sequence[Path], headers: list[PictureHeader]) -> tuple[int, int]:
    sizes = Counter((one.height, one.width) for one in headers)
    usual = sizes.most_common(1)[0][0]
    for path, one in zip(paths, headers, strict=True):
        if (one.height, one.width) != usual:
            raise DataError(
                f"{one_line(path)}: {one.height} x {one.width} pixels, but others are {usual[0]} x {usual[1]}. "
                f"Make them one size{either(python=', or say which: size=(224, 224)', command='')}"
            )
    return usual


def _decoded(
    paths: Sequence[Path], size: tuple[int, int], color_space: ColorSpace, options: ReadOptions
) -> npt.NDArray[Any]:
    shape = (len(paths), *size) + ((3,) if color_space == "RGB" else ())
    if np.prod(shape, dtype=object) > _MAX_BYTES:
        raise DataError(f"{len(paths)} pictures of {size[0]} x {size[1]} take over {_MAX_BYTES} bytes. Ask for smaller")
    x = np.empty(shape, np.uint8)
    places = iter(x)

    def read(path: Path) -> None:
        next(places)[...] = read_picture(path, size=size, color_space=color_space, policy=options.policy)

    each(paths, "Reading pictures", options.progress, read)
    return x
