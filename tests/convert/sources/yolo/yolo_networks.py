"""Small networks with the heads of YOLO, in PyTorch, whose boxes are known for what is painted in a picture.

A cell of the grid sees the color of what it covers, and says of a pure one how far the sides of a box are and which
class it is of: each of the three scales has a color of its own. What follows is computed as their exporters write it.
Source: the heads in `ultralytics/nn/modules/head.py` and in `models/yolo.py` of `yolov5`.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

SIZE = 320
STRIDES = (8, 16, 32)
LABELS = ("red thing", "green thing", "blue thing")
# Left, top, right and bottom of each class's box, in strides from the middle of the cell that sees its color.
SIDES = ((9.0, 6.5, 11.0, 8.0), (5.0, 4.25, 3.5, 6.0), (3.0, 2.0, 2.5, 3.5))
BINS, POINTS, COEFFICIENTS = 16, (17, 3), 8
ANGLE = 0.4

_SURE, _ELSEWHERE, _DOUBT, _NEVER = 18.0, -9.0, -9.0, 0.02


class Grid(nn.Module):
    """The colors of the cells of one scale, (1, 3, cells), behind a convolution like any other."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(3, 3, stride, stride, bias=False)
        with torch.no_grad():
            self.look.weight.copy_(torch.eye(3)[:, :, None, None].expand(3, 3, stride, stride) / stride**2)

    def forward(self, picture: Tensor) -> Tensor:
        return self.look(picture)


def told(rows: list[list[float]], bias: list[float] | float) -> nn.Conv2d:
    """A convolution that says for each pure color one of the rows (of as many numbers), and mixes them else."""
    weights = torch.tensor(rows).T
    layer = nn.Conv2d(3, len(weights), 1)
    with torch.no_grad():
        layer.weight.copy_(weights[:, :, None, None])
        layer.bias.copy_(torch.as_tensor(bias).expand(len(weights)))
    return layer


def scores_of(scale: int) -> nn.Conv2d:
    """Logits of the classes: the one of this scale where its color is, and hardly anything else."""
    rows = [[_NEVER * (1 + color + 2 * other) for other in range(3)] for color in range(3)]
    for color in range(3):
        rows[color][scale] = _SURE if color == scale else _ELSEWHERE
    return told(rows, _DOUBT)


def distance_bins(sides: tuple[float, ...]) -> list[float]:
    """Logits over whole distances, whose softmax has the sides as its mean."""
    logits: list[float] = []
    for side in sides:
        below = math.floor(side)
        share = {below: 1 - (side - below), below + 1: side - below}
        logits += [max(math.log(share.get(place, 0) or 1e-4), -9.0) for place in range(BINS)]
    return logits


class Cells(nn.Module):
    """What all heads have: of each cell its boxes' numbers (1, n, N), where it is, and its stride."""

    def __init__(self, *layers: Any) -> None:
        """`layers` make the convolution of a scale, by its number."""
        super().__init__()
        self.grids = nn.ModuleList(Grid(stride) for stride in STRIDES)
        self.says = nn.ModuleList(nn.ModuleList(make(scale) for make in layers) for scale in range(len(STRIDES)))
        places, strides = [], []
        for stride in STRIDES:
            steps = torch.arange(SIZE // stride) + 0.5
            down, across = torch.meshgrid(steps, steps, indexing="ij")
            places.append(torch.stack([across, down]).reshape(2, -1))
            strides.append(torch.full((1, places[-1].shape[1]), float(stride)))
        self.register_buffer("places", torch.cat(places, 1)[None])
        self.register_buffer("strides", torch.cat(strides, 1)[None])

    def said(self, picture: Tensor) -> list[Tensor]:
        """The numbers of each of the layers for all cells."""
        scales = [
            [layer(grid(picture)).flatten(2) for layer in layers]
            for grid, layers in zip(self.grids, self.says, strict=True)
        ]
        return [torch.cat(numbers, 2) for numbers in zip(*scales, strict=True)]


def _sides_of(scale: int) -> nn.Conv2d:
    return told([distance_bins(sides) for sides in SIDES], 0.0)


class Version8(Cells):
    """(1, 4 + classes, cells): middles and sizes in pixels, and scores. `more` is added behind them."""

    def __init__(self, *more: Any) -> None:
        super().__init__(_sides_of, scores_of, *more)
        self.expected = nn.Conv2d(BINS, 1, 1, bias=False)
        with torch.no_grad():
            self.expected.weight.copy_(torch.arange(float(BINS)).reshape(1, BINS, 1, 1))

    def distances(self, numbers: Tensor) -> Tensor:
        """(1, 4, cells) sides in strides."""
        bins = numbers.view(1, 4, BINS, -1).transpose(2, 1).softmax(1)
        return self.expected(bins).view(1, 4, -1)

    def boxes(self, distances: Tensor) -> Tensor:
        first, last = distances.chunk(2, 1)
        start, end = self.places - first, self.places + last
        return torch.cat([(start + end) / 2, end - start], 1) * self.strides

    def forward(self, picture: Tensor) -> Any:
        sides, scores = self.said(picture)
        return torch.cat([self.boxes(self.distances(sides)), scores.sigmoid()], 1)


class Pose(Version8):
    """Behind the scores 17 keypoints with x, y and how sure they are."""

    def __init__(self) -> None:
        points = [[((place % 5) - 2 + color) / 2 for place in range(51)] for color in range(3)]
        super().__init__(lambda scale: told(points, 0.0))

    def forward(self, picture: Tensor) -> Tensor:
        sides, scores, points = self.said(picture)
        points = points.view(1, *POINTS, -1)
        where = (points[:, :, :2] * 2.0 + (self.places - 0.5)[:, None]) * self.strides[:, None]
        said = torch.cat([where, points[:, :, 2:].sigmoid()], 2).view(1, POINTS[0] * POINTS[1], -1)
        return torch.cat([self.boxes(self.distances(sides)), scores.sigmoid(), said], 1)


class Segment(Version8):
    """Behind the scores the coefficients of a mask, and prototypes beside them."""

    def __init__(self) -> None:
        rows = [[1.0 if place % 3 == color else -0.25 for place in range(COEFFICIENTS)] for color in range(3)]
        super().__init__(lambda scale: told(rows, 0.0))
        self.prototypes = nn.Conv2d(3, COEFFICIENTS, 4, 4)
        with torch.no_grad():
            for place in range(COEFFICIENTS):
                color = torch.full((3, 1, 1), -0.3)
                color[place % 3] = 1.0
                self.prototypes.weight[place] = color / 16
            self.prototypes.bias.fill_(-0.2)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        sides, scores, coefficients = self.said(picture)
        joined = torch.cat([self.boxes(self.distances(sides)), scores.sigmoid(), coefficients], 1)
        return joined, self.prototypes(picture)


class Turned(Version8):
    """Boxes that are turned: the angle comes last."""

    def __init__(self) -> None:
        logit = math.log((ANGLE / math.pi + 0.25) / (0.75 - ANGLE / math.pi))
        super().__init__(lambda scale: told([[logit], [logit], [logit]], 0.0))

    def forward(self, picture: Tensor) -> Tensor:
        sides, scores, angle = self.said(picture)
        angle = (angle.sigmoid() - 0.25) * math.pi
        first, last = self.distances(sides).chunk(2, 1)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        across, down = ((last - first) / 2).chunk(2, 1)
        middle = torch.cat([across * cosine - down * sine, across * sine + down * cosine], 1) + self.places
        return torch.cat([torch.cat([middle, first + last], 1) * self.strides, scores.sigmoid(), angle], 1)


class EndToEnd(Version8):
    """(1, 300, 6): corners in pixels, score and class of the surest, sorted."""

    most = 300

    def boxes(self, distances: Tensor) -> Tensor:
        first, last = distances.chunk(2, 1)
        return torch.cat([self.places - first, self.places + last], 1) * self.strides

    def forward(self, picture: Tensor) -> Tensor:
        sides, scores = self.said(picture)
        boxes, scores = self.boxes(self.distances(sides)).transpose(1, 2), scores.sigmoid().transpose(1, 2)
        index = scores.amax(-1).topk(self.most)[1].unsqueeze(-1)
        boxes = boxes.gather(1, index.repeat(1, 1, 4))
        scores = scores.gather(1, index.repeat(1, 1, len(LABELS)))
        scores, index = scores.flatten(1).topk(self.most)
        batch = torch.arange(1)[..., None]
        classes = (index % len(LABELS))[..., None].float()
        return torch.cat([boxes[batch, index // len(LABELS)], scores[..., None], classes], -1)


ANCHORS = ((10, 13), (16, 30), (120, 90)), ((30, 61), (62, 45), (160, 140)), ((116, 90), (156, 198), (180, 180))


class Version5(Cells):
    """(1, 3 cells, 5 + classes): three boxes of each cell, of which the last one is meant; pixels, and objectness."""

    def __init__(self) -> None:
        super().__init__(self._numbers_of)

    @staticmethod
    def _numbers_of(scale: int) -> nn.Conv2d:
        rows = []
        for color, (left, top, right, bottom) in enumerate(SIDES):
            row: list[float] = []
            for anchor in range(3):
                width, height = ANCHORS[scale][anchor]
                sizes = [(left + right) * STRIDES[scale] / width, (top + bottom) * STRIDES[scale] / height]
                shift = [((right - left) / 2 + 1) / 2, ((bottom - top) / 2 + 1) / 2]
                shares = [*shift, *(math.sqrt(size) / 2 for size in sizes)]
                row += [_logit(share) for share in shares]
                row.append(_SURE + 3 if color == scale and anchor == 2 else 0.1 * (anchor + 1))
                row += [_SURE if other == color == scale else 0.05 * (other + 1) for other in range(3)]
            rows.append(row)
        return told(rows, ([0.0] * 4 + [_DOUBT - 3] * 4) * 3)

    def forward(self, picture: Tensor) -> Tensor:
        found = []
        for grid, (layer,), stride, anchors in zip(self.grids, self.says, STRIDES, ANCHORS, strict=True):
            cells = SIZE // stride
            said = layer(grid(picture)).view(1, 3, 8, cells, cells).permute(0, 1, 3, 4, 2).sigmoid()
            steps = torch.arange(cells)
            down, across = torch.meshgrid(steps, steps, indexing="ij")
            where = torch.stack([across, down], -1)[None, None] - 0.5
            sides = torch.tensor(anchors, dtype=torch.float32)[None, :, None, None]
            middle, size, rest = said.split((2, 2, 4), -1)
            boxes = torch.cat([(middle * 2 + where) * stride, (size * 2) ** 2 * sides, rest], -1)
            found.append(boxes.view(1, -1, 8))
        return torch.cat(found, 1)


def _logit(share: float) -> float:
    share = min(max(share, 1e-3), 1 - 1e-3)
    return math.log(share / (1 - share))


class Classify(nn.Module):
    """(1, classes) of what is painted most."""

    def forward(self, picture: Tensor) -> Tensor:
        return (picture.mean((2, 3)) * 8).softmax(1)


NETWORKS: dict[str, Any] = {
    "v8": Version8,
    "v5": Version5,
    "end to end": EndToEnd,
    "pose": Pose,
    "segment": Segment,
    "turned": Turned,
    "classify": Classify,
}
