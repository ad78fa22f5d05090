"""What ready-made tasks cost besides running the model, and in all beside MediaPipe Tasks.

    python benchmarks/ready_made.py ../shared [--mediapipe PYTHON] [--rounds 15] [--only NAME] [--json result.json]

One file of each kind of task, each with one input that is decoded already: a picture as an array, a sound as samples, a
text. Two things are measured, both in seconds of processor, so that other work on the machine does not count:

- Preparation and decoding: a call of the task less what its engine takes in that same call, one thread. That the
  engine finds its weights in no cache, since a picture went through it, counts for the engine.
  Target: at most 15% of the running, or 0.5 ms, whichever is more.
- Detection in large JPEGs, from their bytes: the same, beside what Pillow takes to decode all of their pixels.
- Beside MediaPipe Tasks, where `--mediapipe` names the Python of an environment that has it
  (pip install mediapipe==1.2.2): the same file, the same array and the same settings, in turns with it. Its threads
  count, and so does making its own picture or sound of the array, as it does here.
  Target: ahead by 1.3 in the geometric mean, and not behind with the detector and the embedder.

MediaPipe refuses two of the files as they were published: the face detector, which does not say how its pixels are
normalized (it gets the file with that written in), and DeepLab, whose last operator gives 64-bit integers (it gets the
file without that operator, and finds the best class itself).
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import edgewright as ew
from edgewright.model import InputMetadata, Metadata, ModelFile
from outcome import Figure, at_least, at_most, finish

SHARE, LEAST_S = 0.15, 0.5e-3
AHEAD, NOT_BEHIND = 1.3, ("SSD", "embedder")
TURN_S = 0.1
PEER = Path(__file__).with_name("ready_made_mediapipe.py")
TEXT = "This is a wonderful film, and I would see it again with my whole family."
SOUND_WINDOWS, WINDOW = 3, 15_600


# What is found in large JPEGs: a photograph, in (width, height).
LARGE_SOURCE = "cat_1080p.jpg"
LARGE = {"1080p": (1920, 1080), "12 megapixels": (4000, 3000)}


@dataclass(frozen=True)
class Case:
    """One file with its input; `result` makes what a user reads. `peer`: MediaPipe's task, "" where it has none."""

    model: str
    source: str
    result: Callable[[Any], object]
    peer: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


CASES = {
    "SSD": Case("ssd_mobilenet_v1_coco_quant_metadata", "cats_and_dogs.jpg", list, "detection"),
    "DeepLab": Case("deeplabv3_mnv2_pascal_quant", "bird_segmentation.bmp", lambda it: it.classes, "segmentation"),
    "selfie": Case("selfie_segmenter_landscape", "grace_hopper.bmp", lambda it: it.classes, "segmentation"),
    "face": Case("face_detection_short_range", "grace_hopper.bmp", list, "faces"),
    "MoveNet": Case("movenet_single_pose_lightning_ptq", "squat.bmp", list),
    "embedder": Case("mobilenet_v1_1.0_224_quant_embedding_extractor", "cat.bmp", lambda it: it.vector, "embedding"),
    "YAMNet": Case("yamnet", "speech.wav", lambda it: [window[:5] for window in it.windows], "sound", {"hop": "100%"}),
    "text": Case("nl_classifier_regex", TEXT, lambda it: it.observations(), "text"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shared", type=Path, help="the folder with models/ and images/")
    parser.add_argument("--mediapipe", metavar="PYTHON", help="the Python of an environment with MediaPipe")
    parser.add_argument("--only", choices=CASES, action="append", help="this one only; may be repeated")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    measured = {name: measured_case(name, options) for name in options.only or CASES}
    large = {} if options.only else {name: measured_large(size, options) for name, size in LARGE.items()}
    finish("ready_made", [*figures(measured), *figures_of_large(large)], options.json, cases=measured, large=large)


def measured_case(name: str, options: Any) -> dict[str, Any]:
    """Both measurements of one case."""
    print(name, file=sys.stderr, flush=True)
    case = CASES[name]
    path = options.shared / "models" / f"{case.model}.tflite"
    given = source_of(options.shared, case)
    with ew.load(path, **case.options) as task:
        measured: dict[str, Any] = {"besides": besides(task, case, given, options.rounds)}
        if options.mediapipe and case.peer:
            with peer(options.mediapipe, case, path, given) as theirs:
                measured["mediapipe"] = beside(lambda: case.result(task(given)), theirs, options.rounds)
    return measured


def measured_large(size: tuple[int, int], options: Any) -> dict[str, Any]:
    """The detector on a JPEG of that size, in turns with Pillow's decoding of it."""
    case = CASES["SSD"]
    stored = io.BytesIO()
    with Image.open(options.shared / "images" / LARGE_SOURCE) as picture:
        picture.resize(size, Image.Resampling.LANCZOS).save(stored, "JPEG", quality=90)
    jpeg = stored.getvalue()
    with ew.load(options.shared / "models" / f"{case.model}.tflite") as task:
        measured = besides(task, case, jpeg, options.rounds)
    pillow = timed(lambda: Image.open(io.BytesIO(jpeg)).load())
    return {**measured, "pillow_rounds_s": [pillow(3) for _ in range(options.rounds)]}


def besides(task: Any, case: Case, given: Any, rounds: int) -> dict[str, Any]:
    """Seconds that the engine takes in a call, and what the call takes more: medians over the rounds."""
    engine = task._engine = TimedEngine(task._engine)
    call = timed(lambda: case.result(task(given)))
    count = max(1, round(TURN_S / max(call(2), 1e-6)))
    run, more = [], []
    for _ in range(rounds):
        engine.seconds = 0.0
        whole = call(count)
        run.append(engine.seconds / count)
        more.append(whole - run[-1])
    bare = statistics.median(run)
    return {
        "run_s": bare,
        "more_s": statistics.median(more),
        "more_rounds_s": more,
        "allowed_s": max(SHARE * bare, LEAST_S),
    }


class TimedEngine:
    """An engine that counts its own seconds of processor."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.seconds = 0.0

    def run(self, tensors: Any) -> Any:
        """Run, and count."""
        start = time.process_time()
        try:
            return self._engine.run(tensors)
        finally:
            self.seconds += time.process_time() - start

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def beside(ours: Callable[[], object], theirs: Callable[[int], float], rounds: int) -> dict[str, Any]:
    """Seconds of a call of each, and for each round how many times ours theirs is."""
    times = in_turns({"ours": timed(ours), "theirs": theirs}, rounds)
    ratios = [their / our for our, their in zip(times["ours"], times["theirs"], strict=True)]
    return {
        "ours_s": statistics.median(times["ours"]),
        "theirs_s": statistics.median(times["theirs"]),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def in_turns(candidates: Mapping[str, Callable[[int], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds of processor of one call of each, for each round; the order changes from round to round."""
    calls = {name: max(1, round(TURN_S / max(timer(2), 1e-6))) for name, timer in candidates.items()}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds):
        for name in list(candidates)[:: 1 if number % 2 else -1]:
            times[name].append(candidates[name](calls[name]))
    return times


def timed(call: Callable[[], object]) -> Callable[[int], float]:
    def timer(count: int) -> float:
        start = time.process_time()
        for _ in range(count):
            call()
        return (time.process_time() - start) / count

    return timer


def source_of(shared: Path, case: Case) -> Any:
    """What the task is given: an array of pixels, samples with their rate, or a text."""
    if case.source.endswith(".wav"):
        with wave.open(str(shared / "images" / case.source)) as sound:
            stored = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, sound.getnchannels())
            return (stored[: SOUND_WINDOWS * WINDOW, 0] / np.float32(32768)).astype(np.float32), sound.getframerate()
    if case.source == TEXT:
        return TEXT
    return np.array(Image.open(shared / "images" / case.source).convert("RGB"))


@contextmanager
def peer(python: str, case: Case, path: Path, given: Any) -> Iterator[Callable[[int], float]]:
    """A process with MediaPipe's task: how many calls in, seconds of processor for one of them out."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.tflite"
        for_mediapipe(ModelFile.read(path), case).save(model)
        stored = Path(folder) / "given.npy"
        np.save(stored, np.array(given) if isinstance(given, str) else given[0] if isinstance(given, tuple) else given)
        rate = str(given[1]) if isinstance(given, tuple) else "0"
        words = [python, str(PEER), case.peer, str(model), str(stored), rate]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as child:
            try:
                yield lambda count: asked(child, count)
            finally:
                child.kill()


def asked(child: subprocess.Popen[str], count: int) -> float:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{count}\n")
    child.stdin.flush()
    answer = child.stdout.readline()
    if not answer:
        sys.exit("MediaPipe's process ended. To see why, run what is in ready_made_mediapipe.py by hand")
    return float(answer)


def for_mediapipe(model: ModelFile, case: Case) -> ModelFile:
    """The file as MediaPipe takes it: see above."""
    if case.model == "face_detection_short_range":
        return model.with_metadata(_DESCRIBED)
    if case.model.startswith("deeplab"):
        tables = model.edit()
        graph = tables["subgraphs"][0]
        best = model.ops[-1]
        if best.name != "ARG_MAX":
            raise SystemExit(f"{model.name} does not end in ARG_MAX")
        graph["operators"], graph["outputs"] = list(graph["operators"])[:-1], [best.inputs[0]]
        return ModelFile.build(tables, {}).with_metadata(_DESCRIBED)
    return model


_DESCRIBED = Metadata(inputs=(InputMetadata(kind="image", color_space="RGB", mean=(127.5,), std=(127.5,)),))


def figures(measured: Mapping[str, Any]) -> Iterator[Figure]:
    for name, one in measured.items():
        own = one["besides"]
        yield Figure(f"{name}: the model", 1e3 * own["run_s"], "ms")
        more = [1e3 * seconds for seconds in own["more_rounds_s"]]
        yield Figure.of(f"{name}: preparing and decoding", more, "ms", at_most(1e3 * own["allowed_s"]))
    ratios = {name: one["mediapipe"]["ratios"] for name, one in measured.items() if "mediapipe" in one}
    for name, rounds in ratios.items():
        yield Figure.of(f"{name}: MediaPipe beside ours", rounds, "times", at_least(1) if name in NOT_BEHIND else None)
    if ratios:
        mean = statistics.geometric_mean([statistics.median(rounds) for rounds in ratios.values()])
        yield Figure("MediaPipe beside ours, geometric mean", mean, "times", at_least(AHEAD))


def figures_of_large(measured: Mapping[str, Any]) -> Iterator[Figure]:
    for name, one in measured.items():
        more, pillow = ([1e3 * seconds for seconds in one[key]] for key in ("more_rounds_s", "pillow_rounds_s"))
        yield Figure.of(f"SSD, a JPEG of {name}: decoding and all but the model", more, "ms")
        yield Figure.of(f"SSD, a JPEG of {name}: Pillow's decoding alone", pillow, "ms")


if __name__ == "__main__":
    sys.exit(main())
