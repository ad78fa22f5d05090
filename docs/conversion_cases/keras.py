"""The models of the conversion table: every layer of Keras, its published networks, and some that cannot convert.

Each case builds one small source model. Imported in child processes only: it needs TensorFlow and Keras.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from conversion_cases.case import Case

VECTOR, SEQUENCE, PICTURE, VOLUME = (8,), (6, 8), (16, 16, 3), (6, 6, 6, 2)


def all_cases() -> list[Case]:
    """Every case, in the order of the table."""
    return [*layer_cases(), *recurrent_cases(), *attention_cases(), *application_cases(), *impossible_cases()]


# One layer each.

# What `keras.layers` exports and is no layer of its own that could be converted, with the reason.
LEFT_OUT = {
    "Layer": "the base class",
    "Wrapper": "a base class",
    "Input": "a function; part of every case",
    "InputLayer": "part of every case",
    "InputSpec": "no layer",
    "JaxLayer": "runs another framework",
    "FlaxLayer": "runs another framework",
    "TorchModuleWrapper": "runs another framework",
    "TFSMLayer": "loads another model from a path",
    "MaxNumBoundingBoxes": "takes bounding boxes, no tensors",
    "Equalization": "Keras 3.15 builds no functional model with it: it returns its symbolic input itself",
    "CutMix": "changes training data with its labels",
    "MixUp": "changes training data with its labels",
    "GroupQueryAttention": "among attention",
    "Lambda": "among those that cannot convert",
    "GRUCell": "among recurrent layers",
    "LSTMCell": "among recurrent layers",
    "SimpleRNNCell": "among recurrent layers",
    "StackedRNNCells": "among recurrent layers",
}
_ATTENTION = ("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention")
_RECURRENT = ("RNN", "LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional")

# Arguments of the layers that need some, or none to be of use.
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "gelu"},
    "ActivityRegularization": {"l2": 0.1},
    "CategoryEncoding": {"num_tokens": 5},
    "Dense": {"units": 5},
    "Discretization": {"bin_boundaries": [-1.0, 0.0, 1.0]},
    "Dot": {"axes": 1},
    "Dropout": {"rate": 0.2},
    "AlphaDropout": {"rate": 0.2},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 5},
    "Embedding": {"input_dim": 20, "output_dim": 4},
    "ReversibleEmbedding": {"input_dim": 20, "output_dim": 4},
    "GaussianDropout": {"rate": 0.2},
    "GaussianNoise": {"stddev": 0.2},
    "GroupNormalization": {"groups": 3},
    "HashedCrossing": {"num_bins": 7},
    "Hashing": {"num_bins": 7},
    "IntegerLookup": {"vocabulary": [3, 1, 4, 5]},
    "MelSpectrogram": {"fft_length": 64, "sampling_rate": 800, "num_mel_bins": 8},
    "Permute": {"dims": (2, 1)},
    "Pipeline": {"layers": [layers.Rescaling(0.5)]},
    "RepeatVector": {"n": 3},
    "Rescaling": {"scale": 1 / 127.5, "offset": -1.0},
    "Reshape": {"target_shape": (2, 4)},
    "STFTSpectrogram": {"frame_length": 32, "frame_step": 16, "fft_length": 64},
    "StringLookup": {"vocabulary": ["a", "b"]},
    "TextVectorization": {"vocabulary": ["a", "b"], "output_sequence_length": 4},
    "UnitNormalization": {},
    **{f"AveragePooling{rank}D": {"pool_size": 2} for rank in (1, 2, 3)},
    **{f"SpatialDropout{rank}D": {"rate": 0.2} for rank in (1, 2, 3)},
    **{f"Adaptive{kind}Pooling{rank}D": {"output_size": 3} for kind in ("Average", "Max") for rank in (1, 2, 3)},
    "CenterCrop": {"height": 8, "width": 8},
    "RandomCrop": {"height": 8, "width": 8},
    "Resizing": {"height": 9, "width": 7},
    **{name: {"factor": 0.2} for name in ("RandomBrightness", "RandomContrast", "RandomRotation", "RandomHue")},
    **{name: {"factor": 0.2} for name in ("RandomColorDegeneration", "RandomSharpness", "RandomSaturation")},
    "RandomPosterization": {"factor": 4},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.2},
}
_MERGING = ("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract")
_TEXT = {"StringLookup": "x", "TextVectorization": "x", "HashedCrossing": "x", "Hashing": "x"}
_INDICES = {"Embedding": 20, "ReversibleEmbedding": 20, "CategoryEncoding": 5, "IntegerLookup": 6}
_SHAPES = {"Permute": SEQUENCE, "Masking": SEQUENCE, "Reshape": VECTOR, "STFTSpectrogram": (256, 1)}
_SHAPES |= {"MelSpectrogram": (256,), "GroupNormalization": PICTURE, "RMSNormalization": SEQUENCE}
_OF_PICTURES = (
    "Random AutoContrast AugMix RandAugment Resizing Rescaling CenterCrop Solarization Equalization "
    "ContrastLimited Pipeline"
).split()


def layer_cases() -> Iterator[Case]:
    """One case per exported layer; names for the same class (`AvgPool1D`, `Convolution2D`) once."""
    seen: set[type] = set()
    for name in sorted(one for one in dir(layers) if one[0].isupper()):
        kind = getattr(layers, name)
        if name in LEFT_OUT or name in _ATTENTION or name in _RECURRENT or kind in seen:
            continue
        seen.add(kind)
        yield _layer_case(kind.__name__, kind)


def _layer_case(name: str, kind: type) -> Case:
    if name in ("StringLookup", "TextVectorization"):
        build = functools.partial(_text_layer, kind, name)
        return Case("layers", name, build, ("type string", "part of the model that takes numbers"))
    if name in _MERGING:
        return Case("layers", name, functools.partial(_merging, kind, name))
    return Case("layers", name, functools.partial(_single, kind, name), _CANNOT.get(name, ()))


# Layers that no current LiteRT can run, with what the refusal has to name.
_CANNOT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("AveragePooling3D", "AdaptiveAveragePooling3D"), ("AvgPool3D", "subject", "Instead:")),
    **dict.fromkeys(("MaxPooling3D", "AdaptiveMaxPooling3D"), ("MaxPool3D", "subject", "Instead:")),
    "CategoryEncoding": ("DenseBincount", "subject", "Instead:"),
    "HashedCrossing": ("SparseCross", "subject", "Instead:"),
    "Hashing": ("StringToHashBucketFast", "subject", "Instead:"),
    "IntegerLookup": ("LookupTableFindV2", "subject", "Instead:"),
}


def _single(kind: type, name: str) -> Any:
    shape = _shape_of(name)
    layer = _wrapper(kind, name) or kind(**_ARGUMENTS.get(name, _by_prefix(name)), name="subject")
    if name == "HashedCrossing":
        pair = [keras.Input((1,), dtype="int32", name=key) for key in ("first", "second")]
        return keras.Model(pair, layer(pair))
    dtype = "int32" if name in _INDICES or name == "Hashing" else "float32"
    source = keras.Input(shape, dtype=dtype, name="x")
    if name in ("Normalization",):
        layer.adapt(np.random.default_rng(0).normal(2.0, 3.0, (64, *shape)).astype(np.float32))
    return keras.Model(source, layer(source))


def _wrapper(kind: type, name: str) -> Any:
    if name == "TimeDistributed":
        return kind(layers.Dense(3), name="subject")
    if name == "SpectralNormalization":
        return kind(layers.Dense(3), name="subject")
    return None


def _by_prefix(name: str) -> dict[str, Any]:
    if name.startswith(("Conv", "SeparableConv")) and "LSTM" not in name and not name.startswith("Contrast"):
        return {"filters": 4, "kernel_size": 3}
    if name.startswith("DepthwiseConv"):
        return {"kernel_size": 3}
    return {}


def _shape_of(name: str) -> tuple[int, ...]:
    if name in _SHAPES:
        return _SHAPES[name]
    if name.startswith(tuple(_OF_PICTURES)):
        return PICTURE
    for rank, shape in (("1D", SEQUENCE), ("2D", PICTURE), ("3D", VOLUME)):
        if name.endswith((rank, f"{rank}Transpose")):
            return shape
    if name in ("TimeDistributed",):
        return SEQUENCE
    return (4,) if name in _INDICES else VECTOR


def _merging(kind: type, name: str) -> Any:
    first, second = keras.Input(VECTOR, name="first"), keras.Input(VECTOR, name="second")
    return keras.Model([first, second], kind(**_ARGUMENTS.get(name, {}), name="subject")([first, second]))


def _text_layer(kind: type, name: str) -> Any:
    source = keras.Input((1,), dtype="string", name="x")
    return keras.Model(source, kind(**_ARGUMENTS[name], name="subject")(source))


# Recurrent layers.


def recurrent_cases() -> Iterator[Case]:
    """Each kind of recurrent layer, and the forms that are known for trouble."""
    for name in ("LSTM", "GRU", "SimpleRNN"):
        kind = getattr(layers, name)
        forms: dict[str, Callable[[Any], Any]] = {
            name: lambda kind: kind(4),
            f"{name}, all steps": lambda kind: kind(4, return_sequences=True),
            f"{name}, backwards": lambda kind: kind(4, go_backwards=True, return_sequences=True),
            f"{name}, stateful": lambda kind: kind(4, stateful=True),
            f"{name}, unrolled": lambda kind: kind(4, unroll=True),
            f"Bidirectional {name}": lambda kind: layers.Bidirectional(kind(4, return_sequences=True)),
            f"RNN of {name}Cell": lambda kind: layers.RNN(getattr(layers, f"{kind.__name__}Cell")(4)),
        }
        for form, make in forms.items():
            stateful = "stateful" in form
            refused = ("AssignVariableOp", "of layer", "Instead:") if stateful else ()
            build = functools.partial(_sequence, make, kind, 1 if stateful else None)
            yield Case("recurrent", form, build, refused)
        yield Case("recurrent", f"{name}, masked", functools.partial(_masked, kind))
        yield Case("recurrent", f"{name}, with its state", functools.partial(_with_state, kind))
        yield Case("recurrent", f"{name}, on words", functools.partial(_words, kind))
    yield Case("recurrent", "two LSTM on top of each other", _stacked)
    yield Case("recurrent", "GRU, reset before", functools.partial(_sequence, _reset_before, layers.GRU, None))
    yield Case("recurrent", "RNN of StackedRNNCells", functools.partial(_sequence, _stacked_cells, layers.GRU, None))
    for name, shape in (("ConvLSTM1D", (4, 8, 2)), ("ConvLSTM2D", (4, 8, 8, 2)), ("ConvLSTM3D", (3, 5, 5, 5, 2))):
        yield Case("recurrent", name, functools.partial(_convolutional, getattr(layers, name), shape))


def _sequence(make: Callable[[Any], Any], kind: Any, batch: int | None) -> Any:
    return keras.Sequential([keras.Input(batch_shape=(batch, *SEQUENCE), name="x"), make(kind)])


def _reset_before(kind: Any) -> Any:
    return kind(4, reset_after=False)


def _stacked_cells(_: Any) -> Any:
    return layers.RNN(layers.StackedRNNCells([layers.GRUCell(4), layers.LSTMCell(3)]))


def _masked(kind: Any) -> Any:
    return keras.Sequential([keras.Input(SEQUENCE, name="x"), layers.Masking(), kind(4)])


def _with_state(kind: Any) -> Any:
    source = keras.Input(SEQUENCE, name="x")
    return keras.Model(source, kind(4, return_state=True)(source))


def _words(kind: Any) -> Any:
    return keras.Sequential(
        [keras.Input((6,), dtype="int32", name="x"), layers.Embedding(20, 5, mask_zero=True), kind(4), layers.Dense(3)]
    )


def _stacked() -> Any:
    return keras.Sequential(
        [keras.Input(SEQUENCE, name="x"), layers.LSTM(4, return_sequences=True), layers.LSTM(3), layers.Dense(2)]
    )


def _convolutional(kind: Any, shape: tuple[int, ...]) -> Any:
    return keras.Sequential([keras.Input(shape, name="x"), kind(3, 3, return_sequences=True)])


# Attention.


def attention_cases() -> Iterator[Case]:
    """Each kind of attention, masks, and a block of a transformer."""
    for name in ("Attention", "AdditiveAttention"):
        yield Case("attention", name, functools.partial(_attention, getattr(layers, name)))
    yield Case("attention", "Attention, causal", functools.partial(_causal, lambda: layers.Attention(name="subject")))
    heads = functools.partial(layers.MultiHeadAttention, num_heads=2, key_dim=4, name="subject")
    grouped = functools.partial(
        layers.GroupQueryAttention, head_dim=4, num_query_heads=4, num_key_value_heads=2, name="subject"
    )
    yield Case("attention", "MultiHeadAttention", functools.partial(_self_attention, heads))
    yield Case("attention", "MultiHeadAttention, causal", functools.partial(_causal, heads))
    yield Case("attention", "GroupQueryAttention", functools.partial(_self_attention, grouped))
    yield Case("attention", "transformer block", _transformer)


def _attention(kind: Any) -> Any:
    query, value = keras.Input(SEQUENCE, name="query"), keras.Input((5, 8), name="value")
    return keras.Model([query, value], kind(name="subject")([query, value]))


def _causal(make: Callable[[], Any]) -> Any:
    source = keras.Input(SEQUENCE, name="x")
    layer = make()
    inputs = ([source, source],) if isinstance(layer, layers.Attention) else (source, source)
    return keras.Model(source, layer(*inputs, use_causal_mask=True))


def _self_attention(make: Callable[[], Any]) -> Any:
    source = keras.Input(SEQUENCE, name="x")
    return keras.Model(source, make()(source, source))


def _transformer() -> Any:
    source = keras.Input((6,), dtype="int32", name="words")
    x = layers.Embedding(20, 8)(source)
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x)]))
    x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(8)(layers.Dense(16, activation="gelu")(x))]))
    return keras.Model(source, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


# Published networks, with random weights.


def application_cases() -> Iterator[Case]:
    """Fourteen of `keras.applications`, at the smallest size that keeps all their stages."""
    networks: dict[str, dict[str, Any]] = {
        "MobileNet": {"input_shape": (64, 64, 3), "alpha": 0.25},
        "MobileNetV2": {"input_shape": (64, 64, 3), "alpha": 0.35},
        "MobileNetV3Small": {"input_shape": (64, 64, 3)},
        "MobileNetV3Large": {"input_shape": (64, 64, 3)},
        "EfficientNetB0": {"input_shape": (64, 64, 3)},
        "EfficientNetV2B0": {"input_shape": (64, 64, 3)},
        "ResNet50": {"input_shape": (64, 64, 3)},
        "ResNet50V2": {"input_shape": (64, 64, 3)},
        "DenseNet121": {"input_shape": (64, 64, 3)},
        "InceptionV3": {"input_shape": (96, 96, 3)},
        "Xception": {"input_shape": (96, 96, 3)},
        "VGG16": {"input_shape": (32, 32, 3), "include_top": False, "pooling": "avg"},
        "NASNetMobile": {"input_shape": (64, 64, 3)},
        "ConvNeXtTiny": {"input_shape": (64, 64, 3)},
    }
    for name, arguments in networks.items():
        yield Case("applications", name, functools.partial(_network, name, arguments))


def _network(name: str, arguments: dict[str, Any]) -> Any:
    return getattr(keras.applications, name)(weights=None, **arguments)


# Models that no current LiteRT can run.


def impossible_cases() -> Iterator[Case]:
    """What has to be refused, by name and with a remedy."""
    ops = keras.ops
    matrices: dict[str, tuple[Callable[[Any], Any], str]] = {
        "matrix inverse": (ops.inv, "MatrixInverse"),
        "singular values": (lambda x: ops.svd(x)[1], "Svd"),
        "QR decomposition": (lambda x: ops.qr(x)[1], "Qr"),
        "eigenvalues": (lambda x: ops.eigh(x)[0], "SelfAdjointEigV2"),
        "Cholesky decomposition": (lambda x: ops.cholesky(ops.matmul(x, ops.transpose(x, (0, 2, 1)))), "Cholesky"),
        "solving a linear system": (lambda x: ops.solve(x, x), "MatrixSolve"),
        "determinant": (ops.det, "MatrixDeterminant"),
    }
    for name, (function, operator) in matrices.items():
        yield Case("impossible", name, functools.partial(_matrices, function), (operator, "subject", "Instead:"))
    yield Case("impossible", "Lambda layer", _lambda, ("subject", "trust=True"))
    graphs: dict[str, tuple[Callable[[Any], Any], int, tuple[str, ...]]] = {
        "complex Fourier transform": (
            lambda x: tf.abs(tf.signal.fft(tf.cast(x, tf.complex64))), 64, ("FFT", "Instead:"),
        ),
        "Fourier transform of 60 values": (lambda x: tf.abs(tf.signal.rfft(x)), 60, ("RFFT", "Instead:")),
        "numbers as text": (lambda x: tf.strings.length(tf.strings.as_string(x)), 4, ("AsString", "Instead:")),
        "digamma": (tf.math.digamma, 4, ("Digamma", "Instead:")),
        "incomplete beta function": (lambda x: tf.math.betainc(x, x, x * 0.5), 4, ("Betainc", "Instead:")),
        "Python function": (_python, 4, ("PyFunc", "trust=True")),
        "TensorFlow's random numbers": (
            lambda x: x + tf.random.stateless_gamma([4], [1, 2], alpha=1.0), 4, ("StatelessRandomGamma", "Instead:"),
        ),
        "turning the hue": (_hue, 6, ("AdjustHue", "Instead:")),
    }  # fmt: skip
    for name, (function, width, words) in graphs.items():
        yield Case("impossible", name, functools.partial(_graph, function, width), words)


def _matrices(function: Callable[[Any], Any]) -> Any:
    source = keras.Input((4,), name="x")
    square = layers.Reshape((2, 2))(layers.Dense(4, name="before")(source))
    return keras.Model(source, Function(function, name="subject")(square))


class Function(layers.Layer):
    """A layer of the program's own; its model is converted as the live object."""

    def __init__(self, function: Callable[[Any], Any], **rest: Any) -> None:
        super().__init__(**rest)
        self._function = function

    def call(self, x: Any) -> Any:
        """Compute it."""
        return self._function(x)


def _lambda() -> Any:
    source = keras.Input(VECTOR, name="x")
    return keras.Model(source, layers.Lambda(lambda x: x * 2, name="subject")(source))


def _python(x: Any) -> Any:
    return tf.ensure_shape(tf.numpy_function(lambda value: value, [x], tf.float32), [None, 4])


def _hue(x: Any) -> Any:
    return tf.image.adjust_hue(tf.reshape(x, [-1, 2, 1, 3]), 0.1)


def _graph(function: Callable[[Any], Any], width: int) -> tf.Module:
    module = tf.Module()
    module.scale = tf.Variable(np.linspace(0.5, 1.5, width, dtype=np.float32))
    module.serve = tf.function(
        lambda x: {"y": function(x * module.scale)},
        input_signature=[tf.TensorSpec([None, width], name="x")],
        autograph=False,
    )
    return module


# Building: weights that let outputs vary, the source on disk, and what it computes.


def build_all(folder: Path, wanted: list[str]) -> dict[str, str]:
    """Build the cases with these names into `folder`; returns the errors by name."""
    errors = {}
    for case in all_cases():
        if case.name in wanted:
            try:
                _build(case, folder / _slug(case.name))
            except Exception as error:  # noqa: BLE001 - is shown in the table
                errors[case.name] = f"{type(error).__name__}: {str(error)[:300]}"
            keras.backend.clear_session()
    return errors


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _build(case: Case, folder: Path) -> None:
    keras.utils.set_random_seed(11)
    folder.mkdir(parents=True, exist_ok=True)
    model = case.build()
    if isinstance(model, keras.Model):
        _vary(model)
        _save_keras(model, folder)
        if not case.refused:
            # As it was saved: some layers (Normalization) take up changed variables only when they are loaded.
            _record(keras.models.load_model(folder / "source.keras", compile=False), folder)
    else:
        tf.saved_model.save(model, str(folder / "source"), signatures={"serving_default": model.serve})


def _save_keras(model: Any, folder: Path) -> None:
    if any(isinstance(layer, Function) for layer in model.layers):
        model.export(folder / "source", verbose=False)
    else:
        model.save(folder / "source.keras")


def _vary(model: Any) -> None:
    """Random values where an initializer gives constants, and a last layer whose outputs spread."""
    generator = np.random.default_rng(3)
    for variable in model.weights:
        values = np.asarray(variable)
        if values.dtype.kind != "f" or not values.ndim or np.ptp(values) > 0 or "seed" in variable.name:
            continue
        small = 0.01 if len(model.layers) > 15 else 0.2
        low, high = (-small, small) if not values.any() else (0.8, 1.2)
        variable.assign(generator.uniform(low, high, values.shape).astype(values.dtype))
    if len(model.layers) > 15:
        _spread(model, generator)


def _spread(model: Any, generator: np.random.Generator) -> None:
    """Let a deep network answer differently to different inputs: with random weights it hardly does.

    Batch normalization gets the statistics of its real inputs, and the last layer with weights a scale at which its
    outputs spread by 2 from input to input.
    """
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    batch = generator.uniform(0, 255, (8, *model.input_shape[1:])).astype(np.float32)
    for layer in norms:
        layer.momentum = 0.0
    model(batch, training=True)
    last = next(layer for layer in reversed(model.layers) if hasattr(layer, "kernel"))
    activation, last.activation = last.activation, keras.activations.linear
    outputs = np.asarray(keras.Model(model.inputs, last.output)(batch, training=False))
    last.activation = activation
    last.kernel.assign(np.asarray(last.kernel) * 2 / max(float(outputs.std(axis=0).mean()), 1e-12))


def samples_of(model: Any, count: int = 4) -> list[list[np.ndarray]]:
    """Inputs in the model's order, of another seed than the conversion's own comparison.

    A deep network with random weights gets pixels only: on other values it amplifies the rounding of float32 itself
    until the answer is another one (EfficientNetV2B0: 70 dB in the middle, 25 dB at the end).
    """
    generator, deep = np.random.default_rng(99), len(model.layers) > 15
    return [
        [_sample(tensor, generator, pixels=deep or bool(index % 2)) for tensor in model.inputs]
        for index in range(count)
    ]


def _sample(tensor: Any, generator: np.random.Generator, *, pixels: bool) -> np.ndarray:
    shape = tuple(size or 1 for size in tensor.shape)
    if "int" in str(tensor.dtype):
        return generator.integers(0, 5, shape).astype(str(tensor.dtype))
    picture = len(shape) == 4 and shape[-1] == 3
    low, high = (0.0, 255.0) if picture and pixels else (-2.0, 2.0)
    return generator.uniform(low, high, shape).astype(np.float32)


def _record(model: Any, folder: Path) -> None:
    arrays = {}
    for index, sample in enumerate(samples_of(model)):
        outputs = tf.nest.flatten(model(sample if len(sample) > 1 else sample[0], training=False))
        arrays |= {f"in_{index}_{place}": value for place, value in enumerate(sample)}
        arrays |= {f"out_{index}_{place}": np.asarray(value) for place, value in enumerate(outputs)}
        _reset(model)
    np.savez(folder / "samples.npz", **arrays)


def _reset(model: Any) -> None:
    for layer in model.layers:
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_states"):
            layer.reset_states()
