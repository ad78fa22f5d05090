"""Models of your own: trained on your data, or taught from a handful of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.train.compression.compress import compress as compress
    from edgewright.train.compression.compressed import Compressed as Compressed
    from edgewright.train.compression.method import Applied as Applied
    from edgewright.train.compression.method import Method as Method
    from edgewright.train.compression.method import Settings as Settings
    from edgewright.train.compression.method import method_names as method_names
    from edgewright.train.compression.method import register_method as register_method
    from edgewright.train.compression.recipes import open_trainable as open_trainable
    from edgewright.train.compression.samples import Samples as Samples
    from edgewright.train.epochs import Epoch as Epoch
    from edgewright.train.page import report_page as report_page
    from edgewright.train.result import Training as Training
    from edgewright.train.teaching.backbone import Backbone as Backbone
    from edgewright.train.teaching.backbone import open_backbone as open_backbone
    from edgewright.train.teaching.ridge import Fitted as Fitted
    from edgewright.train.teaching.ridge import Head as Head
    from edgewright.train.teaching.ridge import fit as fit
    from edgewright.train.teaching.taught import Taught as Taught
    from edgewright.train.teaching.teach import teach as teach
    from edgewright.train.teaching.wording import taught_tables as taught_tables
    from edgewright.train.teaching.wording import verdict as verdict
    from edgewright.train.trainer import CurvePoint as CurvePoint
    from edgewright.train.trainer import Finishes as Finishes
    from edgewright.train.trainer import Material as Material
    from edgewright.train.trainer import Measures as Measures
    from edgewright.train.trainer import Parts as Parts
    from edgewright.train.trainer import Plan as Plan
    from edgewright.train.trainer import Trained as Trained
    from edgewright.train.trainer import Trainer as Trainer
    from edgewright.train.trainer import register_trainer as register_trainer
    from edgewright.train.training import train as train
    from edgewright.train.wording import not_quantized as not_quantized
    from edgewright.train.wording import training_tables as training_tables
    from edgewright.train.wording import training_verdict as training_verdict

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "compression.compress": "compress",
        "compression.compressed": "Compressed",
        "compression.method": "Applied Method Settings method_names register_method",
        "compression.recipes": "open_trainable",
        "compression.samples": "Samples",
        "epochs": "Epoch",
        "page": "report_page",
        "result": "Training",
        "teaching.backbone": "Backbone open_backbone",
        "teaching.ridge": "Fitted Head fit",
        "teaching.taught": "Taught",
        "teaching.teach": "teach",
        "teaching.wording": "taught_tables verdict",
        "trainer": "CurvePoint Finishes Material Measures Parts Plan Trained Trainer register_trainer",
        "training": "train",
        "wording": "not_quantized training_tables training_verdict",
    },
)
