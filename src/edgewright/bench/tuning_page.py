"""What `bench --tune` measured and chose, as one self-contained page."""

from __future__ import annotations

from edgewright.bench.wording import choice_table
from edgewright.evaluate import EngineCandidate, EngineChoice
from edgewright.machine import Machine, Timing, describe
from edgewright.model import ModelFile
from edgewright.report import Interval, Intervals, KeyFigure, KeyFigures, Page, Paragraph, Section, numbers

_HOW = "A bar from the fastest round to the slowest, a dot at the median, all timed in turns."


def choice_page(model: ModelFile, choice: EngineChoice) -> Page:
    """The page: how long each candidate takes, which was chosen, and why others are out."""
    machine = describe()
    times = Intervals("Time of one inference", _points(choice), numbers.duration, lead=_HOW, from_zero=True)
    return Page(
        title="What runs it fastest",
        subtitle=f"{model.name}, on {machine.device or machine.cpu or 'this machine'}.",
        figures=_key_figures(choice),
        sections=[
            Section("Candidates", (Paragraph(f"Chosen: {choice.why}."), times, choice_table(choice))),
            Section("How this was measured", (Paragraph(_measured(machine)),)),
        ],
        footer="Made by edgewright bench --tune.",
    )


def _points(choice: EngineChoice) -> list[Interval]:
    timed = [(candidate, candidate.timing) for candidate in choice.candidates if candidate.timing is not None]
    return [_interval(candidate, timing) for candidate, timing in timed]


def _interval(candidate: EngineCandidate, timing: Timing) -> Interval:
    low, high = min(timing.round_medians), max(timing.round_medians)
    return Interval(candidate.name, timing.median_s, low, high, numbers.duration(timing.median_s))


def _key_figures(choice: EngineChoice) -> KeyFigures:
    out = sum(candidate.timing is None for candidate in choice.candidates)
    return KeyFigures(
        [
            KeyFigure("Engine", choice.engine, numbers.count(choice.threads, "thread")),
            KeyFigure("One inference", numbers.duration(choice.median_s), "median"),
            KeyFigure("Candidates", str(len(choice.candidates)), f"{out} of them out" if out else ""),
        ]
    )


def _measured(machine: Machine) -> str:
    return (
        f"On {machine.summary()}, on made-up inputs. Before it was timed, each engine's outputs were compared with "
        "those of LiteRT; one that computes something else is out. Fewer threads win unless more are faster for sure."
    )
