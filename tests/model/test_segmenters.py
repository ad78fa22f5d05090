"""What MediaPipe's segmenters say of their numbers: read where it is there, and one line where it is broken."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import MetadataError
from edgewright.model import Metadata, ModelFile, segmenter_activation
from edgewright.model.describing.segmenters import _OPTIONS, NAME
from edgewright.model.describing.values import Carried
from edgewright.model.storage.flatbuffer_writer import encode


def carrying(*parts: dict[str, Any]) -> Metadata:
    return Metadata(carried=Carried({"subgraph_metadata": [{"custom_metadata": list(parts)}]}, {}))


def options(activation: int) -> bytes:
    return encode({"activation": activation}, _OPTIONS, "ImageSegmenterOptions", identifier=b"V001")


@pytest.mark.parametrize(("number", "name"), [(0, "none"), (1, "sigmoid"), (2, "softmax")])
def test_the_activation_is_read(number: int, name: str) -> None:
    other = {"name": "SOMETHING_ELSE", "data": b"\0"}
    assert segmenter_activation(carrying(other, {"name": NAME, "data": options(number)})) == name


def test_a_published_segmenter_says_it(shared_file: Any) -> None:
    model = ModelFile.read(shared_file("models/selfie_segmenter_landscape.tflite"))
    assert segmenter_activation(model.metadata) == "none"
    assert segmenter_activation(ModelFile.read(shared_file("models/yamnet.tflite")).metadata) is None


@pytest.mark.parametrize(
    "metadata",
    [Metadata(), Metadata(carried=Carried({"subgraph_metadata": None}, {})), carrying(),
     Metadata(carried=Carried({"subgraph_metadata": [{"custom_metadata": None}]}, {}))],
)  # fmt: skip
def test_most_files_say_nothing(metadata: Metadata) -> None:
    assert segmenter_activation(metadata) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "0 bytes are too few"),
        (b"", "0 bytes are too few"),
        (b"\x0c\0\0\0V002" + bytes(20), "b'V002' at byte 4"),
        (options(0)[:10], "SEGMENTER_METADATA: "),
        (options(3), "has activation 3, which is unknown"),
        (options(-1), "has activation -1, which is unknown"),
    ],
)
def test_what_is_broken_is_one_line(data: bytes | None, words: str) -> None:
    with pytest.raises(MetadataError, match=words) as caught:
        segmenter_activation(carrying({"name": NAME, "data": data}))
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=64))
def test_any_bytes_are_an_answer_or_one_line(data: bytes) -> None:
    with contextlib.suppress(MetadataError):
        said = segmenter_activation(carrying({"name": NAME, "data": b"\x08\0\0\0V001" + data}))
        assert said in ("none", "sigmoid", "softmax")
