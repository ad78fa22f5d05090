"""Real models measured for real; nothing is asserted about how long it took."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import edgewright as ew
from edgewright.bench import Benchmark, Candidate
from edgewright.bench.cold_start import start_cold
from edgewright.errors import ChildCrashError, DataError, DelegateError, FormatError, UsageError
from edgewright.model import Metadata, ModelFile

from ..engine.test_delegates import library  # noqa: F401 - a fixture

SMALL = "models/mobilenet_v1_0.25_128_quant.tflite"
FLOAT = "models/mobilenet_v1_0.25_224_float.tflite"
TOLD = "models/mobilenet_v1_0.25_224_float_metadata.tflite"


@pytest.fixture(scope="module")
def folder(shared_file, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photographs."""
    place = tmp_path_factory.mktemp("photos")
    for name in ("cat.bmp", "owl.jpg"):
        shutil.copy(shared_file(f"images/{name}"), place)
    return place


@pytest.fixture(scope="module")
def ways(shared_file) -> Benchmark:
    return ew.bench(shared_file(SMALL), threads=(1, 2), rounds=2)


def test_one_model_is_measured_with_each_number_of_threads(ways: Benchmark):
    assert [one.candidate.threads for one in ways.measured] == [1, 2]
    first, second = ways.measured
    assert first.compared is None
    assert second.compared is not None
    assert {one.latency.rounds for one in ways.measured} == {2}
    assert first.end_to_end is None
    assert ways.unit == "inferences"


def test_throughput_uses_the_cores_that_threads_leave(ways: Benchmark):
    cores = ways.machine.usable_cores
    assert [one.throughput.workers for one in ways.measured] == [cores, max(1, cores // 2)]
    assert all(one.throughput.per_second > 0 for one in ways.measured)


def test_cold_starts_are_of_fresh_processes(ways: Benchmark):
    for one in ways.measured:
        assert len(one.cold_starts) == 2
        for run in one.cold_starts:
            assert min(run.imports_s, run.read_s, run.open_s, run.first_s) > 0
            assert run.model_bytes is None or 100_000 < run.model_bytes < 100_000_000


def test_a_baseline_is_run_in_the_same_ways(shared_file, folder: Path):
    result = ew.bench(shared_file(FLOAT), baseline=shared_file(TOLD), images=folder, rounds=1)
    names = ["mobilenet_v1_0.25_224_float.tflite", "mobilenet_v1_0.25_224_float_metadata.tflite"]
    assert [one.candidate for one in result.measured] == [Candidate(name, "litert", 1) for name in names]
    first, second = result.measured
    assert first.compared is not None
    assert first.compared.verdict == "within the noise"  # of one round
    assert second.compared is None
    assert result.pictures == 2
    assert first.end_to_end is not None
    assert first.end_to_end.median_s > first.latency.median_s  # it also decodes a picture
    assert any(f"{names[0]} does not say how pixels become its input" in notice for notice in result.notices)
    assert not any(names[1] in notice for notice in result.notices)


def test_two_files_of_one_name_are_told_apart(shared_file, tmp_path: Path):
    same = tmp_path / Path(SMALL).name
    shutil.copy(shared_file(SMALL), same)
    result = ew.bench(shared_file(SMALL), baseline=same, rounds=1)
    assert [one.name for one in result.subjects] == [str(shared_file(SMALL)), str(same)]


def test_a_model_without_a_task_is_measured_too(shared_file):
    result = ew.bench(shared_file("models/yamnet.tflite"), rounds=1)
    assert result.measured[0].latency.calls >= 1


def test_progress_tells_every_step(shared_file):
    steps: dict[str, tuple[int, int]] = {}
    ew.bench(shared_file(SMALL), rounds=1, progress=lambda step, done, total: steps.update({step: (done, total)}))
    assert steps == {"latency": (1, 1), "throughput": (1, 1), "cold start": (1, 1)}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"engines": ("litert", "tensorrt")}, "there is no engine 'tensorrt'. Choose from: .*litert"),
        ({"threads": (1, 0)}, "threads is 0; it is 1 to 256"),
        ({"threads": ()}, "at least one engine and one number of threads"),
        ({"threads": (2, 2)}, "threads: 2, 2. Name each one once"),
        ({"engines": "tensorrt"}, "there is no engine 'tensorrt'. Choose from: .*litert"),
        ({"threads": 0}, "threads is 0; it is 1 to 256"),
        ({"rounds": 0}, "rounds: 0. Give a whole number of at least 1"),
    ],
)
def test_impossible_requests_are_one_line(shared_file, options, line: str):
    with pytest.raises(UsageError, match=line):
        ew.bench(shared_file(SMALL), **options)


def test_one_engine_and_one_number_of_threads_need_no_list(shared_file):
    (figures,) = ew.bench(shared_file(SMALL), engines="litert", threads=2, rounds=1).measured
    assert (figures.candidate.engine, figures.candidate.threads) == ("litert", 2)
    choice = ew.choose_engine(shared_file(SMALL), engines="litert", threads=2)
    assert (choice.engine, choice.threads) == ("litert", 2)


def test_a_baseline_must_take_the_same_input(shared_file):
    with pytest.raises(UsageError, match=r"which is 1×128×128×3; it takes 1×224×224×3"):
        ew.bench(shared_file(SMALL), baseline=shared_file(FLOAT))


def test_an_empty_folder_has_no_pictures(shared_file, tmp_path: Path):
    with pytest.raises(DataError, match="no pictures in there"):
        ew.bench(shared_file(SMALL), images=tmp_path)


def test_pictures_for_a_model_that_takes_none(shared_file, folder: Path):
    with pytest.raises(UsageError, match=r"yamnet.tflite: its task is audio-classification, which takes no pictures"):
        ew.bench(shared_file("models/yamnet.tflite"), images=folder)


def test_a_task_that_there_is_not_is_said_before_anything_is_timed(shared_file, folder: Path):
    model = ModelFile.read(shared_file(SMALL)).with_metadata(Metadata(task="juggling"))
    steps: list[str] = []
    with pytest.raises(UsageError, match="its task is juggling, which is not supported"):
        ew.bench(model, images=folder, progress=lambda step, done, total: steps.append(step))
    assert steps == []


def test_a_damaged_model_is_refused(shared_file, tmp_path: Path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(shared_file(SMALL).read_bytes()[:10_000])
    with pytest.raises(FormatError):
        ew.bench(broken)


def test_a_process_that_fails_says_why(tmp_path: Path):
    (tmp_path / "none.tflite").write_bytes(b"no model")
    with pytest.raises(ChildCrashError, match=r"none.tflite: the process that ran it once ended with 1: .*FormatError"):
        start_cold(tmp_path / "none.tflite", "litert", 1)


def test_a_process_that_fails_is_told_by_the_name_of_the_model(tmp_path: Path):
    copy = tmp_path / "0.tflite"
    copy.write_bytes(b"no model")
    with pytest.raises(ChildCrashError, match=r"^mine.tflite: the process that ran it once ended with 1: "):
        start_cold(copy, "litert", 1, name="mine.tflite")


def test_a_delegate_is_measured_with_one_interpreter(shared_file, library: str):  # noqa: F811
    result = ew.bench(shared_file(SMALL), delegates=[library], rounds=1)
    assert result.delegates == (library,)
    assert result.measured[0].throughput.workers == 1


def test_delegates_that_cannot_be_had(shared_file, folder: Path):
    with pytest.raises(DelegateError, match=r"libnowhere.so: the delegate's library cannot be loaded"):
        ew.bench(shared_file(SMALL), delegates=["libnowhere.so"])
    with pytest.raises(UsageError, match="made-up inputs only"):
        ew.bench(shared_file(SMALL), delegates=["libnowhere.so"], images=folder)
