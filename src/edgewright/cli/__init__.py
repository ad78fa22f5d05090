"""The command line: one file per verb. A verb parses, calls the library, prints."""

from __future__ import annotations

from edgewright.cli.app import main

__all__ = ["main"]
