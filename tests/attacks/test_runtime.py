"""Files that verify and kill, exhaust or hang the runtime: each is one line, and nothing else happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import edgewright as ew
from edgewright.cache import cache_folder
from edgewright.engine import load_runtime, trial_record, try_out
from edgewright.errors import EdgewrightError, EngineError, InterpreterError, RunawayModelError, UsageError
from edgewright.model import ModelFile, Provenance

from . import runaway

SharedFile = Callable[[str], Path]

PICTURE = "images/cats_and_dogs.jpg"
GOOD = "models/mobilenet_v1_0.25_224_float_metadata.tflite"

# Two thousand take ten minutes: EDGEWRIGHT_MUTANTS=2000.
MUTANTS = int(os.environ.get("EDGEWRIGHT_MUTANTS", "60"))


def test_one_more_operator_of_any_kind_never_ends_the_command(shared_file: SharedFile, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.attacks.mutants", "0", str(MUTANTS), shared_file(PICTURE), report]
    subprocess.run(list(map(str, command)), check=True, cwd=Path(__file__).parents[2], timeout=60 + 30 * MUTANTS)
    outcomes = json.loads(report.read_text())["outcomes"]
    assert outcomes.keys() <= {"run", "refused"}, outcomes
    assert sum(map(len, outcomes.values())) == MUTANTS
    assert len(outcomes["run"]) > MUTANTS / 10


@pytest.mark.parametrize("verb", ["run", "bench", "rewrite"])
@pytest.mark.parametrize(
    "name", ["random_uniform_negative", "reverse_sequence_oob", "not_equal_int16", "range_8GB", "while_endless"]
)
def test_what_kills_hangs_or_exhausts_the_runtime_is_one_line(
    edgewright, shared_file: SharedFile, tmp_path: Path, verb: str, name: str
) -> None:
    more = {"run": [shared_file(PICTURE)], "bench": [], "rewrite": ["-o", tmp_path / "new.tflite"]}[verb]
    done = edgewright(verb, shared_file(f"cases/attacks/{name}.tflite"), *more)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert name in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (runaway.crash(), "the runtime crashes when it runs this file"),
        (runaway.endless(), "does not end within"),
        (runaway.nest(), "does not end within"),
    ],
    ids=["crash", "endless loop", "branches that double"],
)
@pytest.mark.parametrize("threads", [0, 1], ids=["alone", "beside a thread"])
def test_what_depends_on_the_picture_shows_in_the_trial(data: bytes, why: str, threads: int) -> None:
    with other_threads(threads), pytest.raises(RunawayModelError, match=why) as caught:
        ew.load(data, normalization=(127.5, 127.5))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("threads", [0, 1], ids=["alone", "beside a thread"])
def test_memory_that_depends_on_the_picture_has_a_limit(data_of_memory: bytes, threads: int) -> None:
    with other_threads(threads), pytest.raises((RunawayModelError, InterpreterError)):
        ew.load(data_of_memory, normalization=(127.5, 127.5))


@pytest.fixture
def data_of_memory() -> bytes:
    return runaway.memory()


def test_a_file_that_has_passed_is_not_tried_again(tmp_path: Path) -> None:
    """So a crash that was vouched for happens in the process itself."""
    path = tmp_path / "crash.tflite"
    path.write_bytes(runaway.crash())
    trial_record.add(ModelFile.read(path), load_runtime())
    program = (
        "import sys, numpy, edgewright as ew; "
        "ew.load(sys.argv[1], normalization=(127.5, 127.5))(numpy.zeros((8, 8, 3), numpy.uint8))"
    )
    done = subprocess.run([sys.executable, "-c", program, path], check=False, capture_output=True)
    assert done.returncode < 0


def test_what_passes_is_recorded_for_its_bytes_alone(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file(GOOD))
    try_out(model)
    assert len(list((cache_folder() / "trials").iterdir())) == 1
    try_out(model.with_metadata(model.metadata))
    assert len(list((cache_folder() / "trials").iterdir())) == 2


def test_what_a_file_says_of_its_origin_vouches_for_nothing() -> None:
    """It is sealed, and says that the hub fetched it and that a conversion proved it."""
    crash = ModelFile.read(runaway.crash())
    steps = ({"step": "build", "recipe": "as_published"}, {"step": "convert"})
    origin = Provenance(
        source="published", source_sha256="0" * 64, tools={"edgewright": "1.0"}, steps=steps, measured={"samples": 100}
    )
    with pytest.raises(RunawayModelError, match="crashes"):
        ew.load(crash.with_metadata(replace(crash.metadata, provenance=origin)), normalization=(127.5, 127.5))


def test_a_file_that_was_changed_in_place_is_tried_again(shared_file: SharedFile, tmp_path: Path) -> None:
    """Of the same size and with its old times set again: the system knows that it was written to."""
    path = tmp_path / "model.tflite"
    crash = runaway.crash()
    good = shared_file(GOOD).read_bytes()
    path.write_bytes(good)
    time.sleep(2.2)  # until its stamp counts
    try_out(ModelFile.read(path))
    assert trial_record.is_known(ModelFile.read(path), load_runtime())
    assert len(list((cache_folder() / "trials").iterdir())) == 2  # by its digest, then by its stamp
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(crash)
    os.utime(path, ns=times)
    time.sleep(2.2)
    with pytest.raises(EngineError):
        try_out(ModelFile.read(path))


def test_a_file_that_was_just_written_has_no_stamp(shared_file: SharedFile, tmp_path: Path) -> None:
    """Within one tick of the clock a change may not show."""
    path = tmp_path / "model.tflite"
    path.write_bytes(shared_file(GOOD).read_bytes())
    assert ModelFile.read(path).stamp == ""
    assert ModelFile.read(shared_file(GOOD)).stamp
    assert ModelFile.read(path.read_bytes()).stamp == ""


def test_what_does_not_pass_is_not_recorded() -> None:
    with pytest.raises(EngineError):
        try_out(ModelFile.read(runaway.crash()))
    assert not (cache_folder() / "trials").exists()


@pytest.mark.parametrize("damage", ["a file in the way", "a folder in the way", "a dangling link"])
def test_a_record_that_cannot_be_used_costs_a_trial_and_nothing_else(
    shared_file: SharedFile, tmp_path: Path, damage: str
) -> None:
    model = ModelFile.read(shared_file(GOOD))
    key = trial_record.by_digest(model, load_runtime())
    folder = cache_folder() / "trials"
    cache_folder().mkdir(parents=True)
    if damage == "a file in the way":
        folder.write_text("")
    else:
        folder.mkdir()
        (folder / key).mkdir() if damage == "a folder in the way" else (folder / key).symlink_to(tmp_path / "gone")
    try_out(model)
    assert not trial_record.is_known(model, load_runtime())
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "x.tflite", "x.jpg", "--threads", "100000"],
        ["run", "x.tflite", "x.jpg", "--workers", "100000"],
        ["bench", "x.tflite", "--threads", "1,100000"],
        ["bench", "x.tflite", "--threads", "9" * 5000],
    ],
)
def test_more_threads_than_a_machine_has_are_wrong_usage(edgewright, arguments: list[str]) -> None:
    done = edgewright(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_more_threads_than_a_machine_has_are_refused_by_every_call(shared_file: SharedFile) -> None:
    path = shared_file(GOOD)
    calls: list[Callable[[], object]] = [
        lambda: ew.load(path, threads=100_000),
        lambda: ew.open_engine(ModelFile.read(path), threads=2**70),
        lambda: ew.Interpreter(model_path=path, num_threads=100_000),
        lambda: ew.bench(path, threads=(100_000,)),
        lambda: list(ew.load(path).stream([shared_file(PICTURE)], workers=100_000)),
    ]
    for call in calls:
        with pytest.raises((UsageError, InterpreterError)) as caught:
            call()
        assert isinstance(caught.value, EdgewrightError)
        assert "256" in str(caught.value)


@contextmanager
def other_threads(count: int) -> Iterator[None]:
    """A process that has other threads cannot be copied, and tries in a fresh one."""
    end = threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    end.set()
    for thread in threads:
        thread.join()
