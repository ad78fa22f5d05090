from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgewright.convert import sources
from edgewright.convert.sources.registry import find_source, register_source
from edgewright.errors import ConversionError, UsageError


def test_every_file_of_the_folder_is_a_format():
    of_tensorflow = {"keras", "hdf5", "saved_model", "keras-object", "tflite", "frozen_graph", "tf-function"}
    of_torch = {"torch-module", "pt2", "torchscript", "torch-checkpoint", "safetensors"}
    of_jax = {"jax-function"}
    assert {source.name for source in sources()} >= of_tensorflow | of_torch | of_jax


def test_name_can_be_taken_once():
    with pytest.raises(UsageError, match="registered already"):
        register_source(sources()[0])


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("digits.keras", "keras"),
        ("digits.h5", "hdf5"),
        ("sm_two", "saved_model"),
        ("sm_two/saved_model.pb", "saved_model"),
    ],
)
def test_formats_are_known_by_their_content(source_models: Path, file, name):
    assert find_source(source_models / file).name == name


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_refused_unread(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        os.write(pipe, bytes(64))
        with pytest.raises(ConversionError, match=r"pipe: neither a file nor a folder"):
            find_source(tmp_path / "pipe")
    finally:
        os.close(pipe)
