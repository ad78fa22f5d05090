"""The steps of an answer, one after the other, come to what a call answers."""

from __future__ import annotations

import pytest

from edgewright.errors import DataError
from edgewright.model import ModelFile
from edgewright.task import open_task


def test_the_steps_come_to_what_a_call_answers(shared_file):
    picture = shared_file("images/parrot.jpg")
    with open_task(ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))) as task:
        prepared, outputs, result = task.steps(picture)
        assert result.to_dict(3) == task(picture).to_dict(3)
        assert prepared.original is not None
        assert [array.shape for array in outputs] == [(1, 1001)]


def test_what_cannot_be_read_is_an_error_of_the_first_step(shared_file, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    with open_task(model) as task, pytest.raises(DataError, match=r"broken\.jpg"):
        next(task.steps(tmp_path / "broken.jpg"))
