"""Converts many modules of PyTorch in this process, so that PyTorch and its converter start once for all of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.product import Product
from edgewright.convert.proof.proving import finish
from edgewright.convert.proof.silence import silence
from edgewright.convert.sources.registry import find_source
from edgewright.machine import silent


def converted(source: Any, **options: Any) -> Product:
    """What `convert` makes of a source, with no child process."""
    settled = ConversionOptions.of(**options)
    with tempfile.TemporaryDirectory() as folder, silence():
        opened = find_source(source).open(source, settled)
        return finish(prepare(opened, settled, Path(folder)), settled.sent, silent)
