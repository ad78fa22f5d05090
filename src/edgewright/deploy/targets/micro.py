"""`export --for micro`: C and C++ around a model for TensorFlow Lite Micro, with the memory that it takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version

from edgewright.check import TargetReport, Verdict, check
from edgewright.deploy.description import Description
from edgewright.deploy.exporting import Written
from edgewright.deploy.targets.micro_code.decoding import classes_of, decoding_files
from edgewright.deploy.targets.micro_code.files import template
from edgewright.deploy.targets.micro_code.model_files import arena_file, label_files, model_files
from edgewright.deploy.targets.micro_code.operators import operators_file, operators_of
from edgewright.deploy.targets.micro_code.preparing import preparation_files
from edgewright.deploy.targets.micro_code.program import program_file
from edgewright.deploy.targets.micro_code.reading import readme_file
from edgewright.deploy.targets.micro_code.sampling import Sample, sample_files, take_sample
from edgewright.errors import ModelError, UsageError
from edgewright.machine import Progress
from edgewright.model import ModelFile

# What the interpreter of the package tflite-micro keeps in the arena to record who allocates what, in bytes: it is 232,
# found by opening the same files with the package's library without it, and the arena is a multiple of 16.
_RECORDING = 224

# By how many bytes the structures that hold pointers are smaller on a 32-bit chip: TfLiteEvalTensor for each tensor
# (24 and 12 bytes), TfLiteNode with its registration for each operator (64 and 32).
_LESS_BY_TENSOR = 12
_LESS_BY_OPERATOR = 32


class _Micro:
    """The target; without state."""

    name = "micro"
    title = "TensorFlow Lite Micro"

    def write(self, described: Description, progress: Progress) -> Written:
        """See `Target.write`; also raises `MissingExtraError` where the package `tflite-micro` is not installed."""
        model = described.model
        if len(model.signatures) > 1:
            raise UsageError(f"{model.name}: it has {len(model.signatures)} signatures, and this target runs one")
        progress("running it with TensorFlow Lite Micro", 0, 2)
        report = check(model, targets="micro")["micro"]
        if not report.runs or report.arena is None:
            raise _refused(model, report)
        measured = report.arena.smallest
        progress("running a sample", 1, 2)
        sample = take_sample(described, measured)
        proven, unproven = _proven(report, measured), (*_unproven(described), *report.notices)
        arena = measured - _RECORDING
        return Written(
            _files(described, arena, sample, proven, unproven),
            proven,
            unproven,
            "make -C {folder} TFLM=../tflm-tree && {folder}/classify",
            _facts(described, arena, sample),
        )


TARGET = _Micro()


def _runtime() -> str:
    return f"tflite-micro {version('tflite-micro')}"


def _files(
    described: Description, arena: int, sample: Sample, proven: tuple[str, ...], unproven: tuple[str, ...]
) -> dict[str, bytes]:
    less = _less(described.model)
    return {
        **model_files(described),
        "ops.h": operators_file(described),
        "arena.h": arena_file(described, arena, less, _runtime()),
        **preparation_files(described),
        **decoding_files(described),
        **label_files(described),
        **sample_files(described, sample),
        "main.cc": program_file(described),
        "Makefile": template("Makefile.in"),
        "CMakeLists.txt": template("CMakeLists.txt.in"),
        "README.md": readme_file(described, arena, less, _runtime(), proven, unproven),
    }


def _facts(described: Description, arena: int, sample: Sample) -> dict[str, object]:
    return {
        "arena": arena,
        "arena_less_on_32_bits": _less(described.model),
        "model_bytes": described.model.size,
        "operators": list(operators_of(described.model)),
        "runtime": _runtime(),
        "sample": "picture" if sample.picture is not None else "stored numbers",
    }


def _less(model: ModelFile) -> int:
    subgraphs = model.graph.subgraphs
    return sum(_LESS_BY_TENSOR * len(one.tensors) + _LESS_BY_OPERATOR * len(one.operators) for one in subgraphs)


def _proven(report: TargetReport, measured: int) -> tuple[str, ...]:
    found = [
        f"it runs with {_runtime()} in {measured:,} bytes, and does not start in 16 less; {_RECORDING} of them are "
        f"that package's own notes, so arena.h has {measured - _RECORDING:,}."
    ]
    if report.agreement is not None and report.agreement.outputs:
        least = min(output.snr_db for output in report.agreement.outputs)
        how = "to the bit" if math.isinf(least) else f"with {least:.0f} dB signal to noise or more"
        found.append(f"its outputs are LiteRT's {how}, on made-up inputs.")
    found.append("the sample's outputs in sample.c are what it computed in that memory.")
    return tuple(found)


def _unproven(described: Description) -> Iterator[str]:
    yield "the folder was not compiled, and not run on a microcontroller; ./classify says whether the sample comes out."
    yield "the memory on 32 bits, and with kernels made for one processor."
    if described.pixels is not None:
        yield "how a larger picture becomes one of the model's size: that is not in the folder."
    for obstacle in described.obstacles:
        yield f"a part that is left out: {obstacle}."
    if classes_of(described) is None and described.decoding is not None:
        yield "what the outputs mean: they come as numbers, without labels."


def _refused(model: ModelFile, report: TargetReport) -> ModelError:
    """What hinders, all of it at once, and what helps."""
    hindering: dict[str, Counter[str]] = {}
    for operator in report.operators:
        if operator.verdict is not Verdict.RUNS:
            hindering.setdefault(operator.reason.rstrip("."), Counter())[operator.name] += 1
    listed = "; ".join(f"{_counted(names)}: {reason}" for reason, names in hindering.items())
    remedy = report.next_steps[0] if report.next_steps else "See: edgewright check --target micro"
    said = f"{report.title} does not run it: {listed or report.problem}"
    return ModelError(said, where=model.name, remedy=" ".join(remedy.split()))


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{name} ({count} times)" if count > 1 else name for name, count in names.items())
