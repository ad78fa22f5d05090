"""A device over the network, through OpenSSH's own client: keys, agents and host checks are the user's own."""

from __future__ import annotations

from edgewright.deploy.reaching.connection import Connection, connect
from edgewright.deploy.reaching.destination import Destination
from edgewright.deploy.reaching.device import DEFAULT_ROOT, Device, Facts
from edgewright.deploy.reaching.problems import NotReachedError

__all__ = ["DEFAULT_ROOT", "Connection", "Destination", "Device", "Facts", "NotReachedError", "connect"]
