"""`check_source`: will a source model convert, what stands in the way, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edgewright.check.remedies import REMEDIES, Attempt, repairs
from edgewright.convert import ConversionOptions, Obstacle, UnsupportedOperator, convert, find_advice
from edgewright.errors import (
    ChildError,
    ConversionError,
    EdgewrightError,
    MissingEnvironmentError,
    ToleranceError,
    UnsupportedOperatorError,
    UntrustedSourceError,
    UsageError,
)
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile

_WHY: dict[Obstacle, str] = {
    "select": "only as Select TF, which no current LiteRT runs",
    "custom": "in no operator set, not even Select TF: a custom operator",
    "size": "wants a static element shape",
    "control flow": "control flow of TensorFlow 1",
    "state": "keeps a state from one run to the next",
    "int8": "no way to int8",
    "runtime": "converts, but LiteRT refuses the file",
    "other": "no builtin operator",
}
_WRONG = "see where they part with edgewright check --layers SOURCE MODEL, and compare on real inputs"
_NO_REMEDY = "see the message"


@dataclass(frozen=True)
class Problem:
    """One thing that stands in the way.

    `operator` is TensorFlow's name, "" where it is none. `place` is a layer, a line of the program or "". `why` and
    `instead` are for people; `detail` is what was reported; `page` a section of the documentation or "".
    """

    operator: str
    place: str
    why: str
    instead: str
    detail: str = ""
    page: str = ""


@dataclass(frozen=True)
class SourceReport:
    """Whether a source converts; `model` is what it became.

    `problems` are of the conversion as it was asked for, `attempts` what `fix` tried after it, and `repaired` what the
    conversion put right by itself. `snr_db` is the worst output's signal-to-noise ratio against the source.
    """

    source: str
    problems: tuple[Problem, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    repaired: tuple[str, ...] = ()
    snr_db: float | None = None
    model: ModelFile | None = field(default=None, repr=False)

    @property
    def converts(self) -> bool:
        """Whether there is a file that computes what the source computes."""
        return self.model is not None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the file itself is left out."""
        plain = [vars(problem) for problem in self.problems]
        tried = [vars(attempt) for attempt in self.attempts]
        return {
            "source": self.source,
            "converts": self.converts,
            "bytes": self.model.size if self.model else None,
            "snr_db": self.snr_db,
            "problems": plain,
            "attempts": tried,
            "repaired": list(self.repaired),
        }


def check_source(source: Any, *, fix: bool = False, progress: Progress = silent, **options: Any) -> SourceReport:
    """Convert a source in a child process, and report instead of raising.

    `options` are those of `convert`. `fix` tries the safe remedies one after another where the conversion fails: batch
    1, and recurrent layers unrolled. (Arguments of Keras 2 and the optimizer's slots are taken out by every
    conversion.) Raises `UsageError` for options that make no sense and `MissingExtraError` without TensorFlow.
    """
    asked = ConversionOptions.of(**options)
    name = source.name if isinstance(source, Path) else str(source) if isinstance(source, str) else _title(source)
    try:
        return _converted(name, convert(source, progress=progress, **options))
    except MissingEnvironmentError:
        raise
    except _REPORTED as error:
        report = SourceReport(name, _problems(error))
        found = tuple(_operators(error))
    return _fixed(report, source, asked, found, options, progress) if fix else report


# What is wrong with the source. Options that fit no source, and tools that are missing, are the caller's to know.
_REPORTED = (ConversionError, ChildError)


def _title(source: Any) -> str:
    name = getattr(source, "name", "") or getattr(source, "__name__", "")
    return f"{type(source).__name__} {name!r}" if name else type(source).__name__


def _operators(error: EdgewrightError) -> tuple[UnsupportedOperator, ...]:
    found = error.operators if isinstance(error, UnsupportedOperatorError) else ()
    return tuple(operator for operator in found if isinstance(operator, UnsupportedOperator))


def _converted(name: str, model: ModelFile) -> SourceReport:
    provenance = model.metadata.provenance
    measured = (provenance.measured.get("agreement", {}) if provenance else {}).get("outputs", ())
    figures = [float(output["snr_db"]) for output in measured]
    return SourceReport(name, repaired=repairs(model), snr_db=min(figures, default=None), model=model)


def _fixed(
    report: SourceReport,
    source: Any,
    asked: ConversionOptions,
    found: tuple[UnsupportedOperator, ...],
    options: dict[str, Any],
    progress: Progress,
) -> SourceReport:
    """Try the remedies that apply until one helps."""
    attempts: list[Attempt] = []
    for remedy in REMEDIES:
        if not remedy.applies(asked, found):
            continue
        try:
            made = _converted(report.source, convert(source, progress=progress, **{**options, **remedy.changes}))
        except (*_REPORTED, UsageError):
            attempts.append(Attempt(remedy.name, remedy.words, "did not help"))
            continue
        attempts.append(Attempt(remedy.name, remedy.words, "helped"))
        return replace(made, problems=report.problems, attempts=tuple(attempts))
    return replace(report, attempts=tuple(attempts))


def _problems(error: EdgewrightError) -> tuple[Problem, ...]:
    operators = _operators(error)
    if operators:
        return tuple(dict.fromkeys(map(_of_operator, operators)))
    reported = str(error)
    if isinstance(error, UntrustedSourceError):
        return (Problem("", "", "loading it would run code", error.remedy or _NO_REMEDY, reported),)
    if isinstance(error, ToleranceError):
        return (Problem("", "", "was not shown to compute the same", _WRONG, reported),)
    if isinstance(error, ChildError):
        return (
            Problem(
                "",
                "",
                "the converter died over it",
                "report it with the model: it is a fault of the converter",
                reported,
            ),
        )
    return (Problem("", "", "cannot be converted", error.remedy or _NO_REMEDY, reported),)


def _of_operator(operator: UnsupportedOperator) -> Problem:
    entry = find_advice(operator.name, operator.obstacle)
    place = f"layer {operator.layer}" if operator.layer else ""
    where = f"{place}, {operator.line}" if place and operator.line else place or operator.line
    why = _WHY.get(operator.obstacle, operator.reason)
    return Problem(operator.name, where, why, operator.instead, operator.reason, entry.page if entry else "")
