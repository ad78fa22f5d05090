"""Builds the source models of the tests: `python build_models.py FOLDER`, so that TensorFlow starts once for all."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf

SERVING = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


def main(folder: Path) -> None:
    keras.utils.set_random_seed(7)
    build_keras(folder)
    build_hostile_keras(folder)
    build_saved_models(folder)
    build_hostile_saved_models(folder)


def digits() -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8), name="picture"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, name="scores"),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    generator = np.random.default_rng(1)
    model.fit(generator.random((32, 8, 8)), generator.integers(0, 10, 32), verbose=0)
    return model


def two_in_three_out() -> Any:
    """Names whose alphabetical order is not the model's, and outputs of one shape, so that a mix-up shows."""
    layers = keras.layers
    zeta, alpha = keras.Input((3,), name="zeta"), keras.Input((4,), name="alpha")
    joined = layers.Concatenate()([zeta, alpha])
    outputs = [layers.Dense(2, name=name)(joined) for name in ("z_out", "a_out", "m_out")]
    return keras.Model([zeta, alpha], outputs)


def named_inputs() -> Any:
    first, second = keras.Input((3,), name="second_input"), keras.Input((3,), name="first_input")
    total = keras.layers.Add()([keras.layers.Dense(2)(first), keras.layers.Dense(2)(second)])
    return keras.Model({"b": first, "a": second}, {"sum": total, "difference": keras.layers.Dense(2)(total)})


def one_layer(layer: Any, shape: tuple[int | None, ...], **options: Any) -> Any:
    return keras.Sequential([keras.Input(shape, name="x", **options), layer])


def operation(function: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    source = keras.Input(shape, name="x")
    return keras.Model(source, function(keras.layers.Dense(shape[-1], name="before")(source)))


def build_keras(folder: Path) -> None:
    layers = keras.layers
    model = digits()
    for name in ("digits.keras", "digits.h5"):
        model.save(folder / name)
    models = {
        "multi": two_in_three_out(),
        "named": named_inputs(),
        "lstm": one_layer(layers.LSTM(4), (5, 3)),
        "gru": one_layer(layers.GRU(4, return_sequences=True), (5, 3)),
        "embedding": one_layer(layers.Embedding(20, 4), (6,)),
        "svd": operation(lambda x: keras.ops.svd(keras.ops.reshape(x, (-1, 2, 2)))[1], (4,)),
        "free_size": keras.Sequential(
            [keras.Input((None, None, 3), name="x"), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()]
        ),
        "batch_of_four": keras.Sequential([keras.Input(batch_shape=(4, 3), name="x"), layers.Dense(2)]),
        "constant": one_layer(layers.Dense(2, kernel_initializer="zeros", bias_initializer="ones"), (3,)),
        "convolution": keras.Sequential(
            [
                keras.Input((12, 12, 3), name="x"),
                layers.Conv2D(8, 3, activation="relu"),
                layers.DepthwiseConv2D(3, name="depthwise"),
                layers.BatchNormalization(),
                layers.ReLU(6.0),
                layers.GlobalAveragePooling2D(),
                layers.Dense(5, name="scores"),
            ]
        ),
        "infinite": operation(lambda x: keras.ops.log(x * 0.0), (3,)),
    }
    for name, made in models.items():
        made.save(folder / f"{name}.keras")
    models["lstm"].save(folder / "lstm.h5")
    models["convolution"].save(folder / "convolution.h5")
    edit_h5(folder / "lstm.h5", folder / "keras2_lstm.h5", {"LSTM": {"time_major": False}}, "2.11.0")
    edit_h5(folder / "convolution.h5", folder / "keras2_unknown.h5", {"ReLU": {"invented": 1}}, "2.11.0")
    edit_keras(folder / "convolution.keras", folder / "keras2_depthwise.keras", {"DepthwiseConv2D": {"groups": 1}})
    model.save_weights(folder / "only.weights.h5")


def edit_h5(source: Path, target: Path, extra: dict[str, dict[str, Any]], version: str) -> None:
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        _add(config, extra)
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = version


def edit_keras(source: Path, target: Path, extra: dict[str, dict[str, Any]]) -> None:
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as copy:
        for info in archive.infolist():
            data = archive.read(info)
            if info.filename == "config.json":
                config = json.loads(data)
                _add(config, extra)
                data = json.dumps(config).encode()
            copy.writestr(info.filename, data)


def _add(config: dict[str, Any], extra: dict[str, dict[str, Any]]) -> None:
    for layer in config["config"]["layers"]:
        layer["config"].update(extra.get(layer["class_name"], {}))


def named_function(x: Any) -> Any:
    return x * 2


class Foreign(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2


def build_hostile_keras(folder: Path) -> None:
    layers = keras.layers
    for name, layer in (
        ("lambda", layers.Lambda(lambda x: x * 2, name="evil")),
        ("foreign", Foreign(name="strange")),
        ("function", layers.Dense(3, activation=named_function, name="dense_of_mine")),
    ):
        model = one_layer(layer, (3,))
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")


class Computation(tf.Module):
    """A SavedModel of one function from a free batch of vectors."""

    def __init__(self, function: Callable[[Any], Any], width: int = 4) -> None:
        super().__init__()
        self.weights = tf.Variable(np.linspace(0.5, 1.5, width, dtype=np.float32))
        self.serve = tf.function(
            lambda x: {"y": function(x * self.weights)}, input_signature=[tf.TensorSpec([None, width], name="x")]
        )


def save(folder: Path, name: str, module: tf.Module, signatures: dict[str, Any] | None = None) -> None:
    tf.saved_model.save(module, str(folder / name), signatures or {SERVING: module.serve})


def build_saved_models(folder: Path) -> None:
    save(folder, "sm_lgamma", Computation(lambda x: tf.math.lgamma(tf.abs(x) + 1)))
    save(folder, "sm_strings", Computation(lambda x: tf.strings.length(tf.strings.as_string(x))))
    save(folder, "sm_fft", Computation(lambda x: tf.abs(tf.signal.rfft(x)), 64))
    save(folder, "sm_loop", Computation(_added_in_a_loop))
    keras.utils.set_random_seed(5)
    one_layer(keras.layers.GRU(3), (6, 5)).export(folder / "sm_free_gru", verbose=False)
    save_marked_lstm(folder / "sm_marked_lstm")
    two = Computation(tf.nn.relu)
    save(folder, "sm_two", two, {"first": two.serve, "second": two.serve})
    tf.saved_model.save(Computation(tf.nn.relu), str(folder / "sm_none"), signatures={})
    several = tf.Module()
    several.first = tf.Variable(np.float32([1, 2]))
    several.serve = tf.function(
        lambda zeta, alpha: {"b": zeta * several.first, "a": alpha * several.first + 1, "c": zeta - alpha},
        input_signature=[tf.TensorSpec([None, 2], name="zeta"), tf.TensorSpec([None, 2], name="alpha")],
    )
    save(folder, "sm_several", several)
    text = tf.Module()
    text.serve = tf.function(tf.strings.length, input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    save(folder, "sm_text", text)
    save_version_1(folder / "sm_tf1")


def _added_in_a_loop(x: Any) -> Any:
    return tf.while_loop(lambda step, _: step < 3, lambda step, total: (step + 1, total + tf.sin(total)), (0, x))[1]


def save_marked_lstm(folder: Path, steps: int = 5, width: int = 3, units: int = 4) -> None:
    """An LSTM in the form of Keras 2: a function that the converter knows by its mark, traced with a free batch."""

    @tf.function(experimental_attributes={"api_implements": "lstm_0", "api_preferred_device": "CPU"})
    def standard_lstm(inputs: Any, init_h: Any, init_c: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
        across = tf.transpose(inputs, [1, 0, 2])
        taken = tf.TensorArray(tf.float32, steps, element_shape=[None, width]).unstack(across)
        made = tf.TensorArray(tf.float32, steps, element_shape=[None, units])

        def step(time: Any, h: Any, c: Any, outputs: Any) -> Any:
            i, f, new, o = tf.split(taken.read(time) @ kernel + h @ recurrent + bias, 4, axis=1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(new)
            h = tf.sigmoid(o) * tf.tanh(c)
            return time + 1, h, c, outputs.write(time, h)

        _, h, c, outputs = tf.while_loop(lambda time, *_: time < steps, step, (0, init_h, init_c, made))
        return h, tf.transpose(outputs.stack(), [1, 0, 2]), h, c, tf.constant(0.0)

    generator = np.random.default_rng(2)
    module = tf.Module()
    module.kernel = tf.Variable(generator.normal(0, 1, (width, 4 * units)).astype(np.float32))
    module.recurrent = tf.Variable(generator.normal(0, 1, (units, 4 * units)).astype(np.float32))
    module.bias = tf.Variable(np.zeros(4 * units, np.float32))

    def serve(x: Any) -> dict[str, Any]:
        start = tf.zeros([tf.shape(x)[0], units])
        return {"y": standard_lstm(x, start, start, module.kernel, module.recurrent, module.bias)[1]}

    module.serve = tf.function(serve, input_signature=[tf.TensorSpec([None, steps, width], name="x")])
    save(folder.parent, folder.name, module)


def save_version_1(folder: Path) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, [None, 4], name="images")
        weights = v1.get_variable("weights", [4, 3], use_resource=False)
        scores = tf.nn.softmax(tf.matmul(images, weights))
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"images": images}, {"scores": scores})


def build_hostile_saved_models(folder: Path) -> None:
    bait = folder / "bait.txt"
    bait.write_text("one\ntwo\n")
    touch = str(folder / "touched")

    def reads(x: Any) -> Any:
        return x + 0.0 * tf.cast(tf.strings.length(tf.io.read_file(str(bait))), tf.float32)

    def writes(x: Any) -> Any:
        with tf.control_dependencies([tf.io.write_file(touch, "x")]):
            return tf.identity(x)

    def writes_in_branch(x: Any) -> Any:
        return tf.cond(tf.reduce_sum(x) > 0, lambda: writes(x), lambda: x)

    def prints(x: Any) -> Any:
        with tf.control_dependencies([tf.print("x", output_stream=f"file://{touch}")]):
            return tf.identity(x)

    def restores(x: Any) -> Any:
        return (
            x
            + 0.0
            * tf.raw_ops.RestoreV2(prefix=str(bait), tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32])[0]
        )

    def python(x: Any) -> Any:
        return tf.ensure_shape(tf.numpy_function(lambda value: value, [x], tf.float32), [None, 4])

    for name, function in (
        ("sm_reads", reads),
        ("sm_writes", writes),
        ("sm_branch", writes_in_branch),
        ("sm_prints", prints),
        ("sm_restores", restores),
        ("sm_python", python),
    ):
        save(folder, name, Computation(function))
    save_table(folder, bait)


def save_table(folder: Path, vocabulary: Path) -> None:
    module = Computation(tf.nn.relu)
    initializer = tf.lookup.TextFileInitializer(
        str(vocabulary), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
    )
    module.table = tf.lookup.StaticHashTable(initializer, -1)
    save(folder, "sm_table", module)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
