"""What comes onto a device: read only once its signature holds, put beside what runs there, switched to and back.

This room needs nothing but Python, so that it goes onto a device before anything else does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.bundle import archive as archive
    from edgewright.bundle.clock import forget_time as forget_time
    from edgewright.bundle.clock import latest_time as latest_time
    from edgewright.bundle.clock import remember_time as remember_time
    from edgewright.bundle.desired import MOST_DESIRED_BYTES as MOST_DESIRED_BYTES
    from edgewright.bundle.desired import Desired as Desired
    from edgewright.bundle.desired import Offer as Offer
    from edgewright.bundle.desired import check_url as check_url
    from edgewright.bundle.device import DEVICE_FILE as DEVICE_FILE
    from edgewright.bundle.device import ask as ask
    from edgewright.bundle.device import this_platform as this_platform
    from edgewright.bundle.installing import Outcome as Outcome
    from edgewright.bundle.installing import install as install
    from edgewright.bundle.installing import roll_back as roll_back
    from edgewright.bundle.manifest import Entry as Entry
    from edgewright.bundle.manifest import Manifest as Manifest
    from edgewright.bundle.manifest import Platform as Platform
    from edgewright.bundle.opening import Opened as Opened
    from edgewright.bundle.opening import open_bundle as open_bundle
    from edgewright.bundle.running.switching import STATUS_FILE as STATUS_FILE
    from edgewright.bundle.running.units import unit_value as unit_value
    from edgewright.bundle.running.units import unit_word as unit_word
    from edgewright.bundle.signature import Signature as Signature
    from edgewright.bundle.signature import verify as verify
    from edgewright.bundle.store import DEFAULT_ROOT as DEFAULT_ROOT
    from edgewright.bundle.store import Store as Store
    from edgewright.bundle.trusted import ALLOWED_SIGNERS as ALLOWED_SIGNERS
    from edgewright.bundle.trusted import NAMESPACE as NAMESPACE
    from edgewright.bundle.trusted import TrustedKey as TrustedKey
    from edgewright.bundle.trusted import day as day
    from edgewright.bundle.trusted import parse_public as parse_public
    from edgewright.bundle.trusted import parse_time as parse_time
    from edgewright.bundle.trusted import parse_trusted as parse_trusted
    from edgewright.bundle.trusted import read_trusted as read_trusted
    from edgewright.bundle.trusted import roll_over as roll_over
    from edgewright.bundle.trusted import trusted_text as trusted_text
    from edgewright.bundle.trusted import with_key as with_key
    from edgewright.bundle.trusted import write_trusted as write_trusted
    from edgewright.bundle.values import check_names as check_names
    from edgewright.bundle.values import check_version as check_version
    from edgewright.bundle.values import is_name as is_name

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "archive": "",
        "clock": "forget_time latest_time remember_time",
        "desired": "MOST_DESIRED_BYTES Desired Offer check_url",
        "device": "DEVICE_FILE ask this_platform",
        "installing": "Outcome install roll_back",
        "manifest": "Entry Manifest Platform",
        "opening": "Opened open_bundle",
        "running.switching": "STATUS_FILE",
        "running.units": "unit_value unit_word",
        "signature": "Signature verify",
        "store": "DEFAULT_ROOT Store",
        "trusted": (
            "ALLOWED_SIGNERS NAMESPACE TrustedKey day parse_public parse_time parse_trusted read_trusted roll_over "
            "trusted_text with_key write_trusted"
        ),
        "values": "check_names check_version is_name",
    },
)
