"""Tables, charts and one self-contained HTML page: draws what it is given and knows nothing about models."""

from __future__ import annotations

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
