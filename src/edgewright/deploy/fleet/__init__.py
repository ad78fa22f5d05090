"""Many devices: a file that names them, a new version for a few of them first, and how they are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.deploy.fleet.fleet_file import Fleet as Fleet
    from edgewright.deploy.fleet.fleet_file import FleetDevice as FleetDevice
    from edgewright.deploy.fleet.fleet_file import read_fleet as read_fleet
    from edgewright.deploy.fleet.health import DeviceReport as DeviceReport
    from edgewright.deploy.fleet.health import fleet_table as fleet_table
    from edgewright.deploy.fleet.health import reports_of as reports_of
    from edgewright.deploy.fleet.releasing import release as release
    from edgewright.deploy.fleet.releasing import wish_of as wish_of
    from edgewright.deploy.fleet.releasing import withdraw as withdraw
    from edgewright.deploy.fleet.rollout import Rollout as Rollout
    from edgewright.deploy.fleet.rollout import Step as Step
    from edgewright.deploy.fleet.rollout import deploy_all as deploy_all

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "fleet_file": "Fleet FleetDevice read_fleet",
        "health": "DeviceReport fleet_table reports_of",
        "releasing": "release wish_of withdraw",
        "rollout": "Rollout Step deploy_all",
    },
)
