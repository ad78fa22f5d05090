"""From a running model to results that mean something."""

from __future__ import annotations

from edgewright.task.classification import TOP, Class, Classification, Classifier
from edgewright.task.labels import read_labels
from edgewright.task.protocol import Task, open_task, register_task, task_names
from edgewright.task.quantization import dequantize

__all__ = [
    "TOP",
    "Class",
    "Classification",
    "Classifier",
    "Task",
    "dequantize",
    "open_task",
    "read_labels",
    "register_task",
    "task_names",
]
