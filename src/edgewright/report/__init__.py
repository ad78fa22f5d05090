"""Tables, charts and one self-contained HTML page: draws what it is given and knows nothing about models.

Names are loaded when they are first used, because a command that prints one table should not wait for the charts.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright.report import numbers
    from edgewright.report.bars import Bar, Bars
    from edgewright.report.blocks import Code, Facts, KeyFigure, KeyFigures, Paragraph, SideBySide
    from edgewright.report.confusion import ConfusionMatrix
    from edgewright.report.intervals import Interval, Intervals
    from edgewright.report.markup import Block
    from edgewright.report.page import Page, Section
    from edgewright.report.pictures import Picture, Pictures, encode_png
    from edgewright.report.table import Column, Table
    from edgewright.report.terminal import is_terminal, print_table

# Public name -> the module it lives in.
_MODULES = {
    "Bar": "bars",
    "Bars": "bars",
    "Block": "markup",
    "Code": "blocks",
    "Column": "table",
    "ConfusionMatrix": "confusion",
    "Facts": "blocks",
    "Interval": "intervals",
    "Intervals": "intervals",
    "KeyFigure": "blocks",
    "KeyFigures": "blocks",
    "Page": "page",
    "Paragraph": "blocks",
    "Picture": "pictures",
    "Pictures": "pictures",
    "Section": "page",
    "SideBySide": "blocks",
    "Table": "table",
    "encode_png": "pictures",
    "is_terminal": "terminal",
    "print_table": "terminal",
}

__all__ = [
    "Bar",
    "Bars",
    "Block",
    "Code",
    "Column",
    "ConfusionMatrix",
    "Facts",
    "Interval",
    "Intervals",
    "KeyFigure",
    "KeyFigures",
    "Page",
    "Paragraph",
    "Picture",
    "Pictures",
    "Section",
    "SideBySide",
    "Table",
    "encode_png",
    "is_terminal",
    "numbers",
    "print_table",
]


def __getattr__(name: str) -> Any:
    if name == "numbers":
        return importlib.import_module("edgewright.report.numbers")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
