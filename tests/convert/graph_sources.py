"""Frozen graphs and `tf.function`s, built and converted in one child process: TensorFlow starts once for all."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.children import convert_path
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.proving import finish
from edgewright.convert.sources.registry import find_source
from edgewright.errors import EdgewrightError
from edgewright.machine import silent

_GENERATOR = np.random.default_rng(3)


def outcomes(folder: Path, published: Path) -> dict[str, Any]:
    """The product or the error of each graph and function, by name; `published` is a SavedModel to freeze."""
    import tensorflow as tf

    frozen = {f"graph, {name}": job for name, job in _graphs(tf, folder).items()}
    frozen["graph, published"] = (_frozen(tf, published, folder / "published.pb"), {})
    frozen["SavedModel, published"] = (published, {})
    functions = {f"function, {name}": job for name, job in _functions(tf, folder).items()}
    return {name: _outcome(*job) for name, job in (frozen | functions).items()}


def _outcome(given: Any, options: dict[str, Any]) -> Any:
    asked = ConversionOptions.of(**options)
    with tempfile.TemporaryDirectory() as workshop:
        try:
            source = find_source(given)
            if isinstance(given, Path):
                return convert_path(source, given, asked, Path(workshop))
            return finish(prepare(source.open(given, asked), asked, Path(workshop)), asked, silent)
        except EdgewrightError as error:
            return error


# ----- graphs


def _graphs(tf: Any, folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    perceptron = _saved(tf, folder / "perceptron.pb", _perceptron)
    two_ends = _saved(tf, folder / "two_ends.pb", _two_ends)
    shapeless = _saved(tf, folder / "shapeless.pb", lambda v1: _perceptron(v1, shape=None))
    cut = folder / "cut.pb"
    cut.write_bytes(perceptron.read_bytes()[:-9])
    twice = folder / "twice.pb"
    twice.write_bytes(perceptron.read_bytes() * 2)
    return {
        "alone": (perceptron, {}),
        "named": (perceptron, {"inputs": "net/images", "outputs": ["net/hidden:0", "net/scores"]}),
        "from the middle": (perceptron, {"inputs": ["net/hidden"], "outputs": "net/scores"}),
        "picture": (_saved(tf, folder / "picture.pb", _picture), {"input_shape": (8, 8, 3)}),
        "names alike": (_saved(tf, folder / "alike.pb", _names_alike), {}),
        "two ends": (two_ends, {}),
        "two ends, named": (two_ends, {"outputs": "small,large"}),
        "unknown output": (perceptron, {"outputs": "net/scorse"}),
        "unknown input": (perceptron, {"inputs": "pixels"}),
        "named twice": (perceptron, {"outputs": "net/scores,net/scores:0"}),
        "without placeholder": (_saved(tf, folder / "constant.pb", lambda v1: v1.exp(v1.constant([1.0]))), {}),
        "without shape": (shapeless, {}),
        "without shape, said": (shapeless, {"input_shape": {"net_images": (1, 4)}}),
        "not frozen": (_saved(tf, folder / "variables.pb", _with_variable), {}),
        "writes a file": (_saved(tf, folder / "writes.pb", lambda v1: _writing(v1, folder)), {}),
        "writes in a branch": (_saved(tf, folder / "branch.pb", lambda v1: _branching(v1, folder)), {}),
        "graph in a text": (
            _saved(tf, folder / "text.pb", lambda v1: _text(v1, folder / "writes.pb")),
            {},
        ),
        "reads a checkpoint": (_saved(tf, folder / "restores.pb", lambda v1: _restoring(v1, folder)), {}),
        "cut off": (cut, {}),
        "given twice": (twice, {}),
        "int8": (perceptron, {"quantize": "int8", "representative_data": _GENERATOR.random((20, 4), np.float32)}),
    }


def _saved(tf: Any, path: Path, build: Callable[[Any], object]) -> Path:
    with tf.Graph().as_default() as graph:
        build(tf.compat.v1)
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def _frozen(tf: Any, folder: Path, path: Path) -> Path:
    """A SavedModel as a frozen graph."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    loaded = tf.saved_model.load(str(folder))  # It keeps the variables.
    function = loaded.signatures["serving_default"]
    path.write_bytes(convert_variables_to_constants_v2(function).graph.as_graph_def().SerializeToString())
    return path


def _weights(v1: Any, *shape: int) -> Any:
    return v1.constant(_GENERATOR.normal(size=shape).astype(np.float32))


def _perceptron(v1: Any, shape: list[int | None] | None = [None, 4]) -> None:  # noqa: B006 - it is only read
    with v1.name_scope("net"):
        images = v1.placeholder(v1.float32, shape, name="images")
        hidden = v1.nn.relu(v1.matmul(images, _weights(v1, 4, 6)), name="hidden")
        v1.nn.softmax(v1.matmul(hidden, _weights(v1, 6, 3)), name="scores")


def _picture(v1: Any) -> None:
    images = v1.placeholder(v1.float32, [None, None, None, 3], name="images")
    features = v1.nn.conv2d(images, _weights(v1, 3, 3, 3, 5), strides=[1, 2, 2, 1], padding="SAME")
    v1.reduce_mean(v1.nn.relu6(features), axis=[1, 2], name="features")


def _names_alike(v1: Any) -> None:
    first, second = (v1.placeholder(v1.float32, [1, 2], name=name) for name in ("a/b", "a.b"))
    v1.add(first, 3 * second, name="sum")


def _two_ends(v1: Any) -> None:
    images = v1.placeholder(v1.float32, [1, 4], name="images")
    v1.multiply(images, 2.0, name="small")
    v1.multiply(images, 200.0, name="large")


def _with_variable(v1: Any) -> None:
    images = v1.placeholder(v1.float32, [1, 4], name="images")
    v1.add(images, v1.get_variable("bias", [4], use_resource=False), name="sum")


def _writing(v1: Any, folder: Path) -> None:
    images = v1.placeholder(v1.float32, [1, 4], name="images")
    with v1.control_dependencies([v1.raw_ops.WriteFile(filename=str(folder / "written"), contents="x")]):
        v1.identity(images, name="same")


def _branching(v1: Any, folder: Path) -> None:
    images = v1.placeholder(v1.float32, [1, 4], name="images")

    def write() -> Any:
        with v1.control_dependencies([v1.raw_ops.WriteFile(filename=str(folder / "written"), contents="x")]):
            return v1.identity(images)

    v1.identity(v1.cond(v1.reduce_sum(images) > 0, write, lambda: 2 * images), name="chosen")


def _text(v1: Any, graph: Path) -> None:
    images = v1.placeholder(v1.float32, [1, 4], name="images")
    v1.add(images, v1.cast(v1.strings.length(v1.constant(graph.read_bytes())), v1.float32), name="sum")


def _restoring(v1: Any, folder: Path) -> None:
    images = v1.placeholder(v1.float32, [1, 4], name="images")
    (restored,) = v1.raw_ops.RestoreV2(
        prefix=str(folder / "secret"), tensor_names=["x"], shape_and_slices=[""], dtypes=[v1.float32]
    )
    v1.add(images, restored, name="sum")


# ----- functions


def _functions(tf: Any, folder: Path) -> dict[str, tuple[Any, dict[str, Any]]]:
    declared = [tf.TensorSpec([None, 4], tf.float32, name="images")]
    bias, count = tf.Variable(tf.ones([4]), name="bias"), tf.Variable(0.0)
    weights = tf.constant(_GENERATOR.normal(size=(4, 3)).astype(np.float32))
    example = np.ones((1, 4), np.float32)

    @tf.function(input_signature=declared)
    def scores(images: Any) -> Any:
        return tf.nn.softmax((images + bias) @ weights)

    @tf.function
    def several(first: Any, second: Any, *, doubled: bool) -> Any:
        return {"z": first + second, "a": first * (2.0 if doubled else 1.0)}

    @tf.function(input_signature=declared)
    def writing(images: Any) -> Any:
        with tf.control_dependencies([tf.io.write_file(str(folder / "written"), "x")]):
            return tf.identity(images)

    @tf.function(input_signature=declared)
    def counting(images: Any) -> Any:
        count.assign_add(1.0)
        return images * count

    @tf.function(input_signature=declared)
    def calling(images: Any) -> Any:
        return tf.ensure_shape(tf.py_function(lambda x: x, [images], tf.float32), [None, 4])

    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([0, 1], [5.0, 6.0]), -1.0)

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.int32)])
    def looking(numbers: Any) -> Any:
        return table.lookup(numbers)

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, name="in")])
    def keyword(value: Any) -> Any:
        return tf.nn.softmax(value @ weights)

    @tf.function(input_signature=[])
    def constant() -> Any:
        return tf.reduce_sum(weights)

    @tf.function
    def unfitting(images: Any) -> Any:
        return images @ weights

    @tf.function(input_signature=declared)
    def text(images: Any) -> Any:
        return tf.strings.length(tf.strings.as_string(images))

    return {
        "declared": (scores, {}),
        "declared, free batch": (scores, {"dynamic_batch": True}),
        "concrete": (scores.get_concrete_function(), {}),
        "for examples": (several, {"example_inputs": {"first": example, "second": example, "doubled": True}}),
        "without examples": (several, {}),
        "with too few examples": (several, {"example_inputs": (example,)}),
        "with a word of Python": (keyword, {}),
        "without inputs": (constant, {}),
        "with a fixed batch": (keyword, {"dynamic_batch": True}),
        "with unfitting examples": (unfitting, {"example_inputs": np.ones((1, 5), np.float32)}),
        "writes a file": (writing, {}),
        "keeps count": (counting, {}),
        "calls Python": (calling, {}),
        "without its variables": (_forgetting(tf).get_concrete_function(), {}),
        "with a table": (looking, {}),
        "without an operator": (text, {}),
    }


def _forgetting(tf: Any) -> Any:
    """A function whose variable nobody keeps."""
    module = tf.Module()
    module.bias = tf.Variable(tf.ones([4]))

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32)])
    def adding(images: Any) -> Any:
        return images + kept().bias

    kept = weakref.ref(module)
    adding.get_concrete_function()
    return adding
