"""What PyTorch's converter gets wrong or not at all has an equal form: equal in PyTorch, and right in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils import _pytree

from edgewright.convert.sources.torch.lowering import job
from edgewright.convert.sources.torch.repairs import repaired, table
from edgewright.errors import ConversionError, FormatError, ToleranceError
from edgewright.evaluate import Runner
from edgewright.model import ModelFile

from .workbench import converted

Build = tuple[Callable[..., Any], tuple[torch.Tensor, ...]]


class Step(nn.Module):
    """A function as a model, behind a layer's path."""

    def __init__(self, step: Callable[..., Any]) -> None:
        super().__init__()
        self.step = step

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.step(*inputs)


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def indices(below: int, *shape: int) -> torch.Tensor:
    return torch.randint(0, below, shape, generator=torch.Generator().manual_seed(6))


def resized(*shape: int, **named: Any) -> Build:
    return (lambda x: functional.interpolate(x, **named)), (numbers(*shape),)


def resizes() -> Iterator[tuple[str, Build]]:
    for size in ((20, 31), (5, 7), (1, 40), (13, 27)):
        yield (
            f"nearest to {size}",
            (lambda x, size=size: functional.interpolate(x, size=size), (numbers(1, 2, 13, 18),)),
        )
    for mode, factor in product(("nearest", "bilinear"), (1.5, 1.7, 0.6, (2.0, 1.3))):
        for named in ({"scale_factor": factor, "mode": mode},):
            yield (
                f"{mode} {named}",
                (lambda x, named=named: functional.interpolate(x, **named), (numbers(1, 2, 13, 18),)),
            )
    for mode, size, corners in product(("bilinear", "bicubic"), ((5, 7), (20, 31), (13, 4)), (False, True)):
        named = {"size": size, "mode": mode, "antialias": True, "align_corners": corners}
        yield (
            f"antialiased {named}",
            (lambda x, named=named: functional.interpolate(x, **named), (numbers(2, 3, 13, 18),)),
        )
    yield "nearest of a row", resized(1, 3, 7, size=11)
    yield "nearest of a volume", resized(1, 2, 4, 3, 5, size=(5, 7, 3))


def transposed() -> Iterator[tuple[str, Build]]:
    for kernel, stride, padding, more, groups, dilation in (
        (3, 2, 1, 1, 1, 1), (2, 2, 0, 1, 1, 1), (5, 3, 2, 2, 1, 1), (3, 3, 0, 1, 2, 1), (1, 2, 0, 1, 1, 1),
        (3, 2, 1, 1, 4, 1), (3, 2, 2, 1, 2, 2), (2, 3, 1, 2, 1, 1), (4, 2, 3, 1, 1, 1),
        (5, 3, 2, 0, 1, 1), (4, 3, 1, 0, 2, 1), (3, 2, 2, 0, 1, 1), (3, 2, 1, 0, 1, 2),
        ((2, 4), (2, 1), (0, 1), 0, 1, 1),
    ):  # fmt: skip
        layer = nn.ConvTranspose2d(4, 8, kernel, stride, padding, more, groups, dilation=dilation)
        yield f"2d {kernel, stride, padding, more, groups, dilation}", (layer, (numbers(1, 4, 6, 7),))
    yield "1d", (nn.ConvTranspose1d(4, 6, 3, 2, 1, output_padding=1), (numbers(1, 4, 9),))
    yield "3d", (nn.ConvTranspose3d(4, 6, 3, 2, 1, output_padding=(0, 1, 1), groups=2), (numbers(1, 4, 3, 4, 5),))
    yield "3d, stride 3", (nn.ConvTranspose3d(2, 3, 2, 3), (numbers(1, 2, 3, 4, 2),))
    yield "conv3d of groups", (nn.Conv3d(4, 6, 2, 2, 1, groups=2), (numbers(1, 4, 5, 6, 4),))
    yield "conv1d, same", (nn.Conv1d(4, 6, 4, padding="same", dilation=3), (numbers(1, 4, 17),))


def pools() -> Iterator[tuple[str, Build]]:
    for kernel, stride, padding, spread in ((2, 2, 0, 1), (3, 2, 1, 1), (3, 2, 0, 2), ((2, 3), (2, 1), (1, 0), 1)):
        for ceil in (False, True):
            pool = nn.MaxPool2d(kernel, stride, padding, spread, return_indices=True, ceil_mode=ceil)
            yield f"places {kernel, stride, padding, spread, ceil}", (pool, (numbers(2, 3, 9, 12),))
        plain = nn.MaxPool2d(kernel, stride, padding, spread, ceil_mode=True)
        yield f"rounded up {kernel, stride, padding, spread}", (plain, (numbers(2, 3, 8, 11),))
    for include, divisor in product((False, True), (None, 5)):
        pool = nn.AvgPool2d(2, 3, 1, True, include, divisor)
        yield f"mean rounded up {include, divisor}", (pool, (numbers(1, 3, 11, 16),))
    yield "mean rounded up, a row", (nn.AvgPool1d(3, 2, 1, ceil_mode=True), (numbers(1, 3, 12),))
    yield "mean rounded up, a volume", (nn.AvgPool3d(2, 2, 1, True, False), (numbers(1, 2, 5, 6, 7),))
    ties = (numbers(2, 3, 8, 8) * 2).round()
    yield "places of equal entries", (nn.MaxPool2d(3, 1, 1, return_indices=True), (ties,))
    yield "places below 0", (nn.MaxPool2d(3, 2, 1, return_indices=True), (-numbers(1, 2, 7, 9).abs(),))
    yield "places of a volume", (nn.MaxPool3d(2, return_indices=True), (numbers(1, 2, 4, 4, 6),))
    yield "rounded up, a row", (nn.MaxPool1d(3, 2, ceil_mode=True), (numbers(1, 3, 10),))
    yield "rounded up, a volume", (nn.MaxPool3d(2, ceil_mode=True), (numbers(1, 2, 5, 4, 7),))
    for size in ((3, 4), (5, 7), (1, 1), (9, 12), (2, None)):
        yield f"adaptive {size}", (nn.AdaptiveMaxPool2d(size), (numbers(1, 3, 9, 12),))
    yield "adaptive, a row", (nn.AdaptiveMaxPool1d(5), (numbers(1, 3, 12),))
    yield "adaptive, a volume", (nn.AdaptiveMaxPool3d((2, 3, 1)), (numbers(1, 2, 5, 4, 3),))
    yield "adaptive mean, a volume", (nn.AdaptiveAvgPool3d((2, 3, 1)), (numbers(1, 2, 5, 4, 3),))
    pool, back = nn.MaxPool2d((2, 3), return_indices=True), nn.MaxUnpool2d((2, 3))
    yield "unpooled", (lambda x: back(*pool(x)), (numbers(1, 3, 8, 12),))


def sorts() -> Iterator[tuple[str, Build]]:
    for axis, falling in product((0, 1, -1), (False, True)):
        yield f"sort {axis, falling}", (lambda x, a=axis, f=falling: torch.sort(x, a, f), (numbers(4, 5, 3),))
        yield f"argsort {axis, falling}", (lambda x, a=axis, f=falling: torch.argsort(x, a, f), (numbers(4, 5, 3),))
    yield "stable", (lambda x: torch.sort(x, stable=True, descending=True), (numbers(3, 9),))
    yield "topk of values only", (lambda x: torch.topk(x, 3, 0)[0], (numbers(9, 4),))
    yield "sort of whole numbers", (lambda x: torch.sort(x, -1)[0], (indices(50, 3, 9),))
    yield "topk of whole numbers", (lambda x: torch.topk(x, 3, -1, largest=False)[0], (indices(50, 3, 9),))
    yield "kthvalue", (lambda x: torch.kthvalue(x, 3, 0, keepdim=True)[0], (numbers(5, 4),))
    yield "median", (lambda x: (x.median(1)[0], x.median()), (numbers(3, 6),))


def scatters() -> Iterator[tuple[str, Build]]:
    x, y = numbers(4, 6), numbers(4, 5)
    yield "scatter_add", (lambda x, at, y: x.scatter_add(1, at, y), (x, indices(6, 4, 5), y))
    yield "scatter_add, fewer rows", (lambda x, at, y: x.scatter_add(1, at, y), (x, indices(6, 2, 3), y))
    yield "scatter_add over the first", (lambda x, at, y: x.scatter_add(0, at, y), (x, indices(4, 7, 6), numbers(7, 6)))
    for kind in ("sum", "prod", "amax", "amin"):
        step = lambda x, at, y, kind=kind: x.scatter_reduce(1, at, y, kind)  # noqa: E731
        yield f"scatter_reduce {kind}", (step, (x, indices(6, 4, 5), y))
    yield (
        "index_add",
        (lambda x, at, y: x.index_add(1, at, y, alpha=2), (numbers(3, 4, 2), indices(4, 5), numbers(3, 5, 2))),
    )
    at = torch.tensor([0, -1, 0])
    yield "index_put", (lambda x, y: x.index_put((at,), y, accumulate=True), (numbers(4, 5), numbers(3, 5)))
    yield (
        "index_put of two axes",
        (
            lambda x, rows, y: x.index_put((rows, torch.tensor([[1], [0]])), y, accumulate=True),
            (numbers(4, 3, 2), indices(4, 2, 3), numbers(2)),
        ),
    )
    yield "in place", (lambda x, at, y: (x * 1).scatter_add_(1, at, y), (x, indices(6, 4, 5), y))
    yield "fold", (nn.Fold((6, 8), (2, 3), stride=(2, 1), padding=(0, 1)), (numbers(1, 12, 24),))
    yield "fold, dilated", (nn.Fold((5, 6), 2, dilation=2), (numbers(1, 8, 12),))


def others() -> Iterator[tuple[str, Build]]:
    table = numbers(20, 5)
    for mode in ("sum", "mean", "max"):
        step = lambda at, mode=mode: functional.embedding_bag(at, table, mode=mode)  # noqa: E731
        yield f"bags, {mode}", (step, (indices(20, 3, 4),))
    yield (
        "bags with weights",
        (
            lambda at, w: functional.embedding_bag(at, table, per_sample_weights=w, mode="sum"),
            (indices(20, 3, 4), numbers(3, 4)),
        ),
    )
    yield "one_hot", (lambda x: functional.one_hot(x, 7), (indices(7, 2, 3),))
    yield "cumprod", (lambda x: torch.cumprod(x, 1), (numbers(2, 9, 3),))
    yield "cummax", (lambda x: torch.cummax(x, -1)[0] + torch.cummin(x, 0)[0], (numbers(3, 7),))
    yield "logcumsumexp", (lambda x: torch.logcumsumexp(x * 30, 1), (numbers(2, 7),))
    yield "exp2", (torch.exp2, (numbers(3, 5),))
    yield "copysign", (torch.copysign, (numbers(4), torch.tensor([1.0, -0.0, 0.0, -2.0])))
    yield "hypot", (torch.hypot, (numbers(4) * 1e30, torch.tensor([0.0, 1.0, -1e30, 3.0])))
    yield "logaddexp", (torch.logaddexp, (numbers(3, 5) * 90, numbers(3, 5)[:, :1]))
    signed = numbers(3, 5) * 4, numbers(3, 5) + 3
    yield "remainders", (lambda x, y: (torch.fmod(x, y), torch.fmod(x, 0.7)), signed)
    yield "floors", (lambda x, y: (torch.floor_divide(x, y), torch.div(x, 0.3, rounding_mode="floor")), signed)
    yield "xor", (lambda x, y: torch.logical_xor(x > 0, y > 0) ^ (x > 1), (numbers(3, 5), -numbers(3, 5)))
    for right in (False, True):
        step = lambda x, right=right: torch.bucketize(x, torch.tensor([-1.0, 0.0, 1.0]), right=right)  # noqa: E731
        yield f"bucketize, right {right}", (step, (numbers(3, 5).round(),))
    yield "bilinear", (nn.Bilinear(5, 7, 4), (numbers(2, 3, 5), numbers(2, 3, 7)))
    yield "absolute of 64 bits", (lambda x, y: (x - y).abs(), (indices(50, 3, 5), indices(50, 3, 5).flip(0)))
    yield "turned axes", (lambda x: x.flip(0, -1), (numbers(3, 4, 5),))
    yield "extremes of whole numbers", (
        lambda x: (x.argmax(1), x.argmin(), x.max(1), x.min(0, keepdim=True)), (torch.randperm(40).reshape(5, 8),),
    )  # fmt: skip
    yield "powers of whole numbers", (lambda x: (x**0, x**2, x**3), (indices(50, 3, 5),))
    yield "remainders of whole numbers", (
        lambda x, y: (torch.fmod(x - 25, y + 1), torch.fmod(x - 25, -3)), (indices(50, 3, 5), indices(9, 3, 5)),
    )  # fmt: skip
    yield "shifts", (lambda x: (x << 3, (x - 20) >> 2), (indices(50, 3, 5),))


CASES = {
    f"{group.__name__}: {name}": build
    for group in (resizes, transposed, pools, sorts, scatters, others)
    for name, build in group()
}


def test_no_operator_has_two_repairs():
    tables = [module.REPAIRS for module in vars(table).values() if hasattr(module, "REPAIRS")]
    assert len(tables) > 5
    assert sum(map(len, tables)) == len(table.REPAIRS)


@pytest.mark.parametrize("name", CASES)
def test_the_form_is_equal_in_pytorch(name: str):
    step, inputs = CASES[name]
    module = Step(step).eval()
    with torch.no_grad():
        expected = _pytree.tree_leaves(module(*inputs))
        program, said = repaired(torch.export.export(module, inputs))
        returned = _pytree.tree_leaves(program.module(check_guards=False)(*inputs))
    assert said
    for own, theirs in zip(returned, expected, strict=True):
        assert (own.dtype, own.shape) == (theirs.dtype, theirs.shape)
        torch.testing.assert_close(own, theirs, rtol=1e-5, atol=1e-5)


# Of each kind one that is converted too: what the converter itself makes of it, and what it makes of its equal form.
def without_repairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "repaired", lambda program, **_: (program, ()))


SILENT = {
    "nearest to a size": (lambda x: functional.interpolate(x, size=(20, 31)), (numbers(1, 2, 13, 18),)),
    "nearest by a factor": (lambda x: functional.interpolate(x, scale_factor=1.5), (numbers(1, 2, 13, 18),)),
    "bilinear by a factor": (
        lambda x: functional.interpolate(x, scale_factor=1.7, mode="bilinear"), (numbers(1, 2, 13, 18),),
    ),
    "places of a pool": (nn.MaxPool2d(2, return_indices=True), (numbers(1, 2, 8, 12),)),
    "a pool rounded up": (nn.MaxPool2d(3, 2, ceil_mode=True), (numbers(1, 2, 13, 18),)),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_what_converts_silently_wrong_is_caught_by_the_proof_and_repaired(name: str, monkeypatch: pytest.MonkeyPatch):
    step, inputs = SILENT[name]
    product = converted(Step(step), example_inputs=inputs)
    assert all(output.snr_db > 100 for output in product.agreement.outputs)
    assert len(product.remedies) == 1
    without_repairs(monkeypatch)
    with pytest.raises(ToleranceError):
        converted(Step(step), example_inputs=inputs)


STOPPED = (
    "transposed: 2d (3, 2, 1, 1, 1, 1)", "transposed: 2d (5, 3, 2, 0, 1, 1)", "transposed: 2d (4, 3, 1, 0, 2, 1)",
    "transposed: 2d (3, 2, 1, 0, 1, 2)", "transposed: 2d ((2, 4), (2, 1), (0, 1), 0, 1, 1)", "transposed: 3d",
    "transposed: conv1d, same", "pools: adaptive (5, 7)", "pools: adaptive mean, a volume",
    "pools: unpooled", "pools: mean rounded up (True, None)",
    "sorts: sort (1, False)", "sorts: median", "sorts: topk of values only",
    "scatters: scatter_add", "scatters: scatter_reduce amax",
    "scatters: index_add", "scatters: index_put", "scatters: fold", "others: bags, mean", "others: one_hot",
    "others: cumprod", "others: floors", "others: xor", "others: bucketize, right False", "others: bilinear",
    "others: turned axes", "others: extremes of whole numbers", "others: powers of whole numbers",
    "others: remainders of whole numbers",
)  # fmt: skip


@pytest.mark.parametrize("name", STOPPED)
def test_what_stops_the_converter_is_repaired(name: str, monkeypatch: pytest.MonkeyPatch):
    step, inputs = CASES[name]
    product = converted(Step(step).eval(), example_inputs=inputs)
    assert all(output.snr_db > 90 for output in product.agreement.outputs)
    without_repairs(monkeypatch)
    with pytest.raises((ConversionError, FormatError)):
        converted(Step(step).eval(), example_inputs=inputs)


def test_whole_numbers_that_32_bits_do_not_hold_are_kept_in_64(monkeypatch: pytest.MonkeyPatch):
    step, inputs = (lambda x: ((x * 3_000_000_000 - 2**40) + 2**33) * x), (indices(50, 3, 5),)
    model = ModelFile(converted(Step(step), example_inputs=inputs).data, "wide")
    assert model.outputs[0].dtype == "int64"
    monkeypatch.setattr(job.TorchLowering, "others", lambda self: ())
    with pytest.raises(ToleranceError):
        converted(Step(step), example_inputs=inputs)


@pytest.mark.parametrize("falling", [False, True])
def test_of_equal_entries_the_first_comes_first_in_the_file(falling: bool):
    def step(x: torch.Tensor) -> Any:
        return torch.sort(x, dim=-1, stable=True, descending=falling)

    product = converted(Step(step), example_inputs=numbers(3, 40))
    tied = (numbers(3, 40) * 2).round()
    with Runner(ModelFile(product.data, "sorted")) as run:
        values, places = run([tied.numpy()])
    assert values.tolist() == step(tied)[0].tolist()
    assert places.tolist() == step(tied)[1].tolist()


def test_a_repair_is_said_with_the_path_of_its_layer():
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Upsample(size=(9, 13)))
    product = converted(model, example_inputs=numbers(1, 3, 8, 10))
    assert product.remedies == ("aten.upsample_nearest2d of layer '1': as gathers of its rows and columns",)


def test_what_converts_rightly_stays_as_it_is():
    model = nn.Sequential(
        nn.Conv2d(3, 2, 3), nn.Upsample(scale_factor=2), nn.MaxPool2d(2), nn.ConvTranspose2d(2, 2, 2, 2)
    )
    program = torch.export.export(model.eval(), (numbers(1, 3, 8, 10),))
    assert repaired(program) == (program, ())
