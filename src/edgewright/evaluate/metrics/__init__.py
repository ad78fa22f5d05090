"""Metrics, one file each, and how the one for a task is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edgewright.errors import UsageError
from edgewright.evaluate.metrics.metric import ByClass, ClassValue, Confusing, Judging, Metric, Weighted, Weights
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.metrics"

_metrics: Registry[Metric] = Registry(
    "metric",
    ENTRY_POINTS,
    {
        "top1": "edgewright.evaluate.metrics.top1:METRIC",
        "top5": "edgewright.evaluate.metrics.top1:TOP5",
        "mAP": "edgewright.evaluate.metrics.mean_average_precision:METRIC",
        "mAP50": "edgewright.evaluate.metrics.mean_average_precision:AT_HALF",
        "mIoU": "edgewright.evaluate.metrics.mean_iou:METRIC",
        "mask-agreement": "edgewright.evaluate.metrics.mean_iou:MASK_AGREEMENT",
        "OKS": "edgewright.evaluate.metrics.keypoint_similarity:METRIC",
        "sound-top1": "edgewright.evaluate.metrics.top1:SOUND_TOP1",
        "window-top1": "edgewright.evaluate.metrics.window_accuracy:METRIC",
        "segment-F1": "edgewright.evaluate.metrics.event_f1:METRIC",
        "event-F1": "edgewright.evaluate.metrics.event_f1:BY_EVENT",
        "quiet-windows": "edgewright.evaluate.metrics.quiet_windows:METRIC",
        "window-agreement": "edgewright.evaluate.metrics.window_agreement:METRIC",
        "box-agreement": "edgewright.evaluate.metrics.same_boxes:BOX_AGREEMENT",
        "pose-agreement": "edgewright.evaluate.metrics.same_poses:POSE_AGREEMENT",
        "agreement": "edgewright.evaluate.metrics.same_best:METRIC",
        "cosine": "edgewright.evaluate.metrics.cosine:METRIC",
    },
    made=True,
    protocol="edgewright.evaluate.metrics.metric:Metric",
)

register_metric = _metrics.register
metric_names = _metrics.names


def find_metric(kind: str, target: type[Any] | None, metric: str | Metric | None = None) -> Metric:
    """Find the metric for a kind of task: the one that is named or given, else the first that fits.

    `target` is the type of the data's targets, None where they have none: then only comparisons with a reference fit.
    Metrics of other packages are asked last. Raises `UsageError` for an unknown name, where the metric does not fit,
    and where none does.
    """
    if metric is not None:
        chosen = _metrics.get(metric) if isinstance(metric, str) else metric
        _check_fits(chosen, kind, target)
        return chosen
    for known in (_metrics.built_in(), _metrics.outside()):
        if found := _first(known, kind, target):
            return found
    said = "data without labels" if target is None else f"data with {target.__name__}"
    raise UsageError(f"no metric scores the results of {kind} against {said}. There are: {', '.join(metric_names())}")


def _first(known: Iterable[Metric], kind: str, target: type[Any] | None) -> Metric | None:
    return next((metric for metric in known if metric.target is target and _scores(metric, kind)), None)


def _scores(metric: Metric, kind: str) -> bool:
    """Whether a metric is for a kind; one for all kinds may name `except_kinds`."""
    return kind in metric.kinds if metric.kinds is not None else kind not in getattr(metric, "except_kinds", ())


def _check_fits(metric: Metric, kind: str, target: type[Any] | None) -> None:
    if not _scores(metric, kind):
        for_what = f"for {', '.join(sorted(metric.kinds))}" if metric.kinds else "not for all"
        raise UsageError(f"the metric {metric.name!r} is {for_what}, and the model's task is {kind}")
    if metric.target is not None and (target is None or not issubclass(target, metric.target)):
        have = "no labels" if target is None else target.__name__
        raise UsageError(f"the metric {metric.name!r} needs data with {metric.target.__name__}; these have {have}")


__all__ = [
    "ByClass",
    "ClassValue",
    "Confusing",
    "Judging",
    "Metric",
    "Weighted",
    "Weights",
    "find_metric",
    "metric_names",
    "register_metric",
]
