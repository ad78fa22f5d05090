from __future__ import annotations

import copy

import pytest

from edgewright.convert.sources.tensorflow.keras.config import without_outdated
from edgewright.convert.sources.tensorflow.keras.safety import config_findings


def model(*layers: dict) -> dict:
    return {"class_name": "Functional", "config": {"name": "m", "layers": list(layers)}}


def layer(kind: str, **rest) -> dict:
    config = {"name": "mine", **rest.pop("config", {})}
    return {"class_name": kind, "config": config, **rest}


HARMLESS = [
    layer("Dense", module="keras.layers", registered_name=None),
    layer("Add", module="keras.src.ops.numpy", registered_name="Add"),
    layer("Conv2D"),
    layer("LayerScale", module="keras.src.applications.convnext", registered_name="LayerScale"),
    layer("Functional", module="keras.src.engine.functional", registered_name="Functional"),
    layer("Sequential", module="keras", registered_name=None),
    layer("Dense", config={"activation": {"class_name": "function", "module": "builtins", "config": "relu"}}),
    layer("Dense", config={"dtype": {"class_name": "DTypePolicy", "module": "keras", "config": {"name": "float32"}}}),
    layer("TFOpLambda", config={"function": "math.add"}),
    layer("TFOpLambda", config={"function": "reshape"}),
    layer("TFOpLambda", config={"function": "nn.relu"}),
    layer("TFOpLambda", config={"function": "compat.v1.nn.conv2d"}),
    layer("SlicingOpLambda", config={"function": "__operators__.getitem"}),
    layer("StringLookup", module="keras.layers", config={"vocabulary": ["a", "b"]}),
]


@pytest.mark.parametrize("part", HARMLESS, ids=lambda part: f"{part['class_name']} {part.get('module')}")
def test_what_only_computes_is_let_through(part):
    assert config_findings(model(part)) == ()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (layer("Lambda"), "runs Python code"),
        (layer("My>Layer"), "outside Keras"),
        (layer("Thing", module=None, registered_name="Thing"), "outside Keras"),
        (layer("Thing", module="my.module", registered_name=None), "outside Keras"),
        (layer("Thing", module="keras.utils", registered_name=None), "known to only compute"),
        (layer("TFOpLambda", config={"function": "numpy_function"}), "tf.numpy_function"),
        (layer("TFOpLambda", config={"function": "compat.v1.py_func"}), "tf.compat.v1.py_func"),
        (layer("TFOpLambda", config={"function": "keras.models.load_model"}), "tf.keras.models.load_model"),
        (layer("TFOpLambda", config={}), "calls tf."),
    ],
)
def test_what_does_more_is_found_by_layer(part, words):
    (finding,) = config_findings(model(part))
    assert "layer 'mine'" in str(finding)
    assert words in str(finding)


def test_compilation_of_the_outermost_model_is_not_built_and_may_be_anything():
    config = model() | {"compile_config": {"loss": {"class_name": "Mine", "module": "mine", "config": {}}}}
    assert config_findings(config) == ()


def test_arguments_of_keras2_without_effect_are_removed_and_named():
    config = model(
        layer("DepthwiseConv2D", config={"groups": 1}),
        layer("Bidirectional", config={"layer": layer("LSTM", config={"time_major": False})}),
    )
    before = copy.deepcopy(config)
    fresh, removed = without_outdated(config)
    assert removed == ("DepthwiseConv2D.groups", "LSTM.time_major")
    assert "groups" not in fresh["config"]["layers"][0]["config"]
    assert config == before


@pytest.mark.parametrize(
    "part", [layer("DepthwiseConv2D", config={"groups": 2}), layer("LSTM", config={"time_major": True})]
)
def test_arguments_with_an_effect_stay(part):
    assert without_outdated(model(part))[1] == ()


@pytest.mark.parametrize("name", ["\x1b[2J", "two\nlines", "long" * 1000, "\u202eright to left"])
def test_names_in_messages_are_one_short_line(name):
    call = layer("TFOpLambda", config={"function": name})
    function = layer("Dense", config={"activation": {"class_name": "function", "module": name, "config": name}})
    paths = layer("StringLookup", config={"vocabulary": name})
    for part in (layer(name), layer("Dense", config={"activation": name, "dtype": name}), call, function, paths):
        for finding in config_findings(model(part | {"name": name})):
            assert str(finding).isprintable()
            assert len(str(finding)) < 600
