"""Functions of JAX as the room converts them: every kind in one process, each compared with itself by the room."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from edgewright.check import check_source
from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.product import Product
from edgewright.convert.sources.jax.function import JaxFunction
from edgewright.convert.sources.jax.rewriting import evaluating
from edgewright.errors import ConversionError, EdgewrightError, ToleranceError, UnsupportedOperatorError
from edgewright.evaluate import Runner
from edgewright.model import ModelFile

from ..torch.workbench import converted


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def least_db(product: Product) -> float:
    assert product.agreement is not None
    return min(output.snr_db for output in product.agreement.outputs)


def filed(product: Product) -> ModelFile:
    return ModelFile(product.data, "function.tflite")


def refused(function, *inputs, kind: type[EdgewrightError] = ConversionError, **options) -> str:
    with pytest.raises(kind) as caught:
        converted(function, example_inputs=inputs, **options)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def transposed(strides, padding, kernel=(3, 3, 4, 5), **rest):
    weights = numbers(*kernel, seed=1)
    return lambda x: lax.conv_transpose(x, weights, strides, padding, **rest)


MAP = numbers(1, 5, 6, 4)
WEIGHTS = numbers(4, 4, seed=1) * 0.4


def steps(x, **rest):
    return lax.scan(lambda state, row: (jnp.tanh(row + state @ WEIGHTS), state * 2), jnp.zeros((2, 4)), x, **rest)


REWRITTEN = {
    "cube roots of negatives": (jnp.cbrt, -np.abs(numbers(2, 5)), "cube roots"),
    "transposed, as high as its stride says": (transposed((2, 2), "SAME"), MAP, "transposed"),
    "transposed, uneven padding": (transposed((2, 2), ((1, 2), (2, 1))), MAP, "transposed"),
    "transposed, kernel below its stride": (transposed((3, 3), "SAME", (2, 2, 4, 5)), MAP, "transposed"),
    "transposed and dilated": (transposed((2, 2), "SAME", rhs_dilation=(2, 2)), MAP, "transposed"),
    "transposed, of a sequence": (
        transposed((2,), "SAME", (3, 4, 5), dimension_numbers=("NWC", "WIO", "NWC")), numbers(1, 8, 4), "transposed",
    ),
    "sort": (lambda x: jnp.sort(x), numbers(3, 7), "sorts"),
    "sort of whole numbers, downwards": (
        lambda x: jnp.sort(x, axis=0, descending=True), np.arange(12, dtype=np.int32).reshape(4, 3), "sorts",
    ),
    "sort of truths": (lambda x: jnp.sort(x > 0), numbers(3, 7), "sorts"),
    "places in order, with equals": (lambda x: jnp.argsort(jnp.round(x)), numbers(3, 9), "sorts"),
    "steps": (steps, numbers(5, 2, 4), "loops"),
    "steps backwards": (functools.partial(steps, reverse=True), numbers(5, 2, 4), "loops"),
    "sums at places meant twice": (
        lambda x: jax.ops.segment_sum(x, jnp.array([0, 0, 2, 1, 2, 2]), 3), numbers(6, 3), "sums",
    ),
    "a product at a place": (lambda x: jnp.asarray(x).at[1, ::2].multiply(3.0), numbers(3, 4), "sums"),
    "prints": (lambda x: (jax.debug.print("{}", x), x * 2)[1], numbers(3, 4), "prints"),
}  # fmt: skip


@pytest.mark.parametrize("name", REWRITTEN)
def test_what_has_no_kernel_or_a_wrong_one_is_rewritten(name):
    function, example, remedy = REWRITTEN[name]
    product = converted(function, example_inputs=example)
    assert least_db(product) > 100
    assert any(said.startswith(remedy) for said in product.remedies), product.remedies


# Without any error the converter makes other functions of these.
@pytest.mark.parametrize(
    "name", ["cube roots of negatives", "transposed, as high as its stride says", "transposed, uneven padding"]
)
def test_silent_miscompiles_are_refused_by_the_proof_where_nothing_rewrites_them(name, monkeypatch):
    monkeypatch.setattr(evaluating, "_RULES", {})
    function, example, _ = REWRITTEN[name]
    assert "No file was written" in refused(function, example, kind=ToleranceError)


def test_loops_whose_length_depends_on_values_stay_loops():
    def until(x, most):
        doubled = x * 2

        def step(state):
            grown = lax.while_loop(lambda y: y.max() < 3, lambda y: y + 0.5, jnp.tanh(state[1] @ WEIGHTS + doubled))
            return state[0] + 1, grown

        return lax.while_loop(lambda state: state[0] < most, step, (0, x))[1]

    product = converted(until, example_inputs=(numbers(2, 4), np.int32(3)))
    assert least_db(product) > 100
    assert [str(operator.name) for operator in filed(product).ops].count("WHILE") == 1


def test_a_loop_of_a_thousand_steps_is_not_unrolled():
    product = converted(lambda x: steps(x)[0], example_inputs=numbers(8000, 2, 4))
    assert least_db(product) > 100
    assert "WHILE" in [str(operator.name) for operator in filed(product).ops]


FREE = {
    "a product": lambda x: jax.nn.softmax(jnp.tanh(x @ WEIGHTS)),
    "slices and shapes": lambda x: (x[:, 1:3] * 2).reshape(-1, 1, 2).transpose(0, 2, 1),
    "what one row cannot show": lambda x: x + 2 * x.mean(0),
}


@pytest.mark.parametrize("name", FREE)
def test_a_free_batch_takes_any(name):
    product = converted(FREE[name], example_inputs=numbers(2, 4), dynamic_batch=True)
    batch = numbers(7, 4, seed=5)
    with Runner(filed(product)) as run:
        (found,) = run([batch])
    assert np.allclose(found, FREE[name](batch), atol=1e-6)


def test_pictures_are_turned_to_channels_last_unless_they_are_to_stay():
    weights = numbers(5, 3, 3, 3, seed=1)

    def convolve(x):
        return lax.conv_general_dilated(x, weights, (1, 1), "SAME")

    shapes = {}
    for keep in (False, True):
        model = filed(converted(convolve, example_inputs=numbers(1, 3, 9, 11), keep_nchw=keep))
        shapes[keep] = [tuple(port.shape) for port in (*model.inputs, *model.outputs)]
    assert shapes == {False: [(1, 9, 11, 3), (1, 9, 11, 5)], True: [(1, 3, 9, 11), (1, 5, 9, 11)]}


def test_inputs_and_outputs_have_the_names_of_the_program():
    x = numbers(2, 3)

    def f(batch, scale, *, wide=False):
        return {
            "sum": batch["left"] + batch["right"][0] * scale,
            "pair": (scale - 1, batch["left"] - (2 if wide else 1)),
        }

    example = ({"right": [x], "left": x + 1}, x + 2)
    model = filed(converted(f, example_inputs=example))
    assert [port.name for port in model.inputs] == ["batch_left", "batch_right_0", "scale"]
    assert [port.name for port in model.outputs] == ["pair_0", "pair_1", "sum"]
    named = filed(converted(f, example_inputs={"batch": example[0], "scale": x, "wide": True}))
    assert [port.name for port in named.inputs] == ["batch_left", "batch_right_0", "scale"]


# JAX divides by a count that may be none: there is a NaN among the numbers of the function.
def test_a_function_with_a_nan_in_it_is_the_same_each_time():
    assert least_db(converted(lambda x: x.var(-1), example_inputs=numbers(3, 5))) > 100


def test_an_input_without_use_stays_an_input():
    model = filed(converted(lambda x, unused: x + 1, example_inputs=(numbers(2, 3), numbers(1, 5))))
    assert [port.name for port in model.inputs] == ["x", "unused"]


def test_indices_are_tried_over_the_whole_table():
    from edgewright.convert.options import ConversionOptions
    from edgewright.convert.sources.jax.function import JaxFunction

    table = numbers(50, 4)
    options = ConversionOptions.of(example_inputs=np.zeros((1, 3), np.int32))
    opened = JaxFunction().open(jax.jit(lambda words: jnp.take(table, words, axis=0).sum(1)), options)
    assert opened.inputs[0].below == 50


def test_random_numbers_of_a_fixed_key_are_computed_beforehand():
    product = converted(
        lambda x: x + jax.random.normal(jax.random.key(7), x.shape) * numbers(3, 5), example_inputs=numbers(3, 5)
    )
    assert [str(operator.name) for operator in filed(product).ops] == ["ADD"]


def test_operators_without_a_kernel_are_named_with_their_line_and_what_to_do():
    said = refused(lambda x: jnp.linalg.cholesky(x @ x.T), numbers(4, 4), kind=UnsupportedOperatorError)
    assert "operator lax.cholesky (test_functions.py:" in said
    assert "Instead: where the matrix is fixed" in said


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: jnp.abs(jnp.fft.fft(x)), ("lax.fft", "Instead:")),
        (lambda x: x.astype(jnp.bfloat16) * 2, ("bfloat16", "x.astype(jnp.float32)")),
        (lambda x: jnp.lexsort((x[0], x[1])), ("lax.sort", "one key at a time")),
        (lambda x: jax.pure_callback(np.sort, jax.ShapeDtypeStruct(x.shape, x.dtype), x), ("pure_callback", "Python")),
        (lambda x: jnp.asarray(x).at[jnp.array([0, 0])].multiply(x[0, 0]), ("lax.scatter-mul", "all different")),
    ],
)
def test_the_rest_is_refused_by_name(function, words):
    said = refused(function, numbers(3, 4), kind=UnsupportedOperatorError)
    assert all(word in said for word in words), said


KEPT: list[object] = []


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x if x.sum() > 0 else -x, ("decides by the values", "test_functions.py:", "jax.lax.cond")),
        (lambda x: x[x > 0], ("decides by the values", "jnp.where")),
        (lambda x: x + np.random.randn(3, 4), ("another function each time", "jax.random")),
        (lambda x: x * np.random.randn(), ("another function each time", "jax.random")),
        (lambda x: (KEPT.append(x), x + KEPT[0])[1], ("keeps what it computes outside",)),
        (lambda x: x.nothing, ("the function itself fails", "test_functions.py:")),
        (lambda x: x @ x, ("the function itself fails", "dot_general")),
        (lambda x: None, ("returns no array",)),
        (lambda x: jnp.arange(3.0), ("no output changed",)),
    ],
)
def test_what_no_comparison_could_show_is_said(function, words):
    said = refused(function, numbers(3, 4))
    assert all(word in said for word in words), said


def test_a_key_as_an_input_is_refused():
    assert "input 'key' is a random key" in refused(lambda key: jax.random.normal(key, (3,)), jax.random.key(0))


def test_a_function_without_example_inputs_says_what_is_missing():
    with pytest.raises(EdgewrightError, match=r"a function does not say what it takes\. Give example_inputs"):
        converted(lambda x: x + 1)
    assert least_db(converted(lambda x: x + 1, input_shape=(2, 3))) > 100


def outlier(x):
    return jnp.linalg.svd(x, compute_uv=False)


def test_check_names_operators_by_their_lines():
    report = check_source(outlier, example_inputs=numbers(2, 4))
    line = f"test_functions.py:{outlier.__code__.co_firstlineno + 1}"
    assert report.source == "function 'outlier'"
    assert [(one.operator, one.place) for one in report.problems] == [("lax.svd", line)]
    assert check_source(jnp.tanh, example_inputs=numbers(2, 4)).converts


def test_inputs_and_outputs_whose_names_are_alike_are_two():
    def function(a, a_b):
        return {"c.d": a["b"] + a_b, "c_d": a_b * 2}

    example = ({"b": numbers(1, 4)}, numbers(1, 4, seed=1))
    opened = JaxFunction().open(function, ConversionOptions.of(example_inputs=example))
    assert [port.name for port in opened.inputs] == ["a_b", "a_b_1"]
    assert [port.name for port in opened.outputs] == ["c_d", "c_d_1"]
