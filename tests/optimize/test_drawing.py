"""What both models find, drawn beside one another: made of a real search's result by replacing its parts."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image

from edgewright.data import Dataset
from edgewright.evaluate import find_metric
from edgewright.machine import describe
from edgewright.model import ModelFile
from edgewright.optimize import Candidate, MetricDrop, Optimization
from edgewright.optimize.changed import changed_blocks
from edgewright.optimize.inputs.prepared import prepare

from . import anynets


def result_of(source: ModelFile, made: ModelFile, samples: Dataset, metric: str, folder: Path) -> Optimization:
    data = prepare(source, samples, folder=folder, metric=metric)
    chosen = Candidate(name="int8", status="accepted", size=made.size)
    return Optimization(
        source=source, model=made, chosen=chosen, candidates=(chosen,), max_drop=0.1, prefer="size",
        metric=find_metric(data.scoring.task, data.scoring.target, metric), data=data, machine=describe(), seconds=1.0,
        proof=MetricDrop(8, 0.05, 0.08), changed=((int(data.proof[0]), "red 0.5", "nothing"),),
    )  # fmt: skip


def test_boxes_of_both_models_are_drawn_where_they_are(tmp_path: Path):
    """The second model is the first one with weaker scores, of which none is shown."""
    source, blind = anynets.detector(split=True), anynets.detector(split=True, shown=0.1)
    result = result_of(source, blind, anynets.squares(20), "mAP", tmp_path)
    (block,) = changed_blocks(result)
    assert "left what the float model finds, right what this one does" in block.lead
    shown = np.asarray(Image.open(io.BytesIO(block.pictures[0].image)), int)
    height, width = anynets.SIZE
    assert shown.shape == (height, 2 * width, 3) or shown.shape[1] == 640
    left, right = shown[:, : shown.shape[1] // 2 - 8], shown[:, shown.shape[1] // 2 + 8 :]
    colored = [int((np.ptp(side, axis=2) > 60).sum()) for side in (left, right)]
    assert colored[0] > 1.5 * colored[1] > 0


def test_shares_and_what_cannot_be_drawn_stay_as_they_are(tmp_path: Path):
    source = anynets.embedder()
    samples = Dataset(anynets.segments(20).inputs, None, (), "patches", "made")
    result = result_of(source, source, samples, "cosine", tmp_path)
    (block,) = changed_blocks(result)
    assert "left" not in block.lead
    bare = dataclasses.replace(result, changed=())
    assert "None of" in str(changed_blocks(bare)[0])
