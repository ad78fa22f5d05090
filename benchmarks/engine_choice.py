"""How near `choose_engine` comes to the best allowed engine, for published models and converted sources.

    python benchmarks/engine_choice.py [--json result.json] FILE.tflite | SOURCE.h5 | SAVED_MODEL …

For each file the choice is made anew; then all candidates that it allowed are timed again, interleaved, and each one's
time is given as a share of LiteRT's on one thread. The choice holds if it is within 3% of the best in that second
measurement, or the rounds of both overlap. Sources are converted first (float32).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert import convert
from edgewright.engine import open_engine
from edgewright.errors import EdgewrightError
from edgewright.evaluate import EngineChoice, choose_engine
from edgewright.evaluate.choosing import time_candidates
from edgewright.evaluate.engine_agreement import Reference
from edgewright.machine import Timing
from edgewright.model import ModelFile
from outcome import Figure, at_least, finish

WITHIN = 1.03
BASE = ("litert", 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EDGEWRIGHT_CACHE"] = folder
        results = [measure(path) for path in options.files]
    finish("engine_choice", figures([one for one in results if "holds" in one]), options.json, files=results)


def figures(results: list[dict[str, Any]]) -> list[Figure]:
    held, of = sum(one["holds"] for one in results), f"of {len(results)} files"
    return [
        Figure("the choice is the fastest, or not told from it", held, of, at_least(len(results))),
        Figure.of("the chosen one's time beside the fastest's", [one["ratio_to_best"] for one in results], "times"),
        Figure.of("beside LiteRT on one thread", [one["ratios"][one["chosen"]] for one in results], "times"),
    ]


def measure(path: Path) -> dict[str, Any]:
    try:
        model = ModelFile.read(path) if path.suffix == ".tflite" else convert(path)
        open_engine(model).close()
    except EdgewrightError as error:
        print(f"{path.name}: {error}", flush=True)
        return {"file": path.name, "refused": str(error)}
    choice = choose_engine(model, refresh=True)
    allowed = [(one.engine, one.threads) for one in choice.candidates if one.timing is not None]
    again = time_candidates(model, allowed, Reference.of(model, None).feeds)
    result = {"file": path.name, **verdict(choice, again), "choice": choice.to_dict()}
    show(result)
    return result


def verdict(choice: EngineChoice, again: dict[tuple[str, int], Timing]) -> dict[str, Any]:
    chosen = again[choice.engine, choice.threads]
    best = min(again, key=lambda key: again[key].ratio(again[BASE]))
    ratio = chosen.ratio(again[best])
    return {
        "chosen": f"{choice.engine}/{choice.threads}",
        "best": f"{best[0]}/{best[1]}",
        "ratio_to_best": ratio,
        "holds": ratio <= WITHIN or not chosen.differs_from(again[best]),
        "litert_s": again[BASE].median_s,
        "ratios": {f"{name}/{count}": one.ratio(again[BASE]) for (name, count), one in again.items()},
        "spreads": {f"{name}/{count}": one.spread for (name, count), one in again.items()},
        "out": {one.engine: one.reason for one in choice.candidates if one.reason},
    }


def show(result: dict[str, Any]) -> None:
    ratios = "  ".join(f"{name} {ratio:.2f}" for name, ratio in result["ratios"].items())
    print(f"{result['file']}: litert/1 {result['litert_s'] * 1e3:.2f} ms\n  {ratios}")
    for name, reason in result["out"].items():
        print(f"  {name} is out: {reason}")
    print(
        f"  chosen {result['chosen']}, best {result['best']}, ratio {result['ratio_to_best']:.2f}: "
        f"{'holds' if result['holds'] else 'MISSED'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
