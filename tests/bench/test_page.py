"""What people read: tables that fit 80 columns, and a page with charts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from edgewright.bench import ColdStart, Comparison, choice_table, report_page, tables
from edgewright.bench.wording import brief, per_second
from edgewright.evaluate import EngineCandidate, EngineChoice

from .conftest import FAST, SLOW


def text(result, width: int | None = None) -> str:
    return "\n".join(table.to_text(width) for table in tables(result))


def test_a_real_difference_is_named_and_noise_is_called_noise(make):
    assert re.search(r"model +litert +1 +12.0 ms +13.0 ms +25.0% +2.0× faster, real", text(make()))
    assert "within the noise (1.05× faster)" in text(make(baseline=False))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("options", [{}, {"baseline": False}, {"pictures": 12}])
def test_tables_fit_the_terminal(make, options, width: int):
    assert max(map(len, text(make(**options), width).splitlines())) <= width


def test_pictures_have_a_table_of_their_own(make):
    assert "One picture, from file to result" in text(make(pictures=12))
    assert "pictures per second" in text(make(pictures=12))
    assert "from file to result" not in text(make())


def test_comparisons_in_words():
    assert brief(None) is None
    assert brief(Comparison(2.0, "real")) == "2.0× slower, real"
    assert brief(Comparison(1.0, "within the noise")) == "within the noise (same speed)"


@pytest.mark.parametrize(("rate", "words"), [(3.504, "3.50"), (32, "32.0"), (99.97, "100"), (1237, "1,240")])
def test_rates_have_three_digits(rate: float, words: str):
    assert per_second(rate) == words


def test_the_page_has_charts_tables_notices_and_the_machine(make):
    html = report_page(make(pictures=12, notices=("The machine runs on battery.",))).to_html()
    assert html.count("<svg") == 5
    assert html.count('class="dot"') == 6
    assert "The machine runs on battery." in html
    assert "Raspberry Pi 4 Model B" in html
    assert "Time per operator: not available from this runtime." in html
    assert "<script" not in html


def test_without_a_baseline_the_first_candidate_stands_alone(make):
    html = report_page(make(baseline=False)).to_html()
    assert "95% within" in html
    assert "large.tflite" not in html


def test_unknown_memory_is_said_and_drawn_nowhere(make):
    result = make()
    unknown = ColdStart(0.2, 0.01, 0.02, 0.015, None, None)
    result = replace(result, measured=tuple(replace(one, cold_starts=(unknown,)) for one in result.measured))
    html = report_page(result).to_html()
    assert "does not tell how much memory" in html
    assert html.count("<svg") == 3


def test_a_choice_shows_what_was_chosen_and_why_others_are_out():
    candidates = (
        EngineCandidate("litert", 1, SLOW),
        EngineCandidate("litert", 2, FAST),
        EngineCandidate("openvino", 1, reason="is not installed"),
    )
    lines = choice_table(EngineChoice("litert", 2, 0.012, candidates)).to_text().splitlines()[4:]
    assert [line.split()[:2] for line in lines] == [["litert", "1"], ["litert", "2"], ["openvino", "1"]]
    assert [line.split("  ")[-1].strip() for line in lines[1:]] == ["chosen", "is not installed"]
    assert "chosen" not in lines[0]
