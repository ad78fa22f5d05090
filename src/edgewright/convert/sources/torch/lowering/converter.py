"""Runs PyTorch's converter on an exported program, and says in one line why it could not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.obstacles.unsupported import refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import RAISED
from edgewright.convert.sources.torch.lowering.refused import stopped, without_form
from edgewright.convert.sources.torch.places import Place, places_of

# Some operators are lowered by other packages, which raise what they like.
_RAISED = (*RAISED, LookupError, AssertionError, ArithmeticError, AttributeError)


def convert_program(
    program: Any,
    inputs: Sequence[str],
    outputs: Sequence[str],
    name: str,
    options: ConversionOptions,
    *,
    wide: bool = False,
) -> bytes:
    """A model file with one signature of these names; `wide` keeps whole numbers of 64 bits, which become 32 else.

    Raises `UnsupportedOperatorError` for operators that LiteRT does not have, else `ConversionError`.
    """
    places: list[Place] = []

    def look(decomposed: Any) -> None:
        places.extend(places_of(decomposed))
        if found := without_form(decomposed):
            raise refusal(name, tuple(found), options)

    from litert_converter.mlir.ir import MLIRError

    try:
        return _compiled(_decomposed(program), inputs, outputs, look, wide=wide)
    except (*_RAISED, MLIRError) as error:
        raise stopped(error, places, name, options) from error


def _decomposed(program: Any) -> Any:
    """The program in the operators that the converter knows, arranged for channels-last."""
    from litert_torch import fx_infra
    from litert_torch._convert import core

    fx_infra.graph_utils.reset_from_node_meta(program)
    whole = fx_infra.safe_run_decompositions(program, fx_infra.decomp.pre_convert_decomp(), can_skip=False)
    return core._run_convert_passes(whole)


def _compiled(program: Any, inputs: Sequence[str], outputs: Sequence[str], look: Any, *, wide: bool) -> bytes:
    """Lower and compile it; `look` is shown the program as the last step of PyTorch's side has it."""
    from litert_converter.mlir import passmanager
    from litert_converter.mlir._mlir_libs import converter_api_ext
    from litert_torch import backend

    context = backend.export_utils.create_ir_context()
    lowered = backend.export.exported_program_to_mlir(program, ir_context=context, _pre_lower_pass=look)
    converter_api_ext.set_signature(
        lowered.module.operation,
        signature_name="serving_default",
        input_names=list(inputs),
        output_names=list(outputs),
    )
    module = converter_api_ext.merge_modules([lowered.module])
    config = converter_api_ext.ConvertToTFLConfig()
    config.model_origin_framework = "PYTORCH"
    config.unsafe_fuse_dynamic_shaped_broadcast = True
    config.canonicalizing_inf_as_min_max_float = False
    config.enable_x64 = wide
    with context:
        converter_api_ext.run_convert_to_tfl_passes(module, passmanager.PassManager(), config)
        data: bytes = converter_api_ext.export_flatbuffer_to_bytes(module.operation)
    return data
