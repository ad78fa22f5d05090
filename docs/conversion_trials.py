"""What generate_conversion_table.py runs in children: builds cases, converts them, and compares each once more.

Many in one child, because frameworks take longer to start than most of the models to convert. What a conversion does
is done here in one process; its result is compared with the source on inputs of another seed, run by the framework
itself.
"""

from __future__ import annotations

import importlib
import json
import pickle
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert import ConversionOptions, convert
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.proving import finish
from edgewright.convert.proof.tolerances import require
from edgewright.convert.sources.failures import PlainKernelError
from edgewright.convert.sources.layout import Layout, channels_first, channels_last
from edgewright.convert.sources.ports import InputPort, Sample
from edgewright.convert.sources.registry import find_source
from edgewright.errors import EdgewrightError, ToleranceError
from edgewright.evaluate import Agreement, Runner, compare
from edgewright.machine import silent
from edgewright.model import ModelFile

FRAMEWORKS = ("keras", "torch", "onnx", "jax")

Arrays = list[np.ndarray]

_SAMPLES, _SEED = 4, 99


@dataclass(frozen=True)
class Outcome:
    """What came of one case: `verdict` is "converted", "refused", "failed" or "wrong"."""

    group: str
    name: str
    verdict: str
    detail: str
    convertible: bool


@dataclass(frozen=True)
class Beside:
    """What a model file is compared with: inputs and outputs of its source, in the source's own layout."""

    inputs: list[Arrays]
    outputs: list[Arrays]
    layout: Layout


# What is converted, and what it is compared with: made of the file, and of the samples that it was proven on.
Trial = tuple[Any, dict[str, Any], Callable[[ModelFile, list[Sample]], Beside]]


def list_cases(framework: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Group, name and expected words of refusal of every case."""
    return [(case.group, case.name, case.refused) for case in _cases(framework)]


def build_cases(work: Path, names: list[str]) -> dict[str, str]:
    """Build these cases of Keras into `work`; returns the errors by name."""
    return importlib.import_module("conversion_cases.keras").build_all(work, names)


def try_cases(framework: str, work: Path, names: list[str]) -> None:
    """Convert these cases; what came of each is in `work` as soon as it is known."""
    made = {case.name: case for case in _cases(framework) if case.name in names}
    for name in in_order(work, names):
        keep(work, outcome_of(made[name], lambda case=made[name]: _tried(framework, case, work / slug(case.name))))


def in_order(work: Path, names: Sequence[str]) -> list[str]:
    """Names of cases in the order of their conversion: Keras before SavedModels, which hide it from the process."""
    return sorted(names, key=lambda name: (work / slug(name) / "source").is_dir())


def keep(work: Path, outcome: Outcome) -> None:
    """Write down what came of a case."""
    result_file(work, outcome.name).parent.mkdir(parents=True, exist_ok=True)
    result_file(work, outcome.name).write_text(json.dumps(asdict(outcome)))


def result_file(work: Path, name: str) -> Path:
    """Where what came of a case is kept."""
    return work / slug(name) / "result.json"


def slug(name: str) -> str:
    """The name of a case's folder."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def outcome_of(case: Any, attempt: Callable[[], tuple[str, str]]) -> Outcome:
    """Verdict and detail of an attempt; a refusal is right where one was expected and holds the expected words."""
    try:
        verdict, detail = attempt()
        if case.refused:
            verdict, detail = "failed", f"should be refused; {detail}"
    except EdgewrightError as error:
        detail = str(error).removeprefix(f"{error.where}: ")
        missing = [word for word in case.refused if word not in detail]
        verdict = "refused" if case.refused and not missing else "failed"
        detail += f" (does not say {missing})" if missing else ""
    except Exception as error:  # noqa: BLE001 - is shown in the table
        verdict, detail = "failed", f"{type(error).__name__}: {str(error)[:300]}"
    return Outcome(case.group, case.name, verdict, detail, not case.refused)


def judged(agreement: Agreement) -> tuple[str, str]:
    """Verdict and detail of a comparison, by the tolerances of a conversion.

    A trained network may return the same for all that is made up; the conversion itself has looked further.
    """
    try:
        require(agreement, "none", "", one_sample=agreement.vacuous)
    except ToleranceError as error:
        return "wrong", f"on other inputs: {error}"
    worst = min(output.snr_db for output in agreement.outputs)
    figure = "the same numbers" if worst == float("inf") else f"{worst:.0f} dB"
    return "converted", f"{figure}; made-up inputs change nothing" if agreement.vacuous else figure


def _cases(framework: str) -> list[Any]:
    return importlib.import_module(f"conversion_cases.{framework}").all_cases()


def _tried(framework: str, case: Any, folder: Path) -> tuple[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    given, options, beside = _TRIALS[framework](case, folder)
    model, proven_on = _converted(given, options)
    if case.refused:
        return "converted", "converted"
    there = beside(model, proven_on)
    with Runner(model) as run:
        found = [_unfiled(run(_filed(sample, there.layout)), there.layout) for sample in there.inputs]
    return judged(compare(there.outputs, found))


def _converted(given: Any, named: dict[str, Any]) -> tuple[ModelFile, list[Sample]]:
    """The model file, and the samples that it was proven on; as `convert` makes it, without a process for each."""
    options = ConversionOptions.of(**named)
    with tempfile.TemporaryDirectory() as workshop:
        try:
            opened = find_source(given).open(given, options)
            prepared = prepare(opened, options, Path(workshop))
        except PlainKernelError:
            return convert(given, **named), []
        sent = pickle.loads(pickle.dumps(prepared))  # noqa: S301 - our own, as it goes to the child
        return ModelFile(finish(sent, options.sent, silent).data, "model"), list(prepared.samples)


def _filed(sample: Arrays, layout: Layout) -> Arrays:
    """A source's inputs as the file takes them."""
    turned = layout.inputs or (False,) * len(sample)
    return [channels_last(array) if yes else array for array, yes in zip(sample, turned, strict=True)]


def _unfiled(outputs: Sequence[np.ndarray], layout: Layout) -> Arrays:
    """The file's outputs as the source returns them."""
    turned = layout.outputs or (False,) * len(outputs)
    return [channels_first(array) if yes else array for array, yes in zip(outputs, turned, strict=True)]


# One framework each.


def _keras(case: Any, folder: Path) -> Trial:
    """Built before, in a child of its own: TensorFlow and Keras save it there."""
    if (folder / "error").exists():
        raise RuntimeError(f"not built: {(folder / 'error').read_text()}")

    def beside(model: ModelFile, proven_on: list[Sample]) -> Beside:
        with np.load(folder / "samples.npz") as arrays:
            return Beside(_columns(arrays, "in"), _columns(arrays, "out"), Layout((), ()))

    return next(iter(folder.glob("source*"))), {}, beside


def _columns(arrays: Any, kind: str) -> list[Arrays]:
    count = 1 + max(int(key.split("_")[1]) for key in arrays)
    width = sum(key.startswith(f"{kind}_0_") for key in arrays)
    return [[arrays[f"{kind}_{index}_{place}"] for place in range(width)] for index in range(count)]


def _torch(case: Any, folder: Path) -> Trial:
    import torch

    module, examples = case.build()

    def run(sample: Arrays) -> Arrays:
        with torch.no_grad():
            returned = module(*(torch.from_numpy(array.copy()) for array in sample))
        return [leaf.numpy() for leaf in torch.utils._pytree.tree_leaves(returned) if isinstance(leaf, torch.Tensor)]

    def beside(model: ModelFile, proven_on: list[Sample]) -> Beside:
        return _run_beside([example.numpy() for example in examples], run, case.options)

    return module, {"example_inputs": examples, **case.options}, beside


def _jax(case: Any, folder: Path) -> Trial:
    import jax

    function, examples = case.build()
    leaves, structure = jax.tree.flatten(examples)

    def run(sample: Arrays) -> Arrays:
        returned = function(*jax.tree.unflatten(structure, sample))
        return [np.asarray(leaf) for leaf in jax.tree.leaves(returned)]

    def beside(model: ModelFile, proven_on: list[Sample]) -> Beside:
        return _run_beside([np.asarray(leaf) for leaf in leaves], run, case.options)

    return function, {"example_inputs": examples, **case.options}, beside


def _onnx(case: Any, folder: Path) -> Trial:
    made = case.build()
    path = made if isinstance(made, Path) else folder / "source.onnx"
    if path != made:
        path.write_bytes(made.SerializeToString())

    def beside(model: ModelFile, proven_on: list[Sample]) -> Beside:
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [port.name for port in session.get_inputs()]
        examples = _as_declared(session, proven_on[-1], case.options)
        return _run_beside(
            examples, lambda sample: _plain(session.run(None, dict(zip(names, sample, strict=True)))), case.options
        )

    return path, dict(case.options), beside


def _plain(returned: Sequence[Any]) -> Arrays:
    """Arrays, also of probabilities by name, which scikit-learn's models return for each row."""
    return [
        np.array([list(row.values()) for row in value], np.float32) if isinstance(value, list) else value
        for value in returned
    ]


def _as_declared(session: Any, sample: Sample, options: Any) -> Arrays:
    """A sample that the file was proven on, with channels where the source has them."""
    ports = [
        InputPort(port.name, tuple(size if isinstance(size, int) else None for size in port.shape), array.dtype.name)
        for port, array in zip(session.get_inputs(), sample.values(), strict=True)
    ]
    turned = Layout.of(ports, [], keep=options.get("keep_nchw", False)).inputs
    return [channels_first(array) if yes else array for array, yes in zip(sample.values(), turned, strict=True)]


def _run_beside(examples: Arrays, run: Callable[[Arrays], Arrays], options: Any) -> Beside:
    generator = np.random.default_rng(_SEED)
    inputs = [[_like(example, generator) for example in examples] for _ in range(_SAMPLES)]
    outputs = [run(sample) for sample in inputs]
    ports = [InputPort(str(place), array.shape, array.dtype.name) for place, array in enumerate(inputs[0])]
    shapes = [array.shape for array in outputs[0]]
    return Beside(inputs, outputs, Layout.of(ports, shapes, keep=options.get("keep_nchw", False)))


def _like(example: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Another input in the range of this one: whole numbers are drawn from those of the example."""
    if example.dtype.kind != "f":
        return generator.choice(example.ravel(), example.shape)
    low, high = float(example.min()), float(example.max())
    low, high = (low, high) if low < high else (low - 1, high + 1)
    return np.asarray(generator.uniform(low, high, example.shape), example.dtype)


_TRIALS: dict[str, Callable[[Any, Path], Trial]] = {"keras": _keras, "torch": _torch, "onnx": _onnx, "jax": _jax}
