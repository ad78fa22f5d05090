"""What the layers of operators and the wrappers of Keras 2 reach, in `.h5`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..bait import Bait
from .corpus import Config, Hostile, code, hdf5, legacy


def _legacy(
    kind: str, name: str, make: Callable[[Bait], dict[str, Any]], node: Callable[[Bait], Any] | None = None
) -> Hostile:
    return Hostile(kind, lambda at, bait: hdf5(at / "m.h5", legacy(name, make(bait), node(bait) if node else None)))


def _constant(value: Any, **rest: Any) -> list[Any]:
    return ["_CONSTANT_VALUE", -1, value, rest]


def _reading(bait: Bait) -> list[Any]:
    return _constant(str(bait.secret))


def _sampler(bait: Bait) -> list[Any]:
    rest = {"num_true": 1, "num_sampled": 1, "unique": False, "range_max": 2, "vocab_file": str(bait.secret)}
    return _constant([[1]], **rest)


# Functions of TensorFlow that reach out of it, with what they are called with.
_CALLS: dict[str, Callable[[Bait], Any]] = {
    "io.read_file": _reading,
    "io.gfile.copy": lambda bait: _constant(str(bait.secret), dst=str(bait.touched)),
    "io.gfile.mkdir": lambda bait: _constant(str(bait.touched)),
    "io.write_file": lambda bait: _constant(str(bait.touched), contents="x"),
    "raw_ops.WriteFile": lambda bait: _constant(str(bait.touched), contents="x"),
    "load_op_library": _reading,
    "load_library": _reading,
    "compat.v1.gfile.Remove": _reading,
    "saved_model.load": lambda bait: _constant(str(bait.folder / "saved_model")),
    "keras.models.load_model": _reading,
    "keras.utils.get_file": lambda bait: _constant("x", origin=f"file://{bait.secret}", cache_dir=str(bait.folder)),
    "py_function": _reading,
    "numpy_function": _reading,
    "print": lambda bait: [["x", 0, 0, {"output_stream": f"file://{bait.touched}"}]],
    "random.fixed_unigram_candidate_sampler": _sampler,
    "nn.fixed_unigram_candidate_sampler": _sampler,
    "compat.v1.nn.fixed_unigram_candidate_sampler": _sampler,
    "image.decode_image": _reading,
}


def operators() -> Iterator[Hostile]:
    """What the layers of operators of Keras 2 allow."""
    library = {"cls_symbol": "load_op_library", "method_name": "__call__"}
    yield _legacy(
        "native library", "ClassMethod", lambda bait: library, lambda bait: _constant([str(bait.secret)], kwargs={})
    )
    copy = {"cls_symbol": "io.gfile.copy", "method_name": "__call__"}
    yield _legacy(
        "any function of TensorFlow",
        "ClassMethod",
        lambda bait: copy,
        lambda bait: _constant([str(bait.secret), str(bait.touched)], kwargs={}),
    )
    opener = {"cls_symbol": "io.gfile.GFile", "method_name": "__call__"}
    yield _legacy(
        "any class of TensorFlow",
        "ClassMethod",
        lambda bait: opener,
        lambda bait: _constant([str(bait.touched), "w"], kwargs={}),
    )
    yield _legacy("attribute of Python", "InstanceProperty", lambda bait: {"attr_name": "__class__"})
    yield _legacy(
        "method of Python",
        "InstanceMethod",
        lambda bait: {"attr_name": "__reduce__"},
        lambda bait: [["x", 0, 0, {"args": [], "kwargs": {}}]],
    )
    yield _legacy(
        "operator as a layer",
        "TensorFlowOpLayer",
        lambda bait: {"node_def": _writer(), "constants": {"0": str(bait.touched)}},
        None,
    )
    for name, node in _CALLS.items():
        yield _legacy(f"function {name}", "TFOpLambda", lambda bait, name=name: {"function": name}, node)
    yield _legacy(
        "function under another layer", "SlicingOpLambda", lambda bait: {"function": "io.read_file"}, _reading
    )
    for wrapper, key in (("ResidualWrapper", "residual_fn"), ("DropoutWrapper", "dropout_state_filter_fn")):
        yield _legacy(
            f"bytecode in {wrapper}",
            "RNN",
            lambda bait, wrapper=wrapper, key=key: {"cell": _wrapped(wrapper, key, bait)},
        )
    yield _legacy("bytecode", "Lambda", lambda bait: {"function": [code(bait), None, None], "function_type": "lambda"})
    yield _legacy(
        "function of any module",
        "Lambda",
        lambda bait: {"function": "relu", "function_type": "function", "module": "edgewright_bait"},
    )
    yield _legacy("table of features in a file", "DenseFeatures", lambda bait: {"feature_columns": [_column(bait)]})
    spec = {"class_name": "TypeSpec", "type_spec": "tf.TensorSpec", "serialized": [None, "float32", "x"]}
    yield _legacy("type while decoding", "Dense", lambda bait: {"units": 2, "activation": spec})
    yield Hostile(
        "list of layers, as the oldest have it",
        lambda at, bait: hdf5(
            at / "m.h5",
            {
                "class_name": "Sequential",
                "config": [
                    {
                        "class_name": "Lambda",
                        "config": {
                            "name": "evil",
                            "function": [code(bait), None, None],
                            "function_type": "lambda",
                            "batch_input_shape": [None, 2],
                        },
                    }
                ],
            },
        ),
    )


def _writer() -> Config:
    return {"name": "evil", "op": "WriteFile", "input": ["evil/filename", "evil/contents"]}


def _wrapped(kind: str, key: str, bait: Bait) -> Config:
    cell = {"class_name": "LSTMCell", "config": {"name": "cell", "units": 2}}
    held = {
        "name": "w",
        "cell": cell,
        key: [code(bait), None, None],
        f"{key}_type": "lambda",
        f"{key}_module": "edgewright_bait",
    }
    held |= {"dropout_fn_type": "lambda", "residual_fn_type": "lambda", "residual_fn_module": "edgewright_bait"}
    return {"class_name": kind, "config": held}


def _column(bait: Bait) -> Config:
    held = {
        "key": "x",
        "vocabulary_file": str(bait.secret),
        "vocabulary_size": 2,
        "num_oov_buckets": 0,
        "dtype": "string",
        "default_value": -1,
    }
    return {"class_name": "VocabularyFileCategoricalColumn", "config": held}
