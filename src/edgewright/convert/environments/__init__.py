"""Environments of their own for tools that cannot share this Python: pinned, and made only when asked for by name."""

from edgewright.convert.environments.making import set_up
from edgewright.convert.environments.places import find, require
from edgewright.convert.environments.tools import TOOLS, Tool, tool

__all__ = ["TOOLS", "Tool", "find", "require", "set_up", "tool"]
