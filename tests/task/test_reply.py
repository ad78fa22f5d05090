"""Smart reply: what was replied to messages like this one, worked out by hand on a model that counts words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import DataError, UsageError
from edgewright.media import read_examples
from edgewright.task import Replies, in_one_line, open_task
from edgewright.task.reply import _dividing
from task.texts import bag_of_words

SharedFile = Callable[[str], Path]

MODEL = bag_of_words("are you coming when is it thanks a lot".split())
EXAMPLES = [
    ("are you coming", "Yes!"),
    ("you coming", "Yes!"),
    ("when is it", "At eight."),
    ("when", "At eight."),
    ("thanks a lot", "Welcome."),
    ("thanks", "Welcome."),
]


@pytest.fixture
def replying() -> Any:
    with ew.SmartReply(MODEL, EXAMPLES, threshold=0.1) as opened:
        yield opened


def test_scores_are_the_means_of_the_nearest_messages(replying: Any) -> None:
    found = replying("are you coming when")
    expected = {"Yes!": (3 / math.sqrt(12) + 2 / math.sqrt(8)) / 2, "At eight.": (1 / math.sqrt(12) + 1 / 2) / 2}
    assert [reply.text for reply in found] == ["Yes!", "At eight."]
    assert {reply.text: reply.score for reply in found} == pytest.approx(expected, abs=1e-6)
    assert [reply.index for reply in found] == [0, 1]
    assert found[0].example == "are you coming"
    assert found.best == found[0].score


def test_only_the_three_nearest_messages_of_a_reply_count() -> None:
    many = [("you", "A"), ("you", "A"), ("you", "A"), ("it", "A"), ("it", "A"), ("it", "B")]
    with ew.SmartReply(MODEL, many, threshold=-1.0) as opened:
        assert [(reply.text, reply.score) for reply in opened("you")] == [("A", pytest.approx(1)), ("B", 0.0)]


def test_at_most_three_replies() -> None:
    five = [(word, word.upper()) for word in ("are", "you", "coming", "when", "is")]
    with ew.SmartReply(MODEL, five, threshold=0.1) as opened:
        assert [reply.text for reply in opened("are you coming when is")] == ["ARE", "YOU", "COMING"]


def test_silence_below_the_threshold(replying: Any) -> None:
    found = replying("nothing of this")
    assert (len(found), found.best, found.observations()) == (0, 0.0, [])
    said = "No reply: the nearest scores 0.000, and it answers from 0.100 on."
    assert str(found) == in_one_line(found, 3) == found.table().note == said


def test_the_threshold_comes_of_leaving_examples_out() -> None:
    """Each message alone is answered rightly at 0.577 or more; without all of its reply, at most with 0."""
    with ew.SmartReply(MODEL, EXAMPLES) as opened:
        lowest = 1 / math.sqrt(3)
        assert opened.threshold == pytest.approx(lowest / 2, abs=1e-6)
        assert opened.notices == (
            "it answers from a score of 0.289 on: of 6 examples, each left out in turn, 6 are answered rightly so, 0 "
            "wrongly; 0 where all with the same reply are left out",
        )
        assert "6 examples of 3 replies, threshold 0.289" in repr(opened)


def test_examples_that_nobody_can_tell_apart_are_said_to_be() -> None:
    with ew.SmartReply(MODEL, [("you", "A"), ("you", "B")]) as opened:
        assert "does not tell these 2 examples apart" in opened.notices[0]
    with ew.SmartReply(MODEL, [("are you", "A"), ("you coming", "B")]) as opened:
        assert opened.threshold == pytest.approx(0.75)
        assert [reply.text for reply in opened("are you")] == ["A"]


@pytest.mark.parametrize(
    ("scores", "right", "expected"),
    [
        ([0.9, 0.7, 0.4], [True, True, False], 0.55),
        ([0.9, 0.7, 0.4], [True, False, True], 0.8),
        ([0.9, 0.7, 0.4], [True, True, True], 0.4),
        ([0.9, 0.5, 0.5, 0.1], [True, True, False, True], 0.1),
        ([0.6, 0.2], [False, False], 0.8),
        ([0.2], [True], 0.2),
    ],
)
def test_where_right_and_wrong_divide(scores: list[float], right: list[bool], expected: float) -> None:
    assert _dividing(np.array(scores), np.array(right)) == pytest.approx(expected)


def test_a_result_of_replies_speaks_the_language_of_all(replying: Any) -> None:
    found: Replies = replying("when is it")
    assert found.observations()[0].label == "At eight."
    assert found.to_dict(1)["replies"][0]["example"] == "when is it"
    assert found.table().to_sheet().header == ("rank", "index", "label", "score", "example")
    with pytest.raises(UsageError, match="nothing to draw for a text"):
        found.draw("photo.jpg")


def test_many_messages_at_once_come_in_their_order(replying: Any) -> None:
    texts = [message for message, _ in EXAMPLES] * 5
    best = [answer.result[0].text for answer in replying.stream(texts, workers=2)]
    assert best == [reply for _, reply in EXAMPLES] * 5


def test_a_task_of_the_caller_stays_open_where_it_cannot_reply() -> None:
    with open_task(MODEL) as task:
        with pytest.raises(ew.EdgewrightError):
            ew.SmartReply(task, [])
        assert len(task("thanks").vector)


def test_a_task_that_is_open_is_taken_and_closed() -> None:
    task = open_task(MODEL)
    with ew.SmartReply(task, EXAMPLES, threshold=0.5) as opened:
        assert opened("thanks a lot")[0].text == "Welcome."
    with pytest.raises(ew.EdgewrightError, match="closed"):
        task("thanks")


@pytest.mark.parametrize("examples", [[], ["ab"], [("a", "b", "c")], [("a", 1)], [("a", "b")] * 5_001])
def test_examples_that_are_none(examples: Any) -> None:
    with pytest.raises(UsageError, match="examples"):
        ew.SmartReply(MODEL, examples)


def test_a_threshold_is_one_number() -> None:
    with pytest.raises(UsageError, match="one number for all replies"):
        ew.SmartReply(MODEL, EXAMPLES, threshold={"Yes!": 0.5})  # type: ignore[arg-type]


def test_a_model_that_compares_no_texts_is_refused(shared_file: SharedFile) -> None:
    with pytest.raises(UsageError, match=r"compares texts \(text-embedding\), not text-classification"):
        ew.SmartReply(shared_file("models/nl_classifier_regex.tflite"), EXAMPLES)


def test_a_real_embedder_takes_examples_too(shared_file: SharedFile) -> None:
    with ew.SmartReply(shared_file("models/text_embedder_regex.tflite"), EXAMPLES, threshold=0.5) as opened:
        assert len(opened("are you coming")) == 3


@pytest.mark.parametrize(
    "text",
    [
        'message,reply\nhi,"Hello, you"\nbye,Ciao\n',
        '"hi";"Hello, you"\nbye;Ciao\n',
        "hi\tHello, you\n\nbye\tCiao",
        '\ufeffreply,id,message\r\n"Hello, you",1,hi\r\nCiao,2,bye\r\n',
    ],
)
def test_tables_of_examples(tmp_path: Path, text: str) -> None:
    (tmp_path / "replies.csv").write_bytes(text.encode())
    assert read_examples(tmp_path / "replies.csv") == [("hi", "Hello, you"), ("bye", "Ciao")]


def test_a_reply_of_several_lines_keeps_them_apart(tmp_path: Path) -> None:
    (tmp_path / "replies.csv").write_text('where,"Main Street 1\nopposite the church"\nwhen,At eight\n')
    assert read_examples(tmp_path / "replies.csv") == [
        ("where", "Main Street 1\nopposite the church"),
        ("when", "At eight"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "no lines"),
        (b"hi,there\nonly\n", "line 2: the message or the reply is missing"),
        (b"hi,\n", "line 1: the message or the reply is missing"),
        (b"\xff,b\n", "no UTF-8 text: invalid start byte at byte 0"),
        (b'a,"' + b"x" * 200_000 + b'"\n', "line 1: field larger than field limit"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "replies.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(message)):
        ew.SmartReply(MODEL, path)
