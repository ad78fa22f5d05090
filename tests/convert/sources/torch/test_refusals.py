"""What PyTorch's converter cannot do is refused in one line: the operator, its module, why, and what to do instead."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from edgewright.errors import ConversionError, UnsupportedOperatorError

from .workbench import converted


class Step(nn.Module):
    """A step inside of a model, so that it has a path."""

    def __init__(self, step) -> None:
        super().__init__()
        self.step = step

    def forward(self, x):
        return self.step(x)


class Model(nn.Module):
    """A layer, and a step behind it."""

    def __init__(self, step) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.inner = Step(step)

    def forward(self, x):
        return self.inner(self.first(x))


def refused(step, kind: type[ConversionError] = UnsupportedOperatorError) -> ConversionError:
    with pytest.raises(kind) as caught:
        converted(Model(step), example_inputs=torch.randn(2, 8))
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


@pytest.mark.parametrize(
    ("step", "operator"),
    [
        (torch.lgamma, "aten.lgamma"),
        (torch.linalg.svdvals, "aten.linalg_svdvals"),
        (lambda x: torch.linalg.inv(x @ x.T), "aten.linalg_inv"),
        (lambda x: x + torch.rand(8), "aten.rand"),
        (torch.nonzero, "aten.nonzero"),
        (torch.unique, "aten._unique2"),
        (lambda x: x[x > 0], "aten.index"),
        (lambda x: x * x.max().item(), "aten.item"),
        (lambda x: x.reshape(1, 1, 1, 1, 1, 1, 1, 2, 8) * 2, "aten.view"),
    ],
)
def test_an_operator_is_named_with_the_path_of_its_module(step, operator: str):
    error = refused(step)
    assert (error.operators[0].name, error.operators[0].layer) == (operator, "inner")
    assert "Instead: " in str(error)


def test_all_operators_without_a_form_are_named_at_once():
    error = refused(lambda x: torch.lgamma(x) + torch.digamma(x))
    assert {operator.name for operator in error.operators} == {"aten.lgamma", "aten.digamma"}


def test_a_branch_on_values_is_named_by_its_line():
    error = refused(lambda x: x if x.sum() > 0 else -x, ConversionError)
    assert "depends on values that only a run knows (test_refusals.py:" in str(error)
    assert "torch.where" in str(error)


def test_what_a_module_raises_is_one_line():
    error = refused(lambda x: x @ torch.ones(9, 9), ConversionError)
    assert "it cannot be called with what was given: mat1 and mat2 shapes cannot be multiplied (2x8 and 9x9)" in str(
        error
    )


def test_complex_numbers_are_refused():
    assert "has the type complex64" in str(refused(lambda x: torch.complex(x, x), ConversionError))


def test_what_the_converter_finds_invalid_is_refused_by_operator():
    said = str(refused(lambda x: torch.fft.fft(x).abs()))
    assert "operator aten.fft_fft" in said or "operator aten._fft" in said, said
    assert "Instead: " in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_precisions_become_float32_and_the_module_keeps_its_own(dtype: torch.dtype):
    module = nn.Sequential(nn.Linear(8, 8), nn.GELU(), Step(lambda x: x + torch.ones(8, dtype=dtype))).to(dtype)
    product = converted(module, example_inputs=torch.randn(2, 8, dtype=dtype))
    assert product.agreement.outputs[0].snr_db > 100
    assert product.remedies == (f"computed in float32 instead of {str(dtype).removeprefix('torch.')}",)
    assert module[0].weight.dtype == dtype


def test_what_is_no_tensor_is_left_out_of_the_outputs():
    product = converted(Model(lambda x: (None, x, 3)), example_inputs=torch.randn(2, 8))
    assert [output.name for output in product.agreement.outputs] == ["output_1"]


class Counter(nn.Module):
    """Counts its runs."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.count += 1
        return x + self.count


def test_a_state_between_runs_is_named_by_its_buffer():
    with pytest.raises(ConversionError, match=r"keeps a state between runs, in the buffer 0\.count.*as an input"):
        converted(nn.Sequential(Counter()), example_inputs=torch.randn(2, 8))
