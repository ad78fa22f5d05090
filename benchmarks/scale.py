"""The same pictures in shards under a shell loop and over Ray: how fast, what kills cost, what the driver holds.

    nice python benchmarks/scale.py SHARED [--count 20000] [--json result.json]

SHARED is the folder with models and images. The pictures are JPEGs of 160 x 120, every thousandth of them broken. All
candidates have two workers. A rate is that of the inputs after the first two parts, so that starting is apart; its
seconds are said on their own. Goals: Ray, and the shards of a shell loop, do 0.8 of what `Task.stream` does; after 20
kills of random workers and 5 of the whole run there is one row for each input, and the files are those of an
undisturbed run, byte for byte; the memory of the driver grows by less than 50 MB. Last, `forecast` beside a real run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from PIL import Image

from edgewright.media import find_pictures
from edgewright.model import ModelFile
from edgewright.scale import forecast, read_rows
from edgewright.task import open_task
from outcome import Figure, at_least, at_most, finish

MODEL = "models/mobilenet_v1_0.25_128_quant.tflite"
OF_STREAM, GROWTH_MB = 0.8, 50
PIECE, WORKERS = 1000, 2
_MARK = "EDGEWRIGHT_BENCHMARK"
_TICK_S = 0.2

STREAM = """
import json, sys, time
from itertools import islice
from pathlib import Path
from edgewright.model import ModelFile
from edgewright.task import open_task
model, folder, workers, first = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
began = time.time()
with open_task(ModelFile.read(model)) as classify:
    answers = classify.stream(sorted(Path(folder).iterdir()), workers=workers)
    for answer in islice(answers, first):
        pass
    moments = [time.time(), time.process_time()]
    count = sum(1 for answer in answers)
print(json.dumps([count, moments[0] - began, time.time() - moments[0], time.process_time() - moments[1]]))
"""


@dataclass
class Command:
    """A command line and all processes that come of it, which bear a mark of ours in their environment."""

    line: list[str]
    mark: str = field(default_factory=lambda: os.urandom(8).hex())
    samples: list[tuple[float, float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = time.time()
        self.process = subprocess.Popen(
            self.line, env=os.environ | {_MARK: self.mark}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._ticks: dict[str, float] = {}
        self._ours: dict[str, bool] = {}

    def finish(self, every: Callable[[], object] = lambda: None) -> str:
        """Wait, and note the time, the processor time of all and the memory of the driver meanwhile."""
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(self.process.stdout or ()))
        reader.start()
        while self.process.poll() is None:
            for pid in self.processes():
                self._ticks[pid] = processor_s(pid)
            self.samples.append((time.time(), sum(self._ticks.values()), resident_bytes(self.process.pid)))
            every()
            time.sleep(_TICK_S)
        reader.join()
        return "".join(lines)

    def processes(self) -> list[str]:
        """Those that are there."""
        return [pid for pid in os.listdir("/proc") if pid.isdigit() and self._is_ours(pid)]  # noqa: PTH208

    def _is_ours(self, pid: str) -> bool:
        key = f"{pid} {started(pid)}"
        if key not in self._ours:
            self._ours[key] = f"{_MARK}={self.mark}".encode() in read(f"/proc/{pid}/environ")
        return self._ours[key]

    def workers(self) -> list[str]:
        """Those with an interpreter: children of keepers, and actors of Ray."""
        return [pid for pid in self.processes() if is_worker(read(f"/proc/{pid}/cmdline"))]


def is_worker(line: bytes) -> bool:
    return line.startswith(b"ray::RayKeeper") or line.split(b"\0")[1:4] == [b"-u", b"-P", b"-c"]


def read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def started(pid: str) -> str:
    return (read(f"/proc/{pid}/stat").rpartition(b")")[2].split() or [b""] * 20)[19].decode()


def processor_s(pid: str) -> float:
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def resident_bytes(pid: int) -> int:
    fields = read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if fields else 0


# ----- the candidates


def shards(model: Path, pictures: Path, out: Path) -> list[str]:
    """A shell loop with a shard for each worker."""
    one = f"{sys.executable} -m edgewright run {model} {pictures} --shard $i/{WORKERS} --workers 1 -o {out}"
    return ["bash", "-c", f"for i in $(seq 0 {WORKERS - 1}); do {one} & done; wait"]


def over_ray(model: Path, pictures: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "edgewright", "run", str(model), str(pictures), "--on", "ray",
            "--workers", str(WORKERS), "-o", str(out)]  # fmt: skip


Candidate = Callable[[Path, Path, Path], list[str]]


def candidates(only: str | None) -> dict[str, Candidate]:
    found: dict[str, Candidate] = {"shards": shards}
    if find_spec("ray"):
        found["ray"] = over_ray
    return {name: one for name, one in found.items() if only in (None, name)}


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder, model = Path(name), options.shared / MODEL
        pictures = make_pictures(options.shared / "images", folder, options.count)
        few = make_pictures(options.shared / "images", folder / "few", min(options.count, options.rate_count))
        parts: dict[str, Callable[[], Iterable[Figure]]] = {
            "rates": partial(rates, model, few, folder, options),
            "kills": partial(kills, model, pictures, folder, options),
            "forecast": partial(foretold, model, few, folder),
        }
        found = [figure for name, part in parts.items() if name in options.parts for figure in part()]
        finish("scale", found, options.json, count=options.count)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rate-count", type=int, default=8000, help="pictures of a round of rates")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=20, help="of random workers")
    parser.add_argument("--whole", type=int, default=5, help="kills of the whole run")
    parser.add_argument("--parts", nargs="+", default=["rates", "kills", "forecast"], help="only some of these three")
    parser.add_argument("--only", choices=["shards", "ray"], help="only one of the two")
    parser.add_argument("--folder", type=Path, help="where pictures and results lie meanwhile")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    return parser.parse_args()


def make_pictures(images: Path, folder: Path, count: int) -> Path:
    """A thousand different files, the last of them broken, under as many names as are wanted."""
    made = folder / "pictures"
    made.mkdir(parents=True)
    photos = [Image.open(path).convert("RGB").resize((320, 240)) for path in find_pictures([str(images)])]
    for index, photo in enumerate(islice(cycle(photos), min(PIECE, count))):
        left, top = index * 7 % 160, index * 11 % 120
        photo.crop((left, top, left + 160, top + 120)).save(made / f"{index:07}.jpg", quality=90)
    (made / f"{min(PIECE, count) - 1:07}.jpg").write_bytes(b"\xff\xd8\xff broken")
    for index in range(PIECE, count):
        os.link(made / f"{index % PIECE:07}.jpg", made / f"{index:07}.jpg")
    return made


# ----- rates


def rates(model: Path, pictures: Path, folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Of each candidate, in turns; beside `Task.stream` round by round."""
    run: dict[str, Callable[[], dict[str, float]]] = {"stream": partial(streamed, model, pictures)}
    others = candidates(options.only)
    run |= {name: partial(in_parts, one, model, pictures, folder / "out") for name, one in others.items()}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in run}
    for number in range(options.rounds):
        for name in sorted(run, key=lambda name: (list(run).index(name) + number) % len(run)):
            found[name].append(run[name]())
            print(f"round {number + 1} of {options.rounds}, {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    for name, measured in found.items():
        yield Figure.of(f"{name}, a second", [one["rate"] for one in measured], "pictures")
        yield Figure.of(f"{name}, processor time of a picture", [1e3 * one["cpu_s"] for one in measured], "ms")
        yield Figure.of(f"{name}, until {WORKERS} pieces were there", [one["start_s"] for one in measured], "s")
        if name != "stream":
            beside = list(zip(measured, found["stream"], strict=True))
            for what in ("rate", "cpu_s"):
                ratios = [one[what] / other[what] for one, other in beside]
                ratios = ratios if what == "rate" else [1 / ratio for ratio in ratios]
                said = "" if what == "rate" else ", by processor time"
                yield Figure.of(f"{name} beside stream{said}", ratios, "times", at_least(OF_STREAM))
        if name == "ray":
            growth = [one["growth_mb"] for one in measured]
            yield Figure("memory that the driver takes more", max(growth), "MB", at_most(GROWTH_MB))


def streamed(model: Path, pictures: Path) -> dict[str, float]:
    line = [sys.executable, "-c", STREAM, str(model), str(pictures), str(WORKERS), str(WORKERS * PIECE)]
    count, start_s, seconds, cpu_s = json.loads(Command(line).finish())
    return {"rate": count / seconds, "cpu_s": cpu_s / count, "start_s": start_s}


def in_parts(candidate: Candidate, model: Path, pictures: Path, out: Path) -> dict[str, float]:
    shutil.rmtree(out, ignore_errors=True)
    command = Command(candidate(model, pictures, out))
    said = command.finish()
    made = sorted(path.stat().st_mtime for path in out.glob("part-*"))
    if len(made) <= WORKERS:
        raise SystemExit(f"only {len(made)} parts: {said[-1000:]}")
    begun, ended = made[WORKERS - 1], made[-1]
    count = (len(made) - WORKERS) * PIECE
    later = [sample for sample in command.samples if begun <= sample[0] <= ended]
    return {
        "rate": count / (ended - begun),
        "cpu_s": (later[-1][1] - later[0][1]) / count,
        "start_s": begun - command.began,
        "growth_mb": (max(sample[2] for sample in later) - later[0][2]) / 1e6,
    }


# ----- kills


def kills(model: Path, pictures: Path, folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """What is there after a run that was killed again and again, beside one that was left alone."""
    alone = folder / "alone"
    command = Command([*shards(model, pictures, alone)[:2], f"{sys.executable} -m edgewright run {model} {pictures} "
                       f"--shard 0/1 --workers {WORKERS} -o {alone}"])  # fmt: skip
    command.finish()
    pause_s = (time.time() - command.began) / (options.kills + options.whole + 1)
    yield Figure("rows of the undisturbed run that differ from Task.stream", differing(model, pictures, alone), "",
                 at_most(0))  # fmt: skip
    for name, candidate in candidates(options.only).items():
        out = folder / f"killed-{name}"
        killer = Killer(options.kills, options.whole, pause_s)
        runs, began = 0, time.time()
        # A kill of what opens the model, or Ray, ends a run too.
        while runs <= options.kills + options.whole and len(list(out.glob("part-*"))) * PIECE < options.count:
            runs += 1
            command = Command(candidate(model, pictures, out))
            command.finish(partial(killer.act, command))
        print(f"{name}: {killer.done} kills, {runs} runs, {time.time() - began:.0f} s", file=sys.stderr, flush=True)
        yield Figure(f"{name}, rows of inputs that two workers died of", given_up(out), "", at_most(0))
        yield Figure(f"{name}, kills of workers", killer.done["worker"])
        yield Figure(f"{name}, kills of the whole run", killer.done["whole"])
        yield Figure(f"{name}, inputs without a row", missing(out, options.count), "", at_most(0))
        yield Figure(f"{name}, rows too many", doubled(out), "", at_most(0))
        yield Figure(f"{name}, files unlike those of the undisturbed run", unlike(out, alone), "", at_most(0))


class Killer:
    """Kills a random worker, or all, at random moments."""

    def __init__(self, workers: int, whole: int, pause_s: float) -> None:
        self._chance = random.Random(7)
        self._left = ["worker"] * workers + ["whole"] * whole
        self._chance.shuffle(self._left)
        self._pause_s = pause_s
        self._next = time.time() + 4 * pause_s
        self.done = {"worker": 0, "whole": 0}

    def act(self, command: Command) -> None:
        """Kill something, if it is time."""
        if not self._left or time.time() < self._next:
            return
        targets = command.workers() if self._left[-1] == "worker" else command.processes()
        if self._left[-1] == "worker":
            targets = self._chance.sample(targets, min(1, len(targets)))
        if not targets:  # not started yet
            return
        for pid in targets:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        kind = self._left.pop()
        self.done[kind] += 1
        self._next = time.time() + self._chance.uniform(0.5, 1.5) * self._pause_s * (4 if kind == "whole" else 1)


def differing(model: Path, pictures: Path, out: Path) -> int:
    """Rows that say something else than the results of a stream on this machine, in its order."""
    wrong = 0
    with open_task(ModelFile.read(model)) as classify:
        answers = classify.stream(sorted(pictures.iterdir()), workers=WORKERS)
        for index, (answer, row) in enumerate(zip(answers, read_rows(out), strict=True)):
            said = {"error": str(answer.error)} if answer.result is None else answer.result.to_dict(1)
            head = {"index": index, "input": str(answer.input), "model": classify.model.sha256}
            wrong += row != head | json.loads(json.dumps(said))
    return wrong


def missing(out: Path, count: int) -> int:
    return count - len({row["index"] for row in read_rows(out)})


def given_up(out: Path) -> int:
    """Inputs that were killed twice in a row by chance: named, and left."""
    return sum("died of it" in row.get("error", "") for row in read_rows(out))


def doubled(out: Path) -> int:
    indices = [row["index"] for row in read_rows(out)]
    return len(indices) - len(set(indices))


def unlike(out: Path, alone: Path) -> int:
    names = {path.name for folder in (out, alone) for path in folder.glob("part-*")}
    return sum(read(f"{out / name}") != read(f"{alone / name}") for name in names)


# ----- what is foretold


def foretold(model: Path, pictures: Path, folder: Path) -> Iterator[Figure]:
    """The seconds of a run beside those that `forecast` says, as soon after each other as may be, three times."""
    count = sum(1 for _ in pictures.iterdir())
    ratios, rate_ratios = [], []
    for number in range(3):
        said: Any = forecast(model, [str(pictures)], workers=WORKERS)
        out = folder / f"foretold-{number}"
        began = time.time()
        line = f"{sys.executable} -m edgewright run {model} {pictures} --shard 0/1 --workers {WORKERS} -o {out}"
        Command(["bash", "-c", line]).finish()
        seconds = time.time() - began
        ratios.append(said.at(count, 1).seconds / seconds)
        made = sorted(path.stat().st_mtime for path in out.glob("part-*"))
        if len(made) > WORKERS:
            rate_ratios.append((len(made) - WORKERS) * PIECE / (made[-1] - made[WORKERS - 1]) / said.rate)
    yield Figure.of(f"time that was foretold beside that of {count:,} pictures", ratios, "times")
    if rate_ratios:
        yield Figure.of("rate of the run beside the one foretold", rate_ratios, "times")


if __name__ == "__main__":
    sys.exit(main())
