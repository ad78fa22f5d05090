"""Tables, charts and one self-contained HTML page: draws what it is given and knows nothing about models.

Names are loaded when they are first used, because a command that prints one table should not wait for the charts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.report import numbers as numbers
    from edgewright.report.bars import Bar as Bar
    from edgewright.report.bars import Bars as Bars
    from edgewright.report.blocks import Code as Code
    from edgewright.report.blocks import Facts as Facts
    from edgewright.report.blocks import KeyFigure as KeyFigure
    from edgewright.report.blocks import KeyFigures as KeyFigures
    from edgewright.report.blocks import Paragraph as Paragraph
    from edgewright.report.blocks import SideBySide as SideBySide
    from edgewright.report.confusion import ConfusionMatrix as ConfusionMatrix
    from edgewright.report.intervals import Interval as Interval
    from edgewright.report.intervals import Intervals as Intervals
    from edgewright.report.lines import Line as Line
    from edgewright.report.lines import Lines as Lines
    from edgewright.report.lines import Spot as Spot
    from edgewright.report.live import LiveLines as LiveLines
    from edgewright.report.markup import Block as Block
    from edgewright.report.page import Page as Page
    from edgewright.report.page import Section as Section
    from edgewright.report.palette import LIGHT as LIGHT
    from edgewright.report.pictures import Picture as Picture
    from edgewright.report.pictures import Pictures as Pictures
    from edgewright.report.pictures import encode_png as encode_png
    from edgewright.report.scatter import Point as Point
    from edgewright.report.scatter import Scatter as Scatter
    from edgewright.report.style import color_themes as color_themes
    from edgewright.report.table import Column as Column
    from edgewright.report.table import Sheet as Sheet
    from edgewright.report.table import Table as Table
    from edgewright.report.terminal import encodable as encodable
    from edgewright.report.terminal import is_terminal as is_terminal
    from edgewright.report.terminal import print_table as print_table
    from edgewright.report.text import bar as bar
    from edgewright.report.text import csv_text as csv_text
    from edgewright.report.text import printable as printable
    from edgewright.report.text import shorten as shorten

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "bars": "Bar Bars",
        "blocks": "Code Facts KeyFigure KeyFigures Paragraph SideBySide",
        "confusion": "ConfusionMatrix",
        "intervals": "Interval Intervals",
        "lines": "Line Lines Spot",
        "live": "LiveLines",
        "markup": "Block",
        "page": "Page Section",
        "palette": "LIGHT",
        "pictures": "Picture Pictures encode_png",
        "scatter": "Point Scatter",
        "style": "color_themes",
        "table": "Column Sheet Table",
        "terminal": "encodable is_terminal print_table",
        "text": "bar csv_text printable shorten",
        "numbers": "",
    },
)
