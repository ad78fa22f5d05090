"""Pictures per second through a folder of photographs, beside the tutorial's loop and two other programs.

    python benchmarks/folder.py MODEL.tflite IMAGES [--mediapipe PYTHON] [--litert COMMAND] [--json result.json]

IMAGES is a folder of photographs, of which JPEGs are made in a temporary folder: 400 of 640 x 480, 150 of 1920 x 1080
and 50 of 4000 x 3000. For each size these go through the whole lot in turns:

- tutorial: open, RGB, resize, set, invoke, get, sort; one thread, `ai_edge_litert`
- one thread: the least that one thread has to do for the same answers: decoding at twice the size that is needed or
  more, resize, set, invoke, get. The limit is as many of these as there are cores
- edgewright: `Task.stream`; and the same after the rewrite pass `modernize`, and also with `interpolation="draft"`
- smaller decode: as "one thread", decoded at no less than the size that is needed: what that would win
- MediaPipe's image classifier, where `--mediapipe` names the Python of an environment that has it
  (pip install mediapipe==0.10.21)
- `litert run`, one command for each picture (it takes one), where `--litert` names it (pip install litert-cli==0.2.1);
  of a few pictures only

"by processor time" is the same ratio from the seconds of processor that each took, which another load on the machine
changes little; it counts one thread of each, so that what many threads lose shows in it and what they win does not.

"changed" has, for each way to prepare, the pictures with another best label than after full decoding with two filters:
Pillow's antialiased bilinear one, and bilinear between four pixels of a picture of 640 x 480, with which the published
MobileNets were evaluated; and how far all probabilities are from there, summed, on average (0 to 2).
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from edgewright.engine import load_runtime
from edgewright.machine import Timing, interleave, usable_cores
from edgewright.media import find_pictures
from edgewright.model import ModelFile
from edgewright.rewrite import Modernize
from edgewright.task import open_task
from outcome import Figure, at_least, finish

SIZES = {"640 x 480": (640, 480), "1920 x 1080": (1920, 1080), "4000 x 3000": (4000, 3000)}
PICTURES = (400, 150, 50)
OVER_TUTORIAL = {"640 x 480": 2.4, "1920 x 1080": 4.7, "4000 x 3000": 10.0}
DRAFT = {"640 x 480": 4.5, "1920 x 1080": 7.0, "4000 x 3000": 20.0}
OVER_MEDIAPIPE = {"640 x 480": 1.15, "1920 x 1080": 1.7, "4000 x 3000": 1.6}
OF_LIMIT, MODERNIZED = 0.95, 1.6

# A command for each picture: a second each, so a few stand for all.
_COMMANDS = 3

# Of how many pictures answers are compared, and the size of those that networks are evaluated on.
_JUDGED, _PHOTO = 100, (640, 480)

MEDIAPIPE = """
import sys
import mediapipe as mp
from mediapipe.tasks.python import BaseOptions, vision
options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]), max_results=5)
with vision.ImageClassifier.create_from_options(options) as classifier:
    for line in sys.stdin:
        for path in line.rstrip("\\n").split("\\t"):
            classifier.classify(mp.Image.create_from_file(path))
        print("done", flush=True)
"""

Work = Callable[[list[Path]], object]


@dataclass
class Candidate:
    """Work on some pictures, and the processor time that it took so far in this process."""

    work: Work
    pictures: list[Path]
    cpu_s: float = 0.0
    calls: int = 0

    def __call__(self) -> None:
        """Work on all pictures once."""
        start = time.process_time()
        self.work(self.pictures)
        self.cpu_s += time.process_time() - start
        self.calls += 1

    @property
    def cpu_per_picture(self) -> float:
        """Seconds of processor time."""
        return self.cpu_s / self.calls / len(self.pictures)


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        model = ModelFile.read(options.model)
        work = dict(candidates(model, options, stack))
        sizes: dict[str, Any] = {}
        for (name, size), number in zip(SIZES.items(), options.pictures, strict=True):
            made = make_pictures(options.images, Path(folder), size, number)
            sizes[name] = measured = measure(work, made, options.rounds)
            measured["changed"] = changed(model, made)
            show(name, measured)
    found = [figure for name, measured in sizes.items() for figure in verdicts(name, measured)]
    finish("folder", found, options.json, model=model.name, sizes=sizes)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--pictures", type=int, nargs=3, default=PICTURES, help="how many of each size")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mediapipe", help="the Python of an environment with MediaPipe")
    parser.add_argument("--litert", help="the command of LiteRT's own toolkit")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    return parser.parse_args()


def make_pictures(images: Path, folder: Path, size: tuple[int, int], number: int) -> list[Path]:
    """Parts of the photographs, scaled to `size`, as JPEGs of quality 90."""
    chance = random.Random(0)
    photos = [Image.open(path).convert("RGB") for path in find_pictures([str(images)])]
    photos = [photo for photo in photos if min(photo.size) >= 300]
    made = []
    for index in range(number):
        photo = photos[index % len(photos)]
        share = chance.uniform(0.6, 1.0)
        width, height = (round(length * share) for length in photo.size)
        left, top = chance.randint(0, photo.width - width), chance.randint(0, photo.height - height)
        part = photo.crop((left, top, left + width, top + height)).resize(size, Image.Resampling.BICUBIC)
        made.append(folder / f"{size[0]}-{index:04}.jpg")
        part.save(made[-1], quality=90)
    return made


def candidates(model: ModelFile, options: argparse.Namespace, stack: ExitStack) -> Iterator[tuple[str, Work]]:
    classify = stack.enter_context(open_task(model))
    modern = stack.enter_context(open_task(Modernize()(model).model))
    yield "tutorial", partial(tutorial, *opened(model))
    yield "one thread", partial(one_thread, 2, *opened(model))
    yield "smaller decode", partial(one_thread, 1, *opened(model))
    yield "edgewright", lambda pictures: [answer.result for answer in classify.stream(pictures)]
    yield "edgewright, modernized", lambda pictures: [answer.result for answer in modern.stream(pictures)]
    draft = stack.enter_context(open_task(modern.model, interpolation="draft"))
    yield "edgewright, draft", lambda pictures: [answer.result for answer in draft.stream(pictures)]
    if options.mediapipe:
        yield "mediapipe", stack.enter_context(mediapipe(options.mediapipe, options.model))
    if options.litert:
        yield "litert run", partial(litert_run, options.litert, options.model)


def opened(model: ModelFile) -> tuple[Any, int, int, tuple[int, int]]:
    interpreter = load_runtime().module.Interpreter(model_content=model.data, num_threads=1)
    interpreter.allocate_tensors()
    given, made = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    height, width = (int(length) for length in given["shape"][1:3])
    return interpreter, given["index"], made["index"], (width, height)


def tutorial(interpreter: Any, given: int, made: int, size: tuple[int, int], pictures: list[Path]) -> None:
    for picture in pictures:
        image = Image.open(picture).convert("RGB").resize(size)
        interpreter.set_tensor(given, np.expand_dims(image, axis=0))
        interpreter.invoke()
        output = np.squeeze(interpreter.get_tensor(made))
        output.argsort()[-5:][::-1]


def one_thread(
    detail: int, interpreter: Any, given: int, made: int, size: tuple[int, int], pictures: list[Path]
) -> None:
    for picture in pictures:
        interpreter.set_tensor(given, np.asarray(scaled(picture, size, detail))[None])
        interpreter.invoke()
        interpreter.get_tensor(made)


def scaled(picture: Path, size: tuple[int, int], detail: int) -> Image.Image:
    image = Image.open(picture)
    if detail:
        image.draft("RGB", (detail * size[0], detail * size[1]))
    return image.convert("RGB").resize(size, Image.Resampling.BILINEAR)


@contextmanager
def mediapipe(python: str, model: Path) -> Iterator[Work]:
    """MediaPipe in a process of its own, which stays open between the turns."""
    with subprocess.Popen(
        [python, "-c", MEDIAPIPE, model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, bufsize=1,
    ) as process:  # fmt: skip

        def work(pictures: list[Path]) -> None:
            print(*pictures, sep="\t", file=process.stdin)
            if process.stdout.readline() != "done\n":
                raise SystemExit("MediaPipe ended")

        yield work
        process.stdin.close()


def litert_run(command: str, model: Path, pictures: list[Path]) -> None:
    # It looks for a file that is here on the hub too, and waits for seconds where that cannot be reached.
    here = {**os.environ, "HF_HUB_OFFLINE": "1"}
    for picture in pictures:
        subprocess.run([command, "run", model, "--input", picture], check=True, capture_output=True, env=here)


def measure(work: dict[str, Work], pictures: list[Path], rounds: int) -> dict[str, Any]:
    ready = {
        name: Candidate(one, pictures[:_COMMANDS] if name == "litert run" else pictures) for name, one in work.items()
    }
    timings = interleave(ready, rounds=rounds, turn_s=0.001, repeats=0)
    return {name: figures(timings, ready, name) for name in ready}


def figures(timings: dict[str, Timing], ready: dict[str, Candidate], name: str) -> dict[str, Any]:
    mine, base, least = (len(ready[one].pictures) for one in (name, "tutorial", "one thread"))
    limit = timings["one thread"].ratio(timings[name]) * mine / least / usable_cores()
    return {
        "per_second": mine / timings[name].median_s,
        "over_tutorial": timings["tutorial"].ratio(timings[name]) * mine / base,
        "of_limit": limit,
        "by_processor_time": ready["one thread"].cpu_per_picture / max(ready[name].cpu_per_picture, 1e-9),
        "over_tutorial_by_processor_time": usable_cores()
        * ready["tutorial"].cpu_per_picture
        / max(ready[name].cpu_per_picture, 1e-9),
        "over": {
            other: timing.ratio(timings[name]) * mine / len(ready[other].pictures) for other, timing in timings.items()
        },
        "over_rounds": {
            other: [ratio * mine / len(ready[other].pictures) for ratio in timing.ratios(timings[name])]
            for other, timing in timings.items()
        },
        **timings[name].to_dict(),
    }


def changed(model: ModelFile, pictures: list[Path]) -> dict[str, dict[str, tuple[int, float]]]:
    """Other best labels, and the distance of all probabilities, of each preparation from each full decoding."""
    size = (model.inputs[0].shape[2], model.inputs[0].shape[1])
    few = pictures[:: max(1, len(pictures) // _JUDGED)]
    with open_task(model) as plain, open_task(model, interpolation="draft") as draft:
        whole = np.stack([plain(np.asarray(scaled(picture, size, 0))).scores for picture in few])
        published = np.stack([plain(np.asarray(as_published(picture, size))).scores for picture in few])
        ways = {
            "edgewright": np.stack([plain(picture).scores for picture in few]),
            "edgewright, draft": np.stack([draft(picture).scores for picture in few]),
            "smaller decode": np.stack([plain(np.asarray(scaled(picture, size, 1))).scores for picture in few]),
        }
    truths = {"antialiased": whole, "as published": published}
    return {way: {name: apart(scores, truth) for name, truth in truths.items()} for way, scores in ways.items()}


def as_published(picture: Path, size: tuple[int, int]) -> Image.Image:
    image = Image.open(picture).convert("RGB").resize(_PHOTO, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image.transform(size, Image.Transform.EXTENT, (0, 0, *image.size), Image.Resampling.BILINEAR)


def apart(a: Any, b: Any) -> tuple[int, float]:
    return int((a.argmax(1) != b.argmax(1)).sum()), float(np.abs(a - b).sum(1).mean())


def show(name: str, measured: dict[str, Any]) -> None:
    print(f"\n{name}")
    for candidate, one in measured.items():
        if candidate != "changed":
            own = "" if candidate in ("mediapipe", "litert run") else f", by processor {one['by_processor_time']:.2f}"
            own += f" and {one['over_tutorial_by_processor_time']:.2f}x" if own else ""
            print(
                f"  {candidate:24}{one['per_second']:8.1f} pictures/s {one['over_tutorial']:6.2f}x the tutorial"
                f"  {one['of_limit']:5.2f} of the limit{own}"
            )
    for way, truths in measured["changed"].items():
        said = "; ".join(f"{truth} {labels} changed, {far:.3f} apart" for truth, (labels, far) in truths.items())
        print(f"  {way:24}{said}")


def verdicts(name: str, measured: dict[str, Any]) -> Iterator[Figure]:
    over, modern = (measured[ours]["over_rounds"] for ours in ("edgewright", "edgewright, modernized"))
    yield Figure(name, measured["edgewright"]["per_second"], "pictures a second")
    yield Figure.of(f"{name}: beside the tutorial", over["tutorial"], "times", at_least(OVER_TUTORIAL[name]))
    yield Figure.of(f"{name}: modernized, beside the tutorial", modern["tutorial"], "times")
    draft = measured["edgewright, draft"]["over_rounds"]["tutorial"]
    yield Figure.of(f"{name}: a draft, modernized, beside the tutorial", draft, "times", at_least(DRAFT[name]))
    of_limit = [ratio / usable_cores() for ratio in over["one thread"]]
    yield Figure.of(f"{name}: of the limit", of_limit, "times", at_least(OF_LIMIT))
    if name == "640 x 480":
        yield Figure.of(f"{name}: modernized over as it is", modern["edgewright"], "times", at_least(MODERNIZED))
    if "mediapipe" in over:
        yield Figure.of(f"{name}: beside MediaPipe", over["mediapipe"], "times", at_least(OVER_MEDIAPIPE[name]))
    if "litert run" in over:
        yield Figure.of(f"{name}: beside `litert run`", over["litert run"], "times", at_least(1))


if __name__ == "__main__":
    sys.exit(main())
