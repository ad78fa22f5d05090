"""The allowlists of Keras let through all that Keras writes, and hold no name that could do harm."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.convert.sources.tensorflow.keras.safety.names import (
    allowed,
    is_class,
    is_function,
    is_tensorflow_function,
)

QUIET = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "TF_USE_LEGACY_KERAS": "0"}
# Cases of layers from outside Keras, or with code in them, which are refused as they always were.
OUTSIDE = {"Lambda layer"}
PARAMETERS = ("file", "path", "url", "fn", "func", "callable", "body", "loop")


@pytest.mark.extras
@pytest.mark.thorough
def test_no_model_of_the_conversion_table_is_refused():
    script = Path(__file__).with_name("allowlist_cases.py")
    made = subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True, env=QUIET)
    found = json.loads(made.stdout.splitlines()[-1])
    assert len(found) > 180
    refused = {name for name, forms in found.items() if any(forms.values())}
    assert refused == OUTSIDE


def test_module_and_class_belong_together():
    assert is_class("keras.layers", "Dense")
    assert is_class("keras.src.layers.core.dense", "Dense")
    assert is_class("tf_keras.src.engine.functional", "Functional")
    assert is_class("keras", "Sequential")
    assert is_class("keras", "DTypePolicy")
    for module in (None, "", "keras", "keras.utils", "keras.losses", "mine", "keras.layers/..", "keras..layers", 3):
        assert not is_class(module, "Dense"), module


def test_builtins_of_keras_are_not_those_of_python():
    assert is_function("builtins", "relu")
    assert not any(is_function("builtins", name) for name in ("eval", "exec", "open", "compile", "__import__", "input"))


def test_functions_of_tensorflow_are_looked_up_by_their_whole_path():
    assert is_tensorflow_function("compat.v1.nn.conv2d")
    assert not any(map(is_tensorflow_function, ("", ".", "nn", "nn.", "io.read_file", "math.nn.relu")))


@pytest.mark.extras
def test_no_function_of_tensorflow_on_the_list_takes_a_file_or_a_function():
    tensorflow = pytest.importorskip("tensorflow")
    suspicious = []
    for namespace, names in allowed("tensorflow").items():
        for name in sorted(names):
            for root in (tensorflow, tensorflow.compat.v1):
                place = root if namespace == "tensorflow" else getattr(root, namespace, None)
                function = getattr(place, name, None)
                taken = inspect.signature(function).parameters if callable(function) else ()
                hits = [one for one in taken if any(word in one for word in PARAMETERS) and one != "window_fn"]
                suspicious += [f"{namespace}.{name}({hit})" for hit in hits if hit != "top_paths"]
    assert suspicious == []
