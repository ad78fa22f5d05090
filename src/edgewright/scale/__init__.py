"""The same task over many machines: shards of inputs, each of whose results is there whole or not at all.

>>> ew.scale.run("mobilenet.tflite", "photos", "rows", shard="0/1").done
2
>>> [row["top"][0]["label"] for row in ew.scale.read_rows("rows")]
['daisy', 'macaw']
>>> ew.scale.status("rows").left
0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.scale.clusters.crew import RayCrew as RayCrew
    from edgewright.scale.deaths import Deaths as Deaths
    from edgewright.scale.entry import Entry as Entry
    from edgewright.scale.forecasting.figures import MACHINES as MACHINES
    from edgewright.scale.forecasting.figures import Forecast as Forecast
    from edgewright.scale.forecasting.forecasting import forecast as forecast
    from edgewright.scale.forecasting.wording import forecast_tables as forecast_tables
    from edgewright.scale.keeper import Keeper as Keeper
    from edgewright.scale.listing.words import list_inputs as list_inputs
    from edgewright.scale.manifest import Manifest as Manifest
    from edgewright.scale.parts import read_rows as read_rows
    from edgewright.scale.reading import source_of as source_of
    from edgewright.scale.running import Run as Run
    from edgewright.scale.running import ray_address as ray_address
    from edgewright.scale.running import run as run
    from edgewright.scale.running import shard_of as shard_of
    from edgewright.scale.standing import Status as Status
    from edgewright.scale.standing import status as status
    from edgewright.scale.work import Work as Work

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "deaths": "Deaths",
        "clusters.crew": "RayCrew",
        "entry": "Entry",
        "forecasting.figures": "Forecast MACHINES",
        "forecasting.forecasting": "forecast",
        "forecasting.wording": "forecast_tables",
        "keeper": "Keeper",
        "listing.words": "list_inputs",
        "manifest": "Manifest",
        "parts": "read_rows",
        "reading": "source_of",
        "running": "Run ray_address run shard_of",
        "standing": "Status status",
        "work": "Work",
    },
)
