"""What to type where a target does not take a file: commands that make one which it takes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from edgewright.check.results import OperatorVerdict, TargetReport, Verdict
from edgewright.model import ModelFile

_CONVERSION = "edgewright convert SOURCE --quantize int8 --data FOLDER"


def next_steps(model: ModelFile, report: TargetReport) -> Iterator[str]:
    """Commands to type, each with what it does; only such as help."""
    if not report.problem:
        return
    types = _types(model)
    if report.target == "micro" and "uint8" in types:
        yield _without_uint8(model)
    elif report.target == "micro" and any(_is_mixed(operator) for operator in report.operators):
        yield f"{_CONVERSION}    (of the float model: its weights have fewer bits than what they are multiplied with)"
    elif report.target == "edgetpu" and not types:
        yield f"edgewright optimize {_file(model)} --data FOLDER -o {_other(model)}    (float32 becomes int8)"
    elif report.target == "browser":
        yield from _for_browser(model)


def _without_uint8(model: ModelFile) -> str:
    """The rewriting, which is tried; where it leaves an operator in uint8, a conversion from the float model."""
    from edgewright.rewrite import passes_for, rewrite  # brings NumPy along, which a prediction does without

    if "uint8" in _types(rewrite(model, passes_for(modernize=True, int8_edges=True)).model):
        return f"{_CONVERSION}    (of the float model: rewrite --modernize leaves some of its operators in uint8)"
    return f"edgewright rewrite {_file(model)} --modernize --int8-edges -o {_other(model)}    (uint8 becomes int8)"


def _is_mixed(operator: OperatorVerdict) -> bool:
    """Whether what hinders is that real numbers are multiplied with whole ones."""
    return operator.verdict is Verdict.UNSUPPORTED and operator.types.startswith("float32 × int")


def _for_browser(model: ModelFile) -> Iterator[str]:
    """The rewriting that `export --for web` does by itself, where it is all that is missing."""
    from edgewright.check.targets.browser import judge
    from edgewright.rewrite import rewrite

    if not judge(rewrite(model, ("static-batch", "browser")).model, timeout=0).problem:
        passes = "--pass static-batch --pass browser"
        out = _other(model, "browser")
        yield f"edgewright rewrite {_file(model)} {passes} -o {out}    (export --for web does that by itself)"


def _types(model: ModelFile) -> set[str]:
    """The types of what is quantized."""
    return {tensor.dtype for tensor in model.main.tensors if tensor.quantized}


def _file(model: ModelFile) -> str:
    return shlex.quote(model.name)


def _other(model: ModelFile, what: str = "int8") -> str:
    return shlex.quote(f"{Path(model.name).stem}_{what}.tflite")
