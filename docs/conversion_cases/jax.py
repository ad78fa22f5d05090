"""The JAX of the conversion table: functions, modules of Flax, and what cannot convert.

Each case builds a function or module and what it is called with. Imported in child processes only: it needs JAX and
Flax. What LiteRT has kernels for is expected to convert; the rest has the words that its refusal must hold.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen, nnx
from jax import lax

from conversion_cases.case import Case

Built = tuple[Any, tuple[Any, ...]]


def all_cases() -> list[Case]:
    """Every case, in the order of the table."""
    families = (function_cases, window_cases, flow_cases, nnx_cases, linen_cases, impossible_cases)
    return [case for family in families for case in family()]


def _numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _called(function: Callable[..., Any], *shapes: tuple[int, ...]) -> Built:
    return function, tuple(_numbers(*shape, seed=place) for place, shape in enumerate(shapes))


def _cases(group: str, functions: dict[str, tuple[Any, ...]]) -> Iterator[Case]:
    """Cases of {name: (function, shape of each input)}."""
    for name, (function, *shapes) in functions.items():
        yield Case(group, name, functools.partial(_called, function, *shapes))


# Functions of arrays.


def function_cases() -> Iterator[Case]:
    """Arithmetic, reductions, places and orders."""
    weights, bias = _numbers(6, 5, seed=1), _numbers(5, seed=2)
    table = _numbers(20, 4, seed=3)
    yield from _cases(
        "jax",
        {
            "dense layer": (lambda x: jax.nn.relu(x @ weights + bias), (1, 6)),
            "softmax of a product": (lambda x: jax.nn.softmax(x @ weights), (2, 6)),
            "gelu": (jax.nn.gelu, (2, 7)),
            "gelu, exact": (functools.partial(jax.nn.gelu, approximate=False), (2, 7)),
            "swish and mish": (lambda x: jax.nn.silu(x) + jax.nn.mish(x), (2, 7)),
            "log-sum-exp": (lambda x: jax.nn.logsumexp(x, axis=-1), (3, 5)),
            "layer normalization by hand": (_normalized, (2, 3, 8)),
            "einsum of odd letters": (lambda x, y: jnp.einsum("bnhd,bmhd->bhnm", x, y), (1, 5, 2, 3), (1, 4, 2, 3)),
            "attention by hand": (_attention, (1, 5, 8), (1, 7, 8), (1, 7, 8)),
            "causal attention": (_causal, (1, 6, 8)),
            "cumulative sum": (lambda x: jnp.cumsum(x, axis=1), (2, 7)),
            "cumulative product": (lambda x: jnp.cumprod(x, axis=1), (2, 5)),
            "top 3": (lambda x: lax.top_k(x, 3), (2, 9)),
            "sort": (lambda x: jnp.sort(x, axis=-1), (2, 9)),
            "sort along the first axis": (lambda x: jnp.sort(x, axis=0, descending=True), (7, 3)),
            "argsort": (lambda x: jnp.argsort(x, axis=-1), (2, 9)),
            "median": (lambda x: jnp.median(x, axis=-1), (2, 9)),
            "argmax and argmin": (lambda x: (jnp.argmax(x, -1), jnp.argmin(x, 0)), (4, 6)),
            "where and clip": (lambda x: jnp.where(x > 0, jnp.clip(x, -0.5, 0.5), x * 2), (3, 4)),
            "split, flip, roll, join": (_moved, (2, 8)),
            "padding by reflection": (lambda x: jnp.pad(x, ((0, 0), (2, 1)), mode="reflect"), (2, 6)),
            "set and add at places": (lambda x: jnp.asarray(x).at[:, 2].set(0.0).at[0, ::2].add(1.0), (3, 6)),
            "distance and cosine": (_distances, (4, 8), (5, 8)),
            "positions as waves": (lambda x: x + jnp.sin(x * 3) * jnp.cos(x), (2, 6)),
            "angles": (lambda x, y: jnp.arctan2(x, y), (2, 6), (2, 6)),
            "cube root": (jnp.cbrt, (2, 6)),
            "power, root, logarithm": (lambda x: jnp.log1p(jnp.sqrt(jnp.abs(x)) ** 1.5), (2, 6)),
            "variance and standard deviation": (lambda x: (jnp.var(x, 1), jnp.std(x, 0)), (4, 6)),
            "polynomial of a scalar": (lambda x: 3 * x**3 - 2 * x + 1, ()),
            "triangle of a matrix": (lambda x: jnp.tril(x) @ jnp.triu(x), (5, 5)),
            "random numbers of a fixed key": (lambda x: x + jax.random.normal(jax.random.key(3), x.shape), (2, 6)),
            "mapped over the batch": (jax.vmap(lambda x, y: jnp.dot(x, y)), (3, 8), (3, 8)),
            "its own gradient": (jax.grad(lambda x: jnp.sum(jnp.tanh(x) ** 2)), (2, 6)),
            "digamma": (jax.scipy.special.digamma, (2, 6)),
            "outputs in a dictionary": (lambda x: {"twice": x * 2, "sum": x.sum(-1)}, (2, 6)),
        },
    )
    rows = np.array([3, 1, 4, 1, 5], np.int32)
    yield Case("jax", "rows of a table", lambda: (lambda x: jnp.take(table, x, axis=0).mean(1), (rows[None],)))
    yield Case("jax", "one-hot", lambda: (lambda x: jax.nn.one_hot(x, 6), (rows,)))
    yield Case("jax", "whole numbers divided", lambda: (lambda x: (x // 3, x % 3, jnp.abs(x - 4)), (rows,)))
    yield Case("jax", "image resized, bilinear", functools.partial(_resized, "bilinear"))
    yield Case("jax", "image resized, nearest", functools.partial(_resized, "nearest"))
    yield Case("jax", "image resized, bicubic", functools.partial(_resized, "bicubic"))


def _normalized(x: Any) -> Any:
    return (x - x.mean(-1, keepdims=True)) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-5)


def _attention(query: Any, key: Any, value: Any) -> Any:
    scores = jnp.einsum("bqd,bkd->bqk", query, key) / np.sqrt(8)
    return jax.nn.softmax(scores) @ value


def _causal(x: Any) -> Any:
    scores = jnp.where(jnp.tril(jnp.ones((6, 6), bool)), x @ x.swapaxes(1, 2), -1e9)
    return jax.nn.softmax(scores) @ x


def _moved(x: Any) -> Any:
    left, right = jnp.split(x, 2, axis=1)
    return jnp.concatenate([jnp.flip(right, 1), jnp.roll(left, 1, axis=1)], axis=0)


def _distances(x: Any, y: Any) -> Any:
    squared = jnp.sum((x[:, None] - y[None]) ** 2, -1)
    cosine = x @ y.T / (jnp.linalg.norm(x, axis=1)[:, None] * jnp.linalg.norm(y, axis=1)[None])
    return squared, cosine


def _resized(method: str) -> Built:
    return lambda x: jax.image.resize(x, (1, 13, 9, 3), method), (_numbers(1, 8, 6, 3),)


# Convolutions and pools.


def window_cases() -> Iterator[Case]:
    """What slides over a picture or a sequence."""
    last, first = ("NHWC", "HWIO", "NHWC"), ("NCHW", "OIHW", "NCHW")
    convolve = functools.partial(_convolved, (1, 9, 11, 3), (3, 3, 3, 5), (1, 1), "SAME", dimension_numbers=last)
    forms: dict[str, Callable[[], Built]] = {
        "convolution": convolve,
        "convolution, channels first": functools.partial(
            _convolved, (1, 3, 9, 11), (5, 3, 3, 3), (2, 2), "SAME", dimension_numbers=first
        ),
        "convolution, stride 2, uneven": functools.partial(
            _convolved, (1, 9, 11, 3), (3, 2, 3, 5), (2, 1), ((0, 2), (1, 0)), dimension_numbers=last
        ),
        "convolution, dilated": functools.partial(
            _convolved, (1, 9, 11, 3), (3, 3, 3, 5), (1, 1), "VALID", dimension_numbers=last, rhs_dilation=(2, 2)
        ),
        "convolution by channel": functools.partial(
            _convolved, (1, 9, 11, 4), (3, 3, 1, 4), (1, 1), "SAME", dimension_numbers=last, feature_group_count=4
        ),
        "convolution in groups": functools.partial(
            _convolved, (1, 9, 11, 4), (3, 3, 2, 6), (1, 1), "SAME", dimension_numbers=last, feature_group_count=2
        ),
        "convolution of a sequence": functools.partial(
            _convolved, (1, 12, 4), (3, 4, 5), (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        ),
        "convolution of a volume": functools.partial(
            _convolved, (1, 5, 6, 7, 2), (2, 3, 3, 2, 4), (1, 1, 1), "VALID",
            dimension_numbers=("NDHWC", "DHWIO", "NDHWC"),
        ),
        "transposed convolution": functools.partial(_transposed, (2, 2), "SAME"),
        "transposed convolution, stride 3": functools.partial(_transposed, (3, 3), "VALID"),
        "transposed convolution, uneven padding": functools.partial(_transposed, (2, 2), ((1, 2), (2, 1))),
    }  # fmt: skip
    for name, build in forms.items():
        yield Case("jax", name, build)
    yield from _cases(
        "jax",
        {
            "largest of windows": (lambda x: linen.max_pool(x, (3, 2), (2, 2), "SAME"), (1, 9, 8, 3)),
            "mean of windows": (lambda x: linen.avg_pool(x, (2, 2), (2, 2)), (1, 8, 6, 3)),
            "mean of windows, padding not counted": (
                lambda x: linen.avg_pool(x, (3, 3), (1, 1), "SAME", count_include_pad=False), (1, 7, 6, 2),
            ),
            "least of windows of a sequence": (
                lambda x: lax.reduce_window(x, np.inf, lax.min, (1, 3, 1), (1, 2, 1), "VALID"), (1, 9, 3),
            ),
        },
    )  # fmt: skip


def _convolved(shape: tuple[int, ...], kernel: tuple[int, ...], strides: Any, padding: Any, **rest: Any) -> Built:
    weights = _numbers(*kernel, seed=1)
    return lambda x: lax.conv_general_dilated(x, weights, strides, padding, **rest), (_numbers(*shape),)


def _transposed(strides: Any, padding: Any) -> Built:
    weights = _numbers(3, 3, 4, 5, seed=1)
    return lambda x: lax.conv_transpose(x, weights, strides, padding), (_numbers(1, 5, 6, 4),)


# Control flow.


def flow_cases() -> Iterator[Case]:
    """Loops and branches."""
    weights = _numbers(4, 4, seed=1) * 0.5

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = jnp.tanh(x + state @ weights)
        return state, state * 2

    yield from _cases(
        "jax",
        {
            "scan over steps": (lambda x: lax.scan(step, jnp.zeros((2, 4)), x), (5, 2, 4)),
            "scan backwards": (lambda x: lax.scan(step, jnp.zeros((2, 4)), x, reverse=True)[1], (5, 2, 4)),
            "loop of a fixed length": (lambda x: lax.fori_loop(0, 4, lambda i, y: jnp.tanh(y + i), x), (2, 6)),
            "loop until it is large": (lambda x: lax.while_loop(lambda y: y.sum() < 50, lambda y: y * y + 1, x), (2,)),
            "branch by value": (lambda x: lax.cond(x.sum() > 0, lambda y: y * 2, lambda y: y - 1, x), (2, 6)),
            "switch by index": (
                lambda x: lax.switch(jnp.argmax(x), [jnp.sin, jnp.cos, jnp.tanh], x), (3,),
            ),
            "associative scan": (lambda x: lax.associative_scan(jnp.add, x, axis=1), (2, 7)),
        },
    )  # fmt: skip


# Modules of Flax.


def nnx_cases() -> Iterator[Case]:
    """Flax NNX."""
    modules: dict[str, tuple[Callable[[nnx.Rngs], nnx.Module], tuple[int, ...]]] = {
        "two dense layers with dropout": (_Dense, (2, 6)),
        "small network of pictures": (_Pictures, (1, 16, 16, 3)),
        "multi-head attention": (_SelfAttention, (1, 6, 8)),
        "block of a transformer": (_Transformer, (1, 6, 8)),
        "LSTM": (lambda rngs: nnx.RNN(nnx.LSTMCell(4, 6, rngs=rngs)), (1, 7, 4)),
        "GRU, both directions": (_BothWays, (1, 7, 4)),
        "transposed convolution of NNX": (
            lambda rngs: nnx.ConvTranspose(3, 5, (3, 3), (2, 2), rngs=rngs), (1, 8, 8, 3),
        ),
        "group normalization": (lambda rngs: nnx.GroupNorm(6, num_groups=3, rngs=rngs), (1, 8, 8, 6)),
    }  # fmt: skip
    for name, (make, shape) in modules.items():
        yield Case("flax", f"NNX: {name}", functools.partial(_nnx, make, shape))


def _nnx(make: Callable[[nnx.Rngs], nnx.Module], shape: tuple[int, ...]) -> Built:
    module = make(nnx.Rngs(0))
    module.eval()
    return module, (_numbers(*shape),)


class _Dense(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.first, self.second = nnx.Linear(6, 16, rngs=rngs), nnx.Linear(16, 3, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        return self.second(self.dropout(nnx.relu(self.first(x))))


class _Pictures(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.convolution = nnx.Conv(3, 8, (3, 3), strides=2, rngs=rngs)
        self.normalization = nnx.BatchNorm(8, rngs=rngs)
        self.depthwise = nnx.Conv(8, 8, (3, 3), feature_group_count=8, rngs=rngs)
        self.head = nnx.Linear(8, 10, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        x = nnx.relu6(self.normalization(self.convolution(x)))
        x = nnx.max_pool(nnx.hard_swish(self.depthwise(x)), (2, 2), (2, 2))
        return nnx.softmax(self.head(x.mean((1, 2))))


class _SelfAttention(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.attention = nnx.MultiHeadAttention(2, 8, decode=False, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        return self.attention(x)


class _Transformer(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.attention = nnx.MultiHeadAttention(2, 8, decode=False, rngs=rngs)
        self.wide, self.narrow = nnx.Linear(8, 16, rngs=rngs), nnx.Linear(16, 8, rngs=rngs)
        self.before, self.between = nnx.LayerNorm(8, rngs=rngs), nnx.RMSNorm(8, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        x = x + self.attention(self.before(x))
        return x + self.narrow(nnx.gelu(self.wide(self.between(x))))


class _BothWays(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        forward, backward = (nnx.RNN(nnx.GRUCell(4, 6, rngs=rngs)) for _ in range(2))
        self.both = nnx.Bidirectional(forward, backward)

    def __call__(self, x: Any) -> Any:
        return self.both(x)


def linen_cases() -> Iterator[Case]:
    """Flax Linen, its modules bound to their weights."""
    modules: dict[str, tuple[Callable[[], linen.Module], tuple[int, ...]]] = {
        "dense layers": (
            lambda: linen.Sequential([linen.Dense(16), linen.relu, linen.Dense(3), linen.softmax]), (2, 6),
        ),
        "convolution and batch normalization": (
            lambda: linen.Sequential([linen.Conv(8, (3, 3)), linen.BatchNorm(use_running_average=True), linen.elu]),
            (1, 12, 12, 3),
        ),
        "attention": (lambda: linen.MultiHeadDotProductAttention(2), (1, 6, 8)),
        "LSTM": (lambda: linen.RNN(linen.OptimizedLSTMCell(6)), (1, 7, 4)),
        "locally connected": (lambda: linen.ConvLocal(4, (3,)), (1, 8, 3)),
    }  # fmt: skip
    for name, (make, shape) in modules.items():
        yield Case("flax", f"Linen: {name}", functools.partial(_linen, make, shape))


def _linen(make: Callable[[], linen.Module], shape: tuple[int, ...]) -> Built:
    module, x = make(), _numbers(*shape)
    return module.bind(module.init(jax.random.key(0), x)), (x,)


# What LiteRT has no kernel for.


def impossible_cases() -> Iterator[Case]:
    """What has to be refused, by name and with a remedy."""
    functions: dict[str, tuple[Any, tuple[int, ...], str]] = {
        "Fourier transform": (lambda x: jnp.abs(jnp.fft.fft(x)), (2, 8), "lax.fft"),
        "Cholesky decomposition": (lambda x: jnp.linalg.cholesky(x @ x.T + jnp.eye(4)), (4, 4), "lax.cholesky"),
        "matrix inverse": (jnp.linalg.inv, (4, 4), "lax.lu"),
        "singular values": (lambda x: jnp.linalg.svd(x)[1], (4, 3), "lax.svd"),
        "eigenvalues": (lambda x: jnp.linalg.eigh(x + x.T)[0], (4, 4), "lax.eigh"),
        "QR decomposition": (lambda x: jnp.linalg.qr(x)[1], (4, 3), "lax.qr"),
        "sort by two keys": (lambda x, y: jnp.lexsort((x, y)), (6,), "lax.sort"),
        "numbers of 16 bits": (lambda x: x.astype(jnp.bfloat16) * 2, (2, 6), "bfloat16"),
        "complex numbers": (lambda x: jnp.abs(x + 1j * x), (2, 6), "complex64"),
    }
    for name, (function, shape, word) in functions.items():
        shapes = [shape] * (2 if name == "sort by two keys" else 1)
        yield Case("impossible in jax", name, functools.partial(_called, function, *shapes), (word, "Instead:"))
    yield Case("impossible in jax", "function of Python", functools.partial(_called, _printing, (2, 6)), ("callback",))


def _printing(x: Any) -> Any:
    return jax.pure_callback(lambda value: np.sort(value), jax.ShapeDtypeStruct(x.shape, x.dtype), x)
