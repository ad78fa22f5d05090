"""`edgewright run --shard` and `--on ray`: a share of the inputs or all, and the line that says how it went."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.scaling.options import Scaling
from edgewright.cli.verb import print_json, say
from edgewright.machine import Progress
from edgewright.report import numbers

_OF_RUN = ("shard", "on", "form", "column", "timeout")
_GOES_ON = "stopped; what is done stays, and the same command goes on from there"


def run_share(
    model: str, inputs: tuple[str, ...], out: Path | None, scaling: Scaling, *, as_json: bool, **options: Any
) -> int:
    """Do the share and say how it stands; how many of its inputs have an error."""
    from edgewright import scale

    if out is None:
        raise click.UsageError(f"{_word(scaling)} writes rows into a folder, add -o FOLDER")
    start = time.monotonic()
    more = {name: value for name, value in scaling._asdict().items() if name in _OF_RUN and value is not None}
    with _stopped_in_good_order(), ProgressBars() as progress:
        done = scale.run(model, inputs, out, **more, **options, progress=_with_rate(progress), notice=say)
    seconds = time.monotonic() - start
    if as_json:
        print_json({"folder": str(out), **_which(scaling), **vars(done), "left": done.left, "seconds": seconds})
    say(_summary(done, scaling.on or f"shard {scaling.shard}", out, seconds))
    return done.failures


def _which(scaling: Scaling) -> dict[str, str | None]:
    return {"shard": scaling.shard} if scaling.on is None else {"on": scaling.on}


def _word(scaling: Scaling) -> str:
    """What asked for the rows."""
    return f"--on {scaling.on}" if scaling.on else "--shard"


def _summary(done: Any, which: str, out: Path, seconds: float) -> str:
    said = f"{which}: {done.done:,} of {numbers.count(done.count, 'input', 'inputs')} done"
    if done.failures:
        said += f", {done.failures:,} of them without an answer (they are in {out / 'errors'})"
    if not done.fresh:
        return f"{said}; all of it was done before"
    return f"{said}; {done.fresh:,} now in {numbers.duration(seconds)}, {done.fresh / seconds:,.1f} a second"


def _with_rate(progress: Progress) -> Progress:
    """Have the bar of inputs say how many a second there are."""
    begun: list[float] = []

    def report(step: str, done: int, total: int) -> None:
        if step == "inputs":
            begun.append(time.monotonic()) if not begun else None
            seconds = time.monotonic() - begun[0]
            step = f"{step}: {done / seconds:,.0f} a second" if seconds > 1 else step
        progress(step, done, total)

    return report


@contextmanager
def _stopped_in_good_order() -> Iterator[None]:
    """A signal of a scheduler ends it as Ctrl-C does."""

    def stop(number: int, _: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        raise click.Abort(_GOES_ON) from None
    finally:
        signal.signal(signal.SIGTERM, before)
