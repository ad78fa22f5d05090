"""The protocol of all engines, and `open_engine` which makes one by name.

An engine is added from outside by an entry point in the group `edgewright.engines`: its name, and a callable like
`EngineFactory`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

from edgewright.errors import UsageError
from edgewright.model import ModelFile, ModelLike, TensorSpec, read_model
from edgewright.registry import Registry
from edgewright.spelling import argument

if TYPE_CHECKING:
    import numpy.typing as npt

    from edgewright.engine.delegates import Delegate

ENTRY_POINTS = "edgewright.engines"

# As text: what only asks for engines, as the command's options do, need not wait for NumPy.
Array: TypeAlias = "npt.NDArray[Any]"
Inputs: TypeAlias = "Array | Mapping[str | int, Array]"


class Engine(Protocol):
    """A model that is ready to run. Speaks raw tensors: quantized numbers go in and come out as they are.

    Not for use from two threads at once; give each thread an engine of its own.
    """

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The model's inputs, in the file's order."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The model's outputs, in the file's order."""

    def run(self, inputs: Inputs) -> list[Array]:
        """Run the model once and return its outputs (copies), in the file's order.

        `inputs` is the array of a model with one input, or a mapping from an input to its array: by tensor name, by
        the name in a signature, or by tensor index. Dtype and shape must be the input's; free dimensions (-1 in
        `shape_signature`) take what is given. Raises InterpreterError for what does not fit.
        """

    def close(self) -> None:
        """Free the model's memory; a closed engine cannot run. Closing twice is allowed."""

    def __enter__(self) -> Self:
        """Return the engine itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""


class EngineFactory(Protocol):
    """Makes an engine from a model. Raises EngineError where it cannot run that model on this machine.

    More keyword arguments are the engine's own options: `open_engine` passes on those that its caller gives.
    """

    def __call__(self, model: ModelFile, *, threads: int, preserve_all_tensors: bool) -> Engine:
        """Return an engine, ready to run; `threads` is at least 1."""


_engines: Registry[EngineFactory] = Registry(
    "engine",
    ENTRY_POINTS,
    {
        "litert": "edgewright.engine.litert_engine:LiteRTEngine",
        "litert-compiled": "edgewright.engine.compiled_engine:CompiledEngine",
        "openvino": "edgewright.engine.openvino_engine:OpenVINOEngine",
    },
    protocol="edgewright.engine.engine:EngineFactory",
)

register_engine = _engines.register
engine_names = _engines.names


# The runtime starts them all at once, and ends the process where the system has no more.
MOST_THREADS = 256


def check_threads(number: int, what: str = "threads") -> None:
    """Raise UsageError for a number of threads that no machine has."""
    if isinstance(number, bool) or not 1 <= number <= MOST_THREADS:
        raise UsageError(f"{what} is {number}; it is 1 to {MOST_THREADS}, and more than there are cores help nothing")


def as_tuple(given: Any) -> tuple[Any, ...]:
    """What is given as one value or as several."""
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


def check_candidates(
    engines: str | Iterable[str], threads: int | Iterable[int]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of engines and numbers of threads that are tried, each with each; of both, one may stand for itself.

    Raises UsageError where there are none, one is named twice, an engine is unknown, or a number is impossible.
    """
    names, counts = as_tuple(engines), as_tuple(threads)
    for what, values in (("engines", names), ("threads", counts)):
        if not values:
            raise UsageError(f"{argument(what)} is empty. Give at least one engine and one number of threads")
        if len(set(values)) != len(values):
            raise UsageError(f"{argument(what)}: {', '.join(map(str, values))}. Name each one once")
    known = engine_names()
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"there is no engine {unknown[0]!r}. Choose from: {', '.join(known)}")
    for count in counts:
        check_threads(count)
    return names, counts


def open_engine(
    model: ModelLike,
    *,
    engine: str = "litert",
    threads: int = 1,
    preserve_all_tensors: bool = False,
    delegates: Sequence[Delegate | str | os.PathLike[str]] = (),
    **options: Any,
) -> Engine:
    """Open a model with an engine; the default is LiteRT, on one thread.

    `preserve_all_tensors` keeps intermediate results, for those engines which can show them. `delegates` are shared
    libraries that take over operators, or what `load_delegate` made of them; LiteRT takes those. `options` are the
    engine's own: `kernels` (an OpResolverType) of LiteRT, `allow_reduced_precision` of OpenVINO.
    Raises UsageError for an unknown engine and for options that it does not have, MissingExtraError for an engine that
    is not installed, DelegateError for a delegate that does not load, and EngineError for a model that it does not run.

    >>> with ew.open_engine("mobilenet.tflite", threads=2) as engine:
    ...     outputs = engine.run(np.zeros((1, 224, 224, 3), np.uint8))
    >>> outputs[0].shape
    (1, 1001)
    """
    check_threads(threads)
    factory = _engines.get(engine)
    given = options | ({"delegates": as_tuple(delegates)} if delegates else {})  # a single one stands for itself
    if given:
        _check_options(engine, factory, given)
    return factory(read_model(model), threads=threads, preserve_all_tensors=preserve_all_tensors, **given)


def _check_options(name: str, factory: EngineFactory, given: Mapping[str, Any]) -> None:
    import inspect

    known = inspect.signature(factory).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return
    if unknown := sorted(given.keys() - known.keys()):
        hint = f" Delegates belong to LiteRT: {argument('engine', 'litert')}" if "delegates" in unknown else ""
        raise UsageError(f"the engine '{name}' has no option {', '.join(unknown)}.{hint}")
