"""What people type for values: sizes in bytes, shares of a whole, lists, dates."""

from __future__ import annotations

import math
from typing import Any

import click

from edgewright.cli.verb import counts


class Size(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A number of bytes: "800M", "4G" or plain digits; units count by 1,024."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes meant."""
        if isinstance(value, int):
            return value
        text = str(value).strip().upper().removesuffix("B").removesuffix("I")
        exponent = "KMGT".find(text[-1:]) + 1 if text[-1:] else 0
        try:
            size = float(text[:-1] if exponent else text) * 1024**exponent
        except ValueError:
            size = 0
        if not 0 < size < 2**63:
            self.fail(f"{value!r} is no size. Expected bytes, or a number with a unit: 800M, 4G", param, ctx)
        return int(size)


SIZE = Size()


class Share(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A share of the answers: "1%" or "0.01"; of a metric that is named it may be any number of its unit."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it; at least 0 and below 1, and a plain number of 1 or more was meant in percent."""
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{text!r} is no share. Write 1% or 0.01", param, ctx)
        named = ctx is not None and isinstance(ctx.params.get("metric"), str)
        if not 0 <= share < (math.inf if named else 1):
            hint = f". Did you mean {text}%?" if 1 <= share < 100 and not text.endswith("%") else ""
            self.fail(f"{text} is not at least 0 and below 100%{hint}", param, ctx)
        return share


class Part(Share):
    """A part of a whole, between 0 and 1: "80%" or "0.8"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it."""
        return super().convert(value, param, None)


class Names(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """Words with commas between: "litert,openvino"."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Take them apart."""
        words = tuple(word.strip() for word in str(value).split(","))
        if not all(words):
            self.fail(f"{value!r} is no name, nor names with commas between", param, ctx)
        return words


class Counts(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """Whole numbers of at least 1 with commas between: "1,2"."""

    name = "counts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read them."""
        from edgewright.engine import MOST_THREADS

        found = counts(str(value))
        if not found or max(found) > MOST_THREADS:
            self.fail(f"{value!r}: give whole numbers from 1 to {MOST_THREADS}, with commas between", param, ctx)
        return found


class Date(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A day, at whose beginning in UTC something begins or ends; or a time as OpenSSH writes it."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds since 1970."""
        import calendar
        import re
        import time

        from edgewright import bundle

        text = str(value).strip()
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                return calendar.timegm(time.strptime(text, "%Y-%m-%d"))
            return bundle.parse_time(text)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no date. Write it as 2027-12-31", param, ctx)
