"""The tutorial as one program."""

from __future__ import annotations

from edgewright.quickstart.artefacts import Artefact, Quickstart
from edgewright.quickstart.page import page, results_table
from edgewright.quickstart.photo_page import labels_table
from edgewright.quickstart.run import DEFAULT_FOLDER, quickstart

__all__ = ["DEFAULT_FOLDER", "Artefact", "Quickstart", "labels_table", "page", "quickstart", "results_table"]
