"""Networks of PyTorch for the conversion table: the published designs, built by hand and narrow.

Each is built from the description in its paper, with the width and the number of blocks cut down.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

PHOTO = (1, 3, 64, 64)


def _convolution(
    into: int, out: int, kernel: int = 3, stride: int = 1, groups: int = 1, act: type = nn.ReLU
) -> nn.Module:
    """Convolution, normalization and activation."""
    layer = nn.Conv2d(into, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(out), act())


def _classifier(*blocks: nn.Module, width: int, classes: int = 10) -> nn.Module:
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes))


class Residual(nn.Module):
    """x + block(x), the short way through `short` where shapes differ; `last` is applied to the sum."""

    def __init__(self, block: nn.Module, short: nn.Module | None = None, last: nn.Module | None = None) -> None:
        super().__init__()
        self.block, self.short, self.last = block, short or nn.Identity(), last or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        return self.last(self.block(x) + self.short(x))


class Gate(nn.Module):
    """Squeeze and excitation (Hu et al., 2018)."""

    def __init__(self, width: int, act: type = nn.ReLU, gate: type = nn.Sigmoid) -> None:
        super().__init__()
        small = max(width // 4, 1)
        self.scale = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, small, 1), act(), nn.Conv2d(small, width, 1), gate()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        return x * self.scale(x)


def _basic(into: int, out: int, stride: int) -> nn.Module:
    block = nn.Sequential(
        _convolution(into, out, 3, stride), nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
    )
    short = None
    if stride > 1 or into != out:
        short = nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))
    return Residual(block, short, nn.ReLU())


def resnet() -> nn.Module:
    """ResNet-18 (He et al., 2016), an eighth as wide."""
    stages = [
        _basic(8, 8, 1),
        _basic(8, 8, 1),
        _basic(8, 16, 2),
        _basic(16, 16, 1),
        _basic(16, 32, 2),
        _basic(32, 64, 2),
    ]
    return _classifier(_convolution(3, 8, 7, 2), nn.MaxPool2d(3, 2, 1), *stages, width=64)


def _inverted(into: int, out: int, wide: int, kernel: int, stride: int, act: type, gate: nn.Module | None) -> nn.Module:
    block = nn.Sequential(
        _convolution(into, wide, 1, act=act),
        _convolution(wide, wide, kernel, stride, wide, act),
        *([gate] if gate else []),
        nn.Conv2d(wide, out, 1, bias=False),
        nn.BatchNorm2d(out),
    )
    return Residual(block) if stride == 1 and into == out else block


def mobilenet_v2() -> nn.Module:
    """MobileNetV2 (Sandler et al., 2018)."""
    widths = [(8, 8, 1), (8, 12, 2), (12, 12, 1), (12, 16, 2), (16, 16, 1)]
    blocks = [_inverted(into, out, into * 6, 3, stride, nn.ReLU6, None) for into, out, stride in widths]
    return _classifier(_convolution(3, 8, 3, 2, act=nn.ReLU6), *blocks, _convolution(16, 64, 1, act=nn.ReLU6), width=64)


def mobilenet_v3() -> nn.Module:
    """MobileNetV3 (Howard et al., 2019): hard swish, and gates with a hard sigmoid."""
    blocks = []
    for into, out, wide, kernel, stride, act, gated in (
        (8, 8, 16, 3, 2, nn.ReLU, True),
        (8, 12, 36, 3, 2, nn.ReLU, False),
        (12, 12, 44, 3, 1, nn.ReLU, False),
        (12, 20, 48, 5, 2, nn.Hardswish, True),
        (20, 20, 60, 5, 1, nn.Hardswish, True),
    ):
        gate = Gate(wide, gate=nn.Hardsigmoid) if gated else None
        blocks.append(_inverted(into, out, wide, kernel, stride, act, gate))
    return nn.Sequential(
        _convolution(3, 8, 3, 2, act=nn.Hardswish),
        *blocks,
        _convolution(20, 60, 1, act=nn.Hardswish),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(60, 40),
        nn.Hardswish(),
        nn.Dropout(0.2),
        nn.Linear(40, 10),
    )


def efficientnet() -> nn.Module:
    """EfficientNet-B0 (Tan and Le, 2019): swish, and gates."""
    blocks = [
        _inverted(into, out, wide, kernel, stride, nn.SiLU, Gate(wide, nn.SiLU))
        for into, out, wide, kernel, stride in (
            (8, 8, 8, 3, 1),
            (8, 12, 48, 3, 2),
            (12, 12, 72, 5, 1),
            (12, 20, 72, 5, 2),
        )
    ]
    return _classifier(_convolution(3, 8, 3, 2, act=nn.SiLU), *blocks, _convolution(20, 40, 1, act=nn.SiLU), width=40)


class Shuffle(nn.Module):
    """A unit of ShuffleNetV2 (Ma et al., 2018), with its channels shuffled by hand."""

    def __init__(self, width: int, down: bool) -> None:
        super().__init__()
        half = width // 2
        into = width if down else half
        stride = 2 if down else 1
        self.down = down
        self.right = nn.Sequential(
            _convolution(into, half, 1),
            nn.Conv2d(half, half, 3, stride, 1, groups=half, bias=False),
            nn.BatchNorm2d(half),
            _convolution(half, half, 1),
        )
        self.left = nn.Sequential(
            nn.Conv2d(into, into, 3, 2, 1, groups=into, bias=False), nn.BatchNorm2d(into), _convolution(into, half, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        left, right = (self.left(x), self.right(x)) if self.down else x.chunk(2, 1)
        joined = torch.cat([left, right if self.down else self.right(right)], 1)
        count, channels, height, width = joined.shape
        return joined.view(count, 2, channels // 2, height, width).transpose(1, 2).reshape(joined.shape)


def shufflenet() -> nn.Module:
    """ShuffleNetV2."""
    units = [Shuffle(16, True), Shuffle(16, False), Shuffle(16, False), Shuffle(16, True), Shuffle(16, False)]
    return _classifier(_convolution(3, 16, 3, 2), nn.MaxPool2d(3, 2, 1), *units, _convolution(16, 32, 1), width=32)


class Dense(nn.Module):
    """A layer of DenseNet (Huang et al., 2017)."""

    def __init__(self, into: int, growth: int) -> None:
        super().__init__()
        self.grow = nn.Sequential(nn.BatchNorm2d(into), nn.ReLU(), nn.Conv2d(into, growth, 3, padding=1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        return torch.cat([x, self.grow(x)], 1)


def densenet() -> nn.Module:
    """DenseNet."""
    between = nn.Sequential(nn.BatchNorm2d(20), nn.ReLU(), nn.Conv2d(20, 10, 1), nn.AvgPool2d(2))
    return _classifier(
        _convolution(3, 8, 3, 2), Dense(8, 6), Dense(14, 6), between, Dense(10, 6), Dense(16, 6), width=22
    )


class Fire(nn.Module):
    """A module of SqueezeNet (Iandola et al., 2016)."""

    def __init__(self, into: int, small: int, wide: int) -> None:
        super().__init__()
        self.squeeze = nn.Sequential(nn.Conv2d(into, small, 1), nn.ReLU())
        self.one, self.three = nn.Conv2d(small, wide, 1), nn.Conv2d(small, wide, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        small = self.squeeze(x)
        return functional.relu(torch.cat([self.one(small), self.three(small)], 1))


def squeezenet() -> nn.Module:
    """SqueezeNet, with its pools rounded up."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        Fire(8, 4, 8),
        Fire(16, 4, 8),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        Fire(16, 6, 12),
        nn.Conv2d(24, 10, 1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


class LastNorm(nn.Module):
    """Layer normalization over the channels of (n, channels, height, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def convnext() -> nn.Module:
    """ConvNeXt (Liu et al., 2022)."""

    def block(width: int) -> nn.Module:
        return Residual(
            nn.Sequential(
                nn.Conv2d(width, width, 7, padding=3, groups=width),
                LastNorm(width),
                nn.Conv2d(width, 4 * width, 1),
                nn.GELU(),
                nn.Conv2d(4 * width, width, 1),
            )
        )

    down = nn.Sequential(LastNorm(8), nn.Conv2d(8, 16, 2, 2))
    return _classifier(nn.Conv2d(3, 8, 4, 4), LastNorm(8), block(8), down, block(16), width=16)


class UNet(nn.Module):
    """U-Net (Ronneberger et al., 2015), of two levels; `up` makes the layer that doubles a map."""

    def __init__(self, up: Callable[[int, int], nn.Module]) -> None:
        super().__init__()
        self.first, self.second, self.low = _convolution(3, 8), _convolution(8, 16), _convolution(16, 32)
        self.up_second, self.up_first = up(32, 16), up(16, 8)
        self.join_second, self.join_first = _convolution(32, 16), _convolution(16, 8)
        self.last = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        first = self.first(x)
        second = self.second(functional.max_pool2d(first, 2))
        low = self.low(functional.max_pool2d(second, 2))
        second = self.join_second(torch.cat([self.up_second(low), second], 1))
        return self.last(self.join_first(torch.cat([self.up_first(second), first], 1)))


def _transposed(into: int, out: int) -> nn.Module:
    return nn.ConvTranspose2d(into, out, 2, 2)


def _output_padded(into: int, out: int) -> nn.Module:
    return nn.ConvTranspose2d(into, out, 3, 2, 1, output_padding=1)


def _resized(mode: str) -> Callable[[int, int], nn.Module]:
    return lambda into, out: nn.Sequential(nn.Upsample(scale_factor=2, mode=mode), nn.Conv2d(into, out, 3, padding=1))


class Atrous(nn.Module):
    """Atrous spatial pyramid pooling of DeepLabV3 (Chen et al., 2017), and its head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_convolution(3, 8, 3, 2), _convolution(8, 16, 3, 2))
        self.rates = nn.ModuleList(
            [nn.Conv2d(16, 8, 1), *(nn.Conv2d(16, 8, 3, padding=rate, dilation=rate) for rate in (2, 4, 6))]
        )
        self.pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 8, 1), nn.ReLU())
        self.last = nn.Conv2d(40, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        low = self.stem(x)
        mean = functional.interpolate(self.pooled(low), size=low.shape[-2:], mode="bilinear", align_corners=False)
        joined = torch.cat([*(rate(low) for rate in self.rates), mean], 1)
        return functional.interpolate(self.last(joined), size=x.shape[-2:], mode="bilinear", align_corners=False)


class Pyramid(nn.Module):
    """A feature pyramid (Lin et al., 2017), enlarged by nearest neighbors."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = _convolution(3, 8, 3, 2), _convolution(8, 16, 3, 2), _convolution(16, 24, 3, 2)
        self.sides = nn.ModuleList([nn.Conv2d(width, 8, 1) for width in (8, 16, 24)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute it."""
        one = self.one(x)
        two = self.two(one)
        three = self.three(two)
        low = self.sides[2](three)
        middle = self.sides[1](two) + functional.interpolate(low, size=two.shape[-2:], mode="nearest")
        high = self.sides[0](one) + functional.interpolate(middle, scale_factor=2.0)
        return high, middle, low


class AnchorBoxes(nn.Module):
    """A detection head with anchors (SSD, Liu et al., 2016): boxes decoded, and scores."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(_convolution(3, 8, 3, 2), _convolution(8, 16, 3, 2), _convolution(16, 16, 3, 2))
        self.boxes, self.scores = nn.Conv2d(16, 12, 3, padding=1), nn.Conv2d(16, 12, 3, padding=1)
        self.register_buffer("anchors", torch.rand(192, 4) * 0.5 + 0.2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes (n, anchors, 4), and scores (n, anchors, 4)."""
        low = self.body(x)
        raw = self.boxes(low).permute(0, 2, 3, 1).reshape(x.shape[0], -1, 4)
        center = raw[..., :2] * 0.1 * self.anchors[:, 2:] + self.anchors[:, :2]
        size = torch.exp(raw[..., 2:] * 0.2) * self.anchors[:, 2:]
        scores = self.scores(low).permute(0, 2, 3, 1).reshape(x.shape[0], -1, 4).softmax(-1)
        return torch.cat([center - size / 2, center + size / 2], -1), scores


class Distributed(nn.Module):
    """A detection head without anchors (YOLOv8): distances as distributions over 16 bins, decoded to boxes."""

    def __init__(self, *, best: int = 0) -> None:
        super().__init__()
        self.best = best
        self.bodies = nn.ModuleList([_convolution(3, 8, 3, 8, act=nn.SiLU), _convolution(8, 8, 3, 2, act=nn.SiLU)])
        self.heads = nn.ModuleList([nn.Conv2d(8, 64 + 5, 1) for _ in range(2)])
        self.register_buffer("bins", torch.arange(16.0))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 4 + classes, places), or with `best` the best so many as (n, best, 6)."""
        maps, places, strides = [], [], []
        for body, head, stride in zip(self.bodies, self.heads, (8, 16), strict=True):
            x = body(x)
            height, width = x.shape[-2:]
            rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
            maps.append(head(x).flatten(2))
            places.append(torch.stack([columns, rows]).flatten(1) + 0.5)
            strides.append(torch.full((height * width,), float(stride)))
        joined, place, stride = torch.cat(maps, 2), torch.cat(places, 1), torch.cat(strides)
        distances, scores = joined.split([64, 5], 1)
        softened = distances.view(x.shape[0], 4, 16, -1).softmax(2)
        left_top, right_bottom = (softened * self.bins[:, None]).sum(2).chunk(2, 1)
        low, high = place - left_top, place + right_bottom
        if self.best:
            return self._best(torch.cat([low, high], 1) * stride, scores.sigmoid())
        return torch.cat([torch.cat([(low + high) / 2, high - low], 1) * stride, scores.sigmoid()], 1)

    def _best(self, boxes: Tensor, scores: Tensor) -> Tensor:
        most, labels = scores.max(1)
        value, at = most.topk(self.best, 1)
        chosen = boxes.transpose(1, 2).gather(1, at[..., None].expand(-1, -1, 4))
        return torch.cat([chosen, value[..., None], labels.gather(1, at)[..., None].float()], -1)


class Centers(nn.Module):
    """A detection head of centers (Zhou et al., 2019): peaks by a max-pool, the best eight of them."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.heat = nn.Sequential(_convolution(3, 8, 3, 2), _convolution(8, 8, 3, 2)), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and places of the best."""
        heat = self.heat(self.body(x)).sigmoid()
        peaks = heat * (functional.max_pool2d(heat, 3, 1, 1) == heat)
        scores, at = peaks.flatten(1).topk(8)
        return scores, torch.stack([at % 256 % 16, at % 256 // 16, at // 256], -1).float()


class Queries(nn.Module):
    """A detection head of learned queries (Carion et al., 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(_convolution(3, 8, 3, 4), _convolution(8, 8, 3, 4))
        self.place, self.queries = nn.Parameter(torch.randn(1, 16, 8)), nn.Parameter(torch.randn(1, 5, 8))
        self.transformer = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
        self.label, self.box = nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and boxes of the queries."""
        memory = self.body(x).flatten(2).transpose(1, 2) + self.place
        found = self.transformer(memory, self.queries.expand(x.shape[0], -1, -1))
        return self.label(found), self.box(found).sigmoid()


class VisionTransformer(nn.Module):
    """A vision transformer (Dosovitskiy et al., 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 16, 16)
        self.label, self.place = nn.Parameter(torch.randn(1, 1, 16)), nn.Parameter(torch.randn(1, 17, 16))
        layer = nn.TransformerEncoderLayer(16, 4, 32, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        patches = self.patches(x).flatten(2).transpose(1, 2)
        joined = torch.cat([self.label.expand(x.shape[0], -1, -1), patches], 1) + self.place
        return self.head(self.encoder(joined)[:, 0])


class Windows(nn.Module):
    """Attention in shifted windows (Liu et al., 2021)."""

    def __init__(self, shift: int) -> None:
        super().__init__()
        self.shift, self.norm = shift, nn.LayerNorm(8)
        self.both, self.last = nn.Linear(8, 24), nn.Linear(8, 8)
        self.bias = nn.Parameter(torch.randn(2, 16, 16))

    def forward(self, x: Tensor) -> Tensor:
        """(n, height, width, 8) -> the same"""
        count, height, width, channels = x.shape
        moved = self.norm(x).roll((-self.shift, -self.shift), (1, 2))
        cut = (
            moved.view(count, height // 4, 4, width // 4, 4, channels)
            .permute(0, 1, 3, 2, 4, 5)
            .reshape(-1, 16, channels)
        )
        query, key, value = self.both(cut).view(-1, 16, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(-2, -1) / 2 + self.bias).softmax(-1)
        mixed = self.last((weights @ value).transpose(1, 2).reshape(-1, 16, channels))
        back = mixed.view(count, height // 4, width // 4, 4, 4, channels).permute(0, 1, 3, 2, 4, 5)
        return x + back.reshape(x.shape).roll((self.shift, self.shift), (1, 2))


class ToLast(nn.Module):
    """(n, channels, height, width) -> (n, height, width, channels)"""

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        return x.permute(0, 2, 3, 1)


def swin() -> nn.Module:
    """Two blocks of attention in windows."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 4), ToLast(), Windows(0), Windows(2), nn.Flatten(1, 2), Mean(), nn.Linear(8, 10)
    )


class Mean(nn.Module):
    """The mean over the steps of (n, steps, width)."""

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        return x.mean(1)


class Reader(nn.Module):
    """A small BERT (Devlin et al., 2019): words and a mask in, a vector of unit length out."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 16), nn.Embedding(12, 16)
        self.norm = nn.LayerNorm(16)
        layer = nn.TransformerEncoderLayer(16, 2, 32, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """Compute it."""
        x = self.norm(self.words(words) + self.places(torch.arange(words.shape[1])))
        hidden = (1.0 - mask[:, None, None].float()).expand(-1, 2, words.shape[1], -1) * -1e9
        x = self.encoder(x, mask=hidden.reshape(-1, words.shape[1], words.shape[1]))
        kept = mask[..., None].float()
        return functional.normalize((x * kept).sum(1) / kept.sum(1).clamp(min=1e-9), dim=1)


class Writer(nn.Module):
    """A small GPT (Radford et al., 2019): the scores of the next word."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 16), nn.Parameter(torch.randn(1, 8, 16))
        self.norm, self.both, self.mixed = nn.LayerNorm(16), nn.Linear(16, 48), nn.Linear(16, 16)
        self.wide = nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 64), nn.GELU(approximate="tanh"), nn.Linear(64, 16))

    def forward(self, words: Tensor) -> Tensor:
        """Compute it."""
        x = self.words(words) + self.places
        heads = self.both(self.norm(x)).view(x.shape[0], -1, 3, 4, 4).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(*heads.unbind(0), is_causal=True)
        x = x + self.mixed(mixed.transpose(1, 2).flatten(2))
        x = x + self.wide(x)
        return x[:, -1] @ self.words.weight.T


class WordFilters(nn.Module):
    """Convolutions over words (Kim, 2014)."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.filters = nn.ModuleList([nn.Conv1d(8, 6, kernel) for kernel in (2, 3, 4)])
        self.last = nn.Linear(18, 3)

    def forward(self, words: Tensor) -> Tensor:
        """Compute it."""
        x = self.words(words).transpose(1, 2)
        return self.last(torch.cat([functional.relu(layer(x)).amax(2) for layer in self.filters], 1))


class Lines(nn.Module):
    """Reads a line of text (Shi et al., 2016): convolutions, then an LSTM in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(1, 8), nn.MaxPool2d(2), _convolution(8, 16), nn.MaxPool2d((2, 1)), _convolution(16, 16)
        )
        self.steps, self.last = nn.LSTM(16 * 4, 12, bidirectional=True, batch_first=True), nn.Linear(24, 11)

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        x = self.body(x).permute(0, 3, 1, 2).flatten(2)
        return self.last(self.steps(x)[0]).log_softmax(-1)


def keywords() -> nn.Module:
    """DS-CNN for keywords (Zhang et al., 2017)."""
    blocks = [nn.Sequential(_convolution(16, 16, 3, groups=16), _convolution(16, 16, 1)) for _ in range(3)]
    first = nn.Sequential(nn.Conv2d(1, 16, (10, 4), 2, (5, 1)), nn.BatchNorm2d(16), nn.ReLU())
    return _classifier(first, *blocks, width=16, classes=12)


class Causal(nn.Module):
    """A gated block of dilated convolutions of a row (van den Oord et al., 2016)."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation, self.both = dilation, nn.Conv1d(width, 2 * width, 2, dilation=dilation)
        self.last = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        left, right = self.both(functional.pad(x, (self.dilation, 0))).chunk(2, 1)
        return x + self.last(left.tanh() * right.sigmoid())


def wavenet() -> nn.Module:
    """Four such blocks."""
    return nn.Sequential(
        nn.Conv1d(1, 8, 1), *(Causal(8, dilation) for dilation in (1, 2, 4, 8)), nn.ReLU(), nn.Conv1d(8, 5, 1)
    )


def autoencoder() -> nn.Module:
    """Down by strides, and up by transposed convolutions with output padding."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 3, 2, 1, output_padding=1),
        nn.Sigmoid(),
    )


def generator() -> nn.Module:
    """The generator of a DCGAN (Radford et al., 2016)."""
    return nn.Sequential(
        nn.Unflatten(1, (20, 1, 1)),
        nn.ConvTranspose2d(20, 16, 4, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 4, 2, 1),
        nn.Tanh(),
    )


def larger_picture() -> nn.Module:
    """ESPCN (Shi et al., 2016): a picture three times as large."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2),
        nn.Tanh(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.Tanh(),
        nn.Conv2d(8, 9, 3, padding=1),
        nn.PixelShuffle(3),
    )


class Points(nn.Module):
    """PointNet (Qi et al., 2017), without its transforms."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(3, 16, 1), nn.BatchNorm1d(16), nn.ReLU(), nn.Conv1d(16, 32, 1))
        self.last = nn.Linear(32, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        return self.last(self.body(x).max(2)[0])


def mixer() -> nn.Module:
    """MLP-Mixer (Tolstikhin et al., 2021), one block."""

    def mlp(width: int, wide: int) -> nn.Module:
        return nn.Sequential(nn.Linear(width, wide), nn.GELU(), nn.Linear(wide, width))

    across = Residual(nn.Sequential(nn.LayerNorm(12), Turned(mlp(16, 24))))
    along = Residual(nn.Sequential(nn.LayerNorm(12), mlp(12, 24)))
    return nn.Sequential(
        nn.Conv2d(3, 12, 16, 16), nn.Flatten(2), Turned(nn.Identity()), across, along, Mean(), nn.Linear(12, 10)
    )


class Turned(nn.Module):
    """A module applied to (n, a, b) turned to (n, b, a), and turned back where it is more than the identity."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Compute it."""
        turned = self.inner(x.transpose(1, 2))
        return turned if isinstance(self.inner, nn.Identity) else turned.transpose(1, 2)


def _on_photo(make: Callable[[], nn.Module]) -> Callable[[], tuple[nn.Module, tuple[Tensor, ...]]]:
    return lambda: (make(), (torch.randn(PHOTO),))


def _on(make: Callable[[], nn.Module], *shape: int) -> Callable[[], tuple[nn.Module, tuple[Tensor, ...]]]:
    return lambda: (make(), (torch.randn(shape),))


def _on_words(
    make: Callable[[], nn.Module], *, masked: bool = False
) -> Callable[[], tuple[nn.Module, tuple[Tensor, ...]]]:
    mask = (torch.ones(1, 8, dtype=torch.int64),) if masked else ()
    return lambda: (make(), (torch.randint(0, 50, (1, 8)), *mask))


NETWORKS: dict[str, Callable[[], tuple[nn.Module, tuple[Tensor, ...]]]] = {
    "ResNet": _on_photo(resnet),
    "MobileNetV2": _on_photo(mobilenet_v2),
    "MobileNetV3": _on_photo(mobilenet_v3),
    "EfficientNet": _on_photo(efficientnet),
    "ShuffleNetV2": _on_photo(shufflenet),
    "DenseNet": _on_photo(densenet),
    "SqueezeNet": _on_photo(squeezenet),
    "ConvNeXt": _on_photo(convnext),
    "UNet, transposed convolutions": _on_photo(lambda: UNet(_transposed)),
    "UNet, output padding": _on_photo(lambda: UNet(_output_padded)),
    "UNet, nearest": _on_photo(lambda: UNet(_resized("nearest"))),
    "UNet, bilinear": _on_photo(lambda: UNet(_resized("bilinear"))),
    "DeepLabV3's head": _on_photo(Atrous),
    "feature pyramid": _on_photo(Pyramid),
    "detection head with anchors": _on_photo(AnchorBoxes),
    "detection head of distributions": _on_photo(Distributed),
    "detection head of the best": _on_photo(lambda: Distributed(best=6)),
    "detection head of centers": _on_photo(Centers),
    "detection head of queries": _on_photo(Queries),
    "vision transformer": _on_photo(VisionTransformer),
    "attention in shifted windows": _on_photo(swin),
    "MLP-Mixer": _on_photo(mixer),
    "BERT": _on_words(Reader, masked=True),
    "GPT": _on_words(Writer),
    "convolutions over words": _on_words(WordFilters),
    "lines of text": _on(Lines, 1, 1, 16, 40),
    "DS-CNN": _on(keywords, 1, 1, 49, 10),
    "WaveNet": _on(wavenet, 1, 1, 40),
    "autoencoder": _on(autoencoder, 1, 1, 28, 28),
    "DCGAN generator": _on(generator, 1, 20),
    "ESPCN": _on(larger_picture, 1, 1, 12, 15),
    "PointNet": _on(Points, 1, 3, 40),
}
