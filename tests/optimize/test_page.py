"""The report and the table of an optimization, made of results as a search returns them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.data import ClassTarget
from edgewright.errors import UsageError
from edgewright.evaluate import Estimate, find_metric, wilson
from edgewright.machine import Timing, describe
from edgewright.model import InputMetadata, Metadata
from edgewright.optimize.changed import changed_blocks
from edgewright.optimize.decision import MetricDrop, PairedDrop
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.page import report_page
from edgewright.optimize.results import NOT_CONFIRMED, Candidate, Optimization, nearest_miss
from edgewright.optimize.scoring import Scoring
from edgewright.optimize.wording import brief_table, candidates_table, change, reasons_table, share, verdict
from edgewright.report import Pictures, Table

from . import gauges
from .networks import dense, fitted

Make = Callable[..., Optimization]

CLASSES = ("cat", "dog", "owl")
SIDE = 28
ACCURACY = find_metric("classification", ClassTarget)
AGREEMENT = find_metric("classification", None)


def share_of(right: int, total: int) -> Estimate:
    return Estimate(right / total, wilson(right, total))


def timing(milliseconds: float) -> Timing:
    medians = tuple(milliseconds / 1000 * factor for factor in (0.99, 1.0, 1.0, 1.01))
    return Timing(
        median_s=milliseconds / 1000, p95_s=medians[-1], round_medians=medians, spread=0.02, rounds=4, calls=40,
        batch=1, disturbed=0, noisy=0,
    )  # fmt: skip


def measured(
    name: str, status: Any, size: int, lost: int, won: int, milliseconds: float = 3.0, **others: Any
) -> Candidate:
    return Candidate(
        name=name, status=status, size=size, drop=PairedDrop(400, lost, won), timing=timing(milliseconds),
        float_timing=timing(3.0), peak_memory=31_000_000, **others,
    )  # fmt: skip


CANDIDATES = (
    measured("float16 weights", "accepted", 951_000, 0, 0),
    measured("int8 weights", "accepted", 560_000, 1, 1, 3.1),
    measured("int4 weights", "over budget", 339_000, 61, 4, reason="a drop of 14.25 points is over the budget"),
    measured("full integer", "too few to tell", 567_000, 6, 3, 1.2, reason="at worst 2.22 points"),
    Candidate(name="16-bit activations", status="stopped early", size=569_000, reason="12 of the first 40 lost"),
    Candidate(name="full integer, int8 edges", status="failed", reason="the interpreter refused it"),
    measured("mixed", "accepted", 601_000, 1, 2, 1.6, kept_float=("CONV_2D 0", "CONV_2D 5")),
)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make an optimization that chose "mixed"; keywords replace what it says."""
    random = np.random.default_rng(0)
    small = dense(fitted(random.normal(size=(30, 8)).astype(np.float32), np.arange(30) % 3, depth=2, width=16))
    pictures = random.integers(0, 256, (12, 1, SIDE, SIDE, 1))
    np.save(tmp_path / "inputs.npy", ((pictures - 127.5) / 127.5).astype(np.float32))
    data = PreparedData(
        path=tmp_path / "inputs.npy",
        targets=np.arange(12) % 3,
        classes=CLASSES,
        digest="ab" * 32,
        calibration=np.arange(0, 4),
        selection=np.arange(4, 8),
        proof=np.arange(8, 12),
        names=tuple(f"photos/{number}.png" for number in range(12)),
        scoring=Scoring("classification", ClassTarget),
    )
    described = InputMetadata(kind="image", color_space="GRAYSCALE", mean=(127.5,), std=(127.5,))
    source = small.with_metadata(Metadata(inputs=(described,)))

    def make(**others: Any) -> Optimization:
        said: dict[str, Any] = {
            "source": source,
            "model": small,
            "chosen": CANDIDATES[-1],
            "candidates": CANDIDATES,
            "max_drop": 0.01,
            "prefer": "latency",
            "metric": ACCURACY,
            "data": data,
            "machine": describe(),
            "seconds": 412.0,
            "proof": PairedDrop(1000, 3, 1),
            "before": share_of(900, 1000),
            "after": share_of(898, 1000),
            "sensitivity": (("CONV_2D 0", 9.0), ("CONV_2D 5", 14.0), ("SOFTMAX 9", 200.0)),
            "changed": ((8, "owl", "cat"), (9, "cat", "dog"), (10, "owl", "dog")),
        }
        return Optimization(**{**said, **others})

    return make


def nothing(make: Make, **others: Any) -> Optimization:
    candidates = tuple(one for one in CANDIDATES if not one.accepted)
    return make(
        **{
            "model": None,
            "chosen": None,
            "proof": None,
            "before": None,
            "after": None,
            "changed": (),
            "candidates": candidates,
        }
        | others
    )


def text_of(result: Optimization) -> str:
    """The words of the page, without its tags and its style."""
    body = report_page(result).to_html().split("<body>")[1]
    return " ".join(re.sub("<[^>]+>", " ", body.replace("<wbr>", "")).split())


def test_the_page_says_what_was_chosen_and_what_is_proven(make: Make) -> None:
    text = text_of(make())
    assert "Smaller, with proof" in text
    assert "loses 3 right answers of the float model and wins 1: a drop of 0.2 points" in text
    assert "Kept in float: CONV_2D 0; CONV_2D 5." in text
    assert "89.8%" in text  # 900 - 3 + 1 of 1000
    assert "1.9× faster" in text


def test_the_page_names_what_met_the_proof_before_and_did_not_stand(make: Make) -> None:
    assert "looked at once, for this candidate only" in text_of(make())
    refused = replace(CANDIDATES[0], status="over budget", reason=NOT_CONFIRMED)
    text = text_of(make(candidates=(refused, *CANDIDATES[1:])))
    assert "looked at once, for float16 weights, which did not stand, and for this one" in text


def test_every_candidate_is_on_the_page_with_its_reason(make: Make) -> None:
    text = text_of(make())
    for number, candidate in enumerate(CANDIDATES, 1):
        assert f"{number} {candidate.name}" in text
        assert candidate.reason in text


def test_charts_have_the_numbers_of_the_table_and_only_what_was_measured(make: Make) -> None:
    html = report_page(make()).to_html()
    latency, size = re.findall(r"<desc>(float.*?)</desc>", html)
    assert "7 mixed: 0.53× the time of float, +0.25 points" in latency
    assert "7 mixed: 601 kB, +0.25 points" in size
    assert "16-bit activations" not in latency + size


def test_what_was_stopped_early_is_in_the_table_only(make: Make) -> None:
    stopped = measured("hopeless", "stopped early", 95_000, 200, 0, reason="over budget after 50 samples")
    html = report_page(make(candidates=(*CANDIDATES[:-1], stopped, CANDIDATES[-1]))).to_html()
    assert "hopeless" not in "".join(re.findall(r"<desc>(float.*?)</desc>", html))
    assert "7 hopeless" in html


def test_the_list_of_numbers_has_every_point(make: Make) -> None:
    untimed = replace(CANDIDATES[2], timing=None, float_timing=None)
    html = report_page(make(candidates=(*CANDIDATES[:2], untimed, *CANDIDATES[3:]))).to_html()
    assert html.count('<ol class="key">') == 1
    assert "3 int4 weights" in html.split('<ol class="key">')[1].split("</ol>")[0]


def test_size_comes_first_where_it_matters_most(make: Make) -> None:
    titles = re.findall(r"<figcaption>(.*?)</figcaption>", report_page(make(prefer="size")).to_html())
    assert titles[0].startswith("Size of the file")
    assert titles[1].startswith("Latency")


def test_operators_are_ranked_by_harm_and_the_kept_ones_stand_out(make: Make) -> None:
    html = report_page(make()).to_html()
    assert html.count("bar main") == 2
    text = text_of(make())
    assert text.index("CONV_2D 0 9.0 dB") < text.index("CONV_2D 5 14.0 dB") < text.index("SOFTMAX 9 none")


@pytest.mark.parametrize("snr", [float("nan"), float("inf"), -float("inf"), -200.0, 200.0])
def test_any_ratio_can_be_drawn(make: Make, snr: float) -> None:
    assert "CONV_2D 0" in text_of(make(sensitivity=(("CONV_2D 0", snr),)))


def test_changed_pictures_are_shown_with_the_truth(make: Make) -> None:
    (block,) = changed_blocks(make())
    assert isinstance(block, Pictures)
    told = [(one.label, one.detail) for one in block.pictures]
    assert told == [("cat", "was owl"), ("dog", "was cat"), ("dog", "was owl")]
    assert [one.verdict for one in block.pictures] == ["wrong", "wrong", "right"]
    assert "8.png" in block.pictures[0].description


def test_the_pictures_are_the_ones_that_went_in(make: Make) -> None:
    import io

    from PIL import Image

    result = make()
    (block,) = changed_blocks(result)
    shown = np.asarray(Image.open(io.BytesIO(block.pictures[1].image)))
    given = result.data.open().row(9)[0].reshape(SIDE, SIDE) * 127.5 + 127.5
    assert np.abs(shown - given).max() < 0.6


def test_without_labels_nothing_is_called_right_or_wrong(make: Make) -> None:
    result = make(metric=AGREEMENT, before=None, after=None)
    (block,) = changed_blocks(result)
    assert {one.verdict for one in block.pictures} == {None}
    text = text_of(result)
    assert "otherwise than the float model, which says nothing of which is right" in text
    assert "change of agreement" in text
    assert "what the float model answers counts as right" in text


def test_inputs_that_are_no_pictures_become_a_table(make: Make) -> None:
    result = make()
    described = InputMetadata(kind="feature")
    (block,) = changed_blocks(replace(result, source=result.source.with_metadata(
        replace(result.source.metadata, inputs=(described,)))))  # fmt: skip
    assert isinstance(block, Table)
    assert block.rows[0] == ("8.png", "owl", "cat", "owl")


def test_many_changes_are_counted_and_the_first_shown(make: Make) -> None:
    many = tuple((8, "owl", "cat") for _ in range(40))
    (block,) = changed_blocks(make(changed=many, proof=PairedDrop(1000, 40, 0)))
    assert len(block.pictures) == 24
    assert block.lead == "40 of 1,000 inputs of the proof split; the first 24 are shown."


def test_nothing_within_the_budget_is_said_with_the_nearest_miss(make: Make) -> None:
    result = nothing(make)
    assert verdict(result).startswith("No candidate kept within the budget of 1 point. The nearest is full integer, ")
    assert "in all would tell at these rates" in verdict(result)
    text = text_of(result)
    assert "Nothing within the budget" in text
    assert "What it answers otherwise" not in text


def test_a_choice_that_its_proof_refused_is_no_choice(make: Make) -> None:
    refused = replace(CANDIDATES[-1], status="too few to tell", reason="chosen, and not confirmed by the proof")
    result = nothing(make, proof=PairedDrop(1000, 9, 1), candidates=(*CANDIDATES[2:-1], refused))
    said, text = verdict(result), text_of(result)
    assert said.startswith(f"Nothing was written. {refused.name} was the best of those accepted by the inputs")
    assert "is not confirmed by 1,000 other inputs: a drop of 0.8 points" in said
    assert said.count("in all would tell") <= 1
    assert "The nearest is" not in said
    assert "Nothing within the budget" in text
    assert "chosen, and not confirmed by the proof" in text
    assert "What it answers otherwise" not in text


def test_a_choice_that_lost_a_part_on_other_inputs_says_so(make: Make) -> None:
    """Its drop may be within the budget all the same."""
    refused = replace(CANDIDATES[-1], status="part lost", reason="chosen, and not confirmed by the proof")
    result = nothing(make, proof=PairedDrop(1000, 0, 0), candidates=(*CANDIDATES[2:-1], refused))
    assert "on 1,000 other inputs a part of its outputs says nothing" in verdict(result)


def test_nothing_measured_at_all_can_be_told(make: Make) -> None:
    result = nothing(make, candidates=(Candidate(name="int8", status="failed", reason="no"),), sensitivity=())
    assert verdict(result) == "No candidate kept within the budget of 1 point."
    assert "What can be had" in text_of(result)
    json.dumps(result.to_dict())


def test_over_the_budget_is_a_warning(make: Make) -> None:
    result = make(chosen=CANDIDATES[3])
    assert not result.within_budget
    assert "and over the budget of 1 point" in verdict(result)
    assert 'class="warning"' in report_page(result).to_html()


@pytest.mark.parametrize(
    ("lost", "words"),
    [(3, ""), (9, "too few to prove"), (30, "kinder than these")],
)
def test_a_proof_that_does_not_hold_the_budget_says_so(make: Make, lost: int, words: str) -> None:
    said = verdict(make(proof=PairedDrop(1000, lost, 1)))
    assert words in said
    assert ("budget" in said) == bool(words)


def test_the_table_marks_the_chosen_one_and_shows_signs(make: Make) -> None:
    rows = candidates_table(make()).rows
    assert rows[-1][-1] == "accepted, chosen"
    assert [row[4] for row in rows] == ["0", "0", "−14.25", "−0.75", None, None, "+0.25"]


def test_the_terminal_gets_a_table_that_fits_and_the_reasons(make: Make) -> None:
    text = brief_table(make()).to_text(80)
    assert max(map(len, text.splitlines())) <= 80
    assert "7 mixed  " in text
    reasons = reasons_table(make())
    assert reasons is not None
    assert reasons.rows[-1] == ("6 full integer, int8 edges", "the interpreter refused it")
    assert reasons_table(make(candidates=CANDIDATES[:2])) is None


def test_the_nearest_miss_has_the_smallest_bound() -> None:
    missed = nearest_miss(CANDIDATES)
    assert missed is not None
    assert missed.name == "full integer"
    assert nearest_miss(CANDIDATES[:2]) is None


def test_results_are_plain_values(make: Make) -> None:
    document = json.loads(json.dumps(make().to_dict()))
    assert document["chosen"] == "mixed"
    assert document["accuracy"]["correct"] == 898
    assert document["data"] == {"digest": "ab" * 32, "calibration": 4, "selection": 4, "proof": 4}
    assert document["candidates"][-1]["latency_ratio"] == pytest.approx(1.6 / 3)
    assert document["proof"]["drop"] == pytest.approx(0.002)


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0.0, "0"), (0.01, "1"), (0.0125, "1.25"), (-0.005, "−0.5"), (-1e-9, "0")]
)
def test_shares_in_points(fraction: float, shown: str) -> None:
    assert share(fraction) == shown


@pytest.mark.parametrize(("drop", "shown"), [(0.0, "0"), (0.0125, "−1.25"), (-0.01, "+1")])
def test_a_drop_as_a_change(drop: float, shown: str) -> None:
    assert change(drop) == shown


def test_results_that_contradict_themselves_are_refused(make: Make) -> None:
    with pytest.raises(UsageError, match="or neither"):
        make(model=None)
    with pytest.raises(UsageError, match="Choose one of: size, latency"):
        make(prefer="beauty")
    with pytest.raises(UsageError, match="Choose one of: accepted"):
        Candidate(name="a", status="fine")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="without that of the float model"):
        Candidate(name="a", status="accepted", timing=timing(1.0))


def test_hostile_names_run_nothing(make: Make) -> None:
    attack = "<script>alert(1)</script>"
    result = make(changed=((8, attack, attack),), sensitivity=((attack, 3.0),))
    assert "<script" not in report_page(result).to_html()


@pytest.mark.parametrize(
    ("metric", "moved", "shown"),
    [
        (gauges.METRIC, 0.012, "worse by 0.012 bar, with 95% confidence worse by at most 0.03 bar"),
        (gauges.METRIC, -0.012, "better by 0.012 bar, with 95% confidence worse by at most 0.03 bar"),
        (find_metric("classification", None, "cosine"), 0.012, "worse by 0.012, with 95% confidence worse by at most"),
    ],
)
def test_a_metric_that_is_no_share_is_told_in_its_unit(make: Make, metric: Any, moved: float, shown: str) -> None:
    """An error does not drop, it rises: the words say what is worse, the signs which way the number went."""
    drop = MetricDrop(400, moved, 0.03)
    (chosen,) = (replace(CANDIDATES[-1], drop=drop),)
    values = {"before": Estimate(0.2, (0.1, 0.3)), "after": Estimate(0.2 + moved, (0.1, 0.3))}
    result = make(metric=metric, max_drop=0.05, proof=drop, chosen=chosen, candidates=(chosen,), **values)
    assert shown in verdict(result)
    text = text_of(result)
    assert "accuracy" not in text.casefold()
    assert "points" not in verdict(result) + str(brief_table(result).columns)
    rises = moved if metric is gauges.METRIC else -moved
    assert brief_table(result).rows[0][2] == f"{rises:+.3f}".replace("-", "−")
