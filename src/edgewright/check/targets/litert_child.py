"""LiteRT runs the model: what happens in the child process."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgewright.check.inputs import Array
from edgewright.check.trying import Trial, Work, attempt_all
from edgewright.engine import Interpreter, OpResolverType, load_runtime
from edgewright.errors import InterpreterError

_DELEGATE = "DELEGATE"


@dataclass(frozen=True)
class Delegated:
    """A part of the graph that a delegate took: the tensors that go in (constants too) and those that come out."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Measured:
    """What LiteRT did: parts it gave to XNNPACK, stored outputs sample by sample, or what it said against it.

    `plain` is what XNNPACK said against the model, where LiteRT's own kernels ran it.
    """

    runtime: str
    delegated: tuple[Delegated, ...] = ()
    outputs: tuple[list[Array], ...] = ()
    said: str = ""
    plain: str = ""


def measure(data: bytes, samples: list[list[Array]]) -> Measured:
    """Open the model with the default delegate and run it on stored inputs; none are needed for the opening.

    Where XNNPACK gives up on it, LiteRT's own kernels are asked, as `LiteRTEngine` does.
    """
    found = _measured(data, samples, OpResolverType.AUTO)
    if "XNNPACK" not in found.said.upper():
        return found
    plain = _measured(data, samples, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    return found if plain.said else replace(plain, plain=found.said)


def _measured(data: bytes, samples: list[list[Array]], kernels: OpResolverType) -> Measured:
    runtime = str(load_runtime())
    delegated: tuple[Delegated, ...] = ()
    try:
        interpreter = Interpreter(model_content=data, experimental_op_resolver_type=kernels)
        interpreter.allocate_tensors()
        delegated = _delegated(interpreter)
        outputs = tuple(_run(interpreter, sample) for sample in samples)
    except InterpreterError as error:
        return Measured(runtime, delegated, said=error.message)
    return Measured(runtime, delegated, outputs)


def try_operators(work: list[Work], folder: str) -> None:
    """Try operators one by one."""
    attempt_all(_attempt, work, folder)


def _attempt(data: bytes, sample: list[Array]) -> Trial:
    result = measure(data, [sample])
    return Trial(not result.said, result.said, bool(result.delegated))


def _delegated(interpreter: Interpreter) -> tuple[Delegated, ...]:
    nodes = [node for node in interpreter._get_ops_details() if node["op_name"] == _DELEGATE]
    return tuple(Delegated(tuple(map(int, node["inputs"])), tuple(map(int, node["outputs"]))) for node in nodes)


def _run(interpreter: Interpreter, sample: list[Array]) -> list[Array]:
    for details, array in zip(interpreter.get_input_details(), sample, strict=True):
        interpreter.set_tensor(details["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]
