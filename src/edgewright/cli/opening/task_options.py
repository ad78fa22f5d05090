"""The options by which a command says how a model is to be opened for its task, in place of what its file says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from edgewright.cli.verb import normalization, numbers
from edgewright.cli.words.completion import tasks

_F = TypeVar("_F", bound=Callable[..., Any])

ByLabel = dict[str | None, float]


def _thresholds(context: click.Context, option: click.Parameter, value: str | None) -> float | ByLabel | None:
    """One score, or scores of single labels: "0.4", "dog=0.5,cat=0.3", "0.4,dog=0.5"; None is all other labels."""
    if value is None:
        return None
    first, comma, rest = value.partition(",")
    if "=" in value and not _is_number(first):
        return _by_label(value)
    default = _score(first)
    return {None: default, **_by_label(rest)} if comma else default


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _by_label(text: str) -> ByLabel:
    """Labels may have commas of their own: a label goes up to its =, and a score from there to the next comma."""
    found: ByLabel = {}
    while text:
        label, equals, after = text.partition("=")
        score, _, text = after.partition(",")
        if not equals:
            raise click.BadParameter(f"{label!r} is no LABEL=SCORE, as in dog=0.5,cat=0.3")
        found[label.strip()] = _score(score)
    return found


def _score(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no number. Give one score, or those of labels: dog=0.5,cat=0.3"
        ) from None
    if not score >= 0:
        raise click.BadParameter(f"{text} is below 0")
    return score


# How a picture becomes a model's input.
_PREPARATION = (
    click.option(
        "--mean",
        metavar="M[,M…]",
        help="Pixels 0 to 255 become (pixel - mean) / std, as do the columns of series; over what the file says.",
    ),
    click.option("--std", metavar="S[,S…]", help="One number, or one per channel or column, as for --mean."),
    click.option(
        "--resize",
        type=click.Choice(["stretch", "crop", "letterbox"]),
        help="How a picture is fitted. [default: what the file says, else stretch]",
    ),
    click.option(
        "--crop-fraction",
        type=click.FloatRange(0, 1, min_open=True),
        metavar="SHARE",
        help="With --resize crop: the share of the shorter side that is kept.",
    ),
    click.option(
        "--interpolation",
        type=click.Choice(["bilinear", "bicubic", "reduced", "draft", "sharp", "quick"]),
        help="How pixels are resampled. reduced, the default of embedders, is faster for large pictures and nearly "
        "bilinear; draft also decodes JPEGs at a smaller size, and is a little sharper; sharp, that of detectors, is "
        "not antialiased; quick, that of faces, takes a third of its time. [default: what the file "
        "says, else by the task]",
    ),
    click.option("--pad", type=click.IntRange(0, 255), metavar="GRAY", help="Borders of a letterbox: 114 for YOLO."),
)

_OPTIONS = (
    click.option("--labels", type=click.Path(path_type=Path), help="Text file with the labels, one a line."),
    click.option("--locale", help="Which of the file's labels to show, where it has translations: de, fr, …"),
    *_PREPARATION,
    click.option("--meaning", type=click.Choice(["probabilities", "logits"]), help="What the outputs are."),
    click.option(
        "--threshold",
        callback=_thresholds,
        metavar="S",
        help="Leave out what a model is less sure of (0 to 1); of anomalies what differs less. Of detectors also by "
        "label: dog=0.5,cat=0.3 or 0.4,dog=0.5. Not for classifiers of pictures. [default: what the file says; else of "
        "detectors 0.3, of a YOLO 0.25, …]",
    ),
    click.option("--allow", metavar="LABEL", multiple=True, help="Show only things with this label; may be repeated."),
    click.option("--deny", metavar="LABEL", multiple=True, help="Show no things with this label; may be repeated."),
    click.option("--most", type=click.IntRange(1), metavar="N", help="Find at most so many things in a picture."),
    click.option(
        "--iou",
        type=click.FloatRange(0, 1),
        metavar="SHARE",
        help="Two boxes that overlap more are one thing, where the file leaves that open. [default: 0.7 for YOLO, 0.5 "
        "for raw boxes]",
    ),
    click.option(
        "--coordinates",
        type=click.Choice(["shares", "pixels"]),
        help="What a YOLO's boxes count. [default: found from the first picture's numbers]",
    ),
    click.option(
        "--keypoint-threshold",
        type=click.FloatRange(0, 1),
        metavar="S",
        help="Leave out points of a body or hand of which the model is less sure, where they are drawn.",
    ),
    click.option(
        "--anchors",
        type=click.Path(path_type=Path),
        help="Raw boxes: a .npy or .csv file with y, x, height, width of each anchor, as shares of the picture.",
    ),
    click.option(
        "--box-scales",
        metavar="Y,X,H,W",
        help="Raw boxes: what the four numbers of a box are divided by. [default: 10,10,5,5]",
    ),
    click.option(
        "--vocabulary",
        type=click.Path(path_type=Path),
        help="Text file with the words that a model of texts knows, where they are not in the model.",
    ),
    click.option(
        "--lowercase/--keep-case", default=None, help="Whether texts become lower case. [default: by the words]"
    ),
    click.option(
        "--rate",
        type=click.FloatRange(0, min_open=True),
        metavar="HZ",
        help="Sounds: the sample rate that the model takes. Series: how many rows a second there are.",
    ),
    click.option(
        "--hop",
        metavar="S",
        help="Sounds, series: the next window starts S seconds later, or N% of a window. [default: 50%]",
    ),
    click.option(
        "--columns", metavar="NAMES", help="Series: which columns, with commas between, as the model has them."
    ),
    click.option(
        "--window",
        type=click.IntRange(1),
        metavar="N",
        help="Series: rows that are looked at at once. Sounds: samples, where the model takes any length.",
    ),
    click.option(
        "--max-seconds",
        type=click.FloatRange(0, min_open=True),
        metavar="S",
        help="Sounds: refuse longer ones. [default: 14400, 4 hours]",
    ),
    click.option("--head", metavar="NAME", help="Sounds: which output, where several have scores."),
    click.option(
        "--task",
        shell_complete=tasks,
        metavar="NAME",
        help="What the model is for, where the file does not say it: classification, detection, segmentation, pose, "
        "faces, hands, bodies, landmarks, embedding, audio-classification, text-classification, text-embedding, "
        "series, or tensors for all else.",
    ),
)


TASK_GROUPS = {
    "What the model is for, and what is shown": (
        "task", "labels", "locale", "meaning", "head", "threshold", "keypoint_threshold",
    ),
    "Detectors": ("allow", "deny", "most", "iou", "coordinates", "anchors", "box_scales"),
    "Pictures": ("mean", "std", "resize", "crop_fraction", "interpolation", "pad"),
    "Texts": ("vocabulary", "lowercase"),
    "Sounds and series": ("rate", "hop", "columns", "window", "max_seconds"),
}  # fmt: skip
"""Headings of `--help`: what belongs to none of them stands at its end."""


def task_options(function: _F) -> _F:
    """Add the options of tasks; `given_options` takes what they hold."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def preparation_options(function: _F) -> _F:
    """Add those options only that say how a picture becomes a model's input."""
    for option in reversed(_PREPARATION):
        function = option(function)
    return function


def given_options(*, mean: str | None, std: str | None, **others: Any) -> dict[str, Any]:
    """Those options that were given, as `task.open_task` takes them."""
    others["normalization"] = normalization(mean, std)
    if others.get("box_scales") is not None:
        others["box_scales"] = numbers(others["box_scales"], "--box-scales")
    return {name: value for name, value in others.items() if value is not None and value != ()}
