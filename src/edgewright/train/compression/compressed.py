"""What a compression gave: the file, how good it is beside the network that it comes from, and how small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgewright.brief import line_of
from edgewright.evaluate import Evaluation, figure
from edgewright.files import packed_size
from edgewright.model import ModelFile
from edgewright.train.epochs import Epoch


@dataclass(frozen=True)
class Size:
    """Bytes of a file, as it is and as gzip packs it: what an update over the air or a packed image takes."""

    file: int
    gzip: int

    @classmethod
    def of(cls, model: ModelFile) -> Size:
        """The size of a model file."""
        return cls(model.size, packed_size(model.data))


@dataclass(frozen=True, kw_only=True, eq=False)
class Compressed:
    """Result of `compress`: `model` describes itself, and has been compared with the network that was trained.

    `network`: that network, a `.keras` file in the work folder. `source`: the network that was given, as a float file.
    `float_evaluation` and `evaluation`: of both on the test data, or without such (see `tested`) on the part that said
    when to stop, which flatters a little; without labels they say how often each answers as `source`. `trained`: the
    share of right answers there of the network while it trained, with fake-quantized numbers where there are such, None
    without labels. `epochs`: the learning curve of each method.

    >>> small = ew.compress("stripes.keras", "stripes.npz", normalization=(127.5, 50), methods=["prune"])
    >>> print(small)
    Compressed(...)
    >>> small.evaluation.metric.title
    'Top-1 accuracy'
    """

    model: ModelFile
    network: Path
    source: ModelFile
    methods: tuple[str, ...]
    float_evaluation: Evaluation
    trained: float | None
    evaluation: Evaluation
    epochs: Mapping[str, tuple[Epoch, ...]]
    seconds: float
    facts: Mapping[str, Any] = field(default_factory=dict)
    tested: bool = False
    notices: tuple[str, ...] = ()

    @property
    def size(self) -> Size:
        """Bytes of the file."""
        return Size.of(self.model)

    @property
    def source_size(self) -> Size:
        """Bytes of the float file."""
        return Size.of(self.source)

    def __repr__(self) -> str:
        """What matters in one line."""
        metric = self.evaluation.metric
        before, after = (figure(metric, one.value) for one in (self.float_evaluation, self.evaluation))
        figures = f"{metric.title} {before} -> {after}"
        return line_of(self, "+".join(self.methods), figures, f"{self.size.file:,} bytes")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "methods": list(self.methods),
            "model": {"sha256": self.model.sha256, **vars(self.size)},
            "source": {"sha256": self.source.sha256, **vars(self.source_size)},
            "float": self.float_evaluation.to_dict(),
            "trained": self.trained,
            "evaluated_on": "test" if self.tested else "validation",
            "evaluation": self.evaluation.to_dict(),
            "epochs": {name: [vars(epoch) for epoch in epochs] for name, epochs in self.epochs.items()},
            "facts": dict(self.facts),
            "notices": list(self.notices),
            "seconds": self.seconds,
        }
