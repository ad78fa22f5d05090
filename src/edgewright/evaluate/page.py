"""An evaluation as one self-contained page, the worst inputs as pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from edgewright.data import BoxesTarget, MaskTarget
from edgewright.errors import DataError, EdgewrightError
from edgewright.evaluate.evaluation import Evaluation, Scored, change, figure, with_interval
from edgewright.evaluate.wording import classes_table, figures_table, verdict, worst_table
from edgewright.media import Box, draw_boxes, load_image, side_by_side
from edgewright.report import (
    Block,
    ConfusionMatrix,
    Facts,
    Interval,
    Intervals,
    KeyFigure,
    KeyFigures,
    Page,
    Paragraph,
    Picture,
    Pictures,
    Section,
    numbers,
)
from edgewright.task import Observation, Segmentation

if TYPE_CHECKING:
    from PIL.Image import Image

# Pixels of a picture's longer side on the page.
_LONGEST = 640

# Colors of boxes by their number in `draw_boxes`: blue for what was found, green for what is there.
_FOUND, _THERE = 0, 2
_MORE_THAN_THERE = 3


def report_page(result: Evaluation) -> Page:
    """The evaluation as a page."""
    sections = [Section("Result", tuple(_result(result)))]
    if result.worst:
        sections.append(Section("Worst inputs", tuple(worst_blocks(result))))
    if len(result.by_class) > 1:
        sections.append(Section("By class", tuple(class_blocks(result))))
    sections.append(Section("How this was measured", (_facts(result), Paragraph(_how(result)))))
    return Page(
        title=f"{result.short(result.model)} on {result.data}",
        subtitle=f"{result.metric.title} of a model for {result.task}.",
        figures=_key_figures(result),
        sections=sections,
        footer="Made by edgewright evaluate.",
    )


def _key_figures(result: Evaluation) -> KeyFigures:
    low, high = result.interval
    between = f"95% interval {figure(result.metric, low)} to {figure(result.metric, high)}"
    figures = [
        KeyFigure(result.metric.title, figure(result.metric, result.value), between),
        KeyFigure("Inputs", numbers.count(result.total), _failed(result)),
    ]
    if compared := result.comparison:
        shown = "a difference is shown" if compared.shown else "no difference is shown"
        figures.append(
            KeyFigure(f"Against {result.short(compared.baseline)}", change(result.metric, compared.change.value), shown)
        )
    return KeyFigures(figures)


def _failed(result: Evaluation) -> str:
    return f"{numbers.count(len(result.failures))} could not be answered" if result.failures else ""


def _result(result: Evaluation) -> Iterator[Block]:
    rows = [(result.short(result.model), result.found)]
    if result.comparison is not None:
        rows.append((result.short(result.comparison.baseline), result.comparison.before))
    points = [Interval(name, found.value, *found.interval, with_interval(result.metric, found)) for name, found in rows]
    yield Intervals(result.metric.title, points, lambda value: figure(result.metric, value), lead=verdict(result))
    yield figures_table(result)


def worst_blocks(result: Evaluation) -> Iterator[Block]:
    """The inputs that went worst: as pictures where they can be drawn, else in a table."""
    drawn = [(one, _drawn(one, result)) for one in result.worst]
    mark: Literal["wrong"] | None = "wrong" if result.metric.share else None
    wanted = "reference" if result.against else "expected"
    pictures = [
        Picture(image, one.said, f"{wanted}: {one.expected} · {one.name}", mark) for one, image in drawn if image
    ]
    if pictures:
        yield Pictures("Where it went worst", pictures, lead=_legend(result), large=True)
    if len(pictures) < len(drawn):
        yield worst_table(result)


def _legend(result: Evaluation) -> str:
    """What is to be seen on the pictures."""
    if any(isinstance(one.target, BoxesTarget) for one in result.worst):
        return "Blue is what the model found, green what is there."
    if any(isinstance(one.result, Segmentation) for one in result.worst):
        return (
            f"On the left what the model says, on the right {'the reference' if result.against else 'what is there'}."
        )
    return ""


def class_blocks(result: Evaluation) -> Iterator[Block]:
    """What was taken for what, and the value of each class."""
    if result.confusion is not None:
        there = sorted({index for pair in result.confusion for index in pair})
        counts = [[result.confusion.get((true, said), 0) for said in there] for true in there]
        yield ConfusionMatrix("What was taken for what", [result.label(index) for index in there], counts)
    yield classes_table(result)


def _drawn(one: Scored, result: Evaluation) -> bytes | None:
    """The input as a small JPEG, with boxes or masks where there are any; None where nothing can be drawn."""
    try:
        image = load_image(one.input)
    except DataError:
        return _timeline(one)
    if isinstance(one.result, Segmentation):
        return _jpeg(side_by_side(one.result.draw(image), _masks(one, result).draw(image)))
    boxes = [*_found(one), *_there(one.target, result)]
    if boxes:
        image = draw_boxes(image, boxes)
    return _jpeg(image)


def _masks(one: Scored, result: Evaluation) -> Segmentation:
    """What is there, drawn as what is said."""
    if isinstance(one.target, MaskTarget):
        return Segmentation(one.target.class_id.astype(np.uint8), result.labels)
    return one.target  # type: ignore[no-any-return]  # the result of the reference model


def _timeline(one: Scored) -> bytes | None:
    """What the result draws itself of an input that is no picture, such as a sound."""
    try:
        return _jpeg(one.result.draw(one.input))
    except EdgewrightError:
        return None


def _jpeg(image: Image) -> bytes:
    image.thumbnail((_LONGEST, _LONGEST))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def _there(target: Any, result: Evaluation) -> list[tuple[Box, str, int]]:
    if not isinstance(target, BoxesTarget):
        return []
    pairs = zip(target.xyxy.tolist(), target.class_id.tolist(), strict=True)
    return [(Box(*corners), result.label(index), _THERE) for corners, index in pairs]


def _found(one: Scored) -> list[tuple[Box, str, int]]:
    """The best of what was found, somewhat more than there is: hundreds of unsure boxes would hide the picture."""
    most = (len(one.target) if isinstance(one.target, BoxesTarget) else 0) + _MORE_THAN_THERE
    with_box: list[Observation] = [seen for seen in one.result.observations() if seen.box is not None][:most]
    return [(seen.box, f"{seen.label} {numbers.score(seen.score)}", _FOUND) for seen in with_box if seen.box]


def _facts(result: Evaluation) -> Facts:
    facts = {"Model": result.model, "Data": result.data, "Task": result.task, "Metric": result.metric.title}
    if result.against or result.comparison:
        facts["Second model"] = result.against or (result.comparison.baseline if result.comparison else "")
    facts["Inputs"] = numbers.count(result.total)
    return Facts(facts)


def _how(result: Evaluation) -> str:
    if result.metric.share:
        interval = "The interval of the share is Wilson's, that of a paired difference Tango's."
    else:
        interval = "The intervals come from drawing the inputs again, with replacement, 1,000 times (bootstrap)."
    notices = " ".join(result.notices)
    return f"{interval} {notices}".strip()
