"""A child process that is asked again and again."""

from __future__ import annotations

import time

import pytest

from edgewright.errors import ChildCrashError, UsageError
from edgewright.machine import Kept

from . import child_functions


def heard(kept: Kept) -> bytes:
    end = time.monotonic() + 60
    while (answer := kept.heard(0.1)) is None:
        assert time.monotonic() < end
    return answer


def test_it_answers_question_after_question_with_bytes_of_any_size():
    kept = Kept("the child", child_functions.serve_echoes, b"> ")
    try:
        for question in (b"", b"one", bytes(5_000_000)):
            kept.ask(question)
            assert heard(kept) == b"> " + question
        assert kept.heard(0) is None
    finally:
        kept.close()


@pytest.mark.parametrize(
    ("question", "error", "said"),
    [
        (b"die", ChildCrashError, r"the child died of SIGKILL"),
        (b"exit", ChildCrashError, r"the child ended with exit code 3 before it had a result.*\n  last words"),
        (b"raise", ChildCrashError, r"the child raised ValueError: a mistake"),
        (b"refuse", UsageError, r"^not this$"),
    ],
)
def test_what_it_dies_of_is_said(question: bytes, error: type[Exception], said: str):
    kept = Kept("the child", child_functions.serve_echoes, b"")
    try:
        kept.ask(b"first")
        kept.ask(question)
        assert heard(kept) == b"first"
        with pytest.raises(error, match=said):
            heard(kept)
        kept.ask(b"nobody is there")
        with pytest.raises(ChildCrashError):
            heard(kept)
    finally:
        kept.close()
