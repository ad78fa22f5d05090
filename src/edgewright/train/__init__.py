"""Models of your own: a classifier from a handful of pictures, made here, without a training framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.train.backbone import Backbone as Backbone
    from edgewright.train.backbone import open_backbone as open_backbone
    from edgewright.train.ridge import Fitted as Fitted
    from edgewright.train.ridge import Head as Head
    from edgewright.train.ridge import fit as fit
    from edgewright.train.taught import Taught as Taught
    from edgewright.train.teach import teach as teach
    from edgewright.train.wording import taught_tables as taught_tables
    from edgewright.train.wording import verdict as verdict

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "backbone": "Backbone open_backbone",
        "ridge": "Fitted Head fit",
        "taught": "Taught",
        "teach": "teach",
        "wording": "taught_tables verdict",
    },
)
