"""From a running model to results that mean something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.task.classification import TOP as TOP
    from edgewright.task.classification import Class as Class
    from edgewright.task.classification import Classification as Classification
    from edgewright.task.classification import Classifier as Classifier
    from edgewright.task.labels import Labels as Labels
    from edgewright.task.labels import match_labels as match_labels
    from edgewright.task.labels import read_labels as read_labels
    from edgewright.task.protocol import Task as Task
    from edgewright.task.protocol import open_task as open_task
    from edgewright.task.protocol import register_task as register_task
    from edgewright.task.protocol import task_names as task_names
    from edgewright.task.quantization import dequantize as dequantize
    from edgewright.task.streaming import Answer as Answer
    from edgewright.task.streaming import Streaming as Streaming
    from edgewright.task.streaming import stream as stream

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "classification": "Class Classification Classifier TOP",
        "labels": "Labels match_labels read_labels",
        "protocol": "Task open_task register_task task_names",
        "quantization": "dequantize",
        "streaming": "Answer Streaming stream",
    },
)
