"""Modules of Flax are converted as they are when used, and left as they were."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from flax import linen, nnx

from edgewright.convert import convert
from edgewright.errors import ConversionError, UsageError
from edgewright.evaluate import Runner

from ..torch.workbench import converted

X = np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32)


class Network(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.dense = nnx.Linear(6, 4, rngs=rngs)
        self.normalization = nnx.BatchNorm(4, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)
        self.cell = nnx.RNN(nnx.SimpleCell(4, 3, rngs=rngs))

    def __call__(self, x):
        return self.cell(self.dropout(self.normalization(self.dense(x)))[:, None])


@pytest.fixture(scope="module")
def network() -> Network:
    made = Network(nnx.Rngs(0))
    made.normalization.mean[...] = np.full(4, 0.5, np.float32)
    made.train()
    return made


# A module in training normalizes by its batch and drops half of its numbers, always the same half of a given key: the
# comparison alone would let that through.
def test_a_module_in_training_becomes_a_file_for_use_and_stays_in_training(network, capfd):
    before = jax.tree.map(np.array, nnx.state(network, nnx.Param, nnx.BatchStat))
    model = convert(network, example_inputs=X)
    assert not network.dropout.deterministic
    after = nnx.state(network, nnx.Param, nnx.BatchStat)
    assert jax.tree.all(jax.tree.map(np.array_equal, before, jax.tree.map(np.array, after)))
    with Runner(model) as run:
        (found,) = run([X])
    copy = nnx.clone(network)
    copy.eval()
    assert np.allclose(found, copy(X), atol=1e-5)
    assert model.metadata.provenance is not None
    assert model.metadata.provenance.tools["jax"] == jax.__version__
    assert "litert-converter" in model.metadata.provenance.tools
    assert capfd.readouterr() == ("", "")


def test_a_module_of_linen_is_converted_with_the_weights_it_is_bound_to():
    module = linen.Dense(3)
    variables = module.init(jax.random.key(0), X)
    product = converted(module.bind(variables), example_inputs=X)
    assert product.agreement is not None
    assert product.agreement.outputs[0].snr_db > 100


def test_a_module_of_linen_without_weights_is_told_so():
    with pytest.raises(UsageError, match=r"Give module\.bind\(variables\)"):
        converted(linen.Dense(3), example_inputs=X)


def test_a_module_of_linen_that_would_train_is_told_so_in_one_line():
    module = linen.BatchNorm(use_running_average=False)
    bound = module.bind(module.init(jax.random.key(0), X))
    with pytest.raises(ConversionError, match="the function itself fails with these inputs") as caught:
        converted(bound, example_inputs=X)
    assert len(str(caught.value).splitlines()) == 1


def test_operators_of_a_module_of_linen_are_named_with_its_path():
    class Inner(linen.Module):
        @linen.compact
        def __call__(self, x):
            return jax.numpy.linalg.qr(linen.Dense(2)(x))[1]

    class Outer(linen.Module):
        @linen.compact
        def __call__(self, x):
            return Inner(name="solver")(x)

    bound = Outer().bind(Outer().init(jax.random.key(0), X))
    with pytest.raises(ConversionError, match=r"operator lax\.qr of layer 'Outer/solver'"):
        converted(bound, example_inputs=X)
