"""A traced function of JAX as conversion sees it: named inputs and outputs, a run on samples, an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.obstacles.unsupported import refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Request
from edgewright.convert.sources.jax.arguments import Arguments, output_names
from edgewright.convert.sources.jax.equations import every_equation
from edgewright.convert.sources.jax.indices import bounds
from edgewright.convert.sources.jax.lowering import JaxLowering
from edgewright.convert.sources.jax.obstacles import obstacles
from edgewright.convert.sources.jax.rewriting import Rewriter, rewriting
from edgewright.convert.sources.jax.runtime import versions
from edgewright.convert.sources.jax.tracing import require_steady, trace, tracing
from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.ports import InputPort, OutputPort, Sample
from edgewright.errors import ConversionError, UsageError
from edgewright.spelling import argument

_FIRST, _LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_FREE = "batch"


class JaxModel:
    """A function with the inputs that it was given an example of; JAX is loaded already.

    Its ports are in the layout of the file. Everything that reads values runs the function as it is; what is exported
    is traced anew, so that one that is not the same each time is found out.
    """

    def __init__(
        self, function: Callable[..., Any], arguments: Arguments, name: str, options: ConversionOptions
    ) -> None:
        """Trace it, with the batch free where that is asked for; raises `ConversionError` for what cannot be."""
        import jax

        self.name = name
        self._options = options
        self._whole = jax.jit(lambda *arrays: jax.tree_util.tree_leaves(arguments.call(function, arrays)))
        self._specs = _specs(arguments, name, free=options.dynamic_batch)
        self._call = lambda *arrays: arguments.call(function, arrays)
        traced = trace(self._call, self._specs, name)
        self._traced = traced.equations
        self.runs_by_values = any(equation.primitive.name == "while" for equation in every_equation(self._traced.jaxpr))
        _require_numbers(traced.equations, arguments.names, name)
        taken, returned = traced.equations.in_avals, traced.equations.out_avals
        below = bounds(traced.equations.jaxpr)
        inputs = [
            InputPort(key, _shape(kind), str(kind.dtype), bound)
            for key, kind, bound in zip(arguments.names, taken, below, strict=True)
        ]
        keys = output_names(traced.paths)
        outputs = [OutputPort(key, _shape(kind), str(kind.dtype)) for key, kind in zip(keys, returned, strict=True)]
        self.layout = Layout.of(inputs, [port.shape for port in outputs], keep=options.keep_nchw)
        self.inputs: tuple[InputPort, ...] = self.layout.filed_inputs(inputs)
        self.outputs: tuple[OutputPort, ...] = self.layout.filed_outputs(outputs)
        self._equations, self._remedies = self._rewritten(self._traced, self._specs)
        found = obstacles(self._equations)
        if found:
            raise refusal(name, found, options)

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """What the function returns for each sample, with the full precision of its numbers."""
        import jax

        with tracing(self.name), jax.default_matmul_precision("highest"):
            found = [self._called(list(sample.values())) for sample in samples]
            jax.effects_barrier()
        return found

    def lower(self, request: Request) -> JaxLowering:
        """Write the rewritten function where the child finds it."""
        import jax

        with tracing(self.name), jax.default_matmul_precision("highest"):
            # The trace of `run`, kept by JAX.
            again = self._whole.trace(*self._specs).jaxpr
        require_steady(self._traced, again, self.name)
        path = self._exported(self._equations, self._specs, request.folder / "function.vhlo")
        return JaxLowering(
            path=path,
            single=self._of_one_row(request.folder) if request.options.dynamic_batch else None,
            name=self.name,
            inputs=tuple(port.name for port in request.inputs),
            outputs=tuple(port.name for port in self.outputs),
            options=request.options.sent,
            remedies=self._remedies,
            tools=versions(),
        )

    def _exported(self, equations: Any, specs: Sequence[Any], path: Path) -> Path:
        """Write equations in StableHLO's portable form."""
        import jax

        with tracing(self.name):
            function = jax.jit(jax.extend.core.jaxpr_as_fun(equations), keep_unused=True)
            exported = jax.export.export(function, platforms=["cpu"])(*self._filed(specs))
        path.write_bytes(exported.mlir_module_serialized)
        return path

    def _of_one_row(self, folder: Path) -> Path:
        """The function for a batch of 1, exported too."""
        import jax

        specs = [jax.ShapeDtypeStruct((1, *spec.shape[1:]), spec.dtype) for spec in self._specs]
        equations, _ = self._rewritten(trace(self._call, specs, self.name).equations, specs)
        return self._exported(equations, specs, folder / "one_row.vhlo")

    def _called(self, arrays: Sequence[Array]) -> list[Array]:
        given = _turned(arrays, self.layout.inputs, _FIRST)
        return _turned(list(map(np.asarray, self._whole(*given))), self.layout.outputs, _LAST)

    def _rewritten(self, traced: Any, specs: Sequence[Any]) -> tuple[Any, tuple[str, ...]]:
        """The equations that the file is made of, in its layout, and what was changed in them."""
        rewriter = Rewriter()
        function = rewriting(traced, rewriter)

        def in_layout(*arrays: Any) -> list[Any]:
            given = _turned(arrays, self.layout.inputs, _FIRST)
            return _turned(function(*given), self.layout.outputs, _LAST)

        return trace(in_layout, self._filed(specs), self.name).equations, tuple(rewriter.remedies)

    def _filed(self, specs: Sequence[Any]) -> list[Any]:
        """The arrays that the file takes, without values."""
        import jax

        return [
            jax.ShapeDtypeStruct(tuple(spec.shape[axis] for axis in _LAST), spec.dtype) if turn else spec
            for spec, turn in zip(specs, self.layout.inputs, strict=True)
        ]


def _turned(arrays: Sequence[Any], turned: Sequence[bool], axes: tuple[int, ...]) -> list[Any]:
    return [array.transpose(axes) if turn else array for array, turn in zip(arrays, turned, strict=True)]


def _specs(arguments: Arguments, name: str, *, free: bool) -> list[Any]:
    """Arrays without values, as the function is traced with; the first size of all is one symbol where it is free."""
    import jax

    arrays = arguments.arrays
    if not free:
        return [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
    if not all(array.ndim for array in arrays):
        raise UsageError(f"{name}: an input without dimensions has no batch. Leave {argument('dynamic_batch')} off")
    (batch,) = jax.export.symbolic_shape(_FREE)
    return [jax.ShapeDtypeStruct((batch, *array.shape[1:]), array.dtype) for array in arrays]


def _shape(kind: Any) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in kind.shape)


def _require_numbers(equations: Any, names: Sequence[str], name: str) -> None:
    """Raise `ConversionError` where an input is no array of numbers, or nothing is returned."""
    import jax

    for key, kind in zip(names, equations.in_avals, strict=True):
        if jax.dtypes.issubdtype(kind.dtype, jax.dtypes.extended):
            raise ConversionError(
                f"input {key!r} is a random key, which LiteRT has no numbers for",
                where=name,
                remedy="Use the key inside of the function, or take the random numbers themselves as an input",
            )
    if not equations.out_avals:
        raise ConversionError("it returns no array", where=name, remedy="Return what the file is to compute")
