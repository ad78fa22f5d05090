"""What a model gives where nobody says what it means: arrays by name."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from edgewright.brief import line_of
from edgewright.errors import UsageError
from edgewright.spelling import either
from edgewright.task.result import Observation

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table

Array = npt.NDArray[Any]

MOST_VALUES = 4096
"""An array with more values is not written out as JSON: whole ones are what `to_npz` and `-o` of `run` are for."""

_FIRST = 4


@dataclass(frozen=True, eq=False)
class Tensors(Mapping[str, Array]):
    """The outputs of a model by name, in the file's order.

    Real numbers, float32 where the output is quantized; else in the output's own type. A mapping: `tensors["scores"]`
    is an array of the output's shape.

    >>> raw = ew.load("mobilenet.tflite", task="tensors")(np.zeros((1, 224, 224, 3), np.uint8))
    >>> [array.shape for array in raw.values()]
    [(1, 1001)]
    """

    arrays: Mapping[str, Array] = field(repr=False)

    def __getitem__(self, name: str) -> Array:
        """The array of an output. Raises `KeyError` for a name that is none."""
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def observations(self) -> Sequence[Observation]:
        """Nothing: nobody knows what the numbers mean."""
        return ()

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values: each array's type, shape, least, largest and mean value, and its values as nested lists.

        The values of an array with more than `MOST_VALUES` are null. NaN and infinity, which JSON has not, are null;
        where there are any, "not_finite" says how many.
        """
        return {"kind": "tensors", "tensors": {name: _plain(array) for name, array in self.items()}}

    def to_npz(self) -> bytes:
        """All arrays, whole, as `numpy.load` reads them; signs that no file's name has become "_" in their names."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, array in zip(_member_names(list(self)), self.values(), strict=True):
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    npy.write_array(member, _plain_texts(array), allow_pickle=False)
        return stream.getvalue()

    def files_of(self, source: Any) -> dict[str, bytes]:
        """What is saved of an input: all arrays, whole."""
        return {".npz": self.to_npz()}

    def table(self, limit: int | None = None) -> Table:
        """A line for each array."""
        from edgewright.report import Column, Sheet, Table

        facts = [_facts(name, array) for name, array in self.items()]
        rows = [(*fact[:3], *map(_number, fact[3:]), _first(self[fact[0]])) for fact in facts]
        texts, numbers = ("output", "type", "shape"), ("min", "max", "mean")
        columns = (*map(Column, texts), *(Column(name, "right") for name in numbers), Column("first values"))
        return Table("", columns, rows, self._note(), sheet=Sheet((*texts, *numbers), facts))

    def _note(self) -> str:
        """What numbers cannot show: that some are none."""
        odd = {name: _not_finite(array) for name, array in self.items()}
        said = [f"{name} has {count:,} of {self[name].size:,}" for name, count in odd.items() if count]
        return f"Numbers that are NaN or infinite: {'; '.join(said)}." if said else ""

    def draw(self, picture: PictureSource) -> Image:
        """Raise `UsageError`: nobody knows what to draw."""
        keeps = either(python="to_npz() keeps", command="-o FOLDER keeps")
        raise UsageError(f"plain tensors cannot be drawn; {keeps} them as .npz")

    def _repr_html_(self) -> str:
        return str(self.table().to_html())

    def in_one_line(self, limit: int, first: Any) -> str:
        """Each array's first values."""
        return str(self)

    def __str__(self) -> str:
        return "; ".join(f"{name} {array.dtype} {list(array.shape)}: {_first(array)}" for name, array in self.items())

    def __repr__(self) -> str:
        return line_of(self, *(f"{name}: {array.dtype} {array.shape}" for name, array in self.items()))


def _plain(array: Array) -> dict[str, Any]:
    _, dtype, _, least, most, mean = _facts("", array)
    values = _values(array) if array.size <= MOST_VALUES else None
    plain = {"dtype": dtype, "shape": list(array.shape), "min": least, "max": most, "mean": mean, "values": values}
    odd = _not_finite(array)
    return plain | ({"not_finite": odd} if odd else {})


def _values(array: Array) -> Any:
    if array.dtype.hasobject:
        return np.array([_text(value) for value in array.reshape(-1)], object).reshape(array.shape).tolist()
    if array.dtype.kind == "c":  # a list of the two parts of each
        return _values(np.stack([array.real, array.imag], axis=-1))
    if _not_finite(array):
        return np.where(np.isfinite(array), array, None).tolist()  # type: ignore[call-overload]
    return array.tolist()


def _not_finite(array: Array) -> int:
    """How many of the numbers are NaN or infinite."""
    return int((~np.isfinite(array)).sum()) if array.dtype.kind == "f" else 0


def _facts(name: str, array: Array) -> tuple[str, str, str, float | None, float | None, float | None]:
    """Name, type, shape, least, largest and mean value; None where there are no numbers, or not only such."""
    shape = "×".join(map(str, array.shape)) or "scalar"
    dtype = "string" if array.dtype.hasobject else array.dtype.name
    if array.dtype.kind not in "biuf" or not array.size:
        return name, dtype, shape, None, None, None
    with np.errstate(invalid="ignore", over="ignore"):  # of infinities of both signs, and of huge numbers
        found = float(array.min()), float(array.max()), float(array.mean(dtype=np.float64))
    least, most, mean = (number if np.isfinite(number) else None for number in found)
    return name, dtype, shape, least, most, mean


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.4g}"


def _first(array: Array) -> str:
    flat = array.reshape(-1)
    shown = [_text(value) if array.dtype.hasobject else f"{value:.4g}" for value in flat[:_FIRST]]
    return " ".join(shown) + (" …" if flat.size > _FIRST else "")


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _plain_texts(array: Array) -> Array:
    """Texts as a type of their own: objects would be stored as a pickle."""
    if not array.dtype.hasobject:
        return array
    return np.array([_text(value) for value in array.reshape(-1)], "U").reshape(array.shape)


def _member_names(names: Sequence[str]) -> list[str]:
    """Names that are safe for the members of an archive, no two alike."""
    safe = [re.sub(r"[^\w.:;\- ]|^\.+", "_", name) or "_" for name in names]
    return safe if len(set(safe)) == len(safe) else [f"{name}_{place}" for place, name in enumerate(safe)]
