"""The lowering of an exported function of JAX, in a child process that needs no JAX."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from edgewright.convert.obstacles.unsupported import UnsupportedOperator, refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Lowered
from edgewright.convert.sources.failures import first_line
from edgewright.convert.sources.jax.batch import with_free_batch
from edgewright.convert.sources.jax.outlining import outline_loops
from edgewright.convert.sources.jax.runtime import start_converter
from edgewright.convert.sources.naming import in_source_order
from edgewright.errors import ConversionError, EngineError
from edgewright.model import ModelFile
from edgewright.spelling import argument

SIGNATURE = "serving_default"

# JAX exports in the portable form of its operators; these are the converter's own, as one function.
_PREPARATION = (
    "builtin.module(vhlo-legalize-stablehlo,reconcile-unrealized-casts,"
    "func.func(stablehlo-legalize-composite-to-call),inline)"
)
# "Failed to run converter passes: /home/me/model.py:17:4: error: failed to legalize operation 'tfl.mul' that was …"
_ILLEGAL = re.compile(
    r"(?:(?P<file>[^\s:]+):(?P<line>\d+):\d+: )?error: failed to legalize operation '(?P<name>[\w.]+)'"
)
_TYPES = re.compile(r"tensor<(?:[\d?]+x)*(\w+)>|tensor<(?:[\d?]+x)*(complex<\w+>)>")
_OPCODE = re.compile(r"(?:STABLEHLO_)(\w+)")


@dataclass(frozen=True)
class JaxLowering:
    """Runs LiteRT's converter on the function at `path`; a `Lowering` that knows the operators of its source.

    `single` is the same function for one row, where the batch is to stay free: that file is made first.
    """

    path: Path
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: ConversionOptions
    remedies: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    single: Path | None = None

    def __call__(self) -> Lowered:
        """Convert it; raises `UnsupportedOperatorError` where the converter names an operator."""
        start_converter()
        try:
            data = self._converted(self.single or self.path)
        except (ValueError, RuntimeError) as error:
            raise self._stopped(error) from error
        model = in_source_order(ModelFile(data, self.name), self.inputs, self.outputs)
        if self.single is not None:
            model = with_free_batch(model)
        return Lowered(model, self.remedies, {**self.tools, "litert-converter": version("litert-converter")})

    def others(self) -> tuple[JaxLowering, ...]:
        """The function with a free batch as the converter has it, where the file of one row is not the same."""
        return () if self.single is None else (replace(self, single=None),)

    def refused(self, model: ModelFile, error: EngineError) -> ConversionError:
        """Name the operator that the runtime has no kernel for."""
        text = str(error)
        found = _OPCODE.search(text)
        name = f"lax.{found.group(1).lower()}" if found else "an operator"
        reason = f"converted, but LiteRT refuses the file: {first_line(error)}"
        return refusal(self.name, (UnsupportedOperator(name, "", reason, "runtime"),), self.options)

    def _converted(self, path: Path) -> bytes:
        from litert_converter.mlir import ir, passmanager
        from litert_converter.mlir._mlir_libs import converter_api_ext

        context = ir.Context()
        converter_api_ext.prepare_mlir_context(context)
        with context, ir.Location.unknown():
            module = ir.Module.parse(path.read_bytes())
            passmanager.PassManager.parse(_PREPARATION).run(module.operation)
            converter_api_ext.set_signature(module.operation, SIGNATURE, list(self.inputs), list(self.outputs))
            config = converter_api_ext.ConvertToTFLConfig()
            config.model_origin_framework = "JAX"
            config.unsafe_fuse_dynamic_shaped_broadcast = True
            config.canonicalizing_inf_as_min_max_float = False
            config.enable_x64 = False
            converter_api_ext.run_convert_to_tfl_passes(module, passmanager.PassManager(), config)
            outline_loops(module)
            data: bytes = converter_api_ext.export_flatbuffer_to_bytes(module.operation)
        return data

    def _stopped(self, error: Exception) -> ConversionError:
        text = str(error)
        found = _ILLEGAL.search(text)
        if found is None:
            said = f"the converter stopped: {first_line(error).rstrip(': ')}"
            free = f"Leave {argument('dynamic_batch')} off" if self.options.dynamic_batch else ""
            return ConversionError(said, where=self.name, remedy=free)
        kinds = _TYPES.search(text, found.end())
        of = f" for numbers of the type {kinds.group(1) or kinds.group(2)}" if kinds else ""
        line = f"{Path(found.group('file')).name}:{found.group('line')}" if found.group("file") else ""
        name = f"lax.{found.group('name').partition('.')[2]}"
        operator = UnsupportedOperator(name, "", f"the converter has no form of it{of}", "runtime", line)
        return refusal(self.name, (operator,), self.options)
