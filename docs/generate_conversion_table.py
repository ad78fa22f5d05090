"""Writes docs/what-converts.md: converts every model of conversion_cases/ and says what came of it.

    python docs/generate_conversion_table.py [--work FOLDER] [--only FRAMEWORK]

Needs all four frameworks: `.venv-sources/bin/python`, which `make test-sources` makes. Results are kept in FOLDER, one
file a model, so a stopped run goes on where it was. Each file is compared twice with its source: by the conversion
itself, and here on other inputs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from conversion_trials import (
    FRAMEWORKS,
    Outcome,
    build_cases,
    in_order,
    judged,
    keep,
    list_cases,
    outcome_of,
    result_file,
    slug,
    try_cases,
)

from edgewright import convert
from edgewright.convert.proof.children import child_environment
from edgewright.errors import ChildError
from edgewright.evaluate import Runner, compare
from edgewright.machine import run_in_child
from edgewright.model import ModelFile

HERE = Path(__file__).resolve().parent
PAGE = HERE / "what-converts.md"
SHARED = Path(os.environ.get("EDGEWRIGHT_SHARED", HERE.parents[1] / "shared"))
_AT_ONCE = 25
_PATIENCE_S = 300
# Whether the authors' own conversion beside it has the same weights.
_PUBLISHED = {"pretrainedResnet.h5": True, "vww_96.h5": True, "kws_ref_model": False}
TITLES = {"keras": "Keras and TensorFlow", "torch": "PyTorch", "onnx": "ONNX", "jax": "JAX and Flax"}
_TOOLS = {
    "TensorFlow": ("tensorflow-cpu", "tensorflow"),
    "Keras": ("keras",),
    "PyTorch": ("torch",),
    "litert-torch": ("litert-torch",),
    "ONNX": ("onnx",),
    "JAX": ("jax",),
    "Flax": ("flax",),
    "litert-converter": ("litert-converter",),
    "ai-edge-litert": ("ai-edge-litert",),
}

# Outcomes by framework.
Table = dict[str, list[Outcome]]


def main() -> None:
    """Build, convert, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("conversion-table"), help="where models and results are kept")
    parser.add_argument("--only", choices=FRAMEWORKS, help="one framework")
    arguments = parser.parse_args()
    table = {
        framework: run(framework, arguments.work / framework)
        for framework in FRAMEWORKS
        if arguments.only in (None, framework)
    }
    for framework, outcomes in table.items():
        print(framework, dict(Counter(outcome.verdict for outcome in outcomes)), file=sys.stderr)
    if arguments.only is None:
        PAGE.write_text(page(table), encoding="utf-8")


def run(framework: str, work: Path, *, names: Sequence[str] = ()) -> list[Outcome]:
    """The outcome of every case of a framework, or of those with these names."""
    work.mkdir(parents=True, exist_ok=True)
    cases = [case for case in run_in_child(list_cases, framework) if not names or case[1] in names]
    waiting = [name for _, name, _ in cases if not result_file(work, name).exists()]
    for start in range(0, len(waiting), _AT_ONCE):
        print(f"{framework}: {start} of {len(waiting)}", file=sys.stderr)
        part = waiting[start : start + _AT_ONCE]
        if framework == "keras":
            _build(work, part)
        _try(framework, work, part, {case[1]: case for case in cases})
    outcomes = [Outcome(**json.loads(result_file(work, name).read_text())) for _, name, _ in cases]
    if framework == "keras" and not names:
        outcomes += [_published(work, name) for name in _PUBLISHED]
    return outcomes


def _build(work: Path, names: list[str]) -> None:
    unbuilt = [name for name in names if not (work / slug(name)).exists()]
    for name, error in run_in_child(build_cases, work, unbuilt).items():
        (work / slug(name)).mkdir(exist_ok=True)
        (work / slug(name) / "error").write_text(error)


def _try(framework: str, work: Path, names: list[str], cases: dict[str, tuple[str, str, tuple[str, ...]]]) -> None:
    """Convert these in a child; where it dies over one, that one has failed and another child goes on."""
    while names:
        try:
            environment = child_environment(work)
            run_in_child(try_cases, framework, work, names, timeout=_PATIENCE_S * len(names), env=environment)
        except ChildError as error:
            left = [name for name in names if not result_file(work, name).exists()]
            if left:
                group, name, refused = cases[in_order(work, left)[0]]
                keep(work, Outcome(group, name, "failed", str(error)[:300], not refused))
        names = [name for name in names if not result_file(work, name).exists()]


def _published(work: Path, name: str) -> Outcome:
    if not result_file(work, name).exists():
        case = SimpleNamespace(group="published", name=name, refused=())
        keep(work, outcome_of(case, lambda: _beside_its_own(SHARED / "sources" / name, _PUBLISHED[name])))
    return Outcome(**json.loads(result_file(work, name).read_text()))


def _beside_its_own(source: Path, comparable: bool) -> tuple[str, str]:
    """Converted, and compared with what its authors published as their own conversion, where that is of its weights."""
    model = convert(source)
    if not comparable:
        return "converted", "compared by the conversion itself; its authors' own file has other weights"
    published = ModelFile.read(source.with_name(f"{source.stem}.published.tflite"))
    generator = np.random.default_rng(99)
    samples = [[generator.uniform(-1, 1, spec.shape).astype(np.float32) for spec in model.inputs] for _ in range(4)]
    with Runner(model) as ours, Runner(published) as theirs:
        return judged(compare([theirs(sample) for sample in samples], [ours(sample) for sample in samples]))


# The page.

_GROUPS = {
    "layers": "Layers, one by one",
    "recurrent": "Recurrent layers",
    "attention": "Attention",
    "applications": "Networks of keras.applications, with random weights",
    "published": "Published files",
    "impossible": "Models that cannot run on LiteRT",
}


def page(table: Table) -> str:
    """The page as Markdown."""
    every = [outcome for outcomes in table.values() for outcome in outcomes]
    tools = ", ".join(f"{tool} {found}" for tool, names in _TOOLS.items() if (found := _version(*names)))
    parts = [
        "<!-- Written by docs/generate_conversion_table.py; run it to bring this page up to date. -->",
        "# What converts",
        f"{len(every)} models, each converted as `edgewright convert` does it with its defaults, and compared once "
        "more with its source on inputs of another seed, which the framework itself ran.",
        _summary(table),
        "The lists were fixed before the work: what LiteRT has kernels for is expected to convert, however it is "
        "written, and the rest to be refused by name, with the reason. What LiteRT cannot run is what needs an "
        "operator that it has no kernel for, or a state between runs. The figure beside a model is the signal-to-noise "
        "ratio of its worst output: 60 dB are a thousandth of the signal, float32 reaches about 140.",
        f"Made with {tools} by `python docs/generate_conversion_table.py`. What to do about a refusal: "
        "[unsupported-ops.md](unsupported-ops.md).",
    ]
    for framework, outcomes in table.items():
        parts.append(f"## {TITLES[framework]}")
        for group in dict.fromkeys(outcome.group for outcome in outcomes):
            parts += [f"### {_titled(group)}", _rows([outcome for outcome in outcomes if outcome.group == group])]
    return "\n\n".join(parts) + "\n"


def _summary(table: Table) -> str:
    lines = [
        "| source | models | converted, of what LiteRT can run | refused with the reason, of the rest | wrong |",
        "| --- | --- | --- | --- | --- |",
    ]
    whole = {TITLES[framework]: outcomes for framework, outcomes in table.items()}
    if len(table) > 1:
        whole["together"] = [outcome for outcomes in table.values() for outcome in outcomes]
    return "\n".join([*lines, *(_counts(title, outcomes) for title, outcomes in whole.items())])


def _counts(title: str, outcomes: Sequence[Outcome]) -> str:
    able = [outcome for outcome in outcomes if outcome.convertible]
    converted = sum(outcome.verdict == "converted" for outcome in able)
    refused = sum(outcome.verdict == "refused" for outcome in outcomes)
    wrong = sum(outcome.verdict == "wrong" for outcome in outcomes)
    share = f" ({100 * converted / len(able):.1f} in 100)" if able else ""
    others = len(outcomes) - len(able)
    return f"| {title} | {len(outcomes)} | {converted} of {len(able)}{share} | {refused} of {others} | {wrong} |"


def _titled(group: str) -> str:
    """The heading of a group of cases, which may begin with its framework's name."""
    title = re.sub(r"^(torch:|onnx) ", "", group)
    return _GROUPS.get(group, title[0].upper() + title[1:])


def _version(*names: str) -> str:
    """The version of the first of these distributions that is installed, "" for none."""
    for name in names:
        with contextlib.suppress(PackageNotFoundError):
            return version(name)
    return ""


def _rows(outcomes: Sequence[Outcome]) -> str:
    lines = ["| model | outcome | |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {one.name} | {one.verdict} | {_cell(one.detail)} |" for one in outcomes)])


def _cell(text: str) -> str:
    """A text on one line of a table, with names of files without their folders, which are this machine's."""
    return re.sub(r"(?<![\w.])(?:/[\w.+-]+)+/(?=[\w.])", "", text).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main()
