"""The comparison of pages with runs is loose where it has to be, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from .blocks import assert_shown, blocks

PRINTED = """photo.jpg

label             score
------------------------------------
military uniform  0.922  ██████████████████
suit              0.012
model.tflite: 410,525 bytes, 95.8% (94.4–96.9), 14.0 µs ± 4%
"""


@pytest.mark.parametrize(
    "shown",
    [
        PRINTED,
        "military uniform 0.93 █",
        "photo.jpg\n…\nsuit 0.03",
        "military uniform  0.90",
        "model.tflite: 405,000 bytes, 95.2% (94.0–96.5), 15.1 µs ± 3%",
        "model.tflite: … (94.4–96.9), …",
        "…: 410,525 bytes, …",
    ],
)
def test_what_is_near_enough(shown: str):
    assert_shown(shown, PRINTED)


@pytest.mark.parametrize(
    "shown",
    [
        "military uniforms 0.922",
        "military uniform 0.822",
        "military uniform",
        "suit 0.012\nmilitary uniform 0.922",
        "model.tflite: 110,525 bytes, 95.8% (94.4–96.9), 14.0 µs ± 4%",
        "model.tflite: 410,525 bytes, 95.8% (94.4–96.9), 14.0 ms ± 4%",
        "…: 410,525 bites, …",
        "other … 14.0 µs ± 4%",
    ],
)
def test_what_is_not(shown: str):
    with pytest.raises(AssertionError, match="the page shows"):
        assert_shown(shown, PRINTED)


def test_blocks_know_their_words_and_headings(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n\n## Two\n\n```python run file=a.py\nx = '```'\n# Three\n```\n\n## Four\n\n```\nplain\n```\n"
    )
    first, second = blocks(page)
    assert first.words == ("python", "run", "file=a.py")
    assert first.text == "x = '```'\n# Three\n"
    assert (first.line, first.headings) == (5, ("One", "Two"))
    assert (second.words, second.text, second.headings) == ((), "plain\n", ("One", "Four"))
