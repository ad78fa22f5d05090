"""Keras 2 itself (`tf_keras`, the extra keras2) writes and reads; runs where it is installed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.convert import convert

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(importlib.util.find_spec("tf_keras") is None, reason="needs the extra keras2"),
]

BUILD = """
import sys
import tensorflow as tf
import tf_keras as keras

folder, layers = sys.argv[1], keras.layers
for name, layer in (
    ("lstm", layers.LSTM(4)), ("gru", layers.GRU(3)), ("rnn", layers.SimpleRNN(3, return_sequences=True)),
    ("both", layers.Bidirectional(layers.LSTM(3))),
):
    model = keras.Sequential([keras.Input((6, 5), name="x"), layer])
    model.save(f"{folder}/{name}.h5")
    model.save(f"{folder}/{name}")
x = keras.Input((4,), name="x")
y = tf.reshape(tf.nn.relu(tf.math.add(layers.Dense(8)(x), 1.0)), (-1, 4, 2))
keras.Model(x, layers.Dense(2, name="out")(layers.LSTM(3)(y))).save(f"{folder}/operators.h5")
"""


@pytest.fixture(scope="module")
def keras2_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keras2")
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], check=True, capture_output=True, env=quiet)
    return folder


@pytest.mark.parametrize("form", ["{}.h5", "{}"])
@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "both"])
def test_recurrent_layers_convert(keras2_models, name, form):
    model = convert(keras2_models / form.format(name))
    assert float(model.metadata.provenance.measured["agreement"]["outputs"][0]["snr_db"]) > 100
    assert not any(tensor.is_variable for subgraph in model.graph.subgraphs for tensor in subgraph.tensors)


def test_recurrent_layer_converts_to_int8_from_hdf5(keras2_models):
    samples = np.random.default_rng(0).random((20, 6, 5), dtype=np.float32)
    model = convert(keras2_models / "lstm.h5", quantize="int8", representative_data=samples)
    assert model.metadata.provenance.steps[0]["removed"] == ["LSTM.time_major", "loop of lstm"]


def test_tensorflow_functions_as_layers_need_keras2_and_convert_with_it(keras2_models):
    model = convert(keras2_models / "operators.h5")
    assert "tf_keras" in model.metadata.provenance.tools
    assert model.outputs[0].name == "out"
