"""Models by name: what is known of them, and fetching them when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.hub.catalogue import entries as entries
    from edgewright.hub.catalogue import entry as entry
    from edgewright.hub.catalogue import names as names
    from edgewright.hub.catalogue import register_entry as register_entry
    from edgewright.hub.chaining import chain as chain
    from edgewright.hub.downloading import Wanted as Wanted
    from edgewright.hub.downloading import download as download
    from edgewright.hub.getting import fetched_model as fetched_model
    from edgewright.hub.getting import find as find
    from edgewright.hub.getting import get as get
    from edgewright.hub.getting import locate as locate
    from edgewright.hub.getting import recorded_sha256 as recorded_sha256
    from edgewright.hub.getting import remove as remove
    from edgewright.hub.getting import source as source
    from edgewright.hub.getting import with_source as with_source
    from edgewright.hub.loading import AUTO as AUTO
    from edgewright.hub.loading import load as load
    from edgewright.hub.loading import of_signature as of_signature
    from edgewright.hub.loading import read as read
    from edgewright.hub.model_entry import Entry as Entry
    from edgewright.hub.model_entry import PublishedFigure as PublishedFigure
    from edgewright.hub.origins import Origin as Origin
    from edgewright.hub.origins import register_origin as register_origin
    from edgewright.hub.quantizing import quantized as quantized
    from edgewright.hub.recipes import Recipe as Recipe
    from edgewright.hub.recipes import register_recipe as register_recipe
    from edgewright.hub.replying import SmartReply as SmartReply

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "catalogue": "entries entry names register_entry",
        "chaining": "chain",
        "downloading": "Wanted download",
        "replying": "SmartReply",
        "getting": "fetched_model find get locate recorded_sha256 remove source with_source",
        "loading": "AUTO load of_signature read",
        "model_entry": "Entry PublishedFigure",
        "origins": "Origin register_origin",
        "quantizing": "quantized",
        "recipes": "Recipe register_recipe",
    },
)
