"""Evaluating a real classifier of texts on a table of reviews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgewright.errors import UsageError
from edgewright.evaluate import evaluate, report_page

REVIEWS = """text,label
What a waste of my time.,Negative
"a boring, stupid film",Negative
"i loved it, great actors and a wonderful story",Positive
the worst film that i have seen,Positive
"""


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    return tmp_path / "reviews.csv"


def test_a_classifier_of_texts_gets_its_accuracy(shared_file: Any, reviews: Path) -> None:
    result = evaluate(shared_file("models/nl_classifier_regex.tflite"), reviews)
    assert (result.metric.name, result.found.value) == ("top1", 0.75)
    assert [(one.name, one.expected) for one in result.worst] == [("the worst film that i have seen", "Positive")]
    assert "the worst film that i have seen" in report_page(result).to_html()


def test_a_vocabulary_is_given_to_both_models(shared_file: Any, reviews: Path) -> None:
    model = shared_file("models/movie_review.tflite")
    given = {
        "vocabulary": shared_file("models/movie_review_vocab.txt"),
        "labels": shared_file("models/movie_review_labels.txt"),
    }
    result = evaluate(model, reviews, baseline=model, **given)
    assert result.comparison is not None
    assert result.comparison.change.value == 0
    with pytest.raises(UsageError, match="nothing in the file says how a text becomes numbers"):
        evaluate(model, reviews)
