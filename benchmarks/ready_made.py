"""What ready-made tasks cost besides running the model, and in all beside MediaPipe Tasks.

    python benchmarks/ready_made.py ../shared [--mediapipe PYTHON] [--rounds 15] [--only NAME] [--json result.json]

One file of each kind of task, each with one input that is decoded already: a picture as an array, a sound as samples, a
text. Two things are measured, both in seconds of processor, so that other work on the machine does not count:

- Preparation and decoding: a call of the task less what its engine takes in that same call, one thread. That the
  engine finds its weights in no cache, since a picture went through it, counts for the engine.
  Target: at most 15% of the running, or 0.5 ms, whichever is more.
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
import json
import math
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
from edgewright.machine import describe
from edgewright.model import InputMetadata, Metadata, ModelFile

SHARE, LEAST_S = 0.15, 0.5e-3
AHEAD, NOT_BEHIND = 1.3, ("SSD", "embedder")
TURN_S = 0.1
PEER = Path(__file__).with_name("ready_made_mediapipe.py")
TEXT = "This is a wonderful film, and I would see it again with my whole family."
SOUND_WINDOWS, WINDOW = 3, 15_600


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
    summary = together(measured)
    machine = describe()
    print(machine.summary())
    if options.json:
        result = {"benchmark": "ready_made", "machine": machine.to_dict(), "cases": measured, "together": summary}
        options.json.write_text(json.dumps(result, indent=2) + "\n")


def measured_case(name: str, options: Any) -> dict[str, Any]:
    """Both measurements of one case, printed in a line each."""
    case = CASES[name]
    path = options.shared / "models" / f"{case.model}.tflite"
    given = source_of(options.shared, case)
    with ew.load(path, **case.options) as task:
        measured: dict[str, Any] = {"besides": besides(task, case, given, options.rounds)}
        one = measured["besides"]
        met = "met" if one["more_s"] <= one["allowed_s"] else "MISSED"
        print(
            f"{name}: runs {one['run_s'] * 1e3:.3f} ms, prepares and decodes {one['more_s'] * 1e3:.3f} ms "
            f"({one['more_s'] / one['run_s']:.1%}); allowed {one['allowed_s'] * 1e3:.3f} ms: {met}",
            flush=True,
        )
        if options.mediapipe and case.peer:
            with peer(options.mediapipe, case, path, given) as theirs:
                measured["mediapipe"] = beside(lambda: case.result(task(given)), theirs, options.rounds)
            two = measured["mediapipe"]
            print(
                f"{name}: {two['ours_s'] * 1e3:.3f} ms of processor, MediaPipe {two['theirs_s'] * 1e3:.3f} ms: "
                f"{two['ratio']:.2f} (middle half {two['quartiles'][0]:.2f} to {two['quartiles'][1]:.2f})",
                flush=True,
            )
    return measured


def besides(task: Any, case: Case, given: Any, rounds: int) -> dict[str, float]:
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
    return {"run_s": bare, "more_s": statistics.median(more), "allowed_s": max(SHARE * bare, LEAST_S)}


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
    """Seconds of a call of each, and the median and the quartiles over the rounds of how many times theirs is ours."""
    times = in_turns({"ours": timed(ours), "theirs": theirs}, rounds)
    ratios = [their / our for our, their in zip(times["ours"], times["theirs"], strict=True)]
    quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return {
        "ours_s": statistics.median(times["ours"]),
        "theirs_s": statistics.median(times["theirs"]),
        "ratio": statistics.median(ratios),
        "quartiles": [quartiles[0], quartiles[2]],
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


def together(measured: Mapping[str, Any]) -> dict[str, Any]:
    """The geometric mean, and whether all targets were met; printed."""
    ratios = {name: one["mediapipe"]["ratio"] for name, one in measured.items() if "mediapipe" in one}
    if not ratios:
        return {}
    mean = math.exp(statistics.fmean(map(math.log, ratios.values())))
    behind = [name for name in NOT_BEHIND if ratios.get(name, 1) < 1]
    met = "met" if mean >= AHEAD and not behind else "MISSED"
    print(
        f"Beside MediaPipe: {mean:.2f} times less processor time in the geometric mean of {len(ratios)} "
        f"(target {AHEAD}), behind with {', '.join(behind) or 'neither the detector nor the embedder'}: {met}"
    )
    return {"geometric_mean": mean, "behind": behind}


if __name__ == "__main__":
    sys.exit(main())
