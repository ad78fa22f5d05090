"""Names and words of one input or output, as the files of all kinds use them."""

from __future__ import annotations

from edgewright.deploy.description import Tensor
from edgewright.deploy.targets.micro_code.literals import c_type, comment, real


def declared(tensor: Tensor, side: str, place: int) -> str:
    """Its type and size: `side` is "input" or "output"."""
    shape = "x".join(map(str, tensor.shape)) or "one number"
    meaning = f", (number - {tensor.zero_point}) * {real(tensor.scale)[:-1]}" if scaled(tensor) else ""
    return (
        f'/* {side.capitalize()} {place}, "{comment(tensor.name)}": {tensor.dtype}, {shape}{meaning}. */\n'
        f"#define MODEL_{side.upper()}_{place}_ELEMENTS {tensor.elements}\n"
        f"typedef {c_type(tensor.dtype)} model_{side}_{place};\n"
    )


def scaled(tensor: Tensor) -> bool:
    """Whether its whole numbers stand for real ones."""
    return bool(tensor.scale) and tensor.dtype in ("int8", "uint8", "int16")


def has_reals(tensor: Tensor) -> bool:
    """Whether real numbers go in or come out at all."""
    return scaled(tensor) or tensor.dtype == "float32"


def limits(tensor: Tensor) -> tuple[int, int]:
    """The ends of its type's range."""
    bits = int(tensor.dtype.removeprefix("u").removeprefix("int"))
    return (0, 2**bits - 1) if tensor.dtype.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
