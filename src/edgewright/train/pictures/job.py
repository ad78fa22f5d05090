"""The whole training in a child process: look, choose, fit, go deeper, save. What is finished is not done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.cache import discard
from edgewright.machine import Progress, silent
from edgewright.model import InputMetadata
from edgewright.train.epochs import deterministic
from edgewright.train.learning import learning_curve
from edgewright.train.pictures.backbone import Backbone
from edgewright.train.pictures.choosing import (
    ENOUGH,
    Mirroring,
    Tried,
    choose,
    look_at,
    mirrored,
    mirroring,
    normalizations,
    resizings,
)
from edgewright.train.pictures.deeper import (
    Answers,
    Deeper,
    PixelSamples,
    SeenSamples,
    freeze_normalization,
    go_deeper,
    plan_schedule,
)
from edgewright.train.pictures.head import fit_head, folds_of
from edgewright.train.pictures.looking import (
    BETWEEN,
    FEATURES,
    PIECE,
    Look,
    Looking,
    Wanted,
    WantedError,
    preparation_of,
)
from edgewright.train.pictures.network import HEAD, Network, open_network
from edgewright.train.pictures.outcome import Outcome, network_path, read_outcome, write_outcome
from edgewright.train.pictures.store import check_space, needed_to_choose
from edgewright.train.pictures.views import Viewing
from edgewright.train.saving import save_network
from edgewright.train.trainer import CurvePoint, Parts, Plan

Array = npt.NDArray[Any]

# The number of epochs, and Adam's learning rate: from the cut on, and of all layers.
_FROM_CUT, _ALL = (20, 5e-4), (20, 1e-4)

# The same of a network that has seen nothing.
_FROM_NOTHING = (60, 1e-3)

_SMOOTHING = 0.1

# Views of each picture, the one as it is among them; fewer where all of them together would be too many to look at.
_VIEWS, _MOST_LOOKS = 6, 16_000


def run(
    parts: Parts, plan: Plan, backbone: Backbone, progress: Progress = silent, *, asks: bool = False
) -> Outcome | Wanted:
    """Train, and leave `network.keras` in the plan's folder.

    With `asks` others look at pictures: what is wanted is returned, and when that is in its store, this goes on.
    """
    outcome = read_outcome(plan.folder)
    if outcome is None:
        try:
            outcome = _Training(parts, plan, backbone, progress, asks=asks).outcome()
        except WantedError as error:
            return error.wanted
        write_outcome(plan.folder, outcome)
    discard(_seen(plan.folder))
    return outcome


class _Training:
    """A training in the child process."""

    def __init__(self, parts: Parts, plan: Plan, backbone: Backbone, progress: Progress, *, asks: bool) -> None:
        deterministic(plan.seed)
        progress("opening the backbone", 0, 0)
        self._parts, self._plan, self._progress = parts, plan, progress
        self._backbone = backbone
        self._network: Network = open_network(backbone.network)
        self._from_pixels = plan.thorough or backbone.untrained or not self._network.cut
        between = plan.epochs != 0 and not self._from_pixels
        self._looking = Looking(self._network, _seen(plan.folder), between=between, asks=asks)
        self._views = 1 if not plan.augment else max(min(_VIEWS, _MOST_LOOKS // len(parts.train)), 1)

    def outcome(self) -> Outcome:
        """Do what is not done yet."""
        return self._from_nothing() if self._backbone.untrained else self._from_backbone()

    def _from_nothing(self) -> Outcome:
        """Train all layers of a network whose features say nothing yet."""
        described = resizings(self._backbone.described, self._plan.resize or "stretch")[0]
        model, logits = self._network.classifier(len(self._parts.train.classes))
        deeper = self._all_layers(logits, described, mirror=False)
        save_network(model, network_path(self._plan.folder))
        return Outcome(
            described=described,
            tried=(),
            regularization=0.0,
            accuracy=None,
            cut="",
            mirroring=None,
            deeper=deeper,
            views=len(deeper.epochs),
            curve=(),
        )

    def _from_backbone(self) -> Outcome:
        described, tried = self._prepared()
        features = np.array(self._see(look_at(self._parts, described), FEATURES))
        head = self._head(features)
        model, logits = self._network.classifier(len(head.bias), (head.weights, head.bias))
        mirror, deeper = (None, None) if self._plan.epochs == 0 else self._went_deeper(logits, described)
        save_network(model, network_path(self._plan.folder))
        return Outcome(
            described=described,
            tried=tried,
            regularization=head.regularization,
            accuracy=head.accuracy,
            cut="" if self._from_pixels else self._network.cut,
            mirroring=mirror,
            deeper=deeper,
            views=self._views,
            curve=self._curve(features),
        )

    def _prepared(self) -> tuple[InputMetadata, tuple[Tried, ...]]:
        """How a picture is prepared: first the scale of its pixels, then its size."""
        resize = self._plan.resize
        scales = normalizations(self._backbone.described, normalizes=self._network.normalizes)
        self._check_space([resizings(scale, resize) for scale in scales])
        first = [resizings(scale, resize)[0] for scale in scales]
        scale, tried = choose(self._looking, self._parts, self._plan, first, self._progress)
        described, others = choose(self._looking, self._parts, self._plan, resizings(scale, resize), self._progress)
        return described, (*tried, *others)

    def _check_space(self, choices: Sequence[Sequence[InputMetadata]]) -> None:
        """All that will lie on the disk, before the first picture is looked at.

        `choices`: the resizings of each scale. The first of each scale is tried, then all of a single one: that of
        which the most is there, where an earlier run was stopped.
        """
        scales = [[self._looking.store(look_at(self._parts, choice)) for choice in scale] for scale in choices]
        taken = max(scales, key=lambda scale: sum(store.done for store in scale))
        needed = needed_to_choose([*taken, *(scale[0] for scale in scales if scale is not taken)], ENOUGH)
        described = choices[0][0]
        if self._plan.epochs != 0 and self._plan.augment:
            needed += self._looking.store(mirrored(self._parts, described)).needed(ENOUGH)
        if self._plan.epochs != 0 and not self._from_pixels:
            looks = [self._validation(described), *self._varied(described, mirror=True)]
            needed += sum(self._looking.store(look).needed() for look in looks)
        check_space(needed, self._plan.folder)

    def _see(self, look: Look, column: str, step: str = "looking at pictures") -> Array:
        return self._looking.see(look, self._progress, step=step).read()[column]

    def _head(self, features: Array) -> Any:
        self._progress("fitting the head", 0, 0)
        classes, count = self._parts.train.labels, len(self._parts.train.classes)
        folds = folds_of(classes, self._parts.groups, self._plan.seed)
        return fit_head(features, classes, count, folds, balanced=self._plan.balanced)

    def _curve(self, features: Array) -> tuple[CurvePoint, ...]:
        """What more pictures would bring, by a head on what the backbone sees."""
        self._progress("learning from parts of the pictures", 0, 0)
        classes, groups = self._parts.train.labels, self._parts.groups
        split = partial(folds_of, classes, groups)
        return learning_curve(features, classes, groups, split, seed=self._plan.seed)

    def _went_deeper(self, logits: Any, described: InputMetadata) -> tuple[Mirroring | None, Deeper]:
        """Train behind the head, in place; whether half of the views are mirrored is asked first."""
        mirror = None
        if self._plan.augment:
            mirror = mirroring(self._looking, self._parts, self._plan, described, self._progress)
        harmless = mirror is not None and mirror.harmless
        if self._from_pixels:
            return mirror, self._all_layers(logits, described, mirror=harmless)
        return mirror, self._from_cut(logits, described, mirror=harmless)

    def _from_cut(self, logits: Any, described: InputMetadata, *, mirror: bool) -> Deeper:
        looks = [look_at(self._parts, described), *self._varied(described, mirror=mirror)]
        views = [self._see(look, BETWEEN, f"looking again ({number})") for number, look in enumerate(looks)]
        validation = self._see(self._validation(described), BETWEEN, "looking at the validation part")
        model = self._network.behind_cut(logits)
        freeze_normalization(model)
        samples = SeenSamples(views, self._answers(), self._plan.seed)
        refit = partial(self._refit, model, self._network.features_behind_cut(), views[0])
        return self._train(model, samples, validation, _FROM_CUT, refit)

    def _all_layers(self, logits: Any, described: InputMetadata, *, mirror: bool) -> Deeper:
        prepare = preparation_of(self._network.shape, described)
        viewing = Viewing(prepare, self._plan.seed, mirror)
        validation = np.concatenate([prepare(source) for source in self._parts.validation.inputs])
        model = self._network.from_pixels(logits)
        if not self._backbone.untrained:
            freeze_normalization(model)
        samples = PixelSamples(self._parts.train, viewing, self._answers(), varied=self._plan.augment)
        if self._backbone.untrained:
            return self._train(model, samples, validation, _FROM_NOTHING)
        plain = PixelSamples(self._parts.train, viewing, self._answers(), varied=False)
        return self._train(model, samples, validation, _ALL, partial(self._refit, model, self._network.whole, plain))

    def _refit(self, model: Any, sees: Any, pictures: Array | PixelSamples) -> None:
        """Fit the model's head to what its layers see now in the pictures as they are."""
        places = np.arange(len(pictures))
        pieces = [places[start : start + PIECE] for start in range(0, len(places), PIECE)]
        inputs = (
            pictures[piece] if isinstance(pictures, np.ndarray) else pictures.batch(piece, 0)[0] for piece in pieces
        )
        head = self._head(np.concatenate([sees.predict_on_batch(piece.astype(np.float32)) for piece in inputs]))
        model.get_layer(HEAD).set_weights([head.weights, head.bias])

    def _train(
        self,
        model: Any,
        samples: SeenSamples | PixelSamples,
        validation: Array,
        usual: tuple[int, float],
        refit: Callable[[], None] | None = None,
    ) -> Deeper:
        """Without `refit`, of a network that has seen nothing, training stops early."""
        return go_deeper(
            model,
            samples,
            (validation, self._parts.validation.labels),
            plan_schedule(self._plan, *usual, stop_early=refit is None),
            self._plan.folder,
            refit,
            self._progress,
            "training deeper",
        )

    def _answers(self) -> Answers:
        train = self._parts.train
        return Answers.of(train.labels, len(train.classes), balanced=self._plan.balanced, smoothing=_SMOOTHING)

    def _varied(self, described: InputMetadata, *, mirror: bool) -> list[Look]:
        """The views behind the first."""
        return [
            Look(f"view{number}", self._parts.train, described, number, self._plan.seed, mirror)
            for number in range(1, self._views)
        ]

    def _validation(self, described: InputMetadata) -> Look:
        return Look("validation", self._parts.validation, described)


def _seen(folder: Path) -> Path:
    """Where what was seen in the pictures lies while the training lasts."""
    return folder / "seen"
