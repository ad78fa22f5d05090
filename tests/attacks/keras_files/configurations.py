"""What attackers write into the configuration itself, in the form of Keras 3 and of the last releases of Keras 2."""

from __future__ import annotations

from collections.abc import Iterator

from .corpus import Config, Hostile, dense, function, in_all, in_archive, layer, sequential, stored


def configurations() -> Iterator[Hostile]:
    """What the new format allows."""
    yield from in_all("Lambda", lambda bait: sequential(layer("Lambda", function=stored(bait))))
    yield from in_all(
        "Lambda by a dotted name", lambda bait: sequential(layer("layers.Lambda", "keras", function=stored(bait)))
    )
    yield from in_all(
        "model from a path", lambda bait: sequential(layer("TFSMLayer", filepath=str(bait.folder / "saved_model")))
    )
    yield from in_all(
        "model from a path by a dotted name",
        lambda bait: sequential(layer("layers.TFSMLayer", "keras", filepath=str(bait.folder / "saved_model"))),
    )
    yield from in_all("bytecode as an activation", lambda bait: sequential(dense(activation=stored(bait))))
    for place in ("kernel_initializer", "kernel_regularizer", "kernel_constraint", "activity_regularizer", "dtype"):
        yield in_archive(f"bytecode as {place}", lambda bait, place=place: sequential(dense(**{place: stored(bait)})))
    yield in_archive(
        "bytecode in an inner compilation",
        lambda bait: sequential(sequential(dense(), compile_config={"loss": stored(bait), "optimizer": "sgd"})),
    )
    yield in_archive(
        "bytecode in a building configuration",
        lambda bait: sequential({**dense(), "build_config": {"input_shape": stored(bait)}}),
    )
    yield in_archive(
        "Lambda under two wrappers",
        lambda bait: sequential(
            layer("TimeDistributed", layer=layer("TimeDistributed", layer=layer("Lambda", function=stored(bait))))
        ),
    )
    yield in_archive(
        "Lambda as the way back",
        lambda bait: sequential(
            layer("Bidirectional", layer=layer("LSTM", units=2), backward_layer=layer("Lambda", function=stored(bait)))
        ),
    )
    yield from in_all(
        "class of another module",
        lambda bait: sequential(layer("Popen", "subprocess", args=["touch", str(bait.touched)])),
    )
    yield from in_all("import by a known name", lambda bait: sequential(layer("Dense", "edgewright_bait", units=2)))
    yield from in_all(
        "import by a function", lambda bait: sequential(dense(activation=function("edgewright_bait", "relu")))
    )
    for value in ("__slice__", "__tuple__", "__ellipsis__", "TensorShape", "__keras_tensor__", "__typespec__"):
        yield from in_all(f"import by {value}", lambda bait, value=value: sequential(dense(activation=_value(value))))
        yield from in_all(f"import by {value} as the model", lambda bait, value=value: _value(value))
    yield from in_all("import by the model itself", lambda bait: {**sequential(dense()), "module": "edgewright_bait"})
    yield from in_all(
        "import by a layer of operators",
        lambda bait: sequential(layer("TFOpLambda", "edgewright_bait", function="math.add")),
    )
    for name in ("eval", "exec", "open", "__import__", "print"):
        yield in_archive(
            f"builtin {name}", lambda bait, name=name: sequential(dense(activation=function("builtins", name)))
        )
    yield in_archive("builtin as a string", lambda bait: sequential(dense(activation="eval")))
    yield in_archive(
        "safe mode switched off from within",
        lambda bait: sequential(
            dense(activation=function("keras.config", "enable_unsafe_deserialization")),
            layer("Lambda", function=stored(bait)),
        ),
    )
    yield in_archive("download", lambda bait: sequential(dense(activation=function("keras.utils", "get_file"))))
    yield in_archive(
        "loading weights of a published network",
        lambda bait: sequential(dense(activation=function("keras.applications", "MobileNet", "MobileNet"))),
    )
    yield from in_all(
        "another name registered",
        lambda bait: sequential({**layer("Nothing", function=stored(bait)), "registered_name": "Lambda"}),
    )
    yield in_archive(
        "another function registered",
        lambda bait: sequential(dense(activation=function("keras.activations", "relu", "deserialize"))),
    )
    yield in_archive("layer by its name alone", lambda bait: sequential(layer("TimeDistributed", layer="Lambda")))
    yield in_archive("layers by their names alone", lambda bait: sequential(layer("Pipeline", layers=["Lambda"])))
    yield in_archive(
        "pickle",
        lambda bait: sequential(
            layer("TorchModuleWrapper", module={"class_name": "__bytes__", "config": {"value": "x"}})
        ),
    )
    for kind in ("JaxLayer", "FlaxLayer"):
        yield in_archive(
            kind, lambda bait, kind=kind: sequential(layer(kind, call_fn=stored(bait), module=stored(bait)))
        )
    yield in_archive("class without a name", lambda bait: sequential(layer(["Lambda"], function=stored(bait))))  # type: ignore[arg-type]
    yield in_archive("bytecode as an argument of a call", lambda bait: _called(stored(bait)))
    yield from _vocabularies()


def _value(kind: str) -> Config:
    parts = {"start": None, "stop": None, "step": None, "value": "x", "shape": [2], "keras_history": ["x", 0, 0]}
    where = {"module": "edgewright_bait", "registered_name": None, "spec_name": "Dense"}
    return {"class_name": kind, "config": parts, **where}


def _called(argument: Config) -> Config:
    model = sequential(dense())
    first, second = model["config"]["layers"]
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 2], "dtype": "float32", "keras_history": ["x", 0, 0]},
    }
    layers = [
        {**first, "name": "x", "inbound_nodes": []},
        {**second, "name": "evil", "inbound_nodes": [{"args": [tensor], "kwargs": {"training": argument}}]},
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["evil", 0, 0]]}
    return {"class_name": "Functional", "module": "keras", "config": {"name": "m", "layers": layers, **ends}}


def _vocabularies() -> Iterator[Hostile]:
    for kind, dtype in (("StringLookup", "int64"), ("IntegerLookup", "int64"), ("TextVectorization", "string")):
        yield from in_all(
            f"vocabulary of {kind} from a path",
            lambda bait, kind=kind, dtype=dtype: sequential(layer(kind, dtype=dtype, vocabulary=str(bait.secret))),
        )
    yield in_archive(
        "vocabulary from a path in bytes",
        lambda bait: sequential(
            layer("StringLookup", vocabulary={"class_name": "__bytes__", "config": {"value": str(bait.secret)}})
        ),
    )
    features = {
        "a": {"class_name": "Feature", "module": "keras.utils", "config": {"dtype": "string"}, "registered_name": None}
    }
    yield in_archive(
        "table of features", lambda bait: sequential(layer("FeatureSpace", "keras.utils", features=features))
    )
