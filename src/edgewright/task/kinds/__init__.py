"""The kinds of tasks, one file each, and how the kind of a file is found."""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.registry import Registry
from edgewright.spelling import argument
from edgewright.task.inputs import input_kind
from edgewright.task.options import Options
from edgewright.task.shapes import makes_row_of_picture, takes_picture

if TYPE_CHECKING:
    from edgewright.task.inputs.kind import InputKind
    from edgewright.task.kind import TaskKind

ENTRY_POINTS = "edgewright.tasks"

_NOTHING: Options = MappingProxyType({})

_kinds: Registry[TaskKind] = Registry(
    "task",
    ENTRY_POINTS,
    {
        "bodies": "edgewright.task.kinds.bodies:KIND",
        "classification": "edgewright.task.kinds.classification:KIND",
        "detection": "edgewright.task.kinds.detection:KIND",
        "embedding": "edgewright.task.kinds.embedding:KIND",
        "faces": "edgewright.task.kinds.faces:KIND",
        "hands": "edgewright.task.kinds.hands:KIND",
        "landmarks": "edgewright.task.kinds.landmarks:KIND",
        "pose": "edgewright.task.kinds.pose:KIND",
        "segmentation": "edgewright.task.kinds.segmentation:KIND",
        "text-classification": "edgewright.task.kinds.text_classification:KIND",
        "text-embedding": "edgewright.task.kinds.text_embedding:KIND",
        "audio-classification": "edgewright.task.kinds.audio_classification:KIND",
        "series": "edgewright.task.kinds.series:KIND",
        "tensors": "edgewright.task.kinds.tensors:KIND",
    },
    made=True,
    protocol="edgewright.task.kind:TaskKind",
)

# From a picture to one row of numbers, to another one output, and to several. No other kinds recognize such files.
_OF_ROWS = frozenset({"classification", "embedding"})
_OF_LABELED_ROWS = frozenset({"classification"})
_OF_ONE = frozenset({"detection", "pose", "segmentation"})
_OF_SEVERAL = frozenset({"bodies", "detection", "faces", "hands", "landmarks", "pose"})
_DETECTION = frozenset({"detection"})
_OF_DETECTORS = "TFLite_Detection_PostProcess"

register_task = _kinds.register
task_names = _kinds.names


def kind_of(
    model: ModelFile, task: str | TaskKind | None = None, said: Options = _NOTHING, *, or_tensors: bool = True
) -> TaskKind:
    """Find the kind of a file: the one that is named, else what the file says, else the one that recognizes it.

    `said` is what the caller says to the task otherwise: labels make a classifier of a row that may be anything. Kinds
    of other packages are asked last, since looking for them takes time. Where none fits, the kind is "tensors", whose
    decoder says in a notice that nobody knows what the file is for; without `or_tensors` that is an error.
    Raises `UsageError` for an unknown name, and where two kinds fit.
    """
    if task is not None:
        return _kinds.get(task) if isinstance(task, str) else task
    if model.metadata.task is not None:
        return _named(model, model.metadata.task)
    fitting = _fitting(model, said) or _told(model, said) or _fitting_outside(model)
    if len(fitting) > 1:
        reasons = "; ".join(f"{kind.name} ({reason})" for kind, reason in fitting)
        raise UsageError(f"{model.name}: it could be {reasons}. Say which: {argument('task', fitting[0][0].name)}")
    if not fitting:
        return _last_resort(model, or_tensors)
    return fitting[0][0]


def _last_resort(model: ModelFile, wanted: bool) -> TaskKind:
    from edgewright.task.kinds.tensors import LAST_RESORT, unknown

    if not wanted:
        raise UsageError(f"{unknown(model)}. Say its task with {argument('task')}; edgewright run --help lists them")
    return LAST_RESORT


def _named(model: ModelFile, name: str) -> TaskKind:
    """The kind that a file names itself."""
    try:
        return _kinds.get(name)
    except UsageError:
        raise UsageError(
            f"{model.name}: its task is {name}, which is not supported. Supported: {', '.join(task_names())}. "
            "ew.Interpreter runs it all the same"
        ) from None


def input_of(model: ModelFile, task: str | TaskKind | None = None, said: Options = _NOTHING) -> InputKind:
    """The kind of input that a file takes, for its own task or the one that is named. Raises as `kind_of` does."""
    return input_kind(kind_of(model, task, said).input, model)


def input_options(model: ModelFile, task: str | TaskKind | None = None) -> Options:
    """What a file's kind says of the preparation where the file itself says nothing. Raises as `kind_of` does."""
    return needed_options(kind_of(model, task), model)


def needed_options(kind: TaskKind, model: ModelFile) -> Options:
    """The same of a kind that is known; most kinds leave it to the file."""
    own = getattr(kind, "input_options", None)
    return {} if own is None else own(model)


def takes_unsaid_pixels(model: ModelFile) -> bool:
    """Whether a file takes pictures, and nothing says how their pixels become its input. Raises as `kind_of` does."""
    kind = kind_of(model)
    said = model.metadata.inputs[0].mean if model.metadata.inputs else ()
    bytes_taken = bool(model.inputs) and model.inputs[0].dtype == "uint8"
    return kind.input == "picture" and not (said or bytes_taken or "normalization" in needed_options(kind, model))


def _fitting(model: ModelFile, said: Options) -> list[tuple[TaskKind, str]]:
    """The built-in kinds that recognize a file, without those that yield to what the caller says."""
    asked = ((kind, kind.recognize(model)) for kind in _kinds.built_in(_possible(model)))
    return [(kind, reason) for kind, reason in asked if reason and not _yields(kind, model, said)]


def _possible(model: ModelFile) -> Collection[str] | None:
    """The names of those of ours that a file can be of, by the form of its inputs and outputs; None for all.

    To import all of them takes a tenth of the time in which a classifier starts and answers.
    """
    if makes_row_of_picture(model):
        labeled = bool(model.metadata.outputs and model.metadata.outputs[0].labels)
        return _OF_LABELED_ROWS if labeled else _OF_ROWS
    if not takes_picture(model):
        return None
    if any(operator.name == _OF_DETECTORS for operator in model.ops):
        return _DETECTION
    return _OF_ONE if len(model.outputs) == 1 else _OF_SEVERAL


def _yields(kind: TaskKind, model: ModelFile, said: Options) -> bool:
    yields = getattr(kind, "yields", None)
    return bool(said and yields is not None and yields(model, said))


def _told(model: ModelFile, said: Options) -> list[tuple[TaskKind, str]]:
    """The built-in kinds that a file is of, by what the caller says of it: those that have a method `told`."""
    asked = ((kind, getattr(kind, "told", None)) for kind in _kinds.built_in()) if said else ()
    answers = ((kind, told(model, said)) for kind, told in asked if told is not None)
    return [(kind, reason) for kind, reason in answers if reason]


def _fitting_outside(model: ModelFile) -> list[tuple[TaskKind, str]]:
    asked = _kinds.asked(lambda kind: kind.recognize(model))
    return [(kind, reason) for kind, reason in asked if reason]
