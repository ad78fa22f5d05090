"""Thresholds that no score reaches are refused with the range, and scores of 0 are not shown as answers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.agent.events.observing import Wanted
from edgewright.agent.events.rules.rule import Rule
from edgewright.errors import UsageError
from edgewright.model import Metadata, ModelFile, OutputMetadata
from edgewright.report import numbers
from edgewright.task import Classification, in_one_line, open_task

from . import detector_files
from .constants import constant_model
from .test_no_numbers import PICTURE, SCORES

WITH_THRESHOLD = (
    *("finished boxes", "a grid of boxes", "a grid with objectness", "sorted boxes", "scores beside boxes"),
    *("masks of things", "faces", "hands", "points of a body", "points of several", "maps of points"),
    *("points of a hand", "a mask", "a sound"),
)
IMPOSSIBLE = [50, 1.01, -0.1, math.nan, math.inf, -math.inf, True]


@pytest.mark.parametrize("threshold", IMPOSSIBLE)
@pytest.mark.parametrize("name", WITH_THRESHOLD)
def test_a_threshold_that_makes_no_sense_is_refused_with_the_range(name: str, threshold: float) -> None:
    case = SCORES[name]
    with pytest.raises(UsageError, match=r"threshold is .*; scores go from 0 to 1"):
        open_task(case.model(0.25), **{**case.options, "threshold": threshold})


@pytest.mark.parametrize("threshold", [0, 0.5, 1])
@pytest.mark.parametrize("name", WITH_THRESHOLD)
def test_all_others_are_taken(name: str, threshold: float) -> None:
    case = SCORES[name]
    open_task(case.model(0.25), **{**case.options, "threshold": threshold}).close()


def test_of_classes_in_a_series_that_are_probabilities() -> None:
    case = SCORES["a series"]
    with pytest.raises(UsageError, match="threshold is 50"):
        open_task(case.model(0.25), **{**case.options, "threshold": 50, "meaning": "probabilities"})
    open_task(case.model(0.25), **{**case.options, "threshold": 50}).close()  # Nobody knows what its scores are.


@pytest.mark.parametrize("threshold", [50, -2, math.nan])
def test_of_replies_the_range_is_that_of_a_cosine(threshold: float) -> None:
    model = SCORES["a text as a vector"].model(0.25)
    with pytest.raises(UsageError, match="texts are alike from -1 to 1"):
        ew.SmartReply(model, [("hello", "Yes!")], task="text-embedding", threshold=threshold)


# ----- rules of an agent


def _classifier(meaning: Any) -> ModelFile:
    model = constant_model([1, 8, 8, 3], [np.float32([[3, 0.2, 0.1]])])
    said = OutputMetadata(labels=("ant", "bee", "cat"), meaning=meaning)
    return model.with_metadata(Metadata(task="classification", outputs=(said,)))


@pytest.mark.parametrize("score", [50, 1.01, -0.1])
@pytest.mark.parametrize("meaning", ["probabilities", "logits"])
def test_a_rule_wants_a_score_that_the_model_can_say(meaning: str, score: float) -> None:
    wanted = Wanted.by([Rule("r", ("ant",), score=score)], top=5)
    with (
        open_task(_classifier(meaning)) as task,
        pytest.raises(UsageError, match=rf"rule 'r' wants a score of at least {score}; .* go from 0 to 1"),
    ):
        wanted.check(task)


@pytest.mark.parametrize("name", ["finished boxes", "a grid of boxes"])
def test_so_with_boxes(name: str) -> None:
    with open_task(SCORES[name].model(0.25)) as task, pytest.raises(UsageError, match="go from 0 to 1"):
        Wanted.by([Rule("r", ("ant",), score=50)], top=5).check(task)


def test_scores_of_any_size_may_be_asked_for_at_any_size() -> None:
    with open_task(_classifier(None)) as task:
        Wanted.by([Rule("r", ("ant",), score=50)], top=5).check(task)


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_a_rule_wants_a_number(score: float) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        Rule("r", ("ant",), score=score)


def test_watch_refuses_it_on_the_command_line_and_in_a_file(edgewright: Any, shared_file: Any, tmp_path: Any) -> None:
    (tmp_path / "in").mkdir()
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    said = edgewright("watch", model, "--folder", "in", "--label", "macaw", "--score", "50", "--once", cwd=tmp_path)
    assert (said.returncode, said.stdout) == (2, "")
    assert "wants a score of at least 50; scores of this model go from 0 to 1" in said.stderr
    text = f'model = "{model}"\n[source]\nfolder = "in"\nonce = true\n[[rules]]\nname = "bird"\nlabels = ["macaw"]\n'
    (tmp_path / "agent.toml").write_text(f"{text}score = 50\n")
    said = edgewright("watch", "agent.toml", cwd=tmp_path)
    assert said.returncode == 2
    assert "rule 'bird' wants a score of at least 50" in said.stderr


# ----- a file's own


def test_a_threshold_of_the_file_that_nothing_reaches_is_left_out_and_said() -> None:
    model = _classifier("probabilities")
    (output,) = model.metadata.outputs
    far = model.with_metadata(
        Metadata(
            task="classification", outputs=(OutputMetadata(labels=output.labels, meaning="logits", score_threshold=50),)
        )
    )
    with open_task(far) as classify:
        assert "the file's own threshold, 50, is left out: its scores go from 0 to 1" in classify.notices
        assert len(classify(PICTURE).top(3)) == 3


def test_of_a_detector_it_is_said_whose_it_is() -> None:
    model = detector_files.described(detector_files.finished(), scores={"score_threshold": 50.0})
    with pytest.raises(UsageError, match=r"the file's own threshold is 50; .* Give another: threshold"):
        open_task(model)
    open_task(model, threshold=0.5).close()


def test_where_nothing_reaches_the_files_threshold_the_best_is_named() -> None:
    result = Classification(np.float32([0.2, 0.3]), ("ant", "bee"), "probabilities", 0.5)
    assert result.table().note == "No class reaches the file's threshold of 0.5; the best is bee 0.3."


# ----- zeros


def ranked(*scores: float, meaning: Any = "probabilities") -> Classification:
    labels = tuple(f"c{place}" for place in range(len(scores)))
    return Classification(np.float32(scores), labels, meaning)


@pytest.mark.parametrize(
    ("scores", "meaning", "shown", "note"),
    [
        ((0.9, 0.1, 0, 0), "probabilities", ["c0", "c1"], "All other classes have a score of 0."),
        ((0, 0, 1), "probabilities", ["c2"], "All other classes have a score of 0."),
        ((0, 0.5, 0, 0.25), None, ["c1", "c3"], "All other classes have a score of 0."),
        ((0, 0, 0), "probabilities", ["c0"], "All classes have a score of 0."),
        ((0.5, 0.25, 0.25), "probabilities", ["c0", "c1", "c2"], ""),
        ((2.5, 0, -1), None, ["c0", "c1", "c2"], ""),
        ((0.9, 1e-5, 0), "probabilities", ["c0", "c1"], "All other classes have a score of 0."),
    ],
)
def test_what_has_a_score_of_0_is_no_answer(scores: Any, meaning: Any, shown: list[str], note: str) -> None:
    result = ranked(*scores, meaning=meaning)
    table = result.table()
    assert [row[0] for row in table.rows] == shown
    assert table.note == note
    assert in_one_line(result, 10).count(";") == len(shown) - 1
    assert str(result).count(";") == len(shown) - 1


def test_programs_get_them_all() -> None:
    result = ranked(0.9, 0.1, 0, 0)
    assert len(result.to_dict()["top"]) == len(result.table().to_sheet().rows) == len(result.top()) == 4


@pytest.mark.parametrize(
    ("score", "text", "fine"), [(0, "0.00", "0.000"), (1e-6, "<0.01", "<0.001"), (0.004, "<0.01", "0.004")]
)
def test_what_is_not_0_does_not_read_so(score: float, text: str, fine: str) -> None:
    assert (numbers.score(score), numbers.fine_score(score)) == (text, fine)


def test_a_list_of_boxes_is_not_filled_up_with_nothing() -> None:
    things = [detector_files.THINGS[0], detector_files.THINGS[1]._replace(score=0.0)]
    with open_task(detector_files.described(detector_files.finished(things)), threshold=0) as detect:
        assert [thing.label for thing in detect(PICTURE)] == ["cat"]
