"""`check`: will a model file run on a target, and what of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from edgewright.check.naming import resolved
from edgewright.check.next_steps import next_steps
from edgewright.check.results import CheckReport, TargetReport
from edgewright.errors import UsageError
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile, ModelLike, read_model
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.targets"

TIMEOUT = 300.0
"""Seconds for each of the runs in a child process; the slowest real models take a few."""


class Judge(Protocol):
    """Says what becomes of a model on one target."""

    def __call__(self, model: ModelFile, *, timeout: float) -> TargetReport:
        """Judge every operator of the main subgraph; what runs the model does so in a child, `timeout` seconds each."""


_ROOM = "edgewright.check.targets"
_judges: Registry[Judge] = Registry(
    "target",
    ENTRY_POINTS,
    {name: f"{_ROOM}.{name}:judge" for name in ("cpu", "gpu", "edgetpu", "micro", "browser")},
    protocol="edgewright.check.checking:Judge",
)

register_target = _judges.register
target_names = _judges.names


def check(
    source: ModelLike,
    *,
    targets: str | Sequence[str] = ("cpu",),
    signature: str | None = None,
    timeout: float = TIMEOUT,
    progress: Progress = silent,
) -> CheckReport:
    """Say for each target and operator: runs there, runs on the CPU instead, or is not supported.

    `source` is a `.tflite` file by its path, its bytes, its name, or as a `ModelFile`. `targets` are names, or a text
    with commas between: "cpu" and "micro" run the model, each in a child process of at most `timeout` seconds; "gpu"
    and "edgetpu" are predicted from published lists, "browser" from what was measured in one.

    Of a file with several signatures each is checked, or the one that `signature` names.

    Raises `ModelError` for what is no sound model file, `UsageError` for an unknown target, and `MissingExtraError`
    where "micro" is asked for and its interpreter is not installed. A model that does not run is a result, no error.

    >>> report = ew.check("mobilenet.tflite", targets="cpu, gpu")
    >>> [target.target for target in report.targets]
    ['cpu', 'gpu']
    """
    meant = _meant(targets)
    judges = [(name, _judges.get(name)) for name in meant]
    model = read_model(source)
    work = [(name, judge, *entry) for name, judge in judges for entry in _entered(model, signature)]
    reports = []
    for done, (name, judge, key, part) in enumerate(work):
        progress(f"checking for {name}", done, len(work))
        report = judge(part, timeout=timeout)
        steps = tuple(next_steps(part, report)) if not key or len(model.signatures) < 2 else ()
        reports.append(replace(report, signature=key, notices=(*meant[name], *report.notices), next_steps=steps))
    return CheckReport(model, tuple(reports))


def _entered(model: ModelFile, signature: str | None) -> list[tuple[str, ModelFile]]:
    """What is checked: the signature that was asked for, or each of several; "" for the only one."""
    if signature is None and len(model.signatures) < 2:
        return [("", model)]
    from edgewright.rewrite import entered, entries  # brings NumPy along, which a prediction does without

    if signature is not None:
        return [(signature, entered(model, signature))]
    found = entries(model)
    return [(entry.key, entered(model, entry.key)) for entry in found] if len(found) > 1 else [("", model)]


def _meant(targets: str | Sequence[str]) -> dict[str, list[str]]:
    """The targets that are asked for, and what is to be said of their names."""
    words = targets.split(",") if isinstance(targets, str) else list(targets)
    if not any(word.strip() for word in words):
        raise UsageError(f"no target to check for. Choose from: {', '.join(target_names())}")
    known = target_names()
    notices: dict[str, list[str]] = {}
    for word in words:
        for name, note in resolved(word.strip(), known) if word.strip() else ():
            notices.setdefault(name, []).extend([f"{note.strip(' .')}."] if note else [])
    return notices
