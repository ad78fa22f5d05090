"""Writes docs/what-converts.md: converts every model of conversion_cases/ and says what came of it.

    python docs/generate_conversion_table.py [--work FOLDER] [--only GROUP]

Takes about 45 minutes on two busy cores. Results are kept in FOLDER, one file a model, so a stopped run goes on where
it was. Each file is compared twice with its source: by `convert` itself, and here on other inputs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

import numpy as np
from conversion_building import build_cases, list_cases

from edgewright import convert
from edgewright.errors import EdgewrightError
from edgewright.evaluate import Agreement, Runner, compare
from edgewright.machine import run_in_child

HERE = Path(__file__).resolve().parent
PAGE = HERE / "what-converts.md"
SHARED = Path(os.environ.get("EDGEWRIGHT_SHARED", HERE.parents[1] / "shared"))
_FEWEST_DB = 60.0
# Whether the authors' own conversion beside it has the same weights.
_PUBLISHED = {"pretrainedResnet.h5": True, "vww_96.h5": True, "kws_ref_model": False}
_TITLES = {
    "layers": "Layers, one by one",
    "recurrent": "Recurrent layers",
    "attention": "Attention",
    "applications": "Networks of keras.applications, with random weights",
    "published": "Published files",
    "impossible": "Models that cannot run on LiteRT",
}


@dataclass(frozen=True)
class Outcome:
    """What came of one case: `verdict` is "converted", "refused", "failed" or "wrong"."""

    group: str
    name: str
    verdict: str
    detail: str
    convertible: bool


def main() -> None:
    """Build, convert, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("conversion-table"), help="where models and results are kept")
    parser.add_argument("--only", help="one group of cases")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    outcomes = run(arguments.work, only=arguments.only, workers=arguments.workers)
    counted = Counter(outcome.verdict for outcome in outcomes)
    print(dict(counted), file=sys.stderr)
    if arguments.only is None:
        PAGE.write_text(page(outcomes), encoding="utf-8")


def run(work: Path, *, only: str | None = None, names: Sequence[str] = (), workers: int = 2) -> list[Outcome]:
    """The outcome of every case, or of those of one group or with these names."""
    work.mkdir(parents=True, exist_ok=True)
    cases = run_in_child(list_cases)
    chosen = [case for case in cases if (not names or case[1] in names) and only in (None, case[0])]
    waiting = [case[1] for case in chosen if not _result_file(work, case[1]).exists()]
    unbuilt = [name for name in waiting if not (work / slug(name) / "built").exists()]
    for start in range(0, len(unbuilt), 30):
        part = unbuilt[start : start + 30]
        print(f"building {start + len(part)} of {len(unbuilt)}", file=sys.stderr)
        _build(work, part)
    with ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(lambda case: _outcome(work, *case), chosen))
    if not names and only in (None, "published"):
        outcomes += [_published(work, name) for name in _PUBLISHED]
    return outcomes


def slug(name: str) -> str:
    """The name of a case's folder."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _build(work: Path, names: list[str]) -> None:
    for name, error in run_in_child(build_cases, work, names).items():
        (work / slug(name) / "error").write_text(error)
    for name in names:
        (work / slug(name) / "built").touch()


def _result_file(work: Path, name: str) -> Path:
    return work / slug(name) / "result.json"


def _outcome(work: Path, group: str, name: str, refused: tuple[str, ...]) -> Outcome:
    folder, kept = work / slug(name), _result_file(work, name)
    if kept.exists():
        return Outcome(**json.loads(kept.read_text()))
    started = time.monotonic()
    if (folder / "error").exists():
        verdict, detail = "failed", f"not built: {(folder / 'error').read_text()}"
    else:
        source = next(iter(folder.glob("source*")))
        verdict, detail = _judged(lambda: _converted(source, folder), refused)
    outcome = Outcome(group, name, verdict, detail, not refused)
    kept.write_text(json.dumps(asdict(outcome)))
    print(f"{verdict:9} {name} ({time.monotonic() - started:.0f} s) {detail}", file=sys.stderr)
    return outcome


def _judged(work: Callable[[], tuple[str, str]], refused: tuple[str, ...]) -> tuple[str, str]:
    """A refusal is right where one was expected and holds the expected words."""
    try:
        verdict, detail = work()
    except EdgewrightError as error:
        detail = str(error).partition(": ")[2]
        missing = [word for word in refused if word not in detail]
        if refused and not missing:
            return "refused", detail
        return "failed", f"{detail}{f' (does not say {missing})' if missing else ''}"
    return ("failed", f"should be refused; {detail}") if refused else (verdict, detail)


def _converted(source: Path, folder: Path) -> tuple[str, str]:
    model = convert(source)
    with np.load(folder / "samples.npz") as arrays:
        inputs, expected = _columns(arrays, "in"), _columns(arrays, "out")
    with Runner(model) as run_model:
        agreement = compare(expected, [run_model(sample) for sample in inputs])
    return _verdict(agreement)


def _columns(arrays: Any, kind: str) -> list[list[np.ndarray]]:
    count = 1 + max(int(key.split("_")[1]) for key in arrays)
    width = sum(key.startswith(f"{kind}_0_") for key in arrays)
    return [[arrays[f"{kind}_{index}_{place}"] for place in range(width)] for index in range(count)]


def _verdict(agreement: Agreement) -> tuple[str, str]:
    worst = min(output.snr_db for output in agreement.outputs)
    if not agreement.sound or agreement.vacuous or worst < _FEWEST_DB:
        return "wrong", f"{worst:.0f} dB on other inputs"
    return "converted", "the same numbers" if worst == float("inf") else f"{worst:.0f} dB"


def _published(work: Path, name: str) -> Outcome:
    kept = work / f"published-{slug(name)}.json"
    if not kept.exists():
        verdict, detail = _judged(lambda: _beside_its_own(SHARED / "sources" / name, _PUBLISHED[name]), ())
        kept.write_text(json.dumps(asdict(Outcome("published", name, verdict, detail, True))))
    return Outcome(**json.loads(kept.read_text()))


def _beside_its_own(source: Path, comparable: bool) -> tuple[str, str]:
    """Converted, and compared with what its authors published as their own conversion, where that is of its weights."""
    model = convert(source)
    if not comparable:
        return "converted", "compared by the conversion itself; its authors' own file has other weights"
    published = source.with_name(f"{source.stem}.published.tflite")
    generator = np.random.default_rng(99)
    samples = [[generator.uniform(-1, 1, spec.shape).astype(np.float32) for spec in model.inputs] for _ in range(4)]
    with Runner(model) as ours, Runner(_read(published)) as theirs:
        return _verdict(compare([theirs(sample) for sample in samples], [ours(sample) for sample in samples]))


def _read(path: Path) -> Any:
    from edgewright.model import ModelFile

    return ModelFile.read(path)


# The page.


def page(outcomes: Sequence[Outcome]) -> str:
    """The page as Markdown."""
    able = [outcome for outcome in outcomes if outcome.convertible]
    converted = sum(outcome.verdict == "converted" for outcome in able)
    refused = sum(outcome.verdict == "refused" for outcome in outcomes)
    wrong = sum(outcome.verdict == "wrong" for outcome in outcomes)
    parts = [
        "<!-- Written by docs/generate_conversion_table.py; run it to bring this page up to date. -->",
        "# What converts",
        f"{len(outcomes)} models, each converted by `edgewright convert` with its defaults and compared with its "
        f"source on inputs of another seed. Of {len(able)} that LiteRT can run, {converted} converted "
        f"({100 * converted / len(able):.1f} in 100); {refused} of {len(outcomes) - len(able)} that it cannot run "
        f"were refused with the reason; {wrong} came out wrong. The figure is the signal-to-noise ratio of the worst "
        "output: 60 dB are a thousandth of the signal, float32 reaches about 140.",
        "What LiteRT cannot run is what needs an operator that it has no kernel for, or a state between runs; "
        f"{sum(not one.convertible and one.group != 'impossible' for one in outcomes)} of these are layers of Keras, "
        "and are listed with the others.",
        f"Made with TensorFlow {_version('tensorflow', 'tensorflow-cpu')}, Keras {version('keras')} and ai-edge-litert "
        f"{version('ai-edge-litert')} by `python docs/generate_conversion_table.py`. What to do about a refusal: "
        "[unsupported-ops.md](unsupported-ops.md).",
    ]
    for group, title in _TITLES.items():
        rows = [outcome for outcome in outcomes if outcome.group == group]
        if rows:
            parts += [f"## {title}", _table(rows)]
    return "\n\n".join(parts) + "\n"


def _version(*names: str) -> str:
    """The version of the first of these distributions that is installed."""
    installed = {(found.name or "").replace("_", "-") for found in distributions()}
    return next((version(name) for name in names if name in installed), "of this machine")


def _table(rows: Sequence[Outcome]) -> str:
    lines = ["| model | outcome | |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {row.name} | {row.verdict} | {_cell(row.detail)} |" for row in rows)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main()
