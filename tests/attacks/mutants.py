"""Classifiers of pictures with one more operator of any kind in them: any types, shapes, constants and options.

    python -m tests.attacks.mutants FIRST COUNT PICTURE REPORT

runs them, each in a copy of this process, as `edgewright run` does. What ends a copy would have ended the command.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgewright.errors import ModelError
from edgewright.model import ModelFile
from edgewright.model.checking.operator_notation import TYPES, Operand, Operands
from edgewright.model.checking.operator_table import _lines, signature
from edgewright.model.graph import BITS
from edgewright.model.storage.flatbuffer import Table
from edgewright.model.storage.schema import TENSOR_TYPES, TFLITE

from ..model.builders import model, operator, quantized, raw, subgraph, tensor

SECONDS = 60
MEMORY = 3 * 2**30

_PIXELS = 8 * 8 * 3
_USUAL = ("float32", "int8", "uint8", "int16", "int32", "int64", "bool")
_SIZES = (1, 1, 2, 2, 3, 4, 5, 8)
_NUMBERS = (-(2**31), -3, -1, 0, 0, 1, 1, 2, 2, 3, 4, 7, 100, 2**15, 2**31 - 1)
_PLAIN = (-1, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4)
_FORMATS = {"float32": "f", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I"}
_FORMATS |= {"int64": "q", "uint64": "Q", "bool": "?", "float64": "d", "float16": "e"}
# The runtime's own kinds of values: nothing in a picture becomes one.
_VALUES = frozenset(_FORMATS)


def mutant(number: int) -> bytes:
    """The file of this number, which verifies."""
    chance = random.Random(f"mutant {number}")
    while True:
        data = _Mutant(chance).file()
        try:
            ModelFile.read(data)
        except ModelError:
            continue
        return data


class _Mutant:
    """One model under way: its tensors and operators, tensor 0 is the picture."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.tensors: list[Table] = [tensor([1, 8, 8, 3])]
        self.operators: list[Table] = []

    def file(self) -> bytes:
        self._mutate()
        axes = self._constant("int32", [2], [1, 2])
        mean = self._made("MEAN", [0, axes], [1, 3], "float32", ("ReducerOptions", {"keep_dims": False}))
        answer = self._made("SOFTMAX", [mean], [1, 3], "float32", ("SoftmaxOptions", {"beta": 1.0}))
        return raw(model(subgraph(self.tensors, self.operators, [0], [answer])))

    def _mutate(self) -> None:
        name = self.chance.choice(sorted(_lines()))
        shape = signature(name)
        assert shape is not None
        shared = self.chance.choice(_USUAL)
        inputs = self._operands(shape.inputs, shared, given=True)
        outputs = self._operands(shape.outputs, shared, given=False)
        options = (shape.options, self._options(shape.options, len(inputs), len(outputs))) if shape.options else None
        self.operators.append(operator(name, inputs, outputs, options))

    def _operands(self, expected: Operands, shared: str, *, given: bool) -> list[int]:
        most = expected.fewest + 3 if expected.most is None else expected.most
        shape = self._shape(None)
        indices = []
        for place in range(self.chance.randint(expected.fewest, most)):
            operand = expected[place]
            dtype = self._type(operand, shared)
            if self.chance.random() < 0.4:
                shape = self._shape(operand.rank)
            own = shape if operand.rank in (None, len(shape)) else self._shape(operand.rank)
            indices.append(self._input(place, own, dtype) if given else self._tensor(own, dtype))
        return indices

    def _type(self, operand: Operand, shared: str) -> str:
        if operand.letter in "xa":
            return shared
        usual = [one for one in _USUAL if one in TYPES[operand.letter]]
        if not usual:
            return self.chance.choice(sorted(TYPES[operand.letter]))
        return shared if shared in usual and self.chance.random() < 0.5 else self.chance.choice(usual)

    def _shape(self, rank: int | None) -> list[int]:
        count = self.chance.choice([0, 1, 2, 3, 4, 4, 5]) if rank is None else rank
        return [self.chance.choice(_SIZES) for _ in range(count)]

    def _input(self, place: int, shape: list[int], dtype: str) -> int:
        """A constant, a constant that is computed, or something made of the picture."""
        if dtype not in _VALUES:
            return self._tensor(shape, dtype)
        how = self.chance.random()
        elements = _product(shape)
        if how < (0.5 if place else 0.2) or not 0 < elements <= _PIXELS:
            return self._constant(dtype, shape)
        if how < (0.75 if place else 0.4):
            return self._computed(dtype, shape)
        return self._from_picture(dtype, shape, elements)

    def _constant(self, dtype: str, shape: Sequence[int], values: Sequence[Any] | None = None) -> int:
        count = _product(shape)
        if not count:
            return self._tensor(shape, dtype)
        chosen = values if values is not None else [self._number(dtype) for _ in range(count)]
        data = struct.pack(f"<{count}{_FORMATS[dtype]}", *chosen)
        return self._tensor(shape, dtype, data)

    def _number(self, dtype: str) -> Any:
        if dtype == "bool":
            return self.chance.random() < 0.5
        number = self.chance.choice(_NUMBERS if self.chance.random() < 0.2 else _PLAIN)
        if dtype.startswith("float"):
            return float(max(min(number, 1000), -1000))
        signed = not dtype.startswith("u")
        limit = 2 ** (BITS[dtype] - signed)
        return max(min(number, limit - 1), -limit if signed else 0)

    def _computed(self, dtype: str, shape: list[int]) -> int:
        """The runtime finds the value before the first run or in it; nobody reads it off the file."""
        constant = self._constant(dtype, shape)
        how = self.chance.choice(["RESHAPE", "ADD", "CONCATENATION", "CAST"])
        if how == "RESHAPE":
            return self._made("RESHAPE", [constant, self._constant("int32", [len(shape)], shape)], shape, dtype)
        if how == "CAST" and dtype in ("int32", "int64"):
            other = self._constant("int64" if dtype == "int32" else "int32", shape)
            types = {"in_data_type": TENSOR_TYPES.index("int64"), "out_data_type": TENSOR_TYPES.index(dtype)}
            return self._made("CAST", [other], shape, dtype, ("CastOptions", types))
        if how == "CONCATENATION" and shape:
            options = ("ConcatenationOptions", {"axis": 0, "fused_activation_function": 0})
            return self._made("CONCATENATION", [constant], shape, dtype, options)
        zero = self._constant(dtype, [], [0])
        return self._made("ADD", [constant, zero], shape, dtype, ("AddOptions", {"fused_activation_function": 0}))

    def _from_picture(self, dtype: str, shape: list[int], elements: int) -> int:
        flat = self._made("RESHAPE", [0, self._constant("int32", [1], [_PIXELS])], [_PIXELS], "float32")
        begin, size = self._constant("int32", [1], [0]), self._constant("int32", [1], [elements])
        part = self._made("SLICE", [flat, begin, size], [elements], "float32")
        ready = self._made("RESHAPE", [part, self._constant("int32", [len(shape)], shape)], shape, "float32")
        if dtype == "float32":
            return ready
        types = {"in_data_type": TENSOR_TYPES.index("float32"), "out_data_type": TENSOR_TYPES.index(dtype)}
        return self._made("CAST", [ready], shape, dtype, ("CastOptions", types))

    def _made(self, name: str, inputs: list[int], shape: Sequence[int], dtype: str, options: Any = None) -> int:
        result = self._tensor(shape, dtype)
        self.operators.append(operator(name, inputs, [result], options))
        return result

    def _tensor(self, shape: Sequence[int], dtype: str, data: bytes = b"") -> int:
        stored = dtype in ("int8", "uint8", "int16")
        zero = 0 if dtype == "int16" else self.chance.choice([0, 0, 3])
        more = {"quantization": quantized([self.chance.choice([0.5, 0.5, 0.1])], [zero])} if stored else {}
        self.tensors.append(tensor(shape, dtype, data, **more))
        return len(self.tensors) - 1

    def _options(self, table: str, inputs: int, outputs: int) -> Table:
        counts = {"num_splits": outputs, "num": outputs, "values_count": inputs}
        return {
            field.name: counts.get(field.name, self._option(field))
            for field in TFLITE.fields(table)
            if field.kind == "scalar"
        }

    def _option(self, field: Any) -> Any:
        if field.vector:
            return [self._scalar(field.type) for _ in range(self.chance.randint(0, 4))]
        return self._scalar(field.type)

    def _scalar(self, kind: str) -> Any:
        if kind == "bool":
            return self.chance.random() < 0.5
        if kind[0] == "f":
            return self.chance.choice([0.0, 0.5, 1.0, -1.0, 1e30])
        bits, signed = int(kind[1:]), kind[0] == "i"
        number = self.chance.choice(_NUMBERS if self.chance.random() < 0.1 else _PLAIN)
        limit = 2 ** (bits - signed)
        return max(min(number, limit - 1), -limit if signed else 0)


def _product(shape: Sequence[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def run(data: bytes, picture: str) -> str:
    """What `edgewright run` does with the file; the copy says whether it ran or was refused by how it exits."""
    import edgewright as ew
    from edgewright.errors import EdgewrightError

    pid = os.fork()
    if not pid:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.alarm(SECONDS)
            ew.load(data, normalization=(127.5, 127.5))(picture)
            code = 0
        except EdgewrightError as error:
            code = 2 if "\n" not in str(error) else 3
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    known = {0: "run", 2: "refused", 3: "refused in several lines", 1: "unforeseen", -signal.SIGALRM: "hung"}
    return known.get(code, f"died by signal {-code}")


def main(first: str, count: str, picture: str, report: str) -> None:
    outcomes: dict[str, list[int]] = {}
    slowest = 0.0
    for number in range(int(first), int(first) + int(count)):
        data = mutant(number)
        began = time.monotonic()
        outcomes.setdefault(run(data, picture), []).append(number)
        slowest = max(slowest, time.monotonic() - began)
    Path(report).write_text(json.dumps({"outcomes": outcomes, "slowest_s": slowest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
