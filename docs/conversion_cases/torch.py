"""The models of PyTorch in the conversion table: operators in odd shapes, recurrent layers, transformers, networks.

Each case builds one small module in evaluation mode, with seeded weights and example inputs. Imported in child
processes only: it needs PyTorch. What LiteRT has kernels for is expected to convert, however it is written.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from conversion_cases.case import Case
from conversion_cases.torch_networks import NETWORKS

Built = tuple[nn.Module, tuple[Tensor, ...]]
Shape = tuple[int, ...]

VECTOR, SEQUENCE, PICTURE, VOLUME = (1, 8), (1, 6, 8), (1, 3, 13, 18), (1, 2, 6, 7, 5)


def all_cases() -> list[Case]:
    """Every case, in the order of the table."""
    return [
        *_cases("torch: elementwise", _ELEMENTWISE),
        *_cases("torch: layers", _LAYERS),
        *_cases("torch: resizing", _RESIZING),
        *_cases("torch: indexing", _INDEXING),
        *_cases("torch: sorting and reducing", _REDUCING),
        *_cases("torch: whole numbers", _WHOLE),
        *_cases("torch: recurrent", _RECURRENT),
        *_cases("torch: attention", _ATTENTION),
        *(
            Case("torch: networks", f"torch {name}", functools.partial(_seeded, make))
            for name, make in NETWORKS.items()
        ),
        *_impossible_cases(),
    ]


class Function(nn.Module):
    """A module that applies a function; `parts` are modules that the function is given first."""

    def __init__(self, function: Callable[..., Any], *parts: nn.Module) -> None:
        super().__init__()
        self._function = function
        self.subject = nn.ModuleList(parts)

    def forward(self, *inputs: Tensor) -> Any:
        """Compute it."""
        return self._function(*self.subject, *inputs)


def numbers(*shape: int) -> Tensor:
    """Real numbers of this shape."""
    return torch.randn(shape)


def indices(below: int, *shape: int) -> Tensor:
    """Whole numbers of 64 bits from 0."""
    return torch.randint(0, below, shape)


def _cases(group: str, builds: Mapping[str, Callable[[], Built]]) -> Iterator[Case]:
    for name, build in builds.items():
        yield Case(group, f"torch {name}", functools.partial(_seeded, build))


def _seeded(build: Callable[[], Built]) -> Built:
    torch.manual_seed(20)
    module, inputs = build()
    return _varied(module).eval(), inputs


def _varied(module: nn.Module) -> nn.Module:
    """Statistics and scales of normalizations as training leaves them, so that losing them shows."""
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)) and part.running_mean is not None:
            nn.init.uniform_(part.running_mean, -0.5, 0.5)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
            if part.weight is not None:
                nn.init.uniform_(part.weight, 0.5, 1.5)
                nn.init.uniform_(part.bias, -0.5, 0.5)
    return module


def _of(function: Callable[..., Any], *shapes: Shape) -> Callable[[], Built]:
    """A function of real numbers of these shapes."""
    return lambda: (Function(function), tuple(numbers(*shape) for shape in shapes))


def _layer(make: Callable[[], nn.Module], *shapes: Shape) -> Callable[[], Built]:
    """A layer on real numbers of these shapes."""
    return lambda: (make(), tuple(numbers(*shape) for shape in shapes))


# Elementwise functions.

_ELEMENTWISE: dict[str, Callable[[], Built]] = {
    **{
        name: _layer(getattr(nn, name), SEQUENCE)
        for name in (
            "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU ReLU ReLU6 SELU "
            "SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink"
        ).split()
    },
    "GELU by tanh": _layer(lambda: nn.GELU(approximate="tanh"), SEQUENCE),
    "GLU": _layer(lambda: nn.GLU(1), SEQUENCE),
    "PReLU, a slope each": _layer(lambda: nn.PReLU(3, 0.1), PICTURE),
    "LogSoftmax": _layer(lambda: nn.LogSoftmax(1), PICTURE),
    "Softmax over channels": _layer(lambda: nn.Softmax2d(), PICTURE),
    "Softmin": _layer(lambda: nn.Softmin(-1), SEQUENCE),
    "roots and logarithms": _of(
        lambda x: (torch.sqrt(x.abs()), torch.rsqrt(x.abs() + 1), torch.log1p(x.abs()), torch.log2(x.abs() + 1)), (3, 5)
    ),
    "exponentials": _of(lambda x: (torch.exp(x), torch.expm1(x), torch.exp2(x), torch.sigmoid(x) ** 2.5), (3, 5)),
    "trigonometry": _of(lambda x: (x.sin(), x.cos(), x.tan(), x.atan(), (x / 5).asin(), (x / 5).acos()), (3, 5)),
    "hyperbolic functions": _of(
        lambda x: (x.sinh(), x.cosh(), x.tanh(), x.asinh(), (x.abs() + 1.5).acosh(), (x / 5).atanh()), (3, 5)
    ),
    "atan2": _of(torch.atan2, (3, 5), (3, 5)),
    "erf": _of(torch.erf, (3, 5)),
    "rounding": _of(lambda x: (x.floor(), x.ceil(), x.round(), x.trunc(), x.frac()), (3, 5)),
    "remainders": _of(lambda x, y: (torch.remainder(x, y), torch.fmod(x, y), torch.floor_divide(x, y)), (3, 5), (3, 5)),
    "clamp by tensors": _of(lambda x, y: torch.clamp(x, -y.abs(), y.abs()), (3, 5), (1, 5)),
    "comparisons": _of(lambda x, y: ((x > y).float(), (x != y).float(), torch.where(x > 0, x, y)), (3, 5), (5,)),
    "logic": _of(lambda x, y: torch.logical_xor(x > 0, y > 0) | (~(x > 1) & (y <= 1)), (3, 5), (3, 5)),
    "sign and absolute": _of(lambda x: (torch.sign(x), torch.abs(x), torch.copysign(x, -x)), (3, 5)),
    "nan_to_num": _of(lambda x: torch.nan_to_num(x / x.abs().clamp(min=0.5)), (3, 5)),
    "lerp and addcmul": _of(lambda x, y: (torch.lerp(x, y, 0.3), torch.addcmul(x, y, y, value=0.5)), (3, 5), (3, 5)),
    "hypot and logaddexp": _of(lambda x, y: (torch.hypot(x, y), torch.logaddexp(x, y)), (3, 5), (3, 5)),
    "broadcasting in five dimensions": _of(lambda x, y: x * y + y, (2, 1, 3, 1, 5), (4, 1, 6, 1)),
}

# Layers.


def _convolution(kind: type[nn.Module], shape: Shape, *arguments: Any, **named: Any) -> Callable[[], Built]:
    return _layer(lambda: kind(shape[1], *arguments, **named), shape)


_LAYERS: dict[str, Callable[[], Built]] = {
    "Linear": _layer(lambda: nn.Linear(8, 5), SEQUENCE),
    "Linear of four dimensions": _layer(lambda: nn.Linear(7, 5, bias=False), (1, 2, 3, 7)),
    "Bilinear": _layer(lambda: nn.Bilinear(5, 7, 4), (2, 5), (2, 7)),
    "Conv1d": _convolution(nn.Conv1d, (1, 4, 17), 6, 3, stride=2, padding=1),
    "Conv1d, dilated": _convolution(nn.Conv1d, (1, 4, 17), 6, 3, dilation=3, padding=3),
    "Conv1d, same": _convolution(nn.Conv1d, (1, 4, 17), 6, 4, padding="same"),
    "Conv2d": _convolution(nn.Conv2d, PICTURE, 6, 3),
    "Conv2d, stride and padding": _convolution(nn.Conv2d, PICTURE, 6, (3, 5), stride=(2, 3), padding=(1, 2)),
    "Conv2d, even kernel": _convolution(nn.Conv2d, PICTURE, 6, 4, stride=2, padding=1),
    "Conv2d, dilated": _convolution(nn.Conv2d, PICTURE, 6, 3, dilation=2, padding=2),
    "Conv2d, groups": _convolution(nn.Conv2d, (1, 6, 13, 18), 9, 3, groups=3),
    "Conv2d, depthwise": _convolution(nn.Conv2d, (1, 6, 13, 18), 6, 3, groups=6, stride=2, padding=1),
    "Conv2d, depthwise with multiplier": _convolution(nn.Conv2d, (1, 6, 13, 18), 12, 3, groups=6),
    "Conv2d, reflected": _convolution(nn.Conv2d, PICTURE, 6, 3, padding=1, padding_mode="reflect"),
    "Conv2d, replicated": _convolution(nn.Conv2d, PICTURE, 6, 3, padding=1, padding_mode="replicate"),
    "Conv2d, circular": _convolution(nn.Conv2d, PICTURE, 6, 3, padding=1, padding_mode="circular"),
    "Conv3d": _convolution(nn.Conv3d, VOLUME, 3, 3, padding=1),
    "Conv3d, stride": _convolution(nn.Conv3d, VOLUME, 3, (1, 3, 2), stride=(1, 2, 2)),
    "ConvTranspose1d": _convolution(nn.ConvTranspose1d, (1, 4, 9), 6, 4, stride=2, padding=1),
    "ConvTranspose2d": _convolution(nn.ConvTranspose2d, (1, 4, 7, 9), 3, 2, stride=2),
    "ConvTranspose2d, padding": _convolution(nn.ConvTranspose2d, (1, 4, 7, 9), 3, 4, stride=2, padding=1),
    "ConvTranspose2d, output padding": _convolution(
        nn.ConvTranspose2d, (1, 4, 7, 9), 3, 3, stride=2, padding=1, output_padding=1
    ),
    "ConvTranspose2d, stride 3": _convolution(nn.ConvTranspose2d, (1, 4, 7, 9), 3, 5, stride=3, padding=1),
    "ConvTranspose2d, uneven": _convolution(
        nn.ConvTranspose2d, (1, 4, 7, 9), 3, (3, 2), stride=(1, 3), padding=(1, 0), output_padding=(0, 1)
    ),
    "ConvTranspose2d, groups": _convolution(nn.ConvTranspose2d, (1, 4, 7, 9), 6, 3, stride=2, groups=2),
    "ConvTranspose2d, dilated": _convolution(nn.ConvTranspose2d, (1, 4, 7, 9), 3, 3, dilation=2, padding=1),
    "ConvTranspose3d": _convolution(nn.ConvTranspose3d, VOLUME, 3, 2, stride=2),
    "MaxPool1d": _layer(lambda: nn.MaxPool1d(3, 2, 1), (1, 4, 17)),
    "MaxPool2d": _layer(lambda: nn.MaxPool2d(2), PICTURE),
    "MaxPool2d, padding": _layer(lambda: nn.MaxPool2d(3, 2, 1), PICTURE),
    "MaxPool2d, rounded up": _layer(lambda: nn.MaxPool2d(3, 2, ceil_mode=True), PICTURE),
    "MaxPool2d, dilated": _layer(lambda: nn.MaxPool2d(3, 2, dilation=2), PICTURE),
    "MaxPool2d with its indices": _layer(lambda: nn.MaxPool2d(2, return_indices=True), PICTURE),
    "MaxUnpool2d": lambda: (
        Function(lambda pool, unpool, x: unpool(*pool(x)), nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)),
        (numbers(1, 3, 8, 12),),
    ),
    "MaxPool3d": _layer(lambda: nn.MaxPool3d(2), VOLUME),
    "AvgPool1d": _layer(lambda: nn.AvgPool1d(3, 2, 1), (1, 4, 17)),
    "AvgPool2d": _layer(lambda: nn.AvgPool2d(3, 2), PICTURE),
    "AvgPool2d, padding": _layer(lambda: nn.AvgPool2d(3, 2, 1), PICTURE),
    "AvgPool2d, padding not counted": _layer(lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False), PICTURE),
    "AvgPool2d, rounded up": _layer(lambda: nn.AvgPool2d(3, 2, ceil_mode=True), PICTURE),
    "AvgPool3d": _layer(lambda: nn.AvgPool3d(2), VOLUME),
    "LPPool2d": _layer(lambda: nn.LPPool2d(2, 2), PICTURE),
    "AdaptiveAvgPool2d to 1": _layer(lambda: nn.AdaptiveAvgPool2d(1), PICTURE),
    "AdaptiveAvgPool2d, uneven": _layer(lambda: nn.AdaptiveAvgPool2d((5, 7)), PICTURE),
    "AdaptiveMaxPool2d": _layer(lambda: nn.AdaptiveMaxPool2d((3, 4)), (1, 3, 12, 16)),
    "AdaptiveMaxPool2d, uneven": _layer(lambda: nn.AdaptiveMaxPool2d((5, 7)), PICTURE),
    "AdaptiveMaxPool1d": _layer(lambda: nn.AdaptiveMaxPool1d(5), (1, 4, 17)),
    "BatchNorm1d": _layer(lambda: nn.BatchNorm1d(4), (1, 4, 17)),
    "BatchNorm2d": _layer(lambda: nn.BatchNorm2d(3), PICTURE),
    "BatchNorm3d": _layer(lambda: nn.BatchNorm3d(2), VOLUME),
    "InstanceNorm2d": _layer(lambda: nn.InstanceNorm2d(3, affine=True), PICTURE),
    "GroupNorm": _layer(lambda: nn.GroupNorm(2, 6), (1, 6, 13, 18)),
    "LayerNorm": _layer(lambda: nn.LayerNorm(8), SEQUENCE),
    "LayerNorm over a map": _layer(lambda: nn.LayerNorm((13, 18)), PICTURE),
    "RMSNorm": _layer(lambda: nn.RMSNorm(8), SEQUENCE),
    "LocalResponseNorm": _layer(lambda: nn.LocalResponseNorm(3), (1, 6, 13, 18)),
    "ZeroPad2d": _layer(lambda: nn.ZeroPad2d((1, 2, 3, 0)), PICTURE),
    "ReflectionPad2d": _layer(lambda: nn.ReflectionPad2d((1, 2, 3, 0)), PICTURE),
    "ReplicationPad2d": _layer(lambda: nn.ReplicationPad2d((1, 2, 3, 0)), PICTURE),
    "CircularPad2d": _layer(lambda: nn.CircularPad2d((1, 2, 3, 0)), PICTURE),
    "ConstantPad1d, cropping": _layer(lambda: nn.ConstantPad1d((-1, 2), 0.5), (1, 4, 17)),
    "PixelShuffle": _layer(lambda: nn.PixelShuffle(2), (1, 12, 5, 7)),
    "PixelUnshuffle": _layer(lambda: nn.PixelUnshuffle(2), (1, 3, 6, 8)),
    "ChannelShuffle": _layer(lambda: nn.ChannelShuffle(3), (1, 6, 5, 7)),
    "Fold": _layer(lambda: nn.Fold((6, 8), 2, stride=2), (1, 12, 12)),
    "Unfold": _layer(lambda: nn.Unfold(3, padding=1), (1, 2, 6, 7)),
    "Dropout": _layer(lambda: nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)), VECTOR),
    "CosineSimilarity": _layer(lambda: nn.CosineSimilarity(1), (2, 7), (2, 7)),
    "PairwiseDistance": _layer(lambda: nn.PairwiseDistance(), (2, 7), (2, 7)),
    "distances of all pairs": _of(torch.cdist, (1, 5, 7), (1, 4, 7)),
    "weight norm": _layer(lambda: nn.utils.parametrizations.weight_norm(nn.Conv1d(4, 6, 3)), (1, 4, 17)),
    "spectral norm": _layer(lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(8, 5)), VECTOR),
}

# Resizing.


def _resize(**named: Any) -> Callable[[], Built]:
    return _of(lambda x: functional.interpolate(x, **named), PICTURE)


_RESIZING: dict[str, Callable[[], Built]] = {
    "nearest, twice as large": _resize(scale_factor=2),
    "nearest, to a size": _resize(size=(20, 31)),
    "nearest, smaller": _resize(size=(5, 7)),
    "nearest, by a factor of 1.5": _resize(scale_factor=1.5),
    "nearest, by a factor of 1.7 that is kept": _resize(scale_factor=1.7, recompute_scale_factor=False),
    "nearest-exact": _resize(size=(20, 31), mode="nearest-exact"),
    "nearest of a row": _of(lambda x: functional.interpolate(x, scale_factor=3), (1, 4, 7)),
    "nearest of a volume": _of(lambda x: functional.interpolate(x, scale_factor=2), VOLUME),
    "bilinear, twice as large": _resize(scale_factor=2, mode="bilinear"),
    "bilinear, to a size": _resize(size=(20, 31), mode="bilinear"),
    "bilinear, corners aligned": _resize(size=(20, 31), mode="bilinear", align_corners=True),
    "bilinear, smaller": _resize(size=(5, 7), mode="bilinear"),
    "bilinear, by a factor of 1.7": _resize(scale_factor=1.7, mode="bilinear"),
    "bilinear, antialiased": _resize(size=(5, 7), mode="bilinear", antialias=True),
    "linear of a row": _of(lambda x: functional.interpolate(x, size=11, mode="linear"), (1, 4, 7)),
    "trilinear": _of(lambda x: functional.interpolate(x, scale_factor=2, mode="trilinear"), VOLUME),
    "bicubic": _resize(size=(20, 31), mode="bicubic"),
    "bicubic, corners aligned": _resize(size=(20, 31), mode="bicubic", align_corners=True),
    "bicubic, antialiased": _resize(size=(5, 7), mode="bicubic", antialias=True),
    "area": _resize(size=(5, 7), mode="area"),
    "Upsample": _layer(lambda: nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), (1, 5, 6, 7)),
    "grid_sample": _of(
        lambda x, grid: functional.grid_sample(x, torch.tanh(grid), align_corners=False), (1, 3, 9, 11), (1, 5, 6, 2)
    ),
    "grid_sample, nearest": _of(
        lambda x, grid: functional.grid_sample(x, torch.tanh(grid), mode="nearest", align_corners=True),
        (1, 3, 9, 11),
        (1, 5, 6, 2),
    ),
    "affine_grid": _of(lambda theta: functional.affine_grid(theta, [1, 3, 5, 7], align_corners=False), (1, 2, 3)),
}

# Indexing.


def _put(x: Tensor, values: Tensor) -> Tensor:
    copy = x.clone()
    copy[:, [0, 2]] = values
    return copy


def _added(x: Tensor, values: Tensor) -> Tensor:
    return x.index_put((torch.tensor([0, 2, 0]),), values, accumulate=True)


def _set_slice(x: Tensor) -> Tensor:
    copy = x.clone()
    copy[:, 1:5:2] = 0.5
    return copy


_INDEXING: dict[str, Callable[[], Built]] = {
    "Embedding": lambda: (nn.Embedding(20, 5), (indices(20, 1, 6),)),
    "Embedding with padding": lambda: (nn.Embedding(20, 5, padding_idx=0), (indices(20, 1, 6),)),
    "EmbeddingBag, sum": lambda: (nn.EmbeddingBag(20, 5, mode="sum"), (indices(20, 2, 6),)),
    "EmbeddingBag, mean": lambda: (nn.EmbeddingBag(20, 5, mode="mean"), (indices(20, 2, 6),)),
    "EmbeddingBag, max": lambda: (nn.EmbeddingBag(20, 5, mode="max"), (indices(20, 2, 6),)),
    "one_hot": lambda: (Function(lambda x: functional.one_hot(x, 7).float()), (indices(7, 2, 3),)),
    "gather": lambda: (Function(lambda x, at: x.gather(1, at)), (numbers(2, 6), indices(6, 2, 3))),
    "gather over the first axis": lambda: (Function(lambda x, at: x.gather(0, at)), (numbers(6, 4), indices(6, 3, 4))),
    "index_select": lambda: (Function(lambda x, at: x.index_select(1, at)), (numbers(2, 6, 3), indices(6, 4))),
    "indexing by a tensor": lambda: (Function(lambda x, at: x[:, at]), (numbers(2, 6, 3), indices(6, 4))),
    "indexing by two tensors": lambda: (
        Function(lambda x, rows, columns: x[rows, columns]),
        (numbers(5, 6, 3), indices(5, 4), indices(6, 4)),
    ),
    "take_along_dim": lambda: (
        Function(lambda x, at: torch.take_along_dim(x, at, 1)),
        (numbers(2, 6, 3), indices(6, 2, 4, 3)),
    ),
    "scatter": lambda: (
        Function(lambda x, y: x.scatter(1, torch.tensor([[0, 3], [5, 1]]), y)),
        (numbers(2, 6), numbers(2, 2)),
    ),
    "scatter_add": lambda: (
        Function(lambda x, at, y: x.scatter_add(1, at, y)),
        (numbers(2, 6), indices(6, 2, 5), numbers(2, 5)),
    ),
    "scatter_reduce, largest": lambda: (
        Function(lambda x, at, y: x.scatter_reduce(1, at, y, "amax")),
        (numbers(2, 6), indices(6, 2, 5), numbers(2, 5)),
    ),
    "index_add": lambda: (
        Function(lambda x, at, y: x.index_add(1, at, y)),
        (numbers(2, 6, 3), indices(6, 4), numbers(2, 4, 3)),
    ),
    "index_put": _of(_put, (3, 4, 5), (3, 2, 5)),
    "index_put, adding": _of(_added, (4, 5), (3, 5)),
    "masked_fill": _of(lambda x: x.masked_fill(x > 0.5, -1.0), (3, 5)),
    "masked_fill by a mask of the model": _of(
        lambda x: x.masked_fill(torch.ones(6, 6, dtype=torch.bool).triu(1), -1e9), (2, 6, 6)
    ),
    "assigning to a slice": _of(_set_slice, (3, 7)),
    "slices with steps": _of(lambda x: (x[:, ::2, 1:], x[..., -3:], x[:, 1:-1:3]), (2, 9, 8)),
    "flip and roll": _of(lambda x: (x.flip(1, 2), x.roll(2, 1), torch.rot90(x, 1, (1, 2))), (2, 5, 8)),
    "split and cat": _of(lambda x: torch.cat([part * 2 for part in x.split([2, 3, 4], 1)][::-1], 1), (2, 9)),
    "chunk and stack": _of(lambda x: torch.stack(x.chunk(3, 1), -1), (2, 9, 4)),
    "unbind": _of(lambda x: x.unbind(1)[0] - x.unbind(1)[2], (2, 3, 4)),
    "permute and reshape": _of(lambda x: x.permute(0, 3, 1, 2).reshape(2, -1, 6), (2, 3, 4, 5)),
    "seven dimensions": _of(lambda x: x.reshape(1, 2, 3, 2, 2, 3, 2).permute(0, 6, 1, 5, 2, 4, 3) * 2, (1, 144)),
    "expand and repeat": _of(lambda x: (x.expand(3, 4, 5), x.repeat(2, 3, 1), x.repeat_interleave(2, 2)), (3, 1, 5)),
    "tril and triu": _of(lambda x: (x.tril(-1), x.triu(2), torch.diagonal(x, 0, 1, 2)), (2, 5, 5)),
    "diag_embed": _of(torch.diag_embed, (2, 5)),
    "narrow and unfold": _of(lambda x: (x.narrow(1, 2, 3), x.unfold(1, 4, 2)), (2, 9)),
    "as_strided": _of(lambda x: x.as_strided((3, 4), (2, 1)), (12,)),
    "movedim, squeeze and flatten": _of(lambda x: x.movedim(3, 1).squeeze(2).flatten(1), (2, 1, 3, 4)),
    "bucketize": _of(lambda x: torch.bucketize(x, torch.tensor([-1.0, 0.0, 0.5, 2.0])), (3, 5)),
    "meshgrid": _of(lambda x, y: torch.stack(torch.meshgrid(x, y, indexing="ij")), (4,), (5,)),
}

# Sorting and reducing.

_REDUCING: dict[str, Callable[[], Built]] = {
    "sort": _of(lambda x: torch.sort(x, -1), (2, 9)),
    "sort, falling": _of(lambda x: torch.sort(x, -1, descending=True), (2, 9)),
    "sort over the middle": _of(lambda x: torch.sort(x, 1)[0], (2, 9, 3)),
    "argsort": _of(lambda x: torch.argsort(x, -1), (2, 9)),
    "topk": _of(lambda x: torch.topk(x, 4), (2, 9)),
    "topk, smallest": _of(lambda x: torch.topk(x, 4, largest=False), (2, 9)),
    "topk over the first axis": _of(lambda x: torch.topk(x, 4, 0), (9, 3)),
    "topk, then gather": _of(lambda x, y: y.gather(1, torch.topk(x, 4)[1]), (2, 9), (2, 9)),
    "kthvalue": _of(lambda x: torch.kthvalue(x, 3)[0], (2, 9)),
    "median": _of(lambda x: torch.median(x, 1)[0], (2, 9)),
    "argmax and argmin": _of(lambda x: (x.argmax(1), x.argmin(-1), x.argmax()), (2, 9, 4)),
    "maximum with its index": _of(lambda x: x.max(1), (2, 9, 4)),
    "amax over two axes": _of(lambda x: (x.amax((1, 3)), x.amin((2,), keepdim=True)), (2, 3, 4, 5)),
    "sum and mean": _of(lambda x: (x.sum((0, 2)), x.mean(1, keepdim=True), x.sum()), (2, 3, 4)),
    "variance and deviation": _of(lambda x: (x.var(1), x.std((1, 2), correction=0)), (2, 7, 4)),
    "product": _of(lambda x: x.prod(1), (2, 5, 4)),
    "logsumexp": _of(lambda x: torch.logsumexp(x, 1), (2, 9, 4)),
    "norms": _of(
        lambda x: (x.norm(dim=1), torch.linalg.vector_norm(x, 1, 2), functional.normalize(x, dim=1)), (2, 9, 4)
    ),
    "cumsum": _of(lambda x: (torch.cumsum(x, 1), torch.cumsum(x, -1)), (2, 9, 4)),
    "cumprod": _of(lambda x: torch.cumprod(x, 1), (2, 6)),
    "cummax": _of(lambda x: torch.cummax(x, 1)[0], (2, 6)),
    "logcumsumexp": _of(lambda x: torch.logcumsumexp(x, 1), (2, 6)),
    "any and all": _of(lambda x: ((x > 1).any(1), (x > -2).all(1), x.count_nonzero(1)), (2, 9)),
    "matrix products": _of(lambda x, y: (x @ y, torch.bmm(x, y), torch.matmul(x[:, 0], y)), (2, 3, 4), (2, 4, 5)),
    "einsum": _of(lambda x, y: torch.einsum("bhid,bhjd->bhij", x, y), (1, 2, 5, 4), (1, 2, 6, 4)),
    "outer and dot": _of(lambda x, y: (torch.outer(x, y), torch.dot(x, y), torch.kron(x, y)), (5,), (5,)),
    "cross product": _of(lambda x, y: torch.linalg.cross(x, y), (4, 3), (4, 3)),
    "addmm": _of(lambda x, y, z: torch.addmm(x, y, z, beta=0.5, alpha=2.0), (5,), (3, 4), (4, 5)),
    "histogram by comparison": _of(lambda x: (x[:, None] > torch.linspace(-1, 1, 5)).float().sum(0), (30,)),
}

# Whole numbers.


def _ints(function: Callable[..., Any], below: int = 50, dtype: torch.dtype = torch.int64) -> Callable[[], Built]:
    return lambda: (Function(function), (indices(below, 3, 5).to(dtype), indices(below, 3, 5).to(dtype)))


_WHOLE: dict[str, Callable[[], Built]] = {
    "64 bits: sums and products": _ints(lambda x, y: (x + y, x * y - 3, x - y)),
    "64 bits: large constants": _ints(lambda x, y: x * 3_000_000_000 + y),
    "64 bits: mixed with real numbers": _ints(lambda x, y: x * 0.5 + y.float().sqrt()),
    "64 bits: quotients": _ints(lambda x, y: (x // (y + 1), x % (y + 1), x / (y + 1))),
    "64 bits: comparisons": _ints(lambda x, y: torch.where(x > y, x, y + 100)),
    "64 bits: sums over an axis": _ints(lambda x, y: (x.sum(1), y.amax(0), (x * y).sum())),
    "64 bits: cumsum": _ints(lambda x, y: torch.cumsum(x + y, 1)),
    "64 bits: clamp and absolute": _ints(lambda x, y: ((x - y).clamp(-10, 10), (x - y).abs(), -(x * y))),
    "32 bits": _ints(lambda x, y: (x + y, x * y, x // (y + 1)), dtype=torch.int32),
    "bits": _ints(lambda x, y: (x & y, x | y, x ^ y), dtype=torch.int32),
    "shifts": _ints(lambda x, y: (x << 2, y >> 1), dtype=torch.int32),
    "positions": _ints(lambda x, y: torch.arange(5) * 2 + x),
    "bytes in": lambda: (Function(lambda x: x.float() / 255 - 0.5), (indices(256, 1, 3, 8, 9).to(torch.uint8),)),
    "truth values in": lambda: (Function(lambda mask, x: x * mask), (indices(2, 3, 5).bool(), numbers(3, 5))),
    "real numbers to whole ones": _of(lambda x: ((x * 10).int(), (x * 10).long(), x.bool()), (3, 5)),
    "double precision inside": _of(lambda x: (x.double() * 2).float() + x, (3, 5)),
}

# Recurrent layers.


def _recurrent(kind: type[nn.RNNBase], **named: Any) -> Callable[[], Built]:
    return lambda: (kind(8, 5, batch_first=True, **named), (numbers(*SEQUENCE),))


def _masked_lstm() -> Built:
    lstm = nn.LSTM(8, 5, batch_first=True)
    return Function(lambda part, x, length: part(x)[0][:, -1] * length, lstm), (numbers(*SEQUENCE), numbers(1, 1))


def _words() -> Built:
    return nn.Sequential(nn.Embedding(20, 8), Last(nn.GRU(8, 5, batch_first=True)), nn.Linear(5, 3)), (
        indices(20, 1, 6),
    )


class Last(nn.Module):
    """The last step of a recurrent layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """(n, steps, width) -> (n, width)"""
        return self.layer(x)[0][:, -1]


def _cell_loop(kind: type[nn.RNNCellBase]) -> Callable[[], Built]:
    def steps(cell: nn.Module, x: Tensor) -> Tensor:
        state = None
        for step in x.unbind(1):
            state = cell(step, state)
        return state[0] if isinstance(state, tuple) else state

    return lambda: (Function(steps, kind(8, 5)), (numbers(*SEQUENCE),))


_RECURRENT: dict[str, Callable[[], Built]] = {
    "LSTM": _recurrent(nn.LSTM),
    "LSTM, two layers, both directions": _recurrent(nn.LSTM, num_layers=2, bidirectional=True),
    "LSTM with a projection": _recurrent(nn.LSTM, proj_size=3),
    "LSTM, steps first": lambda: (nn.LSTM(8, 5), (numbers(6, 1, 8),)),
    "LSTM with its state": lambda: (
        Function(lambda part, x, h, c: part(x, (h, c)), nn.LSTM(8, 5, batch_first=True)),
        (numbers(*SEQUENCE), numbers(1, 1, 5), numbers(1, 1, 5)),
    ),
    "LSTM, last step": _masked_lstm,
    "GRU": _recurrent(nn.GRU),
    "GRU, both directions": _recurrent(nn.GRU, bidirectional=True),
    "GRU, two layers": _recurrent(nn.GRU, num_layers=2),
    "GRU on words": _words,
    "RNN": _recurrent(nn.RNN),
    "RNN with relu, both directions": _recurrent(nn.RNN, nonlinearity="relu", bidirectional=True),
    "LSTMCell in a loop": _cell_loop(nn.LSTMCell),
    "GRUCell in a loop": _cell_loop(nn.GRUCell),
    "RNNCell in a loop": _cell_loop(nn.RNNCell),
}

# Attention.


def _encoder(**named: Any) -> Callable[[], Built]:
    return lambda: (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **named), (numbers(*SEQUENCE),))


def _stack() -> Built:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), (numbers(*SEQUENCE),)


def _decoder() -> Built:
    def decode(part: nn.Module, x: Tensor, memory: Tensor) -> Tensor:
        return part(x, memory, tgt_mask=nn.Transformer.generate_square_subsequent_mask(6), tgt_is_causal=True)

    return Function(decode, nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)), (
        numbers(*SEQUENCE),
        numbers(1, 5, 8),
    )


def _dot_product(**named: Any) -> Callable[[], Built]:
    return _of(lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, **named), *[(1, 2, 6, 4)] * 3)


def _rotary(x: Tensor) -> Tensor:
    """Rotary embeddings (Su et al., 2021) of (n, heads, steps, width)."""
    steps, width = x.shape[-2:]
    rate = 10_000 ** (-torch.arange(0, width, 2) / width)
    angle = torch.arange(steps)[:, None] * rate
    sin, cos = angle.sin(), angle.cos()
    even, odd = x[..., ::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


_ATTENTION: dict[str, Callable[[], Built]] = {
    "MultiheadAttention": lambda: (
        Function(lambda part, x: part(x, x, x)[0], nn.MultiheadAttention(8, 2, batch_first=True)),
        (numbers(*SEQUENCE),),
    ),
    "MultiheadAttention with its weights": lambda: (
        Function(lambda part, x, y: part(x, y, y), nn.MultiheadAttention(8, 2, batch_first=True)),
        (numbers(*SEQUENCE), numbers(1, 5, 8)),
    ),
    "scaled dot product": _dot_product(),
    "scaled dot product, causal": _dot_product(is_causal=True),
    "scaled dot product, masked": _of(
        lambda q, k, v, mask: functional.scaled_dot_product_attention(q, k, v, attn_mask=mask),
        *[(1, 2, 6, 4)] * 3,
        (1, 1, 6, 6),
    ),
    "TransformerEncoderLayer": _encoder(),
    "TransformerEncoderLayer, norm first, gelu": _encoder(norm_first=True, activation="gelu"),
    "TransformerEncoder": _stack,
    "TransformerDecoderLayer": _decoder,
    "rotary embedding": _of(_rotary, (1, 2, 6, 4)),
}

# What no current LiteRT can run, or what one file cannot hold.


def _branch(x: Tensor) -> Tensor:
    return x * 2 if x.sum() > 0 else x - 1


_IMPOSSIBLE: dict[str, tuple[Callable[[], Built], tuple[str, ...]]] = {
    "matrix inverse": (_of(torch.linalg.inv, (1, 3, 3)), ("linalg_inv", "Instead:")),
    "singular values": (_of(lambda x: torch.linalg.svdvals(x), (1, 3, 4)), ("linalg_svd", "Instead:")),
    "QR decomposition": (_of(lambda x: torch.linalg.qr(x)[1], (1, 3, 3)), ("linalg_qr", "Instead:")),
    "eigenvalues": (_of(lambda x: torch.linalg.eigvalsh(x @ x.mT), (1, 3, 3)), ("linalg_eig", "Instead:")),
    "Cholesky decomposition": (
        _of(lambda x: torch.linalg.cholesky(x @ x.mT + torch.eye(3)), (1, 3, 3)),
        ("linalg_cholesky", "Instead:"),
    ),
    "solving a linear system": (_of(torch.linalg.solve, (1, 3, 3), (1, 3, 1)), ("linalg_solve", "Instead:")),
    "determinant": (_of(torch.linalg.det, (1, 3, 3)), ("linalg_det", "Instead:")),
    "complex Fourier transform": (_of(lambda x: torch.fft.fft(x).abs(), (1, 60)), ("fft", "Instead:")),
    "inverse Fourier transform": (
        _of(lambda x: torch.fft.irfft(torch.fft.rfft(x) * 2), (1, 60)),
        ("fft", "Instead:"),
    ),
    "nonzero": (_of(lambda x: torch.nonzero(x > 0), (3, 5)), ("nonzero", "Instead:")),
    "masked_select": (_of(lambda x: torch.masked_select(x, x > 0), (3, 5)), ("masked_select", "Instead:")),
    "unique": (lambda: (Function(torch.unique), (indices(4, 9),)), ("unique", "Instead:")),
    "random numbers": (_of(lambda x: x + torch.rand_like(x), (3, 5)), ("rand", "Instead:")),
    "digamma": (_of(torch.digamma, (3, 5)), ("digamma", "Instead:")),
    "a branch on values": (_of(_branch, (3, 5)), ("depends on values", "torch.where")),
    "a state between runs": (lambda: (Counter(), (numbers(3, 5),)), ("state",)),
}


class Counter(nn.Module):
    """Counts its runs in a buffer, and returns the count with its input."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        self.count += 1
        return x + self.count


def _impossible_cases() -> Iterator[Case]:
    for name, (build, words) in _IMPOSSIBLE.items():
        yield Case("torch: impossible", f"torch {name}", functools.partial(_seeded, build), words)
