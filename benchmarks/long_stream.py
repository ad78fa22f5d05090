"""Whether a stream of 100,000 pictures stays as small and as fast as it began.

    python benchmarks/long_stream.py MODEL.tflite IMAGES [--pictures 100000] [--json result.json]

The pictures are JPEGs of 320 x 240 made of the photographs in IMAGES, over and over, and every thousandth is broken.
After each thousand the resident memory and the time are read. Targets: memory grows under 20 MB after the first
thousand; the last thousand takes within 5% of what the first took. On a machine with other work, the processor time
that each took tells more than the clock.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from PIL import Image

from edgewright.media import find_pictures
from edgewright.model import ModelFile
from edgewright.task import open_task
from outcome import Figure, at_most, finish

GROWTH_BYTES, DRIFT = 20e6, 0.05
_STEP = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pictures = make_pictures(options.images, Path(folder))
        steps = list(measure(options.model, islice(cycle(pictures), options.pictures), options.workers))
    finish("long_stream", list(figures(steps)), options.json, steps=steps)


def figures(steps: list[dict[str, Any]]) -> Iterator[Figure]:
    first, last = steps[0], steps[-1]
    growth = max(step["rss"] for step in steps) - first["rss"]
    yield Figure("pictures", len(steps) * _STEP)
    yield Figure("of them broken, each an error of its own", last["failures"], "", at_most(len(steps)))
    yield Figure.of("pictures", [_STEP / step["wall_s"] for step in steps], "a second")
    yield Figure("memory after the first thousand", first["rss"] / 1e6, "MB")
    yield Figure("most that it grew by", growth / 1e6, "MB", at_most(GROWTH_BYTES / 1e6))
    for kind, words in (("wall_s", "by the clock"), ("cpu_s", "processor time")):
        drift = 100 * (last[kind] / first[kind] - 1)
        yield Figure(f"the last thousand beside the first, {words}", drift, "% more", at_most(100 * DRIFT))


def make_pictures(images: Path, folder: Path) -> list[Path]:
    """A thousand files, the last of them broken."""
    made = []
    for index, path in enumerate(islice(cycle(find_pictures([str(images)])), _STEP)):
        made.append(folder / f"{index}.jpg")
        Image.open(path).convert("RGB").resize((320, 240)).save(made[-1], quality=90)
    made[-1].write_bytes(made[-1].read_bytes()[:500])
    return made


def measure(model: Path, pictures: Iterator[Path], workers: int | None) -> Iterator[dict[str, Any]]:
    failures = 0
    wall, processor = time.perf_counter(), time.process_time()
    with open_task(ModelFile.read(model)) as classify:
        for number, answer in enumerate(classify.stream(pictures, workers=workers), 1):
            failures += not answer.ok
            if number % _STEP == 0:
                now, used = time.perf_counter(), time.process_time()
                yield {"wall_s": now - wall, "cpu_s": used - processor, "rss": resident_bytes(), "failures": failures}
                wall, processor = now, used


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
