"""Finding things in pictures: by the heads of SSD and EfficientDet, finished or raw, and of YOLO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.task.options import Options, unsaid
from edgewright.task.ssd.outputs import POST_PROCESS, finished_outputs, raw_outputs

if TYPE_CHECKING:
    from edgewright.task.kind import Decoder
    from edgewright.task.results.detections import Detections


class Head(Protocol):
    """One of the ways in which files say what they found. All of them are of one kind, with one result."""

    def recognize(self, model: ModelFile) -> str | None:
        """Why a file says it in this way, in a few words; None where it does not."""

    def input_options(self, model: ModelFile) -> Options:
        """What the preparation needs where the file and the caller say nothing else."""

    def decoder(self, model: ModelFile, options: Options) -> Decoder[Detections]:
        """Make the decoder of a file that is recognized."""


class _Finished:
    """Detectors that end in TensorFlow Lite's own post-processing, or whose metadata has boxes, classes and scores."""

    def recognize(self, model: ModelFile) -> str | None:
        """The outputs of the post-processing are the model's, or the metadata tells them."""
        outputs = finished_outputs(model)
        if outputs is None:
            return None
        return f"it ends in {POST_PROCESS}" if outputs.operator else "its metadata has boxes, classes and scores"

    def input_options(self, model: ModelFile) -> Options:
        """Boxes come nearer to the published ones on pictures that are as sharp as those of the training."""
        return unsaid(model, interpolation="sharp")

    def decoder(self, model: ModelFile, options: Options) -> Decoder[Detections]:
        """Make a decoder.

        Options: labels and locale, as for classification; threshold, the least score (0 to 1), or those of the labels
        that have another one; most, the largest number of detections; allow, deny: labels that are shown, or not.
        """
        from edgewright.task.ssd.finished import finished_decoder

        outputs = finished_outputs(model)
        if outputs is None:
            raise _no_detector(model)
        return finished_decoder(model, outputs, options)


class _Raw:
    """Detectors without post-processing, whose boxes are relative to anchors."""

    def recognize(self, model: ModelFile) -> str | None:
        """Boxes and scores of as many anchors, and nothing else."""
        outputs = raw_outputs(model)
        return f"its outputs are boxes and scores of {outputs.anchors:,} anchors" if outputs else None

    def input_options(self, model: ModelFile) -> Options:
        """As for finished boxes."""
        return unsaid(model, interpolation="sharp")

    def decoder(self, model: ModelFile, options: Options) -> Decoder[Detections]:
        """Make a decoder.

        Options: those for finished boxes; anchors, an array (n, 4) of y, x, height and width in shares, or a .npy or
        .csv file with them; box_scales, what the four numbers of a box are divided by (10, 10, 5, 5); iou, the overlap
        from which on two boxes of a class are one thing; meaning: whether scores are "probabilities" or "logits".
        """
        from edgewright.task.ssd.raw import raw_decoder

        outputs = raw_outputs(model)
        if outputs is None:
            raise _no_detector(model)
        return raw_decoder(model, outputs, options)


class _Kind:
    """Whatever finds things in pictures; each of its heads knows one form of outputs."""

    name = "detection"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The reason of the first head that knows the outputs."""
        return next((reason for head in _heads() if (reason := head.recognize(model))), None)

    def input_options(self, model: ModelFile) -> Options:
        """Those of the head that knows the outputs."""
        head = _head(model)
        return {} if head is None else head.input_options(model)

    def decoder(self, model: ModelFile, options: Options) -> Decoder[Detections]:
        """Make the decoder of the head that knows the outputs; see there for its options.

        Raises `UsageError` where none does.
        """
        # Who has anchors knows that boxes are relative to them.
        head = _Raw() if "anchors" in options and raw_outputs(model) else _head(model)
        if head is None:
            raise _no_detector(model)
        return head.decoder(model, options)


KIND = _Kind()


def _heads() -> tuple[Head, ...]:
    from edgewright.task.yolo.head import HEAD as YOLO

    return _Finished(), YOLO, _Raw()


def _head(model: ModelFile) -> Head | None:
    return next((head for head in _heads() if head.recognize(model)), None)


def _no_detector(model: ModelFile) -> UsageError:
    shapes = ", ".join(str(list(spec.shape)) for spec in model.outputs[:8])
    return UsageError(
        f"{model.name}: this is no detector: it does not end in {POST_PROCESS}, its metadata has no boxes, and its "
        f"outputs of shape {shapes} are neither a YOLO's nor boxes [1, n, 4] with scores [1, n, classes]"
    )
