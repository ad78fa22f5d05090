"""`edgewright inspect`: what it says of files that leave things unsaid."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mobilenet_v1_0.25_224_float_metadata", "classification"),
        ("mobilenet_v1_0.25_224_float", "classification (by its outputs; the file does not say)"),
    ],
)
def test_the_task_is_named_where_the_outputs_show_it(name, said, edgewright, shared_file):
    done = edgewright("inspect", shared_file(f"models/{name}.tflite"))
    (task,) = [line.split(maxsplit=1)[1] for line in done.stdout.splitlines() if line.startswith("task ")]
    assert task.startswith(said)
