"""Onto the device, signed, with a way back; and into the other runtimes that read the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.deploy.browser import fetch_runtime as fetch_runtime
    from edgewright.deploy.deploying import Deployment as Deployment
    from edgewright.deploy.deploying import deploy as deploy
    from edgewright.deploy.deploying import device_packages as device_packages
    from edgewright.deploy.deploying import device_platform as device_platform
    from edgewright.deploy.deploying import device_status as device_status
    from edgewright.deploy.deploying import roll_back as roll_back
    from edgewright.deploy.description import Boxes as Boxes
    from edgewright.deploy.description import Classes as Classes
    from edgewright.deploy.description import Description as Description
    from edgewright.deploy.description import Pixels as Pixels
    from edgewright.deploy.description import describe as describe
    from edgewright.deploy.exporting import Exported as Exported
    from edgewright.deploy.exporting import Target as Target
    from edgewright.deploy.exporting import Written as Written
    from edgewright.deploy.exporting import export as export
    from edgewright.deploy.exporting import export_names as export_names
    from edgewright.deploy.exporting import register_export as register_export
    from edgewright.deploy.fleet import DeviceReport as DeviceReport
    from edgewright.deploy.fleet import Fleet as Fleet
    from edgewright.deploy.fleet import FleetDevice as FleetDevice
    from edgewright.deploy.fleet import Rollout as Rollout
    from edgewright.deploy.fleet import Step as Step
    from edgewright.deploy.fleet import deploy_all as deploy_all
    from edgewright.deploy.fleet import fleet_table as fleet_table
    from edgewright.deploy.fleet import read_fleet as read_fleet
    from edgewright.deploy.fleet import release as release
    from edgewright.deploy.fleet import reports_of as reports_of
    from edgewright.deploy.fleet import withdraw as withdraw
    from edgewright.deploy.keyring import Key as Key
    from edgewright.deploy.keyring import find_key as find_key
    from edgewright.deploy.keyring import keys as keys
    from edgewright.deploy.keyring import new_key as new_key
    from edgewright.deploy.keyring import retire as retire
    from edgewright.deploy.keyring import trust as trust
    from edgewright.deploy.keyring import trusted_file as trusted_file
    from edgewright.deploy.keyring import trusted_keys as trusted_keys
    from edgewright.deploy.making import Bundle as Bundle
    from edgewright.deploy.making import make_bundle as make_bundle
    from edgewright.deploy.measuring import OverSSH as OverSSH
    from edgewright.deploy.measuring import measuring_on as measuring_on
    from edgewright.deploy.signing import sign as sign
    from edgewright.deploy.writing import entry_of as entry_of
    from edgewright.deploy.writing import write_bundle as write_bundle

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "browser": "fetch_runtime",
        "deploying": "Deployment deploy device_packages device_platform device_status roll_back",
        "description": "Boxes Classes Description Pixels describe",
        "exporting": "Exported Target Written export export_names register_export",
        "fleet": (
            "DeviceReport Fleet FleetDevice Rollout Step deploy_all fleet_table read_fleet release reports_of withdraw"
        ),
        "making": "Bundle make_bundle",
        "keyring": "Key find_key keys new_key retire trust trusted_file trusted_keys",
        "measuring": "OverSSH measuring_on",
        "signing": "sign",
        "writing": "entry_of write_bundle",
    },
)
