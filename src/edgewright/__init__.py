"""Edgewright: take a trained model to a small computer and keep it working there."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from edgewright import named_models, trainable
from edgewright.errors import EdgewrightError

if TYPE_CHECKING:
    from edgewright import scale
    from edgewright.agent import Agent, Line, Zone
    from edgewright.bench import bench
    from edgewright.check import check
    from edgewright.convert import convert
    from edgewright.deploy import deploy, export
    from edgewright.engine import Delegate, Interpreter, OpResolverType, load_delegate, open_engine
    from edgewright.evaluate import Evaluation, accuracy, agreement, choose_engine, evaluate
    from edgewright.hub import SmartReply, chain, load
    from edgewright.media import Box
    from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata, inspect
    from edgewright.optimize import optimize
    from edgewright.quickstart import quickstart
    from edgewright.rewrite import rewrite
    from edgewright.task import (
        Chain,
        Chained,
        Classification,
        Crop,
        Detection,
        Detections,
        Embedding,
        Faces,
        Observation,
        Poses,
        Replies,
        Result,
        Segmentation,
        SeriesEvents,
        SoundEvents,
        Task,
        Tensors,
        TextClassification,
        Tracker,
        fit_threshold,
        track,
    )
    from edgewright.train import Compressed, Training, compress, teach, train

__version__ = "0.1.0"

# Public name -> the room it lives in, which is imported when the name is first used.
_ROOMS = {
    "Agent": "agent",
    "Box": "media",
    "Chain": "task",
    "Chained": "task",
    "Classification": "task",
    "Compressed": "train",
    "Crop": "task",
    "Delegate": "engine",
    "Detection": "task",
    "Detections": "task",
    "Embedding": "task",
    "Evaluation": "evaluate",
    "Faces": "task",
    "InputMetadata": "model",
    "Interpreter": "engine",
    "Line": "agent",
    "Metadata": "model",
    "ModelFile": "model",
    "Observation": "task",
    "OpResolverType": "engine",
    "OutputMetadata": "model",
    "Poses": "task",
    "Replies": "task",
    "Result": "task",
    "SeriesEvents": "task",
    "Segmentation": "task",
    "SoundEvents": "task",
    "SmartReply": "hub",
    "Task": "task",
    "TextClassification": "task",
    "Tensors": "task",
    "Tracker": "task",
    "Training": "train",
    "Zone": "agent",
    "accuracy": "evaluate",
    "agreement": "evaluate",
    "bench": "bench",
    "chain": "hub",
    "choose_engine": "evaluate",
    "compress": "train",
    "check": "check",
    "convert": "convert",
    "deploy": "deploy",
    "evaluate": "evaluate",
    "export": "deploy",
    "fit_threshold": "task",
    "inspect": "model",
    "load": "hub",
    "load_delegate": "engine",
    "open_engine": "engine",
    "optimize": "optimize",
    "quickstart": "quickstart",
    "rewrite": "rewrite",
    "teach": "train",
    "track": "task",
    "train": "train",
}

# Rooms that are public as they are: edgewright.scale.run.
_OPEN = {"scale"}

__all__ = [
    "Agent",
    "Box",
    "Chain",
    "Chained",
    "Classification",
    "Compressed",
    "Crop",
    "Delegate",
    "Detection",
    "Detections",
    "EdgewrightError",
    "Embedding",
    "Evaluation",
    "Faces",
    "InputMetadata",
    "Interpreter",
    "Line",
    "Metadata",
    "ModelFile",
    "Observation",
    "OpResolverType",
    "OutputMetadata",
    "Poses",
    "Replies",
    "Result",
    "Segmentation",
    "SeriesEvents",
    "SmartReply",
    "SoundEvents",
    "Task",
    "Tensors",
    "TextClassification",
    "Tracker",
    "Training",
    "Zone",
    "__version__",
    "accuracy",
    "agreement",
    "bench",
    "chain",
    "check",
    "choose_engine",
    "compress",
    "convert",
    "deploy",
    "evaluate",
    "export",
    "fit_threshold",
    "inspect",
    "load",
    "load_delegate",
    "open_engine",
    "optimize",
    "quickstart",
    "rewrite",
    "scale",
    "teach",
    "track",
    "train",
]


class _Package(ModuleType):
    """Some verbs have the name of their room: `edgewright.convert` is the function, whichever was imported first."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _ROOMS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name in _OPEN:
            return importlib.import_module(f"edgewright.{name}")
        if name not in _ROOMS:
            raise AttributeError(f"module 'edgewright' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"edgewright.{_ROOMS[name]}"), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted(__all__)


def _fetched_model(name: str) -> ModelFile:
    from edgewright.hub import fetched_model

    return fetched_model(name)


def _trainable(*given: Any, **options: Any) -> Any:
    from edgewright.train import open_trainable

    return open_trainable(*given, **options)


sys.modules[__name__].__class__ = _Package
named_models.hand_in(_fetched_model)
trainable.hand_in(_trainable)
