"""Where a source is opened: files in a child process, objects that are alive in the caller's process there."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.product import Prepared, Product
from edgewright.convert.proof.proving import finish
from edgewright.convert.proof.silence import silence
from edgewright.convert.sources.contract import ModelSource, Opened, StartsFramework
from edgewright.convert.sources.failures import PlainKernelError, first_line
from edgewright.convert.sources.registry import is_ours
from edgewright.convert.sources.tensorflow.runtime import keras_backend
from edgewright.errors import ChildMemoryError, ConversionError, EdgewrightError
from edgewright.machine import Progress, run_in_child, silent, stage
from edgewright.model import ModelFile
from edgewright.spelling import argument

RUNNING = "running it on inputs"
_LONGEST = 24

# Which Keras of TensorFlow, and TensorFlow's own kernels. Threads of PyTorch that wait sleep: spinning they take from
# each other, where a machine has other work to do, twenty times what the network takes.
CHILD_ENVIRONMENT = {"TF_USE_LEGACY_KERAS": "0", "TF_ENABLE_ONEDNN_OPTS": "0", "OMP_WAIT_POLICY": "PASSIVE"}
# oneDNN runs convolutions in channels-first order too, where this machine's TensorFlow has it.
_OTHER_KERNELS = {"TF_ENABLE_ONEDNN_OPTS": "1"}


def produce(
    source: ModelSource, given: object, options: ConversionOptions, folder: Path, progress: Progress
) -> Product:
    """Open what was given, lower it and prove it; temporary files go into `folder`."""
    if source.in_child and isinstance(given, Path):
        return _produced_from(source, given.resolve(), options, folder, progress)
    with silence():
        opened = _open(source, given, options)
    if isinstance(opened, ModelFile):
        return _passed(opened, source, given)
    with stage(progress, RUNNING), silence():
        prepared = prepare(opened, options, folder)
    del opened
    gc.collect()  # A framework's graphs are circles of many objects, which Python would keep over many conversions.
    environment = child_environment(folder)
    with _bounded(prepared.name, options):
        return run_in_child(
            convert_prepared, prepared, options.sent, memory=options.memory, progress=progress, env=environment
        )


def _produced_from(
    source: ModelSource, path: Path, options: ConversionOptions, folder: Path, progress: Progress
) -> Product:
    """Convert what lies at `path` in a child; with oneDNN's kernels where TensorFlow's own do not run it."""
    environment = child_environment(folder)
    given = (source, path, options, folder)
    with _bounded(str(path), options):
        try:
            return run_in_child(convert_path, *given, memory=options.memory, progress=progress, env=environment)
        except PlainKernelError:
            environment = {**environment, **_OTHER_KERNELS}
            return run_in_child(convert_path, *given, memory=options.memory, progress=progress, env=environment)


@contextmanager
def _bounded(name: str, options: ConversionOptions) -> Iterator[None]:
    """Say in words of conversion that the child took more memory than it may; `name` stands for the source."""
    try:
        yield
    except ChildMemoryError as error:
        allowed = f"{(options.memory or 0) / 2**20:,.0f} MiB"
        raise ChildMemoryError(
            f"{name}: the conversion took more than {allowed} of memory and was stopped. Allow more with "
            f"{argument('memory')}, or leave it out"
        ) from error


def child_environment(folder: Path | str) -> Mapping[str, str]:
    """What is added to a child's environment, whose temporary files all end up in `folder`."""
    return {**CHILD_ENVIRONMENT, "KERAS_BACKEND": keras_backend(), "TMPDIR": str(folder)}


def convert_path(
    source: ModelSource, path: Path, options: ConversionOptions, folder: Path, progress: Progress = silent
) -> Product:
    """In a child: convert what lies at `path`."""
    with stage(progress, _reading(source, path)):
        opened = _open(source, path, options)
    if isinstance(opened, ModelFile):
        return _passed(opened, source, path)
    with stage(progress, RUNNING):
        prepared = prepare(opened, options, folder)
    del opened
    return finish(prepared, options, progress)


def _reading(source: ModelSource, path: Path) -> str:
    """What takes its time in the beginning; a name that is too long for a line loses its middle."""
    name = path.name if len(path.name) <= _LONGEST else f"{path.name[: _LONGEST // 2]}…{path.name[-_LONGEST // 2 :]}"
    return f"starting {source.framework}, reading {name}" if isinstance(source, StartsFramework) else f"reading {name}"


def convert_prepared(prepared: Prepared, options: ConversionOptions, progress: Progress = silent) -> Product:
    """In a child: convert what the caller's process has opened and run."""
    return finish(prepared, options, progress)


def _open(source: ModelSource, given: object, options: ConversionOptions) -> Opened | ModelFile:
    """Open it; what another package's source raises over a file is one line. Ours say it themselves."""
    if is_ours(source):
        return source.open(given, options)
    try:
        return source.open(given, options)
    except EdgewrightError:
        raise
    except (ValueError, TypeError, LookupError, RuntimeError, OSError) as error:
        said = f"{source.title} that cannot be opened: {first_line(error)}"
        raise ConversionError(said, where=str(given)) from error


def _passed(model: ModelFile, source: ModelSource, given: Any) -> Product:
    """What passes through needs no proof because it is the source itself, byte for byte."""
    own = given.data if isinstance(given, ModelFile) else given.read_bytes() if isinstance(given, Path) else None
    if own != model.data:
        raise ConversionError(
            f"the source {source.name!r} opened a model file that is not the file which was given, so there is nothing "
            "to compare it with",
            where=str(given),
        )
    return Product(model.data)
