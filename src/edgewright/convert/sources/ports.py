"""The inputs and outputs of a source model, and the sizes of their dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from edgewright.convert.options import ConversionOptions
from edgewright.convert.representative import Array
from edgewright.errors import ConversionError, UsageError
from edgewright.spelling import argument

Sample = dict[str, Array]


@dataclass(frozen=True)
class InputPort:
    """One input of a source: `shape` has `None` where the size is free. `below` bounds whole numbers from above.

    `turned`: the source has its channels first, and `shape`, the file's, has them last; people may say either.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    below: int | None = None
    turned: bool = False

    def sized(self, batch: int = 1) -> tuple[int, ...]:
        """The shape of a sample, with `batch` for a free first dimension."""
        defaults = [batch, *[1] * (len(self.shape) - 1)]
        return tuple(free if size is None else size for size, free in zip(self.shape, defaults, strict=False))


@dataclass(frozen=True)
class OutputPort:
    """One output of a source: `shape` has `None` where the size is free, and is `None` where nothing is known of it.

    `dtype` is "" where it is not known.
    """

    name: str
    shape: tuple[int | None, ...] | None = None
    dtype: str = ""


def require_numbers(ports: Sequence[InputPort], source: str) -> None:
    """Raise `ConversionError` where no input takes numbers, or one does not; `source` stands for the model."""
    if not ports:
        raise ConversionError("it takes no input, so it has one answer only", where=source, remedy="Give it an input")
    for port in ports:
        if port.dtype in ("string", "resource", "variant"):
            raise ConversionError(
                f"input {port.name!r} takes values of type {port.dtype}",
                where=source,
                remedy="Export the part of the model that takes numbers",
            )


def settle(ports: Sequence[InputPort], options: ConversionOptions) -> tuple[InputPort, ...]:
    """Give every free dimension a size: what `input_shape` says, and 1 for a batch unless it is to stay free.

    A batch that is to stay free does so whatever batch `input_shape` says. Raises `UsageError` where a size is missing
    or contradicts the model.
    """
    named = _by_name(ports, options.input_shape)
    settled = tuple(_settle_one(port, named.get(port.name)) for port in ports)
    if not options.dynamic_batch:
        return tuple(_fixed(port) for port in settled)
    return tuple(
        replace(now, shape=(*port.shape[:1], *now.shape[1:])) for port, now in zip(ports, settled, strict=True)
    )


def _by_name(ports: Sequence[InputPort], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    names = [port.name for port in ports]
    if "" in shapes and len(names) != 1:
        raise UsageError(
            f"the model has {len(names)} inputs, so {argument('input_shape')} takes a shape by name: {', '.join(names)}"
        )
    named = {names[0] if name == "" else name: shape for name, shape in shapes.items()}
    unknown = sorted(set(named) - set(names))
    if unknown:
        raise UsageError(f"{argument('input_shape')} names {unknown[0]!r}; the model's inputs are: {', '.join(names)}")
    return named


def _settle_one(port: InputPort, wanted: tuple[int, ...] | None) -> InputPort:
    shape: tuple[int | None, ...] = port.shape
    if wanted is not None:
        # A shape may come with the batch or without it.
        given = (shape[0], *wanted) if len(wanted) == len(shape) - 1 else wanted
        if port.turned and len(given) == 4 and _fits(last := (given[0], *given[2:], given[1]), shape):
            given = last
        if not _fits(given, shape):
            raise UsageError(
                f"{argument('input_shape', wanted)} does not fit input {port.name!r}, which is {shown(shape)}"
            )
        shape = given
    if None in shape[1:]:
        raise UsageError(
            f"input {port.name!r} has the shape {shown(shape)}; a device needs every size but the batch. "
            f"Say it, for example {argument('input_shape', (1, *(size or 224 for size in shape[1:])))}"
        )
    return replace(port, shape=shape)


def _fits(given: Sequence[int | None], shape: Sequence[int | None]) -> bool:
    return len(given) == len(shape) and all(own in (None, new) for own, new in zip(shape, given, strict=True))


def _fixed(port: InputPort) -> InputPort:
    return replace(port, shape=port.sized())


def shown(shape: Sequence[int | None]) -> str:
    """Write a shape for people: (free, 28, 28)."""
    return f"({', '.join('free' if size is None else str(size) for size in shape)})"
