"""What makes no sense is refused before anything is worked out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import UsageError
from edgewright.train import Settings
from edgewright.train.compression.method import methods_named


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"bits": 5}, "choose one of 8, 4, 3, 2"),
        ({"sparsity": 1.0}, "between 0 and 1"),
        ({"clusters": 1}, "expected 2 to 256"),
        ({"epochs": 0}, "expected 1 or more"),
        ({"learning_rate": 2.0}, "between 0 and 1"),
        ({"seed": -1}, "expected 0 to"),
    ],
)
def test_a_setting_that_cannot_be(option: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Settings(**option)


def test_what_is_kept_is_found_by_what_a_file_of_labels_holds_and_by_versions(tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("cat\ndog\n")
    settings = Settings(conversion={"labels": labels})
    before = settings.key
    assert {"edgewright", "keras", "tensorflow"} == set(before["versions"])
    labels.write_text("dog\ncat\n")
    assert settings.key != before


@pytest.mark.parametrize(
    ("methods", "words"),
    [((), "is empty"), (("qat", "qat"), "twice"), (("quat",), "Did you mean 'qat'"), (" , ", "is empty")],
)
def test_methods_that_are_none(methods: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        methods_named(methods)


def test_what_is_no_network_of_keras(tmp_path: Path) -> None:
    data = (np.zeros((20, 4), np.float32), np.arange(20) % 2)
    with pytest.raises(UsageError, match="a dict cannot be trained further"):
        ew.compress({}, data, work=tmp_path)
